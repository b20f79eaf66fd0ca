import {
  AHEAD,
  completeTo,
  cutAt,
  floorTo,
  gaps,
  intersect,
  lowestStart,
  OpenWindows,
  type PartitionState,
  type Range,
  readFrom,
  type StepKind,
  split,
  subtract,
  type Table,
  union,
} from '@tidemark/core/engine'
import { coalesceWindows } from '@tidemark/core/values'
import { isReplaced } from '../discover/ask-generation.ts'
import type { DiscoveredPartition, DiscoveredTable } from '../discover/catalog.ts'
import type { PlannedPartition } from './planned-table.ts'
import type { Step } from './step.ts'
import { StepList, type StepSpan } from './step-list.ts'

export type Planned = Partial<PlannedPartition>

/** The most stale windows of a partition that are kept apart; of more, those with the smallest gaps between them are read as one. */
const MOST_STALE = 10_000

export interface PlanMore {
  /** Up to where another system has read the table, as the config says. */
  readonly assumedUpTo: bigint | undefined
  /** Columns are new and are to be backfilled. */
  readonly backfill: boolean
}

/**
 * Whether the source says that nothing changed since the committed pass. One that comes back after another was seen
 * does not count: a pass of the other may have changed rows before it broke.
 */
export function isUnchanged({ revision }: DiscoveredPartition, state: PartitionState): boolean {
  if (revision === undefined || !holdsRevision(state, revision.schemaHash)) return false
  return (
    state.revision?.text === revision.text &&
    (state.pendingRevision === null || state.pendingRevision.text === revision.text)
  )
}

function holdsRevision({ revision }: PartitionState, facts: string | undefined): boolean {
  return revision !== null && revision.schemaHash === facts
}

/** What a source calls its data, where the state does not know it yet. */
export function newGeneration({ generation }: DiscoveredPartition, state: PartitionState): string | undefined {
  return generation?.text === state.generation ? undefined : generation?.text
}

/** The windows of one partition: what is wanted and not covered, and what is to be resynced. */
export function planWindows(
  discovered: DiscoveredTable,
  partition: DiscoveredPartition,
  state: PartitionState,
  { assumedUpTo, backfill }: PlanMore,
): Planned {
  const { name, table, options } = discovered
  const { end, revision } = partition
  const configured = laterStart(options.start, partition.start)
  const tick = table.cursor?.tick ?? 1n
  const isNew = state.backfillEnd === null && state.covered.length === 0
  const assumed =
    assumedUpTo === undefined || end === undefined || !isNew
      ? undefined
      : assumedRange(configured, floorTo(assumedUpTo, tick), end)
  const covered = assumed === undefined ? union(state.covered) : union(state.covered, [assumed])
  const last = covered.at(-1)?.to
  const to = end ?? last ?? state.backfillEnd ?? undefined
  const generation = newGeneration(partition, state)
  if (to === undefined) return { generation }
  const floor =
    table.retention === undefined ? undefined : keptFrom(partition.unsettledEnd ?? to, table.retention, tick)
  const start = laterStart(configured, floor)
  const wanted: Range = { from: start, to }
  const wasReplaced = isReplaced(partition, state)
  const unchanged = isUnchanged(partition, state) && !wasReplaced && last !== undefined && last < to
  const open = gaps(unchanged ? { from: start, to: last } : wanted, covered)
  const backfillEnd = state.backfillEnd ?? to

  const kept = (ranges: readonly Range[], of: readonly Range[]): readonly Range[] =>
    ranges.length === 0 ? [] : intersect(ranges, intersect([wanted], of))
  const [healing, wished] = partitionBy(state.resyncs, ({ reason }) => reason === AHEAD)
  const asked = wished.map((resync): Range => ({ from: resync.from ?? undefined, to: resync.to ?? to }))
  // Such a resync follows the clock, run by run, so it looks back as an incremental step does.
  const followed = healing.map((resync): Range => ({ from: lower(resync.from, options.lookback), to: resync.to ?? to }))
  const heal = kept(followed, covered)

  const span = (kind: StepKind, lane: Step['lane'], range: Range, size = table.window): StepSpan => ({
    table: name,
    partition: partition.id,
    lane,
    kind,
    windows: range.from === undefined && size !== undefined ? openWindows(range, size, table) : split(range, size),
  })
  const lookback = { covered, lookback: options.lookback, tick, floor }
  const ordinary = (lane: Step['lane'], range: Range): StepSpan => ({
    ...span(lane === 'current' ? 'incremental' : 'backfill', lane, range),
    // What is healed is looked back for there, and further: read here it would count as healed.
    readFrom: (window) => laterStart(readFrom(window, lookback), healedBelow(window, heal)),
  })
  const current: StepSpan[] = []
  const missing: StepSpan[] = []
  for (const [at, gap] of open.entries()) {
    const { below, above } = cutAt(gap, backfillEnd)
    if (below !== undefined) missing.push(ordinary('backfill', below))
    if (above === undefined) continue
    // Only the newest gap is incremental, and of it at most one window: what was missed before must not hold it up.
    const newest = at === open.length - 1 ? split(above, table.window).newest : undefined
    if (newest !== undefined) current.push(ordinary('current', newest))
    const missed = subtract([above], newest === undefined ? [] : [newest])
    missing.push(...missed.map((range) => ordinary('backfill', range)))
  }
  // Without a committed revision a source may call everything stale; what counts as read by another system stays so.
  const verifiedRanges = state.covered.filter((one) => !one.assumed)
  const verified = holdsRevision(state, revision?.schemaHash) ? covered : verifiedRanges
  const stale = kept(coalesceWindows(revision?.stale ?? [], MOST_STALE), verified)
  const newColumns = backfill ? kept(state.covered, verifiedRanges) : []
  const replaced = wasReplaced ? kept(state.covered, verifiedRanges) : []
  const again = subtract(kept([...asked, ...stale, ...newColumns, ...replaced], covered), heal)
  const steps = new StepList([
    ...(unchanged ? [span('unchanged', 'current', { from: last, to }, undefined)] : []),
    ...current,
    ...heal.map((range) => span('resync', 'current', range)),
    ...missing.reverse(),
    ...again.map((range) => span('resync', 'backfill', range)).reverse(),
  ])
  const seenEnd =
    state.pendingRevision !== null && state.pendingRevision.text === revision?.text
      ? state.pendingRevision.end
      : partition.unsettledEnd
  const complete = revision !== undefined && end !== undefined && seenEnd !== undefined && end >= seenEnd
  return {
    wanted,
    steps,
    backfillEnd: state.backfillEnd === null ? backfillEnd : undefined,
    start: startChanged(start, state) ? (start ?? null) : undefined,
    assumed,
    pendingRevision:
      revision === undefined || seenEnd === undefined || state.pendingRevision?.text === revision.text
        ? undefined
        : { text: revision.text, end: seenEnd },
    stale,
    backfill: newColumns,
    generation,
    replaced,
    aheadOf: isAhead(partition, last, options.lookback) ? end : undefined,
    revision: complete ? { text: revision.text, schemaHash: revision.schemaHash } : undefined,
    notKept:
      floor === undefined || (configured !== undefined && configured >= floor)
        ? []
        : notKept({ from: configured, to: floor }, covered),
    continuesFrom: last,
  }
}

