import type { ColumnChanges, Range } from '@tidemark/core/engine'
import type { DiscoveredPartition, DiscoveredTable } from '../discover/catalog.ts'
import type { AskedRange } from './asked-range.ts'
import type { PlannedRefresh } from './plan-key-ranges.ts'
import type { StepList } from './step-list.ts'

export type Tracking = 'new' | 'known' | 'returned'

export interface PlannedTable {
  readonly name: string
  readonly discovered: DiscoveredTable
  readonly tracking: Tracking
  /** What the run is restricted to; undefined: it does all that is planned. */
  readonly restrictedTo: AskedRange | undefined
  /** Why it is paused until someone decides. */
  readonly pausedFor: string | undefined
  readonly changes: ColumnChanges | undefined
  readonly partitions: readonly PlannedPartition[]
  /** Known partitions that the source no longer lists. */
  readonly removedPartitions: readonly string[]
  /** The same, if they are too many to count as removed without confirmation. */
  readonly missingPartitions: readonly string[]
}

export interface PlannedPartition {
  readonly discovered: DiscoveredPartition
  readonly tracking: 'new' | 'known'
  /** The wanted range, as far as it is kept. Undefined for tables read whole, or where the end is not known. */
  readonly wanted: Range | undefined
  readonly steps: StepList
  /** What is planned as well and lies outside the range that the run is restricted to. */
  readonly outside: StepList
  /** Recorded when first seen. */
  readonly backfillEnd: bigint | undefined
  /** Recorded where it changed; null: an open start. */
  readonly start: bigint | null | undefined
  readonly assumed: Range | undefined
  readonly pendingRevision: { readonly text: string; readonly end: bigint } | undefined
  /** Stale windows, recorded as resyncs. */
  readonly stale: readonly Range[]
  /** What is read again for the sake of new columns. */
  readonly backfill: readonly Range[]
  /** What the source calls its data, where that is to be recorded. */
  readonly generation: string | undefined
  /** What is read again because the data was replaced as a whole; undefined in it: the whole partition. */
  readonly replaced: readonly (Range | undefined)[]
  /** It is covered beyond the present, because a clock was ahead: up to this end it may be right. */
  readonly aheadOf: bigint | undefined
  /** The full refresh that its steps are ranges of; absent: they are not. */
  readonly refresh?: PlannedRefresh | undefined
  /** The revision that a complete pass commits. */
  readonly revision: { readonly text: string; readonly schemaHash: string } | undefined
  /** Wanted, not covered, and older than the system keeps. */
  readonly notKept: readonly Range[]
  /** The last covered end. */
  readonly continuesFrom: bigint | undefined
}
