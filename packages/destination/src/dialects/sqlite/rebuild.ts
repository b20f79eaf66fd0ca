import type { DatabaseSync } from 'node:sqlite'
import { type Kysely, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-types.ts'
import { fold } from '../../table/names.ts'
import type { Rebuild } from '../../table/schema-editor.ts'
import { decimalOfNumber } from '../../values/value-text.ts'
import { createTable, definitions } from './ddl.ts'
import { entriesOf } from './definitions.ts'

const { id, join, raw } = sql
const NEW = '_tidemark_rebuilt'

/**
 * Makes a table once more inside a transaction and puts its rows, and what the user added to it (columns, indexes,
 * triggers), back. Views name a table and live on. SQLite cannot change a column's type in place.
 *
 * @returns what of the user's could not be put back.
 */
export async function rebuildTable(
  db: Kysely<StateDatabase>,
  rawDb: DatabaseSync,
  rebuild: Rebuild,
): Promise<readonly string[]> {
  const { plan, widened } = rebuild
  // How it was made, as SQLite keeps it.
  const made = rawDb
    .prepare("select sql from main.sqlite_schema where name = ? collate nocase and type = 'table'")
    .get(plan.name) as { readonly sql: string }
  const ours = new Set([...rebuild.ours, ...definitions(plan).map(({ name }) => name)].map(fold))
  const others = entriesOf(made.sql).filter(({ name, text }) =>
    name === undefined ? !/^primary\s+key/i.test(text) : !ours.has(fold(name)),
  )
  // Constraints of the table follow its columns.
  others.sort((a, b) => Number(a.name === undefined) - Number(b.name === undefined))
  const objects = rawDb
    .prepare(
      "select type, name, sql from main.sqlite_schema where tbl_name = ? collate nocase and type in ('index', 'trigger') and sql is not null",
    )
    .all(plan.name) as unknown as readonly { readonly type: string; readonly name: string; readonly sql: string }[]
  const before = ungeneratedColumns(rawDb, plan.name)

  await createTable(
    { ...plan, name: NEW },
    others.map(({ text }) => raw(text)),
  ).execute(db)
  const after = new Set(ungeneratedColumns(rawDb, NEW).map(fold))
  const copied = before.filter((name) => after.has(fold(name)))
  // SQLite makes a text of 15 digits of a double.
  rawDb.function('tidemark_number', (number) => String(number))
  rawDb.function('tidemark_decimal', (number) => decimalOfNumber(Number(number)))
  const values = copied.map((name) => {
    const to = widened.get(name)
    if (to === undefined) return id(name)
    const text = raw(to === 'numeric' ? 'tidemark_decimal' : 'tidemark_number')
    return sql`case typeof(${id(name)}) when 'real' then ${text}(${id(name)}) else cast(${id(name)} as text) end`
  })
  await sql`insert into ${id('main', NEW)} (${join(copied.map((name) => id(name)))}) select ${join(values)} from ${id('main', plan.name)}`.execute(
    db,
  )
  await sql`drop table ${id('main', plan.name)}`.execute(db)
  await sql`alter table ${id('main', NEW)} rename to ${id(plan.name)}`.execute(db)
  const lost: string[] = []
  for (const { type, name, sql: text } of objects) {
    try {
      rawDb.exec(text)
    } catch {
      // Our own index is created by the code that needs it.
      if (!name.startsWith('_tidemark_')) lost.push(`${type} "${name}" no longer fits and was not made again`)
    }
  }
  return lost
}

/** The columns that hold values of their own: not the generated ones. */
export function ungeneratedColumns(rawDb: DatabaseSync, table: string): readonly string[] {
  const rows = rawDb.prepare('select name from pragma_table_xinfo(?) where hidden = 0').all(table)
  return rows.map((row) => String(row['name']))
}
