import { type Destination, type Project, STATE_VERSION } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { moveInto, refuseMoving } from '../../relocate/moving.ts'
import type { LeaseOptions } from '../../state/lease-options.ts'
import { migrate, refuseNewer, stateVersion } from '../../state/migrations.ts'
import { SqlStore } from '../../store.ts'
import { parseAddress } from './address.ts'
import { askRepertoire } from './ask-repertoire.ts'
import { chooseSchema } from './choose-schema.ts'
import { PostgresConnections } from './connections.ts'
import { postgresDialect } from './dialect.ts'
import { untilUnlocked } from './locks.ts'
import { type Reserved, Sessions } from './sessions.ts'
import { postgresFlavor } from './state-dialect.ts'
import { applicationName } from './terminate-stale-holders.ts'

export interface OpenPostgresOptions extends Omit<LeaseOptions, 'flavor'> {
  readonly url: string
  readonly lockMs: number
  readonly moving: boolean
  readonly project?: Project | undefined
}

/** Opens the database and brings its state tables to this version. */
export async function openPostgres(options: OpenPostgresOptions): Promise<Destination> {
  const address = parseAddress(options.url)
  const { runner, isAlive, leaseMs, lockMs, project } = options
  const sessions = new Sessions({
    address,
    applicationName: applicationName(runner),
    lockMs,
    idleMs: Math.max(1000, Math.floor(leaseMs / 2)),
    patienceMs: Math.max(1000, Math.floor(leaseMs / 3)),
    watchMs: Math.max(1000, Math.floor(leaseMs / 12)),
  })
  try {
    let isMissing = false
    const version = await sessions.transaction({ mode: 'read' }, async (session) => {
      isMissing = await chooseSchema(sessions, session)
      sessions.repertoire = await askRepertoire(session)
      if (!options.moving) refuseMoving(await moveInto(session.db, postgresFlavor), address.shown)
      return await stateVersion(session.db, postgresFlavor)
    })
    refuseNewer(version, address.shown)
    if (version < STATE_VERSION) {
      await untilUnlocked(lockMs, () =>
        sessions.transaction({ mode: version === 0 ? 'write' : 'shape' }, async ({ db }) => {
          // Two processes that open a new database together do it one after the other.
          await sql`select pg_advisory_xact_lock(hashtextextended(${`tidemark ${sessions.schema}`}, 0))`.execute(db)
          // Only where it is missing: a user who may use a schema may not always create one.
          if (isMissing) await sql`create schema if not exists ${sql.id(sessions.schema)}`.execute(db)
          await migrate(db, postgresFlavor, address.shown)
        }),
      )
    }
    const dialect = postgresDialect(sessions)
    return new SqlStore(new PostgresConnections(sessions, dialect), dialect, { runner, isAlive, leaseMs, project })
  } catch (error) {
    await sessions.close()
    throw error
  }
}

/** Whether a state exists to continue from. @throws SyncError where the database cannot be asked. */
export async function hasState(url: string): Promise<boolean> {
  return askServer(url, async ({ db }) => (await stateVersion(db, postgresFlavor)) > 0)
}

/** Asks a server something before it is opened. @throws SyncError where it cannot be asked, or be used at all. */
export async function askServer<T>(url: string, ask: (session: Reserved, schema: string) => Promise<T>): Promise<T> {
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
      await chooseSchema(sessions, session)
      return await ask(session, sessions.schema)
    })
  } finally {
    await sessions.close()
  }
}
