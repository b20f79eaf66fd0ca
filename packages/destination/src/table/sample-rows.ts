import type { Destination, KnownColumn } from '@tidemark/core/engine'
import { quotedName, whole } from '../values/literal.ts'

export interface SampleOptions {
  readonly table: string
  /** The columns as they stand in the destination. */
  readonly columns: readonly KnownColumn[]
  readonly limit: number
  /** By their cursor, the newest first; absent: in whatever order the database has them, which costs nothing. */
  readonly newest?: true | undefined
}

/** So many characters of a value are shown. */
const LONGEST = 300

/** A few rows of a table for people: long values are cut, bytes are counted. */
export async function sampleRows(
  destination: Pick<Destination, 'query'>,
  { table, columns, limit, newest }: SampleOptions,
): Promise<readonly (readonly unknown[])[]> {
  if (columns.length === 0) return []
  const order = newest === undefined ? '' : ' order by _cursor desc'
  const { rows } = await destination.query(
    `select ${columns.map(shown).join(', ')} from ${quotedName(table)} where _deleted_at is null${order} limit ${whole(limit)}`,
  )
  return rows
}

function shown({ column, type }: KnownColumn): string {
  const name = quotedName(column)
  switch (type) {
    case 'text':
    case 'json':
    case 'numeric':
      return `substr(cast(${name} as text), 1, ${LONGEST + 1})`
    case 'bytes':
      return `length(${name})`
    default:
      return name
  }
}
