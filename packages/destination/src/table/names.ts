import { createHash } from 'node:crypto'
import { SyncError } from '@tidemark/core'
import { type Repertoire, UNICODE } from '../values/repertoire.ts'

/** The longest name in bytes that every destination takes (Postgres cuts what is longer without a word). */
const LIMIT = 63

/** Columns that Tidemark keeps in every table, and those that a database has in every table of its own. */
export const SYSTEM_COLUMNS: readonly string[] = [
  ...['_synced_at', '_deleted_at', '_cursor', '_partition', '_extra', '_missing', '_run'],
  // And those of the tables that rows gather in.
  ...['_kind', '_at'],
  // SQLite's word for a row's number, and Postgres's system columns.
  ...['_rowid_', 'tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'],
]

const RESERVED_PREFIXES = ['_tidemark_', 'tidemark_', 'sqlite_', 'pg_']

/** A name as databases compare it that do not tell ASCII cases apart. */
export function fold(name: string): string {
  return name.replace(/[A-Z]+/g, (upper) => upper.toLowerCase())
}

/**
 * The name that a table gets: as it is wanted, but at most 63 bytes and not one of ours or the database's. Pure, and
 * a name that came out stays as it is when it goes in again.
 *
 * @throws SyncError `fix-source` where no name can be made of it.
 */
export function tableName(wanted: string): string {
  check(wanted, 'table')
  const reserved = RESERVED_PREFIXES.some((prefix) => fold(wanted).startsWith(prefix))
  if (!reserved && Buffer.byteLength(wanted) <= LIMIT) return wanted
  return suffixed(reserved ? `t_${wanted}` : wanted, hashOf(wanted, 8))
}

/**
 * The name that a column gets in a table whose other columns are taken.
 *
 * @param taken folded names; not changed.
 * @param repertoire what the database holds: other characters are left out.
 * @throws SyncError `fix-source` where no name can be made of it.
 */
export function columnName(wanted: string, taken: ReadonlySet<string>, repertoire: Repertoire = UNICODE): string {
  check(wanted, 'column')
  const isOurs = SYSTEM_COLUMNS.includes(fold(wanted))
  const held = repertoire.without(wanted)
  if (!isOurs && held === wanted && Buffer.byteLength(wanted) <= LIMIT && !taken.has(fold(wanted))) return wanted
  for (let length = 8; ; length += 8) {
    const name = suffixed(held, hashOf(wanted, length))
    if (!taken.has(fold(name))) return name
    if (length === 40)
      throw new SyncError(`no free name was found for the column "${wanted}"`, 'fix-source', { code: 'schema' })
  }
}

function check(name: string, what: 'table' | 'column'): void {
  const problem = name === '' ? 'is empty' : UNICODE.problemOf(name)
  if (problem === undefined) return
  throw new SyncError(
    `a ${what}'s name ${problem}: ${JSON.stringify(name)}; give it a name in the source`,
    'fix-source',
    {
      code: 'schema',
    },
  )
}

function hashOf(name: string, length: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, length)
}

/** Cuts at a character's boundary, so that the whole fits. */
function suffixed(name: string, hash: string): string {
  let room = LIMIT - hash.length - 1
  let kept = ''
  for (const character of name) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return `${kept}_${hash}`
}
