import type { Runner } from '@tidemark/core/engine'
import { WINDOWS } from './boss.ts'
import { type Execute, rowsOf } from './queue-database.ts'
import type { QueueTables } from './queue-tables.ts'

/** SQL: whether a runner sent no heartbeat for longer than its leases last, as leases are judged. */
export function deadRunner({ runners }: QueueTables, id: string): string {
  return `not exists (select from ${runners} r where r.id = ${id}
    and r.heartbeat_at + r.lease_ms * 1000 >= extract(epoch from clock_timestamp())::numeric * 1000000)`
}

/** Makes a worker known to the others. Again is no harm: a queue may have been lost meanwhile. */
export async function registerWorker(
  execute: Execute,
  { workers }: QueueTables,
  { id, host, pid, startedAt }: Runner,
  { concurrency, project }: { readonly concurrency: number; readonly project: number },
): Promise<void> {
  await execute(
    `insert into ${workers} (id, host, pid, started_at, concurrency, project) values ($1, $2, $3, $4, $5, $6)
    on conflict (id) do update set concurrency = excluded.concurrency`,
    [id, host, pid, startedAt.toString(), concurrency, project],
  )
}

/**
 * Workers that are dead: no heartbeat within the time of their leases, or a process of this machine that has ended.
 *
 * @param isAlive whether a process runs; undefined: not known here.
 */
export async function deadWorkers(
  execute: Execute,
  tables: QueueTables,
  isAlive: (worker: Runner) => boolean | undefined,
): Promise<readonly string[]> {
  const { workers, running, sources } = tables
  const result = await execute(
    `select w.id, w.host, w.pid, w.started_at::text as started_at, ${deadRunner(tables, 'w.id')} as dead from (
      select id, host, pid, started_at from ${workers}
      union all select distinct worker, null, null::bigint, null::bigint from ${running}
      union all select planner, null, null, null from ${sources} where planner is not null
    ) as w`,
  )
  const dead = rowsOf(result).filter(({ id, host, pid, started_at: startedAt, dead: isDead }) => {
    if (isDead === true || host === null) return isDead
    const worker = { id: String(id), host: String(host), pid: Number(pid), startedAt: BigInt(String(startedAt)) }
    return isAlive(worker) === false
  })
  return [...new Set(dead.map(({ id }) => String(id)))]
}

/**
 * Returns the jobs of workers to the queue, and forgets the workers.
 *
 * A job is returned only if it was recorded as running: a commit that completes it removes that record in the same
 * transaction, and is waited for here.
 *
 * @returns how many jobs.
 */
export async function removeWorkers(execute: Execute, tables: QueueTables, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  const { workers, running, sources } = tables
  const { rows } = await execute(`delete from ${running} where worker = any($1::text[]) returning job`, [ids])
  await returnJobs(
    execute,
    tables,
    rowsOf({ rows }).map(({ job }) => String(job)),
  )
  await execute(`update ${sources} set planner = null where planner = any($1::text[])`, [ids])
  await execute(`delete from ${workers} where id = any($1::text[])`, [ids])
  return rows.length
}

/**
 * Returns jobs that are recorded as a worker's and that it does not know of: the answer to a commit was lost, say.
 *
 * @param known the claims that it holds. One that is younger than a minute may be on its way to it.
 */
export async function returnForgotten(
  execute: Execute,
  tables: QueueTables,
  worker: string,
  known: readonly string[],
): Promise<number> {
  const { rows } = await execute(
    `delete from ${tables.running} where worker = $1 and claim <> all($2::uuid[])
      and since < now() - interval '1 minute' returning job`,
    [worker, known],
  )
  await returnJobs(
    execute,
    tables,
    rowsOf({ rows }).map(({ job }) => String(job)),
  )
  return rows.length
}

/** Makes jobs that are running queued again. @param inMs not to be fetched before this has passed. */
export async function returnJobs(
  execute: Execute,
  { jobs }: QueueTables,
  ids: readonly string[],
  inMs = 0,
): Promise<void> {
  if (ids.length === 0) return
  await execute(
    `update ${jobs} set state = 'created', started_on = null, heartbeat_on = null,
      start_after = clock_timestamp() + $3::float8 * interval '1 ms'
    where name = $1 and id = any($2::uuid[]) and state = 'active'`,
    [WINDOWS, ids, inMs],
  )
}
