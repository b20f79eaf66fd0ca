import {
  type Coverage,
  feedKey,
  formatInstant,
  listedPartitions,
  positionText,
  type Range,
  type State,
  subtract,
  type TableState,
  union,
} from '@tidemark/core/engine'
import { holesIn, oldestOf } from './completeness.ts'
import { type Estimate, type Estimates, estimateLeft } from './estimate.ts'
import { type FeedSummary, feedLag } from './feeds.ts'
import { freshUntil, type Promised, promisedBy } from './freshness.ts'
import { type Status, statusOf, type TableSummary } from './status.ts'
import { axisOf, type Segment, segmentsOn } from './timeline.ts'

/** What people look at: how far everything is, with what else is known of each table. Field names are those of `status --json`. */
export interface Overview extends Status {
  readonly tables: readonly TableOverview[]
  readonly feeds: readonly FeedOverview[]
  /** What is left to read of all tables. */
  readonly work_left: Estimate
}

export interface FeedOverview extends FeedSummary {
  /** How long ago its system had made what was committed last, or it was read to its end. Null where it does not say when changes were made. */
  readonly lag_ms: number | null
}

export interface TableOverview extends TableSummary {
  /** Its coverage drawn from its start to now; null for a table read whole, and where nothing is known yet. */
  readonly coverage: CoverageLine | null
  /** How long ago it had all that its source had, gaps aside: of the partition that is furthest behind. Null where nothing was read, or nobody can say. */
  readonly lag_ms: number | null
  /** Until when it is as fresh as promised; past that it is stale. Null where it is not tracked any more. */
  readonly fresh_until: string | null
  readonly stale: boolean
  /** How old its last check may be, and how often to sync it; null if not configured. */
  readonly fresh_within_ms: number
  readonly every_ms: number | null
  /** When a running sync retries what fails; a newly started one tries everything. */
  readonly next_try_at: string | null
  /** Rows that are not marked as deleted; null where they were not counted. */
  readonly rows: number | null
  /** Whether there are no more: counting stops at a bound. */
  readonly rows_exact: boolean
  /** Rejected rows. */
  readonly rejects: number
  /** Holes in what is covered, over all partitions. */
  readonly holes: number
  /** What is left to read of it. Null where that is not known, or nothing of it is read: it is paused, removed, of a feed. */
  readonly work_left: Estimate | null
}

/** A coverage as fractions of the way from a table's start to now. */
export interface CoverageLine {
  /** Where the line begins; null: a backfill with an open start. */
  readonly from: string | null
  readonly to: string
  /** 0 to 1: how much of the line is covered. */
  readonly share: number
  /** Up to where on the line anything is covered: behind it is what is new, not a gap. */
  readonly covered_to: number
  readonly segments: readonly Segment[]
  /** What is missing between its start and what is covered last, in at least one partition; the newest, at most 100. */
  readonly gaps: readonly { readonly from: string | null; readonly to: string }[]
  readonly gaps_in_all: number
}

export interface OverviewOptions {
  /** The destination's clock, in microseconds since 1970. */
  readonly now: bigint
  readonly rows?: ReadonlyMap<string, { readonly rows: number; readonly isExact: boolean }> | undefined
  readonly rejects?: ReadonlyMap<string, number> | undefined
  /** How fresh each table is to be; absent: as where nothing was promised. */
  readonly promised?: Promised | undefined
  /** What `estimateLeft` says of the state; absent: without what earlier steps took. */
  readonly workLeft?: Estimates | undefined
}

const MAX_LISTED = 100
const NOTHING_KNOWN = { rates: new Map(), concurrency: { overall: 1, perSource: 1 } }

