import type { Destination, KnownColumn } from '@tidemark/core/engine'
import { literal, quotedName, whole } from '../values/literal.ts'

export interface SampleOptions {
  readonly table: string
  /** The columns as stored in the destination. */
  readonly columns: readonly KnownColumn[]
  readonly limit: number
  /** By their cursor, the newest first; absent: in whatever order the database has them, which costs nothing. */
  readonly newest?: true | undefined
  /** Only rows with this text in one of the columns, in whatever case. */
  readonly search?:
    | { readonly text: string; readonly columns: readonly KnownColumn[]; readonly among: number }
    | undefined
  /** Only rows of this partition. */
  readonly partition?: string | undefined
}

/** So many characters of a value are shown, and of a row with very many columns. */
const LONGEST = 300
const LONGEST_ROW = 15_000
const SHORTEST = 20

/** How many characters of each value are shown. A value that `sampleRows` gives with one more is longer. */
export function charactersShown(columns: number): number {
  return Math.max(SHORTEST, Math.min(LONGEST, Math.floor(LONGEST_ROW / columns)))
}

/** A few rows of a table for people: long values are cut behind one character more than is shown, bytes are counted. */
export async function sampleRows(
  destination: Pick<Destination, 'query'>,
  { table, columns, limit, newest, search, partition }: SampleOptions,
): Promise<readonly (readonly unknown[])[]> {
  if (columns.length === 0) return []
  const order = newest === undefined ? '' : ' order by _cursor desc'
  const ofPartition = partition === undefined ? '' : ` and _partition = ${literal(partition)}`
  const live = `${quotedName(table)} where _deleted_at is null${ofPartition}`
  // A search looks at so many rows and no more: no index would help it.
  const from =
    search === undefined
      ? live
      : `(select * from ${live} limit ${whole(search.among)}) as searched where ${matchOf(search.text, search.columns)}`
  const { rows } = await destination.query(
    `select ${columns.map((column) => shown(column, charactersShown(columns.length))).join(', ')} from ${from}${order} limit ${whole(limit)}`,
  )
  return rows
}

function matchOf(text: string, columns: readonly KnownColumn[]): string {
  const like = literal(`%${text.toLowerCase().replace(/[!%_]/g, '!$&')}%`)
  const conditions = columns
    .filter(({ type }) => type !== 'bytes')
    .map(({ column }) => `lower(cast(${quotedName(column)} as text)) like ${like} escape '!'`)
  return conditions.length === 0 ? '1 = 0' : `(${conditions.join(' or ')})`
}

function shown({ column, type }: KnownColumn, most: number): string {
  const name = quotedName(column)
  switch (type) {
    case 'text':
    case 'json':
    case 'numeric':
      return `substr(cast(${name} as text), 1, ${most + 1})`
    case 'bytes':
      return `length(${name})`
    default:
      return name
  }
}
