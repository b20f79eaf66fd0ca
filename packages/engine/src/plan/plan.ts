import {
  type ColumnChanges,
  columnChanges,
  feedKey,
  isPastPartitionLimit,
  isPausedBy,
  listedPartitions,
  newPartition,
  type PartitionState,
  type State,
  type TableState,
  textAt,
  union,
} from '@tidemark/core/engine'
import { isReplaced } from '../discover/ask-generation.ts'
import type { Catalog, DiscoveredPartition, DiscoveredTable } from '../discover/catalog.ts'
import { EMPTIED, MISSING } from '../failure/lost-table.ts'
import { planKeyRanges } from './plan-key-ranges.ts'
import { isUnchanged, newGeneration, type PlanMore, type Planned, planWindows } from './plan-windows.ts'
import type { PlannedPartition, PlannedTable, Tracking } from './planned-table.ts'
import { StepList, type StepSpan } from './step-list.ts'

/** What to do, as data: printable, and the same for the same catalog and state. */
export interface RunPlan {
  readonly tables: readonly PlannedTable[]
  /** Tables in the state that are no longer tracked. */
  readonly removed: readonly string[]
}

export interface PlanConfig {
  readonly select: (table: DiscoveredTable) => boolean
  /** The state that discovery saw: what was committed since then is not a sign that a source moved back. */
  readonly discovered?: State | undefined
  /** Whether all tables of a configured source were discovered: if only some were, nothing is known of the others. */
  readonly isWhole: (use: string) => boolean
  /** Configured sources that could not run; their tables do not count as removed. */
  readonly unavailable: readonly string[]
  /** What another system has synced: tables by any of their names, up to a position. */
  readonly synced: { readonly tables: readonly string[]; readonly to: bigint } | undefined
  /** The feed (`feedKey`) that is read again from its beginning. */
  readonly restartFeed?: string | undefined
  /** Whatever the source no longer lists or returns may be removed. */
  readonly acceptDeletions?: boolean | undefined
}

/** Subtracts what is covered from what is wanted, for every table and partition. Pure; the clock is in the catalog's ends. */
export function planRun(catalog: Catalog, state: State, config: PlanConfig): RunPlan {
  const tables = catalog.sources.flatMap((source) => source.tables).filter((table) => isSelected(table, config))
  return {
    tables: tables.map((table) => planTable(table, state.tables.get(table.name), config)),
    removed: removedTables(catalog, state, config),
  }
}

/** Whether a table is of the run: a feed tells all of its tables together. */
export function isSelected(table: DiscoveredTable, { select }: Pick<PlanConfig, 'select'>): boolean {
  return table.fed?.isWanted ?? select(table)
}

/** Tables in the state that no source lists any more. */
export function removedTables(catalog: Catalog, state: State, config: PlanConfig): readonly string[] {
  const listed = new Set(catalog.sources.flatMap((source) => source.tables.map(({ name }) => name)))
  const silent = new Set([
    ...config.unavailable,
    ...catalog.sources
      .filter((source) => (source.failure ?? source.missing) !== undefined)
      .map((source) => source.name),
  ])
  return [...state.tables.values()]
    .filter(({ name, source, status }) => !listed.has(name) && !silent.has(source) && status !== 'removed')
    .filter(({ source }) => config.isWhole(source))
    .map((table) => table.name)
}

function planTable(discovered: DiscoveredTable, known: TableState | undefined, config: PlanConfig): PlannedTable {
  const base = {
    name: discovered.name,
    discovered,
    tracking: trackingOf(known),
    restrictedTo: undefined,
    changes: changesOf(discovered, known),
  }
  const pausedFor = pauseOf(discovered, known, config.discovered?.tables.get(discovered.name) ?? known, config)
  if (pausedFor !== undefined || discovered.failure !== undefined)
    return { ...base, pausedFor, partitions: [], removedPartitions: [], missingPartitions: [] }
  const assumedUpTo = known === undefined || known.lastSyncedAt === null ? claimOf(discovered, config) : undefined
  const backfill = discovered.options.backfill && lateColumns(discovered, known, base.changes).length > 0
  const partitions = discovered.partitions.map((partition) =>
    planPartition(discovered, partition, known?.partitions.get(partition.id), { assumedUpTo, backfill }),
  )
  return { ...base, pausedFor: undefined, partitions, ...unlisted(discovered, known, config) }
}

