import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { SyncError } from '@tidemark/core'

// SQLite's primary result codes; the extended ones carry more in their upper bits.
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const TOOBIG = 18
const NOTADB = 26

/** SQLite's primary result code of an error; undefined where it is none of SQLite's. */
export function codeOf(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown } | null | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
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
        `the database ${path} is locked by another program; end it (or wait until it is done) and run again`,
        'retry',
        'destination-locked',
      )
    case FULL:
    case IOERR:
      return say(
        `the database ${path} cannot be written (${message})${freeSpace(path)}; make room and run again, nothing of this part was kept`,
        'retry',
        'destination-full',
      )
    case CORRUPT:
    case NOTADB:
      return say(
        `${path} is no SQLite database or is damaged (${message}); put back a good copy, or name another file as the destination`,
        'fix-config',
        'destination-corrupt',
      )
    case TOOBIG:
      return say(
        `the database ${path} takes no value and no row of more than 1,000,000,000 bytes, and one is larger (${message}); leave its column out, or use Postgres`,
        'fix-config',
        'destination-failed',
      )
    case CANTOPEN:
    case READONLY:
      return say(
        `the database ${path} cannot be opened for writing (${message}); give this user the right to write the file and its folder, or name another file`,
        'fix-config',
        'destination-unavailable',
      )
    default:
      return error
  }
}

function freeSpace(path: string): string {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return `, ${Math.floor((bavail * bsize) / 1_048_576)} MB are free there`
  } catch {
    return ''
  }
}
