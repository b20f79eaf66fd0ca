import { randomUUID } from 'node:crypto'
import type { PgBoss } from 'pg-boss'
import { executorOf, WINDOWS } from './boss.ts'
import type { Execute } from './queue-database.ts'
import type { QueueTables } from './queue-tables.ts'
import { lockFetches } from './source-limits.ts'
import { BACKFILL, dataOf, type HeldJob, windowOf } from './window-job.ts'

export interface Fetching {
  readonly boss: PgBoss
  readonly tables: QueueTables
  readonly worker: string
  /** What the queue calls the sources that the worker has. */
  readonly groups: readonly string[]
  /** How many jobs at most. */
  readonly limit: number
  /** How many windows of one source run at once, over all workers. */
  readonly perSource: number
  /** Only backfills. Absent: the first of all. */
  readonly lane?: 'backfill' | undefined
}

/** Takes the next jobs, and records whose they are. Call it in a transaction; those of all workers wait for each other. */
export async function fetchJobs(
  execute: Execute,
  { boss, tables, worker, groups, limit, perSource, lane }: Fetching,
): Promise<readonly HeldJob[]> {
  const ignored = await lockFetches(execute, tables, groups)
  const jobs = await boss.fetch<object>(WINDOWS, {
    db: executorOf(execute),
    batchSize: limit,
    groupConcurrency: perSource,
    ...(ignored.length === 0 ? {} : { ignoreGroups: [...ignored] }),
    ...(lane === undefined ? {} : { maxPriority: BACKFILL }),
  })
  const held = jobs.flatMap(({ id, data }) => {
    const window = windowOf(data)
    return window === undefined ? [] : [{ id, claim: randomUUID(), window }]
  })
  const foreign = jobs.filter(({ id }) => !held.some((job) => job.id === id)).map(({ id }) => id)
  const reason = { message: 'its payload is not a window of a table', remedy: 'fix-config' }
  if (foreign.length > 0) await boss.fail(WINDOWS, foreign, reason, { db: executorOf(execute) })
  if (held.length === 0) return []
  await execute(
    `insert into ${tables.running} (job, claim, worker, data)
    select job, claim, $3, data from unnest($1::uuid[], $2::uuid[], $4::jsonb[]) as t(job, claim, data)
    on conflict (job) do update set claim = excluded.claim, worker = excluded.worker, since = now()`,
    [
      held.map(({ id }) => id),
      held.map(({ claim }) => claim),
      worker,
      held.map(({ window }) => JSON.stringify(dataOf(window))),
    ],
  )
  return held
}
