import { type Kysely, sql } from 'kysely'
import { chunks } from '../chunks.ts'
import type { LeaseOptions } from './lease-options.ts'
import type { StateDatabase } from './state-types.ts'

type Db = Kysely<StateDatabase>

/** What the record of a run says whose runner stopped without ending it. */
export const CRASHED = 'the runner stopped without ending the run'

/**
 * Ends the runs of runners that have crashed, at their last heartbeat. One that was asked to stop did, by the signal
 * that came; what happened to another is unknown.
 */
export async function closeRunsOf(db: Db, runners: readonly string[]): Promise<void> {
  for (const some of chunks(runners)) {
    await db
      .updateTable('_tidemark_runs')
      .set({
        ended_at: LAST_SIGN,
        exit_code: sql`case ended_by when 'SIGINT' then 130 when 'SIGTERM' then 143 end`,
        error: sql`case when ended_by is null then ${sql.lit(CRASHED)} end`,
        ended_by: sql`coalesce(ended_by, 'crash')`,
      })
      .where('runner', 'in', some)
      .where('ended_at', 'is', null)
      .execute()
  }
}

// A heartbeat comes every quarter of a minute, and steps tell more.
const LAST_SIGN = sql<bigint>`(select max(seen) from (
  select _tidemark_runs.started_at as seen
  union all select heartbeat_at from _tidemark_runners n where n.id = _tidemark_runs.runner
  union all select max(coalesce(s.ended_at, s.began_at)) from _tidemark_steps s where s.run = _tidemark_runs.run
) signs)`

/** Ends the runs that were never ended and whose runners have crashed. */
export async function closeCrashedRuns(db: Db, now: bigint, { runner, isAlive }: LeaseOptions): Promise<void> {
  const open = await db
    .selectFrom('_tidemark_runs as r')
    .leftJoin('_tidemark_runners as n', 'n.id', 'r.runner')
    .select(['r.runner', 'n.host', 'n.pid', 'n.started_at', 'n.heartbeat_at', 'n.lease_ms'])
    .where('r.ended_at', 'is', null)
    .where('r.runner', '!=', runner.id)
    .execute()
  const gone = open.filter(({ runner: id, host, pid, started_at, heartbeat_at, lease_ms }) => {
    if (host === null || heartbeat_at === null) return true
    if (BigInt(heartbeat_at) + BigInt(lease_ms ?? 0) * 1000n < now) return true
    const other = { id, host, pid: Number(pid), startedAt: BigInt(started_at ?? 0) }
    return host === runner.host && isAlive?.(other) === false
  })
  await closeRunsOf(db, [...new Set(gone.map((one) => one.runner))])
}