const wasRead = ({ completedAt, covered }: PartitionState): boolean => completedAt !== null || covered.length > 0
const namesOf = (all: readonly PartitionState[]): readonly string[] => all.map(({ partition }) => partition).sort()

/** Known partitions that the source no longer lists: removed, or too many for that. */
function unlisted(
  { partitions, options }: DiscoveredTable,
  known: TableState | undefined,
  { acceptDeletions }: PlanConfig,
): Pick<PlannedTable, 'removedPartitions' | 'missingPartitions'> {
  const listed = new Set(partitions.map((partition) => partition.id))
  const before = listedPartitions(known)
  const absent = before.filter(({ partition }) => !listed.has(partition))
  // Of one that was never read nothing can go missing.
  const [read, lost] = [before.filter(wasRead), absent.filter(wasRead)]
  const isLimited = acceptDeletions !== true && options.deletionLimit !== undefined
  const isPast = isLimited && isPastPartitionLimit({ deleted: lost.length, of: read.length }, listed.size)
  if (!isPast) return { removedPartitions: namesOf(absent), missingPartitions: [] }
  return { removedPartitions: namesOf(absent.filter((one) => !wasRead(one))), missingPartitions: namesOf(lost) }
}

function trackingOf(known: TableState | undefined): Tracking {
  if (known?.status === 'removed') return 'returned'
  // One that could not be asked so far is known by its name alone.
  const isUnread = known?.failure !== undefined && known.schema === null && known.partitions.size === 0
  return known === undefined || isUnread ? 'new' : 'known'
}

/** Columns that were not backfilled: those that are added now, and those that were added before somebody asked for it. */
function lateColumns({ columns }: DiscoveredTable, known: TableState | undefined, changes: ColumnChanges | undefined) {
  const filled = new Set(columns.flatMap(({ name, fill }) => (fill === undefined ? [] : [name])))
  const added = (changes?.add ?? []).filter(({ name }) => !filled.has(name))
  const now = new Set(columns.map(({ name }) => name))
  return [
    ...added,
    ...(known?.schema?.columns ?? []).filter(({ name, addedLater: late }) => late === true && now.has(name)),
  ]
}

function changesOf(
  { columns, table, options }: DiscoveredTable,
  known: TableState | undefined,
): ColumnChanges | undefined {
  if (known?.schema == null) return undefined
  const fixed = [...table.primaryKey, ...(table.cursor === undefined ? [] : [table.cursor.column])]
  return columnChanges(known.schema.columns, columns, { mode: options.mode, fixed })
}

function claimOf({ name, table }: DiscoveredTable, { synced }: PlanConfig): bigint | undefined {
  if (synced === undefined || table.cursor === undefined || table.cursor.type === 'integer') return undefined
  return synced.tables.includes(name) || synced.tables.includes(table.name) ? synced.to : undefined
}

const quoted = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))

