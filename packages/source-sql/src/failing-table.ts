import { type Column, rowOf, type SyncError, type Table, type Tracked } from '@tidemark/core'
import { type Client, sql } from './source.ts'

/** A known table that cannot be read now: it stays what it is, and fails with the reason. */
export function failingTable(name: string, tracked: Tracked, error: SyncError): Table<Client> {
  const primaryKey = tracked.primaryKey?.(name) ?? []
  const cursor = tracked.cursor?.(name) ?? undefined
  const columns = (tracked.columns(name) ?? []).map(
    (column): Column => (primaryKey.includes(column.name) ? { ...column, nullable: false } : column),
  )
  const refuse = (): never => {
    throw error
  }
  return sql.table({
    name,
    row: rowOf(columns),
    primaryKey,
    ...(cursor === undefined ? {} : { cursor, end: refuse }),
    // Asked before anything else, also of a table that is read whole.
    revision: refuse,
    read: refuse,
  })
}
