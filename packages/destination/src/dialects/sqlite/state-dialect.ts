import { sql } from 'kysely'
import type { StateDialect } from '../../state/state-dialect.ts'
import { copyRenamed } from './copy-renamed.ts'

export const sqliteFlavor: StateDialect = {
  // Milliseconds are what SQLite's clock gives.
  now: sql`cast(round(unixepoch('now', 'subsec') * 1000) as integer) * 1000`,
  lock: { keyShare: sql``, noKeyUpdate: sql``, update: sql`` },
  // Floored by hand: integer division cuts towards zero, which is wrong before 1970.
  instant: (position) =>
    sql`strftime('%Y-%m-%dT%H:%M:%fZ', (${position} - ((${position} % 1000000) + 1000000) % 1000000) / 1000000 + (((${position} % 1000000) + 1000000) % 1000000) / 1000000.0, 'unixepoch')`,
  counted: (table, column) => table.addColumn(column, 'integer', (c) => c.primaryKey().autoIncrement()) as never,
  joined: (text) => sql`group_concat(${text}, ',')`,
  replaceView: async (db, name, select) => {
    await sql`drop view ${sql.id(name)}`.execute(db)
    await sql`create view ${sql.id(name)} as ${select}`.execute(db)
  },
  renameColumns: async (db, table, renamed) => await copyRenamed(db, table, renamed),
  hasTable: async (db, name) => {
    const found = await sql`select 1 from sqlite_schema where type = 'table' and name = ${name}`.execute(db)
    return found.rows.length > 0
  },
}
