import type { Project } from '@tidemark/core/engine'
import { readMark } from '../../state/state-mark.ts'
import { readerOf, readOnlyStore, refuseUnreadable } from '../../store-reader.ts'
import type { Reader } from '../database-kind.ts'
import { parseAddress } from './address.ts'
import { askRepertoire } from './ask-repertoire.ts'
import { chooseSchema } from './choose-schema.ts'
import { PostgresConnections } from './connections.ts'
import { postgresDialect } from './dialect.ts'
import { Sessions } from './sessions.ts'
import { postgresFlavor } from './state-dialect.ts'

const HAS_LOG = "select 1 where pg_catalog.to_regclass('_tidemark_run_log') is not null"

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
      await refuseUnreadable(session.db, postgresFlavor, address.shown)
    })
  } catch (error) {
    await sessions.close()
    throw error
  }
  const dialect = postgresDialect(sessions)
  const connections = new PostgresConnections(sessions, dialect)
  const destination = readOnlyStore(connections, dialect, project)
  return {
    ...readerOf(destination),
    markEveryMs: 1000,
    mark: () => readMark((statement) => destination.query(statement), HAS_LOG),
    close: () => sessions.close(),
  }
}
