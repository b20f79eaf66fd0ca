import { SyncError } from '@tidemark/core'
import { type Destination, STATE_VERSION } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { LeaseOptions } from '../leases.ts'
import { migrate, refuseNewer, stateVersion } from '../migrations.ts'
import { moveInto, refuseMoving } from '../relocation/moving.ts'
import { type PostgresAddress, parseAddress } from './address.ts'
import { PostgresDestination } from './destination.ts'
import { postgresFlavor } from './flavor.ts'
import { type Session, Sessions } from './sessions.ts'
import { applicationName } from './takeover.ts'

export interface OpenPostgresOptions extends Omit<LeaseOptions, 'flavor'> {
  readonly url: string
  readonly lockMs: number
  readonly moving: boolean
}

/** MERGE came with Postgres 15. */
const OLDEST = 15

/** Opens the database and brings its state tables to this version. */
export async function openPostgres(options: OpenPostgresOptions): Promise<Destination> {
  const address = parseAddress(options.url)
  const { runner, isAlive, leaseMs, lockMs } = options
  const sessions = new Sessions({
    address,
    applicationName: applicationName(runner),
    lockMs,
    idleMs: Math.max(1000, Math.floor(leaseMs / 2)),
    patienceMs: Math.max(1000, Math.floor(leaseMs / 3)),
    watchMs: Math.max(1000, Math.floor(leaseMs / 12)),
  })
  try {
    const version = await sessions.transaction({ mode: 'read' }, async (session) => {
      sessions.major = await checkServer(session, address)
      if (!options.moving) refuseMoving(await moveInto(session.db, postgresFlavor), address.shown)
      return await stateVersion(session.db, postgresFlavor)
    })
    refuseNewer(version, address.shown)
    if (version < STATE_VERSION) {
      await sessions.transaction({ mode: 'write' }, async ({ db }) => {
        // Two processes that open a new database together do it one after the other.
        await sql`select pg_advisory_xact_lock(hashtextextended(${`tidemark ${address.schema}`}, 0))`.execute(db)
        await migrate(db, postgresFlavor, address.shown)
      })
    }
    return new PostgresDestination(sessions, { runner, isAlive, leaseMs, schema: address.schema })
  } catch (error) {
    await sessions.close()
    throw error
  }
}

/** Whether there is a state to go on from. @throws SyncError where the database cannot be asked. */
export async function hasState(url: string): Promise<boolean> {
  return askServer(url, async ({ db }) => (await stateVersion(db, postgresFlavor)) > 0)
}

/** Asks a server something before it is opened. @throws SyncError where it cannot be asked, or be used at all. */
export async function askServer<T>(url: string, ask: (session: Session) => Promise<T>): Promise<T> {
  const address = parseAddress(url)
  const sessions = new Sessions({
    address,
    applicationName: 'tidemark',
    lockMs: 5000,
    idleMs: 5000,
    patienceMs: 0,
    watchMs: 5000,
  })
  try {
    return await sessions.transaction({ mode: 'read' }, async (session) => {
      await checkServer(session, address)
      return await ask(session)
    })
  } finally {
    await sessions.close()
  }
}

/** @returns the server's major version. */
export async function checkServer({ db }: Session, { schema, shown: place }: PostgresAddress): Promise<number> {
  const { rows } = await sql<{
    version: string
    role: string
    usable: boolean | null
  }>`select current_setting('server_version_num') as version, cast(current_user as text) as role,
    (select has_schema_privilege(oid, 'usage') from pg_catalog.pg_namespace where nspname = ${schema}) as usable`.execute(
    db,
  )
  const { version, role, usable } = rows[0]!
  const refuse = (problem: string): never => {
    throw new SyncError(problem, 'fix-config', { code: 'destination-unavailable' })
  }
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  const major = Math.floor(Number(version) / 10_000)
  if (major < OLDEST)
    refuse(
      `the database ${place} is Postgres ${major}, and Tidemark needs ${OLDEST} or newer; upgrade it, or name another one`,
    )
  if (usable === null)
    refuse(
      `there is no schema "${schema}" in the database ${place}; make it with: CREATE SCHEMA ${quoted(schema)} AUTHORIZATION ${quoted(role)}`,
    )
  if (!usable)
    refuse(
      `the role "${role}" may not use the schema "${schema}" in the database ${place}; allow it: GRANT USAGE, CREATE ON SCHEMA ${quoted(schema)} TO ${quoted(role)}`,
    )
  return major
}
