import type { TableState } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { Session } from './sessions.ts'

type Present = TableState['present']

/** Which of these tables are there, and hold a row. */
export async function presentTables(
  { db }: Session,
  schema: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Present>> {
  const { rows } = await sql<{
    name: string
  }>`select relname as name from pg_catalog.pg_class where relkind in ('r', 'p')
    and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})`.execute(db)
  const there = new Set(rows.map(({ name }) => name))
  const present = new Map<string, Present>(names.map((name) => [name, 'missing']))
  for (const chunk of chunks(
    names.filter((name) => there.has(name)),
    200,
  )) {
    const each = chunk.map(
      (name) => sql`select cast(${name} as text) as name, exists (select from ${sql.id(schema, name)}) as filled`,
    )
    const found = await sql<{ name: string; filled: boolean }>`${sql.join(each, sql` union all `)}`.execute(db)
    for (const { name, filled } of found.rows) present.set(name, filled ? 'rows' : 'empty')
  }
  return present
}
