import type { QueryResult } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { stateVersion } from '../migrations.ts'
import type { Place } from '../open.ts'
import type { Reader } from '../open-reader.ts'
import { refuseOther } from '../refuse-other.ts'
import { markOf, STATE_MARK } from '../state-mark.ts'
import { readState } from '../state-read.ts'
import { parseAddress } from './address.ts'
import { chooseSchema } from './choose-schema.ts'
import { postgresFlavor } from './flavor.ts'
import { presentTables } from './present.ts'
import { runQuery } from './query.ts'
import { Sessions } from './sessions.ts'

/** Opens a schema of a Postgres database for reading alone: every transaction is a read-only one, and a short one. */
export async function openPostgresReader({ url }: Pick<Place, 'url'>): Promise<Reader> {
  const address = parseAddress(url)
  const sessions = new Sessions({
    address,
    applicationName: 'tidemark ui',
    lockMs: 1000,
    idleMs: 5000,
    patienceMs: 0,
    watchMs: 5000,
  })
  const query = (statement: string): Promise<QueryResult> =>
    sessions.transaction({ mode: 'read' }, (session) => runQuery(session, statement))
  try {
    const version = await sessions.transaction({ mode: 'read' }, async (session) => {
      await chooseSchema(sessions, session)
      return await stateVersion(session.db, postgresFlavor)
    })
    refuseOther(version, address.shown)
  } catch (error) {
    await sessions.close()
    throw error
  }
  return {
    now: async () => {
      const { rows } = await sessions.transaction({ mode: 'read' }, ({ db }) =>
        sql<{ now: bigint }>`select ${postgresFlavor.now} as now`.execute(db),
      )
      return BigInt(rows[0]!.now)
    },
    state: () =>
      sessions.transaction({ mode: 'read' }, async (session) => ({
        tables: await readState(session.db, postgresFlavor, (names) => presentTables(session, sessions.schema, names)),
      })),
    query,
    mark: async () => markOf((await query(STATE_MARK)).rows),
    close: () => sessions.close(),
  }
}
