import type { ColumnType } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Plan } from '../../table/schema-editor.ts'
import { mainTable } from './names.ts'

const { id, join, raw } = sql

/** What a column type is in a STRICT table. */
export const TYPES: Readonly<Record<ColumnType, 'TEXT' | 'INTEGER' | 'REAL' | 'BLOB'>> = {
  text: 'TEXT',
  integer: 'INTEGER',
  double: 'REAL',
  numeric: 'TEXT',
  boolean: 'INTEGER',
  timestamp: 'TEXT',
  local_timestamp: 'TEXT',
  date: 'TEXT',
  json: 'TEXT',
  bytes: 'BLOB',
}

export interface Definition {
  readonly name: string
  readonly text: RawBuilder<unknown>
}

/** The definitions of the columns that are ours. */
export function definitions({ columns, extra, partitioned, key }: Plan): readonly Definition[] {
  const define = (name: string, type: string): Definition => ({
    name,
    text: sql`${id(name)} ${raw(type)}${raw(key.includes(name) || name === '_partition' ? ' not null' : '')}`,
  })
  return [
    ...columns.map(({ column, type }) => define(column, TYPES[type])),
    ...(extra ? [define('_extra', 'TEXT')] : []),
    ...(partitioned ? [define('_partition', 'TEXT')] : []),
    define('_cursor', 'INTEGER'),
    define('_synced_at', 'TEXT'),
    define('_deleted_at', 'TEXT'),
  ]
}

/** @param others definitions that are the user's, behind ours. */
export function createTable(plan: Plan, others: readonly RawBuilder<unknown>[] = []): RawBuilder<unknown> {
  const columns = definitions(plan).map(({ text }) => text)
  const key = plan.key.length === 0 ? [] : [sql`primary key (${join(plan.key.map((name) => id(name)))})`]
  // Without a key a window is replaced as a whole, so it must be found.
  return sql`create table ${mainTable(plan.name)} (${join([...columns, ...others, ...key])}) strict`
}

export function addColumn(table: string, column: string, type: ColumnType): RawBuilder<unknown> {
  return sql`alter table ${mainTable(table)} add column ${id(column)} ${raw(TYPES[type])}`
}
