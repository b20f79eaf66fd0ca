import { readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Ending, notOpened } from './failure.ts'
import { textOf } from './process.ts'

/** One repository, however many worktrees it has. */
export interface Repository {
  /** The folder of its main worktree, or of the repository itself where it is bare: absolute, links resolved. */
  readonly id: string
  /** Where objects and refs are, shared by all worktrees. */
  readonly gitDir: string
}

export interface FindOptions {
  readonly signal: AbortSignal
  /** Whether the user wrote the path. Where nobody did, having no repository there is no failure. */
  readonly written: boolean
}

/** The repository that a path lies in: its folder, a folder in it, a linked worktree, or a bare repository. */
export async function findRepository(path: string, { signal, written }: FindOptions): Promise<Repository | undefined> {
  const folder = resolve(path)
  let isMissing = false
  const judge = (ending: Ending): Error | undefined => {
    isMissing = !written && ending.stderr.includes('not a git repository')
    return isMissing ? undefined : notOpened(folder, path, ending)
  }
  const ask = async (...questions: string[]): Promise<string[]> => {
    const text = await textOf(['-C', folder, 'rev-parse', ...questions], { signal, subject: folder, judge })
    return Buffer.from(text, 'latin1').toString().split('\n')
  }
  const [ownDir = '', sharedDir = '', isBare] = await ask(
    '--absolute-git-dir',
    '--git-common-dir',
    '--is-bare-repository',
  )
  if (isMissing) return undefined
  const gitDir = await realpath(resolve(folder, sharedDir))
  if (basename(gitDir) === '.git') return { id: dirname(gitDir), gitDir }
  if (isBare === 'true' || gitDir !== (await realpath(ownDir))) return { id: gitDir, gitDir }
  // A submodule, or a repository made with --separate-git-dir: its folder is somewhere else.
  const [top = gitDir] = await ask('--show-toplevel')
  return { id: await realpath(top), gitDir }
}

/** The commits at which a shallow clone was cut: their parents are not here. None where it is whole. */
export async function shallowCommits(repository: Repository): Promise<readonly string[]> {
  try {
    const text = await readFile(join(repository.gitDir, 'shallow'), 'latin1')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
