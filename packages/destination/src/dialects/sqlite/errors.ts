import { dirname } from 'node:path'
import { SyncError } from '@tidemark/core'
import { freeMb } from '../../files/free-mb.ts'
import { temporaryFolders } from './temporary.ts'

// SQLite's primary result codes; the extended ones carry more in their upper bits.
/** A statement that does not compile: it names what is not there. */
export const FAULT = 1
export const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const TOOBIG = 18
/** A rule that a statement breaks, a trigger's too. */
export const CONSTRAINT = 19
const MISMATCH = 20
const NOTADB = 26

/** SQLite's primary result code of an error; undefined where the error does not come from SQLite. */
export function codeOf(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown } | null | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Whether an error is about the values that were written: too big, a rule of the user's, a wrong type, a trigger of theirs. */
export function refuses(error: unknown): boolean {
  const code = codeOf(error)
  return (
    code === TOOBIG ||
    code === CONSTRAINT ||
    code === MISMATCH ||
    (error as { code?: unknown }).code === 'ERR_INVALID_ARG_TYPE'
  )
}

/** What a failure of SQLite means to a user: which file, what is wrong, and the way out. Anything else passes as it is. */
export function explain(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (code === undefined || SyncError.is(error)) return error
  const { message } = error as Error
  const say = (text: string, remedy: 'retry' | 'fix-config', name: string) =>
    new SyncError(text, remedy, { code: name, cause: error })
  switch (code) {
    case BUSY:
    case LOCKED:
      return say(
        `the database ${path} is locked by another program; stop that program (or wait until it finishes) and run again`,
        'retry',
        'destination-locked',
      )
    case FULL:
      return say(
        `the database ${path} cannot be written (${message}), ${roomOf(path)}; free some space and run again; nothing of this batch was kept`,
        'retry',
        'destination-full',
      )
    case IOERR:
      return ioError(error as SqliteError, path)
    case CORRUPT:
    case NOTADB:
      return say(
        `${path} is not a SQLite database or is damaged (${message}); restore a good copy, or name another file as the destination`,
        'fix-config',
        'destination-corrupt',
      )
    case TOOBIG:
      return say(
        `the database ${path} accepts no value or row of more than 1,000,000,000 bytes, and one is larger (${message}); leave its column out, or use Postgres`,
        'fix-config',
        'destination-failed',
      )
    case CANTOPEN:
    case READONLY:
      return say(
        `the database ${path} cannot be opened for writing (${message}); give this user write access to the file and its folder, or name another file`,
        'fix-config',
        'destination-unavailable',
      )
    default:
      return error
  }
}

interface SqliteError extends Error {
  readonly errcode: number
}

// Of IOERR: no folder for temporary files that can be written.
const NO_TEMPORARY_FOLDER = 10 | (25 << 8)
/** With less than this a write may have failed for it. */
const LITTLE_MB = 100

function ioError(error: SqliteError, path: string): SyncError {
  const { message, errcode } = error
  if (errcode === NO_TEMPORARY_FOLDER)
    return new SyncError(
      `SQLite has more data than fits into memory, and this user cannot write to any folder for its temporary files: it tried ${temporaryFolders().join(', ')}; allow it to write to ${dirname(path)} (under systemd: ReadWritePaths=, PrivateTmp=yes), or name one in the environment as SQLITE_TMPDIR`,
      'fix-config',
      { code: 'destination-unavailable', cause: error },
    )
  const isFull = placesOf(path).some((folder) => (freeMb(folder) ?? LITTLE_MB) < LITTLE_MB)
  return new SyncError(
    `the database ${path} cannot be read or written (${message}, SQLite's code ${errcode}), ${roomOf(path)}; ${isFull ? 'free some space' : "check the disk, quotas and the system's log"} and run again; nothing of this batch was kept`,
    'retry',
    { code: isFull ? 'destination-full' : 'destination-failed', cause: error },
  )
}

/** Where the database is, and where its temporary files are. */
function placesOf(path: string): readonly string[] {
  const temporary = temporaryFolders().find((folder) => freeMb(folder) !== undefined)
  return [...new Set([dirname(path), ...(temporary === undefined ? [] : [temporary])])]
}

function roomOf(path: string): string {
  const texts = placesOf(path).flatMap((folder) => {
    const free = freeMb(folder)
    if (free === undefined) return []
    return [
      folder === dirname(path)
        ? `${free} MB are free there`
        : `${free} MB in ${folder}, where SQLite's temporary files are`,
    ]
  })
  return texts.join(', ')
}
