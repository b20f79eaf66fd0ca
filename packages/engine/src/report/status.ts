import type { Remedy } from '@tidemark/core'
import {
  type Destination,
  isFailing,
  type KnownFailure,
  listedPartitions,
  positionText,
  type State,
  type TableState,
  type TableStatus,
  union,
} from '@tidemark/core/engine'
import { lastCheckOf } from '../plan/last-check.ts'
import { completeAt, completeTo, lower } from './completeness.ts'
import { type FeedSummary, feedSummaries } from './feeds.ts'
import { instantText } from './instant-text.ts'

/** How far everything is, from the state alone. The field names are those of `status --json`, a promise to scripts. */
export interface Status {
  /** Up to when every tracked table has all that its source had; null while one has not, or a source never answered. */
  readonly to_timestamp: string | null
  /** Tables whose backfill is complete, sorted. */
  readonly synced_tables: readonly string[]
  readonly tables: readonly TableSummary[]
  /** Feeds, which tell the changes of several tables, with what is known of each. */
  readonly feeds: readonly FeedSummary[]
  /** Sources that could not be asked for their tables when they last were: what they have beside these is not known. */
  readonly failing_sources: readonly SourceSummary[]
}

export interface SourceSummary {
  readonly name: string
  readonly failing_since: string
  /** In a row. */
  readonly failures: number
  readonly last_error: string
  readonly error_code: string | null
  readonly error_remedy: Remedy | null
}

export interface TableSummary {
  readonly name: string
  readonly source: string
  readonly table: string
  readonly status: TableStatus
  /** The feed that tells its changes; null: it is read by windows, or as a whole. */
  readonly feed: string | null
  readonly paused_for: string | null
  readonly covered: readonly { readonly from: string | null; readonly to: string }[]
  /** Up to where it is complete: of a cursor its value, of a table read whole the time of the last read or check. */
  readonly complete_to: string | null
  readonly partitions: number
  readonly partitions_failing: number
  readonly partitions_removed: number
  readonly resyncs: number
  /** Rows that its source has and no window holds yet, as far as they are counted, and those that none ever will. */
  readonly too_young: number
  readonly without_cursor: number
  /** Fields that rows had and no column holds, by name. */
  readonly undeclared: readonly string[]
  /** When something of it was last committed. */
  readonly last_synced_at: string | null
  /** When its source was last checked and all that it had was read, for the partition checked longest ago. */
  readonly last_checked_at: string | null
  /** Whether rows that are deleted at the source are found by reading it, reported by it, or not seen until a resync. */
  readonly deletions: 'seen' | 'reported' | 'unseen' | null
  readonly last_error: string | null
  readonly error_code: string | null
  readonly error_remedy: Remedy | null
  readonly removed_at: string | null
}

/** How far everything is in a destination. Asks no source, takes no lease. */
export async function status({ destination }: { readonly destination: Pick<Destination, 'state'> }): Promise<Status> {
  return statusOf(await destination.state())
}

/** Reads a state for people and scripts. Pure. */
export function statusOf(state: State): Status {
  const tables = [...state.tables.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const ends = new Map(tables.map((table) => [table, completeTo(table)]))
  const tracked = tables.filter((table) => table.status !== 'removed')
  // A table that is complete, though nothing says up to when, holds none of the others back.
  const times = tracked.flatMap((table) => completeAt(table, ends.get(table)) ?? [])
  const failingSources = [...(state.failingSources ?? [])]
  // Of a source that never answered nobody knows what it has.
  const isKnown = failingSources.every(([name]) => tables.some(({ source }) => source === name))
  const isComplete = isKnown && tracked.length > 0 && tracked.every((table) => ends.get(table) !== undefined)
  const least = isComplete ? times.reduce<bigint | undefined>(lower, undefined) : undefined
  return {
    to_timestamp: least === undefined ? null : instantText(least),
    synced_tables: tracked.filter((table) => ends.get(table) !== undefined).map((table) => table.name),
    tables: tables.map((table) => summaryOf(table, ends.get(table))),
    feeds: feedSummaries(state),
    failing_sources: failingSources.map(([name, failure]) => ({
      name,
      failing_since: instantText(failure.failedAt),
      failures: failure.failures,
      last_error: failure.message,
      error_code: failure.code,
      error_remedy: failure.remedy,
    })),
  }
}

function summaryOf(table: TableState, end: bigint | null | undefined): TableSummary {
  const partitions = [...table.partitions.values()]
  const cursor = table.schema?.cursor
  const text = (position: bigint): string => positionText(table, position) ?? instantText(position)
  const covered = partitions.length === 1 ? union(partitions[0]?.covered ?? []) : []
  const checkedAt = lastCheckOf(table)
  const failure = failureOf(table)
  const listed = listedPartitions(table)
  return {
    name: table.name,
    source: table.source,
    table: table.table,
    status: table.status,
    feed: table.fed?.feed ?? null,
    paused_for: table.pausedFor,
    covered: covered.map(({ from, to }) => ({ from: from === undefined ? null : text(from), to: text(to) })),
    complete_to: end === undefined || end === null ? null : cursor == null ? instantText(end) : text(end),
    partitions: partitions.length,
    partitions_failing: partitions.filter(isFailing).length,
    partitions_removed: partitions.length - listed.length,
    resyncs: partitions.reduce((sum, partition) => sum + partition.resyncs.length, 0),
    too_young: listed.reduce((sum, { tooYoung }) => sum + (tooYoung ?? 0), 0),
    without_cursor: listed.reduce((sum, { withoutCursor }) => sum + (withoutCursor ?? 0), 0),
    undeclared: table.undeclared,
    last_synced_at: table.lastSyncedAt === null ? null : instantText(table.lastSyncedAt),
    last_checked_at: checkedAt === undefined ? null : instantText(checkedAt),
    deletions: deletionsOf(table),
    last_error: failure?.message ?? null,
    error_code: failure?.code ?? null,
    error_remedy: failure?.remedy ?? null,
    removed_at: table.removedAt === null ? null : instantText(table.removedAt),
  }
}

/** What fails of a table: the whole, else the first of its partitions. */
function failureOf(table: TableState): KnownFailure | undefined {
  if (table.status !== 'failing') return undefined
  if (table.failure !== undefined) return table.failure
  const failing = listedPartitions(table).find(({ failures, lastError }) => failures > 0 && lastError !== null)
  if (failing === undefined) return undefined
  return { message: failing.lastError ?? '', code: failing.errorCode, remedy: failing.errorRemedy }
}

function deletionsOf({ schema: recorded, reportsDeletions, fed }: TableState): TableSummary['deletions'] {
  if (recorded === null) return null
  if (fed !== undefined) return 'reported'
  if (recorded.cursor === null) return 'seen'
  return reportsDeletions === true ? 'reported' : 'unseen'
}
