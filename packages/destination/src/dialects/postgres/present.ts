import type { TableState } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { chunks } from '../../chunks.ts'
import { literal, quotedName } from '../../values/literal.ts'
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
  // Whether nobody can read a table now is seen without a wait for it.
  const { rows } = await sql<{ name: string; locked: boolean }>`select relname as name, locked.oid is not null as locked
    from pg_catalog.pg_class c left join (
      select distinct relation as oid from pg_catalog.pg_locks
      where mode = 'AccessExclusiveLock' and pid <> pg_catalog.pg_backend_pid()
    ) as locked on locked.oid = c.oid
    where relname = any(${names}::name[]) and relkind in ('r', 'p')
    and relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema})`.execute(db)
  const present = new Map<string, Present>(names.map((name) => [name, 'missing']))
  const look = async (some: readonly string[]): Promise<boolean> => {
    const each = some.map(
      (name) =>
        `select ${literal(name)}::text as name, exists (select from ${quotedName(schema)}.${quotedName(name)}) as filled`,
    )
    const found = await unlessLocked(session, each.join(' union all '))
    for (const { name, filled } of found?.rows ?? []) present.set(name, filled === true ? 'rows' : 'empty')
    return found !== undefined
  }
  // Of a table that somebody has locked nothing is known by now, and its sync will say so: it is taken to be as it was.
  for (const { name } of rows) present.set(name, 'rows')
  const free = rows.filter(({ locked }) => !locked).map(({ name }) => name)
  for (const some of chunks(free, 200)) {
    if (await look(some)) continue
    for (const one of some) await look([one])
  }
  return present
}
