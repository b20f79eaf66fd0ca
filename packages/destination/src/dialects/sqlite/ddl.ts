import type { ColumnType } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import { MISSING, RUN } from '../../table/columns.ts'
import type { Plan } from '../../table/schema-editor.ts'
import { TYPE_NAMES } from './column-types.ts'
import { mainTable } from './names.ts'

const { id, join, raw } = sql

export interface Definition {
  readonly name: string
  readonly text: RawBuilder<unknown>
}

/** The definitions of the columns that are ours. */
export function definitions({ columns, extra, partitioned, fed, runs, key }: Plan): readonly Definition[] {
  const define = (name: string, type: string): Definition => ({
    name,
    text: sql`${id(name)} ${raw(type)}${raw(key.includes(name) || name === '_partition' ? ' not null' : '')}`,
  })
  return [
    ...columns.map(({ column, type }) => define(column, TYPE_NAMES[type])),
    ...(extra ? [define('_extra', TYPE_NAMES.json)] : []),
    ...(partitioned ? [define('_partition', TYPE_NAMES.text)] : []),
    define('_cursor', TYPE_NAMES.integer),
    define('_synced_at', TYPE_NAMES.timestamp),
    define('_deleted_at', TYPE_NAMES.timestamp),
    ...(fed ? [define(MISSING, TYPE_NAMES.text)] : []),
    ...(runs ? [define(RUN, TYPE_NAMES.integer)] : []),
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
  return sql`alter table ${mainTable(table)} add column ${id(column)} ${raw(TYPE_NAMES[type])}`
}
