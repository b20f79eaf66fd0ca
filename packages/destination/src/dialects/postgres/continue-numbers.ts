import { type Kysely, sql } from 'kysely'
import type { StateDatabase } from '../../state/state-types.ts'

const COUNTED = [
  ['_tidemark_resyncs', 'id'],
  ['_tidemark_changes', 'id'],
  ['_tidemark_rejects', 'id'],
  ['_tidemark_runs', 'run'],
] as const

/** Starts the numbers that the server assigns above the existing ones. */
export async function continueNumbers(db: Kysely<StateDatabase>, schema: string): Promise<void> {
  for (const [table, column] of COUNTED)
    await sql`select setval(pg_get_serial_sequence(${table}, ${column}), greatest(
      (select coalesce(max(${sql.id(column)}), 0) + 1 from ${sql.id(table)}), 1), false)`.execute(db)
  // A lease's number is in the names of keys and indexes, which may be there without it.
  await sql`select setval(pg_get_serial_sequence('_tidemark_leases', 'id'), greatest(
    (select coalesce(max(id), 0) from _tidemark_leases),
    (select coalesce(max(substring(relname from '^_tidemark_(?:key|position)_(\\d{1,15})$')::bigint), 0) from pg_catalog.pg_class
      where relnamespace = (select oid from pg_catalog.pg_namespace where nspname = ${schema}))) + 1, false)`.execute(
    db,
  )
}
