import { SyncError } from '@tidemark/core'
import { sql } from 'kysely'
import type { Reserved, Sessions } from './sessions.ts'

/** MERGE came with Postgres 15. */
const OLDEST = 15

interface Found {
  readonly version: string
  readonly role: string
  readonly name: string | null
  readonly usable: boolean | null
  readonly holds: boolean | null
}

/**
 * Looks what server this is, and where on it the tables are: where the address says, else where a state is, else in a
 * schema of their own, so that nothing is put among an application's tables unasked.
 *
 * @returns whether the schema is still to be made.
 */
export async function chooseSchema(sessions: Sessions, { db }: Reserved): Promise<boolean> {
  const { address, place } = sessions
  const wanted = address.schema === undefined ? [sessions.schema, 'public'] : [address.schema]
  const { rows } = await sql<Found>`select current_setting('server_version_num') as version,
    cast(current_user as text) as role, n.nspname as name, has_schema_privilege(n.oid, 'usage') as usable,
    exists (select from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname = '_tidemark_meta' and c.relkind = 'r') as holds
    from (select 1) one left join pg_catalog.pg_namespace n on n.nspname in (${sql.join(wanted)})`.execute(db)
  const { version, role } = rows[0]!
  sessions.major = Math.floor(Number(version) / 10_000)
  if (sessions.major < OLDEST)
    refuse(
      `the database ${place} is Postgres ${sessions.major}, and Tidemark needs ${OLDEST} or newer; upgrade it, or name another one`,
    )
  const chosen = wanted.map((name) => rows.find((row) => row.name === name)).find((row) => row?.holds === true)
  const schema = chosen?.name ?? wanted[0]!
  const found = rows.find((row) => row.name === schema)
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  if (found === undefined && address.schema !== undefined)
    refuse(
      `there is no schema "${schema}" in the database ${place}; create it with: CREATE SCHEMA ${quoted(schema)} AUTHORIZATION ${quoted(role)}`,
    )
  if (found?.usable === false)
    refuse(
      `the role "${role}" may not use the schema "${schema}" in the database ${place}; allow it: GRANT USAGE, CREATE ON SCHEMA ${quoted(schema)} TO ${quoted(role)}`,
    )
  if (schema !== sessions.schema) {
    sessions.schema = schema
    await sql`set local search_path = ${sql.id(schema)}, pg_temp`.execute(db)
  }
  return found === undefined
}

function refuse(problem: string): never {
  throw new SyncError(problem, 'fix-config', { code: 'destination-unavailable' })
}
