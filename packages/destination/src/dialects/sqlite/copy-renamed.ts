import { type Kysely, sql } from 'kysely'
import type { Renamed } from '../../state/state-dialect.ts'

const TAKEN = '_tidemark_renamed'

/**
 * Makes a table of the state again with other names of columns, and copies its rows. `alter table … rename column` fails where
 * any view in the file cannot be resolved, and the file is the user's.
 */
export async function copyRenamed(db: Kysely<never>, table: string, renamed: readonly Renamed[]): Promise<void> {
  const made = await sql<{ type: string; name: string; sql: string | null }>`select type, name, sql from sqlite_schema
    where tbl_name = ${table} and type in ('table', 'index') order by type = 'index', name`.execute(db)
  const definitions = made.rows.flatMap(({ type, sql: text }) => (text === null ? [] : [{ type, text }]))
  const columns = await sql<{ name: string }>`select name from pragma_table_info(${table}) order by cid`.execute(db)
  const names = new Map(renamed)
  // Kysely writes every name in quotes, so that nothing else is taken for one.
  const inNewWords = (text: string): string =>
    renamed.reduce((so, [from, to]) => so.replaceAll(`"${from}"`, `"${to}"`), text)
  const idList = (of: (name: string) => string) => sql.join(columns.rows.map(({ name }) => sql.id(of(name))))
  for (const { type, text } of definitions) {
    if (type !== 'table') continue
    await sql.raw(inNewWords(text).replace(`"${table}"`, `"${TAKEN}"`)).execute(db)
    await sql`insert into ${sql.id(TAKEN)} (${idList((name) => names.get(name) ?? name)})
      select ${idList((name) => name)} from ${sql.id(table)}`.execute(db)
    await sql`drop table ${sql.id(table)}`.execute(db)
    await sql`alter table ${sql.id(TAKEN)} rename to ${sql.id(table)}`.execute(db)
  }
  for (const { type, text } of definitions) if (type === 'index') await sql.raw(inNewWords(text)).execute(db)
}
