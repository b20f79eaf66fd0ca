import { type LeasedWindow, type Leases, type Range, type State, subtract, union } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import { type AskedRange, askedRange, type RangeOptions } from '../plan/asked-range.ts'
import { type PlanConfig, planRun } from '../plan/plan.ts'
import type { PlannedTable } from '../plan/planned-table.ts'
import { restrict } from '../plan/restrict.ts'
import { type StepList, stepOf } from '../plan/step-list.ts'
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
  const first = planned(discovered, asked, options.before, options)
  if (discovered.unplaced === true || isLeftAlone(first, options)) return first
  if (mustBePrepared(first)) await prepareWhole(first, options)
  for (let wanted = first; ; ) {
    const windows = windowsOf(wanted.planned, asked)
    const { leases, refused } = await leaseAll(windows, options.context)
    const state = await options.context.destination.state([discovered.name])
    const table = planned(discovered, asked, state, options)
    // What lies below was covered meanwhile: it is looked back for now, which must be leased as well.
    if (refused.length === 0 && readsMore(table.planned, windows, asked)) {
      await options.context.destination.release(leases)
      wanted = table
      continue
    }
    if (isLeftAlone(table, options)) {
      await options.context.destination.release(leases)
      return table
    }
    for (const failure of first.failures) table.fail(failure.partition, failure.failure)
    table.heldBy = refused[0]
    table.lease = leases[0]
    table.isAnnounced = first.isAnnounced
    table.windowLeases = new Map(leases.map((lease, at) => [windows[at]!.partition, lease]))
    return table
  }
}

/** As a state has it. */
function planned(
  discovered: DiscoveredTable,
  asked: AskedRange,
  state: State,
  { config, before }: TakeRangeOptions,
): TableRun {
  const source = { ...discovered.source, tables: [discovered] }
  const plan = planRun({ sources: [source] }, state, { ...config, isWhole: () => false, discovered: before })
  return new TableRun(restrict(plan.tables[0]!, asked), state.tables.get(discovered.name))
}

/**
 * Whether a table is planned by another contract than this program has. Rows that it read would lack columns, or be judged by
 * another schema, and count as read all the same.
 */
function isLeftAlone(table: TableRun, { context }: TakeRangeOptions): boolean {
  const [recorded, own] = [table.known?.schema?.hash, table.planned.discovered.schemaHash]
  if (context.options.asPlanned !== true || recorded === undefined || own === undefined) return false
  table.isPlannedOtherwise = recorded !== own
  return table.isPlannedOtherwise
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

/** A lease for each partition that is read: of the range, and of what its steps look back for under it. */
function windowsOf({ name, partitions }: PlannedTable, { window, partition }: AskedRange): LeasedWindow[] {
  const wanted = partitions.filter(({ discovered: { id } }) => partition === undefined || partition === id)
  return wanted.map(({ discovered: { id }, steps }) => {
    const range = window === undefined ? undefined : union([window], readOf(steps)).at(-1)
    return { table: name, partition: id, range }
  })
}

/** Whether steps read below what is leased. */
function readsMore(planned: PlannedTable, leased: readonly LeasedWindow[], asked: AskedRange): boolean {
  return windowsOf(planned, asked).some(({ range }, at) => {
    const before = leased[at]?.range
    return range !== undefined && before !== undefined && subtract([range], [before]).length > 0
  })
}

const readOf = (steps: StepList): readonly Range[] =>
  steps.spans.flatMap((span) => {
    if (span.windows === undefined || span.windows.range.from === undefined) return []
    const lowest = span.windows.oldest
    return lowest === undefined ? [] : (stepOf(span, lowest).read ?? [])
  })

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
