import { SyncError } from '@tidemark/core'
import type { QueryLimits, QueryResult } from '@tidemark/core/engine'
import { sql } from 'kysely'
import { tookTooLong } from '../../took-too-long.ts'
import { stateOf } from './errors.ts'
import { runQuery } from './query.ts'
import type { Sessions } from './sessions.ts'

/** Asks a statement of the user's, which the server ends when the time is up or the signal comes: otherwise it would continue after the client has left. */
export async function limitedQuery(sessions: Sessions, statement: string, limits?: QueryLimits): Promise<QueryResult> {
  if (limits === undefined) return await sessions.transaction({ mode: 'query' }, (one) => runQuery(one, statement))
  const { limitMs, signal } = limits
  signal.throwIfAborted()
  return await sessions.transaction({ mode: 'query' }, async (session) => {
    const { rows } = await sql<{ pid: number }>`select pg_catalog.pg_backend_pid() as pid,
      set_config('statement_timeout', ${`${limitMs}ms`}, true)`.execute(session.db)
    const cancel = (): void =>
      void sessions.ask(sql`select pg_catalog.pg_cancel_backend(${rows[0]!.pid})`).catch(() => {})
    signal.addEventListener('abort', cancel)
    try {
      return await runQuery(session, statement, cancel)
    } catch (error) {
      signal.throwIfAborted()
      throw isCancelled(error) ? tookTooLong(limitMs) : error
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  })
}

function isCancelled(error: unknown): boolean {
  const cause = SyncError.is(error) ? error.cause : error
  return stateOf(cause) === '57014'
}
