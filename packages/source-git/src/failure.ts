import { SyncError } from '@tidemark/core'

/** How a git process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  /** Set where the process could not be started. */
  readonly error?: Error | undefined
  readonly stderr: string
}

/** What a git process that failed asks the user to do. */
export function failure(command: string, subject: string, ending: Ending): SyncError {
  const { error, signal, code } = ending
  if (error !== undefined) return notStarted(error)
  if (signal !== null) {
    return new SyncError(`git ${command} in ${subject} was killed by ${signal} before it ended`, 'retry')
  }
  const said = ending.stderr.trim()
  if (said.includes('dubious ownership')) return dubious(subject, said)
  if (said.includes('not a git repository')) {
    return new SyncError(`${subject} is no longer a git repository`, 'fix-config', { code: 'no-repository' })
  }
  if (said.includes('promisor remote')) {
    return new SyncError(
      `${subject} is a partial clone and lacks objects that git ${command} needs: run "git fetch --refetch --no-filter" there, or leave out the table commit_files`,
      'fix-config',
      { code: 'partial-clone' },
    )
  }
  return new SyncError(
    `git ${command} in ${subject} failed with exit code ${code}: ${said}; run "git fsck" there to see whether the repository is damaged`,
    'retry',
  )
}

/** Nobody named a repository, and the working directory is not in one: empty tables would look complete. */
export function nothingConfigured(folder: string): SyncError {
  return new SyncError(
    `no repository is configured for git yet, and ${folder} is not in a git repository: write the paths of repositories into the config, sources: { git: { config: { repositories: ["../shop"] } } }, or disable git, sources: { git: false }`,
    'fix-config',
    { code: 'no-repository' },
  )
}

/** @returns the failure of asking for the repository at a path that the user wrote. */
export function notOpened(path: string, configured: string, ending: Ending): SyncError {
  if (ending.error !== undefined) return notStarted(ending.error)
  const said = ending.stderr.trim()
  if (said.includes('dubious ownership')) return dubious(path, said)
  const where = `"${configured}" in the config of the git source`
  const wayOut =
    'correct the path in "repositories" (it is relative to the working directory), or clone a repository there'
  if (said.includes('not a git repository')) {
    return new SyncError(`${where} is not a git repository (${path}): ${wayOut}`, 'fix-config', {
      code: 'no-repository',
    })
  }
  return new SyncError(`${where} cannot be opened (${path}): ${said}; ${wayOut}`, 'fix-config', {
    code: 'no-repository',
  })
}

function dubious(path: string, said: string): SyncError {
  const quoted = `'${path.replaceAll("'", "'\\''")}'`
  const example = /git config --global --add safe\.directory .*/.exec(said)?.[0]
  return new SyncError(
    `git refuses to open ${path}, because another user owns it: run "${example ?? `git config --global --add safe.directory ${quoted}`}", or run Tidemark as its owner`,
    'fix-config',
    { code: 'dubious-ownership' },
  )
}

function notStarted(error: Error): SyncError {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
    return new SyncError(`git cannot be started: ${error.message}`, 'retry', { cause: error })
  }
  return new SyncError(
    'git is not installed, or not on the PATH: install it (https://git-scm.com/downloads) or remove the git source from the config',
    'fix-config',
    { code: 'no-git', cause: error },
  )
}
