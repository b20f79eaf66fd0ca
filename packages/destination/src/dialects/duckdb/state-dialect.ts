import { sql } from 'kysely'
import type { StateDialect } from '../../state/state-dialect.ts'
import { COUNTED_AT_ANY_VERSION } from './numbers.ts'

export const duckdbFlavor: StateDialect = {
  // When the transaction began: DuckDB has no other clock in SQL. A transaction begins when its turn has come.
  now: sql`epoch_us(get_current_timestamp())`,
  lock: { keyShare: sql``, noKeyUpdate: sql``, update: sql`` },
  // In milliseconds, as on SQLite.
  instant: (position) => sql`strftime(make_timestamp(${position}), '%Y-%m-%dT%H:%M:%S.%gZ')`,
  counted: (table, column) => {
    const { name } = table.toOperationNode().table.table.identifier
    if (COUNTED_AT_ANY_VERSION.get(name) !== column)
      throw new Error(`${name} is missing in the list of tables that are counted`)
    return table.addColumn(column, 'bigint', (c) => c.notNull()) as never
  },
  joined: (text) => sql`string_agg(${text}, ',')`,
  replaceView: async (db, name, select) => {
    await sql`create or replace view ${sql.id(name)} as ${select}`.execute(db)
  },
  renameColumns: async (db, table, renamed) => {
    for (const [from, to] of renamed)
      await sql`alter table ${sql.id(table)} rename column ${sql.id(from)} to ${sql.id(to)}`.execute(db)
  },
  hasTable: async (db, name) => {
    const found =
      await sql`select 1 from duckdb_tables() where database_name = current_database() and schema_name = 'main' and table_name = ${name}`.execute(
        db,
      )
    return found.rows.length > 0
  },
}
