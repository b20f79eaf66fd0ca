import { sql } from 'kysely'
import type { StateDialect } from '../../state/state-dialect.ts'

export const postgresFlavor: StateDialect = {
  // Asked before a transaction has said whose functions count. The moment itself, not that of the transaction's start. `extract` is exact since Postgres 14.
  now: sql`cast(extract(epoch from pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000000 as bigint)`,
  lock: { keyShare: sql`for key share`, noKeyUpdate: sql`for no key update`, update: sql`for update` },
  // In milliseconds, as on SQLite.
  instant: (position) =>
    sql`to_char((timestamp 'epoch' + ${position} * interval '1 microsecond'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
  counted: (table, column) =>
    table.addColumn(column, 'bigint', (c) => c.generatedByDefaultAsIdentity().primaryKey()) as never,
  joined: (text) => sql`string_agg(${text}, ',')`,
  // Not dropped: a user's own view may depend on it.
  replaceView: async (db, name, select, renamed) => {
    if (renamed !== undefined) {
      const [from, to] = renamed
      await sql`alter view ${sql.id(name)} rename column ${sql.id(from)} to ${sql.id(to)}`.execute(db)
    }
    await sql`create or replace view ${sql.id(name)} as ${select}`.execute(db)
  },
  renameColumns: async (db, table, renamed) => {
    for (const [from, to] of renamed)
      await sql`alter table ${sql.id(table)} rename column ${sql.id(from)} to ${sql.id(to)}`.execute(db)
  },
  hasTable: async (db, name) => {
    const found = await sql`select from pg_catalog.pg_class
      where relname = ${name} and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = current_schema()) and relkind = 'r'`.execute(
      db,
    )
    return found.rows.length > 0
  },
}
