import type { Project } from '@tidemark/core/engine'
import { moveInto, refuseMoving } from '../../relocate/moving.ts'
import { stateVersion } from '../../state/migrations.ts'
import { NO_RUNNER } from '../../state/no-runner.ts'
import { refuseOther } from '../../state/refuse-other.ts'
import { markOf, STATE_MARK } from '../../state/state-mark.ts'
import { SqlStore } from '../../store.ts'
import { tableName } from '../../table/names.ts'
import type { Reader } from '../database-kind.ts'
import { parseAddress } from './address.ts'
import { askRepertoire } from './ask-repertoire.ts'
import { chooseSchema } from './choose-schema.ts'
import { PostgresConnections } from './connections.ts'
import { postgresDialect } from './dialect.ts'
import { postgresFlavor } from './flavor.ts'
import { Sessions } from './sessions.ts'

/** Opens a schema of a Postgres database for reading alone: every transaction is a read-only one, and a short one. */
export async function openPostgresReader(url: string, project: Project | undefined): Promise<Reader> {
  const address = parseAddress(url)
  const sessions = new Sessions({
    address,
    applicationName: 'tidemark (looking)',
    lockMs: 1000,
    idleMs: 5000,
    patienceMs: 0,
    watchMs: 5000,
  })
  try {
    await sessions.transaction({ mode: 'read' }, async (session) => {
      await chooseSchema(sessions, session)
      sessions.repertoire = await askRepertoire(session)
      refuseOther(await stateVersion(session.db, postgresFlavor), address.shown)
      refuseMoving(await moveInto(session.db, postgresFlavor), address.shown)
    })
  } catch (error) {
    await sessions.close()
    throw error
  }
  const dialect = postgresDialect(sessions)
  const connections = new PostgresConnections(sessions, dialect)
  const destination = new SqlStore(connections, dialect, { runner: NO_RUNNER, leaseMs: 0, project })
  return {
    profile: destination.profile,
    nameOf: tableName,
    problemOf: (text, use) => destination.problemOf(text, use),
    now: () => destination.now(),
    state: () => destination.state(),
    read: (table, options) => destination.read(table, options),
    compare: (shape) => destination.compare(shape),
    preview: (shape) => destination.preview(shape),
    relocation: destination.relocation,
    query: (statement, limits) => destination.query(statement, limits),
    markEveryMs: 1000,
    mark: async () => markOf((await destination.query(STATE_MARK)).rows),
    close: () => sessions.close(),
  }
}