/**
 * Whether the wanted start must be recorded. A start that only moves up under a complete backfill (retention does that
 * with every run) says nothing new.
 */
function startChanged(start: bigint | undefined, { start: recorded, backfillEnd, covered }: PartitionState): boolean {
  if (backfillEnd === null) return true
  if ((recorded ?? undefined) === start) return false
  const isLater = start !== undefined && (recorded === null || start > recorded)
  const last = union(covered).at(-1)?.to
  return !isLater || last === undefined || completeTo({ from: recorded ?? undefined, to: last }, covered) === undefined
}

/** Where what the system keeps begins: by its own present, not by the end past the minimum age, and no half tick too early. */
function keptFrom(present: bigint, retention: bigint, tick: bigint): bigint {
  return -floorTo(retention - present, tick)
}

/** What another system has read: from the wanted start up to what it says, but not beyond the end. */
function assumedRange(start: bigint | undefined, to: bigint, end: bigint): Range | undefined {
  const upTo = to < end ? to : end
  return start !== undefined && start >= upTo ? undefined : { from: start, to: upTo }
}

/** Of what is older than the system keeps, only the holes between covered windows and above them were ever wanted. */
function notKept(older: Range, covered: readonly Range[]): readonly Range[] {
  const first = covered[0]
  if (first === undefined || first.from === undefined) return []
  return subtract([{ from: laterStart(older.from, first.from), to: older.to }], covered).filter(
    (one) => one.from !== undefined && one.from < one.to,
  )
}

export function laterStart(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a > b ? a : b
}

/** Covered beyond the present: the runner that covered it had a clock that was ahead. A table's own end says so in another way. */
function isAhead({ end, ownEnd }: DiscoveredPartition, last: bigint | undefined, lookback: bigint): boolean {
  return !ownEnd && end !== undefined && last !== undefined && end < last - lookback
}

function openWindows(range: Range, size: bigint, { cursor }: Table): OpenWindows {
  return new OpenWindows(range, size, lowestStart(cursor!, range.to))
}

/** Up to where healing reads what is below a window. */
function healedBelow({ from }: Range, heal: readonly Range[]): bigint | undefined {
  return from === undefined ? undefined : heal.findLast(({ to }) => to <= from)?.to
}

function lower(from: bigint | null, by: bigint): bigint | undefined {
  return from === null ? undefined : from - by
}

function partitionBy<T>(all: readonly T[], is: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(is), all.filter((one) => !is(one))]
}