/** Reads a state, and what was counted, for people. Pure. */
export function overviewOf(
  state: State,
  { now, rows, rejects, promised = promisedBy(), workLeft }: OverviewOptions,
): Overview {
  const status = statusOf(state)
  const estimates = workLeft ?? estimateLeft(state, NOTHING_KNOWN)
  const tables = status.tables.map((summary): TableOverview => {
    const table = state.tables.get(summary.name)!
    const counted = rows?.get(summary.name)
    return {
      ...summary,
      coverage: coverageLine(table, now),
      lag_ms: lagOf(table, now),
      ...freshnessOf(table, now, promised),
      next_try_at: nextTry(table),
      rows: counted?.rows ?? null,
      rows_exact: counted?.isExact ?? false,
      rejects: rejects?.get(summary.name) ?? 0,
      holes: listedPartitions(table).reduce((sum, partition) => sum + holesIn(partition), 0),
      work_left: estimates.tables.get(table.name) ?? null,
    }
  })
  const feeds = status.feeds.map((summary): FeedOverview => {
    const feed = state.feeds!.get(feedKey({ source: summary.source, feed: summary.name }))!
    return { ...summary, lag_ms: feedLag(feed, now) }
  })
  return { ...status, tables, feeds, work_left: estimates.all }
}

function coverageLine(table: TableState, now: bigint): CoverageLine | null {
  const cursor = table.schema?.cursor
  const partitions = listedPartitions(table)
  if (cursor == null || partitions.length === 0) return null
  const coverages = partitions.map(({ covered }) => union(covered))
  const starts = partitions.map(({ start }) => start ?? undefined)
  const axis = axisOf({ starts, coverages, present: cursor.type === 'integer' ? undefined : now })
  if (axis === undefined) return null
  const segments = segmentsOn(axis, coverages)
  const gaps = gapsOf(coverages, starts)
  const text = (position: bigint): string => positionText(table, position)!
  return {
    from: starts.includes(undefined) ? null : text(axis.from),
    to: text(axis.to),
    share: segments.reduce((sum, { from, to, share }) => sum + (to - from) * share, 0),
    covered_to: segments.at(-1)?.to ?? 0,
    segments,
    gaps: gaps
      .slice(-MAX_LISTED)
      .reverse()
      .map(({ from, to }) => ({ from: from === undefined ? null : text(from), to: text(to) })),
    gaps_in_all: gaps.length,
  }
}

/** What is wanted up to the last covered end and not covered, in any partition. */
function gapsOf(coverages: readonly Coverage[], starts: readonly (bigint | undefined)[]): readonly Range[] {
  const to = coverages
    .flat()
    .reduce<bigint | undefined>((last, one) => (last === undefined || one.to > last ? one.to : last), undefined)
  if (to === undefined) return []
  return union(
    coverages.flatMap((covered, at) => {
      // Between its own last end and that of the others a partition is behind, which the lag says.
      const end = covered.at(-1)?.to ?? to
      return subtract([{ from: starts[at], to: end }], covered)
    }),
  )
}

function lagOf(table: TableState, now: bigint): number | null {
  if (table.status === 'removed' || table.schema === null || table.partitions.size === 0) return null
  const oldest = oldestOf(table)
  if (oldest === undefined) return null
  return oldest > now ? 0 : Number((now - oldest) / 1000n)
}

function freshnessOf(
  table: TableState,
  now: bigint,
  promised: Promised,
): Pick<TableOverview, 'fresh_until' | 'stale' | 'fresh_within_ms' | 'every_ms'> {
  const until = freshUntil(table, promised)
  const { ms, everyMs } = promised(table)
  return {
    fresh_until: until === undefined ? null : formatInstant(until, 'Z', 3),
    stale: until !== undefined && until < now,
    fresh_within_ms: ms,
    every_ms: everyMs ?? null,
  }
}

function nextTry(table: TableState): string | null {
  if (table.status !== 'failing') return null
  const failing = listedPartitions(table).filter(({ failures }) => failures > 0)
  const tries = [...(table.failure === undefined ? [] : [table.failure]), ...failing].flatMap(({ nextTryAt }) =>
    nextTryAt === null ? [] : [nextTryAt],
  )
  const first = tries.reduce<bigint | undefined>(
    (least, one) => (least === undefined || one < least ? one : least),
    undefined,
  )
  return first === undefined ? null : formatInstant(first, 'Z', 3)
}
