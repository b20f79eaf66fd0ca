import type { Runner } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Reserved, Sessions } from './sessions.ts'

const PREFIX = 'tidemark '
/** How long a lease that is free by its heartbeat may stay locked before its holder's session is ended. */
const GRACE_MS = 2000

/** By what a runner's sessions are known. Postgres cuts what is longer than 63 bytes. */
export function applicationName({ id }: Runner): string {
  return `${PREFIX}${id}`.slice(0, 63)
}

/**
 * Does work that takes leases. A runner that was stopped inside a transaction holds its lease's row though its heartbeat
 * is over, and nothing but the end of its session frees it.
 */
export async function terminateStaleHolders<T>(
  sessions: Sessions,
  session: Reserved,
  work: () => Promise<T>,
): Promise<T> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session.db)
  const pid = Number(rows[0]?.pid)
  let ending: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    ending = ending.then(() => endDeadHolders(sessions, pid)).catch(() => {})
  }, GRACE_MS)
  timer.unref()
  try {
    return await work()
  } finally {
    clearInterval(timer)
    await ending
  }
}

/** Ends the sessions that block another one, where they belong to runners whose heartbeat is over. */
async function endDeadHolders(sessions: Sessions, pid: number): Promise<void> {
  await sessions.transaction({ mode: 'write' }, async ({ db }) => {
    await sql`select pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
      where a.pid = any(pg_blocking_pids(${pid})) and starts_with(a.application_name, ${PREFIX})
      and not exists (select from _tidemark_runners r where left(${PREFIX} || r.id, 63) = a.application_name
        and r.heartbeat_at + r.lease_ms * 1000 >= extract(epoch from clock_timestamp()) * 1000000)`.execute(db)
  })
}
