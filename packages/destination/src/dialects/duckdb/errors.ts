import { dirname } from 'node:path'
import { SyncError } from '@tidemark/core'
import { freeMb } from '../../files/free-mb.ts'

/** DuckDB puts the kind of an error before its message. */
function kindOf(error: unknown): string | undefined {
  return error instanceof Error
    ? /^(?:Failed to extract statements: )?([A-Za-z ]+ Error): /.exec(error.message)?.[1]
    : undefined
}

/** Whether an error is about the values that were written. */
export function refuses(error: unknown): boolean {
  return /^(?:Constraint|Conversion|Out of Range) Error$/.test(kindOf(error) ?? '')
}

/** Whether another process has the file. */
export function isLocked(error: unknown): boolean {
  return error instanceof Error && /Could not set lock/.test(error.message)
}

/** Whether a statement needed more memory than DuckDB may use. */
export function isOutOfMemory(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^(?:TransactionContext Error: [^\n]*)?Out of Memory Error|could not free up enough memory/.test(error.message)
  )
}

/** Whether DuckDB ended a statement because Tidemark interrupted it. */
export function isInterrupted(error: unknown): boolean {
  return error instanceof Error && /^INTERRUPT Error/.test(error.message)
}

/** What a statement of the user's may be wrong in, and not the database. */
export function isOfStatement(error: unknown): boolean {
  return /^(?:Parser|Binder|Catalog|Conversion|Out of Range|Invalid Input|Invalid|Permission|Mismatch Type|Not implemented|Syntax|Missing Extension|Invalid Configuration|Dependency) Error$/i.test(
    kindOf(error) ?? '',
  )
}

const FULL = /No space left on device|disk quota|max_temp_directory_size|Could not write (?:all|file)/i
const UNWRITABLE =
  /Permission denied|Read-only file system|Operation not permitted|No such file or directory|Is a directory|Cannot open file/i
const FOREIGN =
  /not a valid DuckDB database file|Corrupt database file|Loading external extensions|Serialization Error|Failure while replaying WAL|Checksum/i

/** What a failure of DuckDB means to a user: which file, what is wrong, and the way out. Anything else passes as it is. */
export function explain(error: unknown, path: string): unknown {
  if (SyncError.is(error) || !(error instanceof Error)) return error
  // An inner error of DuckDB says where in its code it was.
  const [message = ''] = error.message.split('\n')
  const say = (text: string, remedy: 'retry' | 'fix-config' | 'upgrade', code: string) =>
    new SyncError(text, remedy, { code, cause: error })
  const free = freeMb(dirname(path))
  const room = free === undefined ? '' : `, ${free} MB are free there`
  if (isLocked(error)) {
    const pid = /PID (\d+)/.exec(message)?.[1]
    return say(
      `the database ${path} is open in another program${pid === undefined ? '' : ` (process ${pid})`}, and DuckDB allows one process at a time to open a file; stop that program (or wait until it finishes) and run again`,
      'retry',
      'destination-locked',
    )
  }
  if (FULL.test(message))
    return say(
      `the database ${path} cannot be written (${message})${room}; free some space and run again; nothing of this batch was kept`,
      'retry',
      'destination-full',
    )
  if (/file with version number|newer version of DuckDB/i.test(message))
    return say(
      `the database ${path} was written by another version of DuckDB (${message}); install an @duckdb/node-api that reads it`,
      'upgrade',
      'destination-newer',
    )
  if (FOREIGN.test(message))
    return say(
      `${path} is not a DuckDB database or is damaged (${message}); restore a good copy, or name another file as the destination`,
      'fix-config',
      'destination-corrupt',
    )
  if (/^IO Error/.test(message) && UNWRITABLE.test(message))
    return say(
      `the database ${path} cannot be opened for writing (${message}); give this user write access to the file and its folder, or name another file`,
      'fix-config',
      'destination-unavailable',
    )
  if (/^(?:IO Error|FATAL Error|Out of Memory Error|.*database has been invalidated)/.test(message))
    return say(
      `the database ${path} cannot be read or written (${message})${room}; check the disk, the memory and the system's log, and run again; nothing of this batch was kept`,
      'retry',
      'destination-failed',
    )
  return error
}
