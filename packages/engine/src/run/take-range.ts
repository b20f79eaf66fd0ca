import type { LeasedWindow, Leases, State } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import { type AskedRange, askedRange, type RangeOptions } from '../plan/asked-range.ts'
import { type PlanConfig, planRun } from '../plan/plan.ts'
import type { PlannedTable } from '../plan/planned-table.ts'
import { restrict } from '../plan/restrict.ts'
import { factsOf, prepareTable } from './prepare-tables.ts'
import type { RunContext } from './run-context.ts'
import { TableRun } from './table-run.ts'

export interface TakeRangeOptions {
  readonly context: RunContext
  readonly config: PlanConfig
  /** The state that the sources were asked with. */
  readonly before: State
}

/** How often, and after how long, a window is tried again whose table another runner holds for a moment, to prepare it. */
const TRIES = 20
const PAUSE_MS = 250

/**
 * Takes a range of a table: leases what of it is read, so that other runners may read other windows at the same time, and
 * plans what is wanted and not covered by then. Whoever finds that the table must be made or changed takes it as a whole for
 * that moment.
 */
export async function takeRange(
  discovered: DiscoveredTable,
  range: RangeOptions,
  options: TakeRangeOptions,
): Promise<TableRun> {
  const asked = askedRange(discovered, range)
  const first = await planned(discovered, asked, options)
  if (discovered.unplaced === true) return first
  if (mustBePrepared(first)) await prepareWhole(first, options)
  const windows = windowsOf(first.planned, asked)
  const { leases, refused } = await leaseAll(windows, options.context)
  const table = await planned(discovered, asked, options)
  for (const failure of first.failures) table.fail(failure.partition, failure.failure)
  table.heldBy = refused[0]
  table.lease = leases[0]
  table.isAnnounced = first.isAnnounced
  table.windowLeases = new Map(leases.map((lease, at) => [windows[at]!.partition, lease]))
  return table
}

/** As the state has it now. */
async function planned(
  discovered: DiscoveredTable,
  asked: AskedRange,
  { context, config, before }: TakeRangeOptions,
): Promise<TableRun> {
  const state = await context.destination.state([discovered.name])
  const source = { ...discovered.source, tables: [discovered] }
  const plan = planRun({ sources: [source] }, state, { ...config, isWhole: () => false, discovered: before })
  return new TableRun(restrict(plan.tables[0]!, asked), state.tables.get(discovered.name))
}

/** Whether the state lacks something that only who holds the whole table may record, or the table itself. */
function mustBePrepared(table: TableRun): boolean {
  const { planned: plan, known } = table
  const { changes } = plan
  const isChanged = changes !== undefined && changes.add.length + changes.widen.length + changes.refuse.length > 0
  return known?.schema == null || isChanged || plan.pausedFor !== undefined || factsOf(plan, table).length > 0
}

async function prepareWhole(table: TableRun, { context }: TakeRangeOptions): Promise<void> {
  const { destination } = context
  const { leases } = await leaseTable(table.name, context)
  table.lease = leases[0]
  try {
    await prepareTable(table, context, false)
  } finally {
    await destination.release(leases)
    table.lease = undefined
  }
}

/** A lease for each partition that is read: of the range, with what a step may look back for. */
function windowsOf({ name, discovered, partitions }: PlannedTable, { window, partition }: AskedRange): LeasedWindow[] {
  const { lookback } = discovered.options
  const from = window?.from === undefined ? undefined : window.from - lookback
  const range = window === undefined ? undefined : { from, to: window.to }
  const wanted = partitions.filter(({ discovered: { id } }) => partition === undefined || partition === id)
  return wanted.map(({ discovered: { id } }) => ({ table: name, partition: id, range }))
}

/** All of the windows, or none. */
async function leaseAll(windows: readonly LeasedWindow[], context: RunContext): Promise<Leases> {
  const { destination } = context
  const taken = await untilFree(() => destination.leaseWindows(windows), context)
  if (taken.refused.length === 0) return taken
  await destination.release(taken.leases)
  return { leases: [], refused: taken.refused }
}

const leaseTable = (name: string, context: RunContext): Promise<Leases> =>
  untilFree(() => context.destination.lease([name]), context)

/** Tries again what is held for a moment only. */
async function untilFree(take: () => Promise<Leases>, { destination, clock, signal }: RunContext): Promise<Leases> {
  for (let tries = 1; ; tries++) {
    const taken = await take()
    if (taken.refused.length === 0 || tries === TRIES) return taken
    await destination.release(taken.leases)
    await clock.sleep(PAUSE_MS, signal)
  }
}
