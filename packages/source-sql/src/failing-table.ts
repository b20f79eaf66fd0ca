import { knownShape, rowOf, type SyncError, type Table, type Tracked } from '@tidemark/core'
import { type Client, sql } from './source.ts'

/** A table that the log cannot tell: it fails with the reason, and nothing of it is made or changed in the destination. */
export function refusedTable(name: string, error: SyncError): Table<Client> {
  const refuse = (): never => {
    throw error
  }
  // Asked before anything is known of the table.
  return sql.table({ name, row: rowOf([]), partitions: { list: refuse }, read: refuse } as never)
}

/** A known table that cannot be read now: it stays what it is, and fails with the reason. */
export function failingTable(name: string, tracked: Tracked, error: SyncError): Table<Client> {
  const { row, primaryKey, cursor } = knownShape(name, tracked) ?? { row: rowOf([]), primaryKey: [], cursor: undefined }
  const refuse = (): never => {
    throw error
  }
  return sql.table({
    name,
    row,
    primaryKey,
    ...(cursor === undefined ? {} : { cursor, end: refuse }),
    // Asked before anything else, also of a table that is read whole.
    revision: refuse,
    read: refuse,
  })
}
