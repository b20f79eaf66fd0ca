import type { TableState } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import { unlessLocked } from './locks.ts'
import type { Reserved } from './sessions.ts'

type Present = TableState['present']

/** Which of these tables exist, and hold a row. */
export async function presentTables(
  session: Reserved,
  schema: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Present>> {
  const { db } = session
  const { rows } = await sql<{
    name: string
  }>`select relname as name from pg_catalog.pg_class where relname = any(${names}::name[]) and relkind in ('r', 'p')
    and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})`.execute(db)
  const there = new Set(rows.map(({ name }) => name))
  const locked = await lockedTables(session, schema)
  const present = new Map<string, Present>(names.map((name) => [name, 'missing']))
  const look = async (some: readonly string[]): Promise<void> => {
    const each = some.map(
      (name) => sql`select cast(${name} as text) as name, exists (select from ${sql.id(schema, name)}) as filled`,
    )
    const found = await sql<{ name: string; filled: boolean }>`${sql.join(each, sql` union all `)}`.execute(db)
    for (const { name, filled: everFilled } of found.rows) present.set(name, everFilled ? 'rows' : 'empty')
  }
  // Of a table that somebody has locked nothing is known by now, and its sync will say so: it is taken to be as it was.
  for (const name of names) if (there.has(name)) present.set(name, 'rows')
  for (const some of chunks(
    names.filter((name) => there.has(name) && !locked.has(name)),
    200,
  )) {
    if (await unlessLocked(session, () => look(some))) continue
    for (const one of some) await unlessLocked(session, () => look([one]))
  }
  return present
}

/** Tables that nobody can read now, without a wait for them. */
async function lockedTables({ db }: Reserved, schema: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ name: string }>`select c.relname as name from pg_catalog.pg_locks l
    join pg_catalog.pg_class c on c.oid = l.relation
    where l.mode = 'AccessExclusiveLock' and l.pid <> pg_catalog.pg_backend_pid()
    and c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})`.execute(db)
  return new Set(rows.map(({ name }) => name))
}
