import {
  type CommandText,
  isPausedBy,
  listedPartitions,
  type Range,
  type State,
  type TableState,
  union,
} from '@tidemark/core/engine'
import { axisOf, type BacklogSummary, type FeedOverview, overviewOf, type TableOverview } from '@tidemark/engine'
import { type TableView, tableView } from '../overview.ts'
import { feedAgain } from '../show/fix.ts'
import { offsetText } from '../show/offset-text.ts'
import type { BacklogLine, FeedLine, TableLine } from './answers.ts'
import { type BarAxis, barOf } from './bar.ts'
import type { RowCounts } from './row-counts.ts'
import { millis, millisAt } from './run-line.ts'
import type { Snapshot } from './snapshot.ts'

/** The tables on this page, in full; the others are not drawn. */
export function tableLines(
  snapshot: Snapshot,
  names: readonly string[],
  { counts, command }: { readonly counts: RowCounts; readonly command: CommandText },
): readonly TableLine[] {
  const tables = new Map(names.map((name) => [name, snapshot.state.tables.get(name)!]))
  const { feeds } = snapshot.state
  const overview = overviewOf({ tables, feeds }, snapshot)
  const lines = new Map(overview.tables.map((one) => [one.name, one]))
  return names.map((name) => {
    const one = tableView(lines.get(name)!, snapshot.activity, command)
    const feed = overview.feeds.find(({ source, name }) => source === one.source && name === one.feed)
    return { ...tableLine(tables.get(name)!, one, snapshot, counts), feed: feedLine(name, feed, command) }
  })
}

/** What the terminal also shows of these tables. */
export function overviewsOf(
  state: State,
  { rejects, promised, now, workLeft }: Snapshot,
): ReadonlyMap<string, TableOverview> {
  return new Map(overviewOf(state, { now, rejects, promised, workLeft }).tables.map((one) => [one.name, one]))
}

function tableLine(table: TableState, one: TableView, snapshot: Snapshot, counts: RowCounts): Omit<TableLine, 'feed'> {
  const underWay = snapshot.underWay.filter((step) => step.table === table.name)
  const count = counts.of(table)
  const { coverage } = one
  return {
    name: table.name,
    source: table.source,
    status: table.status,
    problem: table.pausedFor ?? one.last_error,
    isPausedByHand: isPausedBy(table.pausedFor ?? ''),
    nextTryAt: millisAt(one.next_try_at),
    fix: one.fix,
    lastSyncedAt: table.lastSyncedAt === null ? null : millis(table.lastSyncedAt),
    lastCheckedAt: millisAt(one.last_checked_at),
    nextCheckAt: millisAt(one.next_check_at),
    freshUntil: millisAt(one.fresh_until),
    stale: one.stale,
    deletions: one.deletions,
    completeTo: one.complete_to,
    lagMs: one.lag_ms,
    rows: count?.rows ?? null,
    rowsExact: count?.isExact ?? true,
    rejects: one.rejects,
    workLeft: one.work_left,
    partitions: one.partitions,
    failing: one.partitions_failing,
    resyncs: one.resyncs,
    bar:
      coverage === null
        ? null
        : barOf(
            coverage,
            axisOfTable(table, snapshot.now),
            underWay.map(({ window }) => window),
          ),
    isWhole: table.fed === undefined && table.schema !== null && table.schema.cursor === null,
    running: underWay.length,
    spark: snapshot.runs
      .toReversed()
      .map(({ run }) => snapshot.history.get(run)?.get(table.name)?.rows.written ?? null),
  }
}

function feedLine(table: string, feed: FeedOverview | undefined, command: CommandText): FeedLine | null {
  if (feed === undefined) return null
  return {
    name: feed.name,
    offset: feed.offset === null ? null : offsetText(feed.offset),
    committedAt: millisAt(feed.last_committed_at),
    lagMs: feed.lag_ms,
    isComplete: feed.history_complete,
    keepsOwnState: feed.keeps_own_state,
    lostFor: feed.lost_for,
    backlog: backlogLine(feed.backlog),
    leftOut: feed.left_out.includes(table) ? feedAgain(table, command) : null,
  }
}

function backlogLine(backlog: BacklogSummary | null): BacklogLine | null {
  if (backlog === null) return null
  const { lag_bytes: lagBytes, held_bytes: heldBytes, is_limited: isLimited, lost_at: lostAt } = backlog
  return { lagBytes, heldBytes, isLimited, lostAt: millisAt(lostAt) }
}

/** Statuses of a backfill that is not complete. */
const COMING: ReadonlySet<string> = new Set(['new', 'backfilling', 'returned'])

const maxOf = (a: bigint | undefined, b: bigint): bigint => (a === undefined || b > a ? b : a)

/** The axis of a table's coverage. */
export function axisOfTable(
  { schema: recorded, partitions, status }: Pick<TableState, 'schema' | 'partitions' | 'status'>,
  now: bigint,
): BarAxis | undefined {
  const present = listedPartitions({ partitions })
  if (recorded?.cursor == null || present.length === 0) return undefined
  const isTime = recorded.cursor.type !== 'integer'
  const axis = axisOf({
    starts: present.map(({ start }) => start ?? undefined),
    coverages: present.map(({ covered }): readonly Range[] => union(covered)),
    present: isTime ? now : undefined,
  })
  if (axis === undefined) return undefined
  // Of a partition that does not say where its backfill ends, all is still to come.
  const ends = COMING.has(status) ? present.map(({ backfillEnd }) => backfillEnd ?? axis.to) : []
  return { ...axis, isTime, comingTo: ends.reduce<bigint | undefined>(maxOf, undefined) }
}
