import { type Execute, firstRow } from './queue-database.ts'
import type { QueueTables } from './queue-tables.ts'
import { deadRunner } from './worker-records.ts'

/** Whether this worker plans a source, and when. */
export interface PlannerClaim {
  /** Whether this worker is the one that plans. */
  readonly isOurs: boolean
  /** In how many milliseconds the source is due to be planned, by the database's clock; 0 or less: now. */
  readonly dueInMs: number
}

/**
 * Takes the planning of a source where nobody has it who is alive, and keeps it. Two planners would do no harm, because a
 * window is queued once: this saves the requests of the second.
 */
export async function claimPlanner(
  execute: Execute,
  tables: QueueTables,
  { source, worker, everyMs }: { readonly source: string; readonly worker: string; readonly everyMs: number },
): Promise<PlannerClaim> {
  const { sources } = tables
  const due = `extract(epoch from planned_at + $2::float8 * interval '1 ms' - clock_timestamp())::float8 * 1000 as due`
  // Looked for first: most looks change nothing, and an upsert would write a row for each.
  const found = await execute(
    `select planner, ${due}, planner is null or ${deadRunner(tables, 'planner')} as free from ${sources} where source = $1`,
    [source, everyMs],
  )
  const known = firstRow(found)
  if (found.rows.length > 0 && known['free'] === false) return claimOf(known, worker)
  const taken = await execute(
    `insert into ${sources} as s (source, planner) values ($1, $3)
    on conflict (source) do update set planner = case
      when s.planner is null or ${deadRunner(tables, 's.planner')} then excluded.planner else s.planner end
    returning planner, ${due}`,
    [source, everyMs, worker],
  )
  return claimOf(firstRow(taken), worker)
}

/** Leaves the planning of a source to whoever takes it next: this worker could not do it, and another one may. */
export async function releasePlanner(
  execute: Execute,
  { sources }: QueueTables,
  { source, worker }: { readonly source: string; readonly worker: string },
): Promise<void> {
  await execute(`update ${sources} set planner = null where source = $1 and planner = $2`, [source, worker])
}

/**
 * Makes a source due to be planned now, because what was planned of it is read in another way by now. Not more often than each
 * minute: where two versions run side by side, one of them asks for this again and again.
 */
export async function planSoon(execute: Execute, { sources }: QueueTables, source: string): Promise<void> {
  await execute(
    `update ${sources} set planned_at = null where source = $1 and planned_at < clock_timestamp() - interval '1 minute'`,
    [source],
  )
}

function claimOf({ planner, due }: ReturnType<typeof firstRow>, worker: string): PlannerClaim {
  return { isOurs: planner === worker, dueInMs: due === null ? 0 : Number(due) }
}

/** Notes that all of a source was planned. @param agoMs when that planning began: what came since is planned by the next one. */
export async function recordPlanned(
  execute: Execute,
  { sources }: QueueTables,
  { source, worker, agoMs }: { readonly source: string; readonly worker: string; readonly agoMs: number },
): Promise<void> {
  await execute(
    `update ${sources} set planned_at = clock_timestamp() - $3::float8 * interval '1 ms' where source = $1 and planner = $2`,
    [source, worker, agoMs],
  )
}
