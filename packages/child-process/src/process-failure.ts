import { SyncError } from '@tidemark/core'
import type { LineProcessOptions, ProcessEnding } from './line-process-options.ts'
import type { LineProblem } from './line-splitter.ts'

type About = Pick<LineProcessOptions, 'subject' | 'settings' | 'command' | 'cwd'>

/** The failure of a process that ended by itself, not with exit code 0. */
export function endedWith({ subject, command }: About, { code, signal, stderr }: ProcessEnding): SyncError {
  if (code === 127 || code === 126) {
    const problem = code === 127 ? 'was not found' : 'cannot be executed'
    return new SyncError(
      `${subject}: the program "${command}" ${problem}; install it, or correct its path${quoted(stderr)}`,
      'fix-config',
      { code: 'program-not-found' },
    )
  }
  if (signal === 'SIGKILL')
    return new SyncError(
      `${subject} was killed (SIGKILL) before it ended; if nobody did that, the machine ran out of memory${quoted(stderr)}`,
      'retry',
      { code: 'process-killed' },
    )
  const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`
  return new SyncError(`${subject} ${how}${quoted(stderr)}`, 'retry', { code: 'process-failed' })
}

export function notStarted({ subject, cwd }: About, cause: Error): SyncError {
  const isFolder = (cause as NodeJS.ErrnoException).code === 'ENOENT' && cwd !== undefined
  return isFolder
    ? new SyncError(`${subject}: the folder ${cwd} does not exist; correct its path`, 'fix-config', { cause })
    : new SyncError(`${subject} could not be started: ${cause.message}`, 'retry', { cause })
}

export function silent({ subject, settings }: About, ms: number): SyncError {
  return new SyncError(
    `${subject} wrote nothing for ${ms / 1000} s, so it was stopped${raise(settings?.silence, 'if it is only slow')}`,
    'retry',
    { code: 'program-silent' },
  )
}

export function overMemory({ subject, settings }: About, held: number, limit: number): SyncError {
  return new SyncError(
    `${subject} held ${megabytes(held)} MB of memory, more than its limit of ${megabytes(limit)} MB, so it was stopped${raise(settings?.memory, 'if it needs as much')}`,
    'fix-config',
    { code: 'memory-limit' },
  )
}

export function notLines({ subject }: About, problem: LineProblem, maxBytes: number): SyncError {
  const what =
    problem === 'too long'
      ? `a line longer than ${megabytes(maxBytes)} MB, so it was stopped; write smaller rows`
      : 'a line that is not UTF-8, so it was stopped; write UTF-8 (PYTHONIOENCODING=utf-8)'
  return new SyncError(`${subject} wrote ${what}`, 'fix-source', { code: 'not-lines' })
}

export function neverEnded({ subject, settings }: About): SyncError {
  return new SyncError(
    `${subject} closed its output but did not end, so it was stopped${raise(settings?.silence, 'if it needs longer to end')}`,
    'retry',
    { code: 'program-silent' },
  )
}

const megabytes = (bytes: number): number => Math.round(bytes / 100_000) / 10
const raise = (setting: string | undefined, why: string): string =>
  setting === undefined ? '' : `; ${why}, raise ${setting}`
const quoted = (stderr: string): string => (stderr === '' ? '' : `; its last lines:\n${stderr}`)
