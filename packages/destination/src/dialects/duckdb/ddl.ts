import type { ColumnType } from '@tidemark/core/engine'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { list } from '../../rows/sql.ts'
import type { StateDatabase } from '../../state/state-types.ts'
import { MISSING, RUN } from '../../table/columns.ts'
import type { Plan } from '../../table/schema-editor.ts'
import { TYPE_NAMES } from './column-types.ts'

type Db = Kysely<StateDatabase>
const { id, join, raw } = sql

/** The columns that are ours, and what each is. */
export function definitions({ columns, extra, partitioned, fed, runs, key }: Plan): readonly {
  readonly name: string
  readonly text: RawBuilder<unknown>
}[] {
  const define = (name: string, type: ColumnType) => ({
    name,
    text: sql`${id(name)} ${raw(TYPE_NAMES[type])}${raw(key.includes(name) || name === '_partition' ? ' not null' : '')}`,
  })
  return [
    ...columns.map(({ column, type }) => define(column, type)),
    ...(extra ? [define('_extra', 'json')] : []),
    ...(partitioned ? [define('_partition', 'text')] : []),
    define('_cursor', 'integer'),
    define('_synced_at', 'timestamp'),
    define('_deleted_at', 'timestamp'),
    ...(fed ? [define(MISSING, 'text')] : []),
    ...(runs ? [define(RUN, 'integer')] : []),
  ]
}

/** @param others definitions that are the user's, behind ours. */
export function createTable(
  table: RawBuilder<unknown>,
  plan: Plan,
  others: readonly RawBuilder<unknown>[] = [],
): RawBuilder<unknown> {
  const columns = definitions(plan).map(({ text }) => text)
  const key = plan.key.length === 0 ? [] : [sql`primary key (${list(plan.key)})`]
  return sql`create table ${table} (${join([...columns, ...others, ...key])})`
}

export interface StoredColumn {
  readonly name: string
  readonly type: string
  readonly fallback: string | null
  readonly required: boolean
}

/** The columns of a table or a view. */
export async function columnsOf(db: Db, name: string): Promise<readonly StoredColumn[]> {
  const { rows } =
    await sql<StoredColumn>`select column_name as name, data_type as type, column_default as fallback, not is_nullable as required
    from duckdb_columns() where database_name = current_database() and schema_name = 'main' and lower(table_name) = lower(${name})
    order by column_index`.execute(db)
  return rows
}