/** Why a known table must not be read on without a decision; undefined if nothing prevents it. */
function pauseOf(
  { table, identity, partitions, options, failure }: DiscoveredTable,
  known: TableState | undefined,
  before: TableState | undefined,
  config: PlanConfig,
): string | undefined {
  if (known === undefined) return undefined
  // Whoever paused it resumes it: everything else is looked at then.
  if (known.pausedFor !== null && isPausedBy(known.pausedFor)) return known.pausedFor
  if (known.identity !== null && identity !== undefined && known.identity !== identity) {
    return `the source is another system now: ${identity} instead of ${known.identity}`
  }
  const { schema: recorded } = known
  // A table that cannot be asked fails with its reason, and says nothing of how it will be read.
  const isKnown = failure === undefined
  if (recorded !== null && isKnown) {
    const key = [...table.primaryKey]
    if (String(recorded.primaryKey) !== String(key) || recorded.globalKey !== table.globalKey) {
      return `its primary key changed from ${quoted(recorded.primaryKey)} to ${quoted(key)}`
    }
    if (recorded.partitioned !== (table.partitions !== undefined))
      return 'it was partitioned and no longer is, or the reverse'
    if (recorded.cursor?.column !== table.cursor?.column || recorded.cursor?.type !== table.cursor?.type) {
      return `its cursor changed from ${recorded.cursor?.column ?? 'none'} to ${table.cursor?.column ?? 'none'}`
    }
  }
  const [fedBefore, fedNow] = [known.fed?.feed, table.feed?.name]
  const isBack = fedBefore === fedNow && known.pausedFor === otherFeedText(fedBefore, undefined)
  // Its changes are left out since then: only a resync has them told again. Of one whose feed was ended, the feed itself reads all again.
  if (known.fed !== undefined && known.pausedFor !== null && !isBack && !isRestarted(known, config))
    return known.pausedFor
  if (known.everFilled && fedBefore !== fedNow && isKnown) return otherFeedText(fedBefore, fedNow)
  if (known.everFilled && known.present === 'missing') return MISSING
  if (known.everFilled && known.present === 'empty') return EMPTIED
  const back = partitions.find((one) => wentBack(options.lookback, one, before?.partitions.get(one.id)))
  if (back !== undefined && back.end !== undefined && table.cursor !== undefined) {
    return `its source moved back: it now ends at ${textAt(back.end, table.cursor)}, below what was already read`
  }
  return undefined
}

function otherFeedText(before: string | undefined, now: string | undefined): string {
  const how = (feed: string | undefined): string => (feed === undefined ? 'by reading it' : `by the feed "${feed}"`)
  return `it was synced ${how(before)}, and now is ${how(now)}`
}

const isRestarted = ({ source, fed }: TableState, { restartFeed }: PlanConfig): boolean =>
  fed !== undefined && restartFeed === feedKey({ source, feed: fed.feed })

function wentBack(lookback: bigint, { end, ownEnd }: DiscoveredPartition, known: PartitionState | undefined): boolean {
  const last = union(known?.covered ?? []).at(-1)?.to
  return ownEnd && end !== undefined && last !== undefined && end < last - lookback
}

function planPartition(
  discovered: DiscoveredTable,
  partition: DiscoveredPartition,
  known: PartitionState | undefined,
  more: PlanMore,
): PlannedPartition {
  const planned = {
    discovered: partition,
    tracking:
      known === undefined || (known.backfillEnd === null && known.completedAt === null)
        ? ('new' as const)
        : ('known' as const),
    wanted: undefined,
    steps: new StepList(),
    outside: new StepList(),
    backfillEnd: undefined,
    start: undefined,
    assumed: undefined,
    pendingRevision: undefined,
    stale: [],
    backfill: [],
    generation: undefined,
    replaced: [],
    aheadOf: undefined,
    revision: undefined,
    notKept: [],
    continuesFrom: undefined,
  }
  // What a feed tells is not planned by windows.
  if (partition.failure !== undefined || discovered.table.feed !== undefined) return planned
  const state = known ?? newPartition(partition.id)
  return discovered.table.cursor === undefined
    ? { ...planned, ...planWhole(discovered, partition, state) }
    : { ...planned, ...planWindows(discovered, partition, state, more) }
}

function planWhole(discovered: DiscoveredTable, partition: DiscoveredPartition, state: PartitionState): Planned {
  const { revision } = partition
  const isSame = isUnchanged(partition, state)
  const replaced = isSame && isReplaced(partition, state) ? [undefined] : []
  const generation = newGeneration(partition, state)
  if (isSame && replaced.length === 0 && state.completedAt !== null && state.resyncs.length === 0) return { generation }
  const refresh = planKeyRanges(discovered, partition, state)
  const span: StepSpan = {
    table: discovered.name,
    partition: partition.id,
    lane: state.completedAt === null ? 'backfill' : 'current',
    kind: 'full_refresh',
    windows: undefined,
  }
  return {
    steps: new StepList(refresh === undefined ? [span] : refresh.ranges.map((keyRange) => ({ ...span, keyRange }))),
    refresh,
    generation,
    replaced,
    pendingRevision:
      revision === undefined || state.pendingRevision?.text === revision.text
        ? undefined
        : { text: revision.text, end: 0n },
    revision: revision === undefined ? undefined : { text: revision.text, schemaHash: revision.schemaHash },
  }
}
