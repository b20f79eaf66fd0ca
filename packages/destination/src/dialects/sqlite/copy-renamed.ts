import { type Kysely, sql } from 'kysely'
import type { Renamed } from '../../state/state-dialect.ts'

const COPY = '_tidemark_renamed'

/**
 * Makes a table of the state again with other names of columns, and copies its rows. `alter table … rename column` fails where
 * any view in the file cannot be resolved, and the file is the user's.
 */
export async function copyRenamed(db: Kysely<never>, table: string, renamed: readonly Renamed[]): Promise<void> {
  const made = await sql<{ type: string; definition: string }>`select type, sql as definition from sqlite_schema
    where tbl_name = ${table} and type in ('table', 'index') and sql is not null`.execute(db)
  // Kysely writes every name in quotes, so that nothing else is taken for one.
  const inNewWords = (text: string): string =>
    renamed.reduce((so, [from, to]) => so.replaceAll(`"${from}"`, `"${to}"`), text)
  const { definition } = made.rows.find(({ type }) => type === 'table')!
  await sql.raw(inNewWords(definition).replace(`"${table}"`, `"${COPY}"`)).execute(db)
  await sql`insert into ${sql.id(COPY)} select * from ${sql.id(table)}`.execute(db)
  await sql`drop table ${sql.id(table)}`.execute(db)
  await sql`alter table ${sql.id(COPY)} rename to ${sql.id(table)}`.execute(db)
  for (const index of made.rows.filter(({ type }) => type === 'index'))
    await sql.raw(inNewWords(index.definition)).execute(db)
}
