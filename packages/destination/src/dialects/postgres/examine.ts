import { sql } from 'kysely'
import type { Examination } from '../database-kind.ts'
import { parseAddress } from './address.ts'
import { askServer } from './open-postgres.ts'

interface Facts {
  readonly version: string
  readonly role: string
  readonly base: string
  /** Null: there is no such schema yet. */
  readonly creates: boolean | null
  readonly founds: boolean
  readonly temporary: boolean
  readonly standby: boolean
  readonly readonly: boolean
}

/** Asks the server what this role may do. @throws SyncError where it cannot be asked, is too old, or has no such schema. */
export function examinePostgres(url: string): Promise<Examination> {
  const { shown } = parseAddress(url)
  return askServer(url, async ({ db }, schema) => {
    const { rows } =
      await sql<Facts>`select current_setting('server_version') as version, cast(current_user as text) as role,
      cast(current_database() as text) as base, (select has_schema_privilege(oid, 'create') from pg_catalog.pg_namespace where nspname = ${schema}) as creates,
      has_database_privilege(current_database(), 'create') as founds,
      has_database_privilege(current_database(), 'temporary') as temporary, pg_is_in_recovery() as standby,
      current_setting('default_transaction_read_only')::boolean as readonly`.execute(db)
    const { version, role, base, creates, founds, temporary, standby, readonly } = rows[0]!
    const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
    const problems = [
      ...(standby
        ? [`the server of ${shown} is a standby and cannot be written; name its primary under "destination"`]
        : []),
      ...(readonly && !standby
        ? [
            `transactions in ${shown} are read-only; allow them: ALTER ROLE ${quoted(role)} SET default_transaction_read_only = off`,
          ]
        : []),
      ...(creates === null && !founds
        ? [
            `there is no schema "${schema}" in ${shown}, and the role "${role}" may not create one; create it with: CREATE SCHEMA ${quoted(schema)} AUTHORIZATION ${quoted(role)}`,
          ]
        : []),
      ...(creates !== false
        ? []
        : [
            `the role "${role}" may not create tables in the schema "${schema}" of ${shown}; allow it: GRANT CREATE ON SCHEMA ${quoted(schema)} TO ${quoted(role)}`,
          ]),
      ...(temporary
        ? []
        : [
            `the role "${role}" may not create temporary tables in ${shown}; allow it: GRANT TEMPORARY ON DATABASE ${quoted(base)} TO ${quoted(role)}`,
          ]),
    ]
    return { kind: 'postgres', title: 'Postgres', version, freeBytes: undefined, problems }
  })
}
