import {
  AHEAD,
  type Coverage,
  gaps,
  intersect,
  type PartitionState,
  type Range,
  readFrom,
  subtract,
  union,
} from '@tidemark/core/engine'
import { INT64_MAX } from '@tidemark/core/values'
import type { PartitionRun } from './table-run.ts'

/** What of a partition is read, and how late rows may come below it. */
export interface Reading {
  /** What steps have covered, or another system. */
  readonly covered: readonly Range[]
  /** Ranges of it that are to be read again. */
  readonly pending: readonly Range[]
  /** Where what can be read ended: what is covered beyond it was covered by a clock that was ahead. */
  readonly end: bigint | undefined
  readonly lookback: bigint
  readonly tick: bigint
}

/** Where a partition has rows above a position that may not have been read yet: its gaps, each with the lookback under it. */
export function unreadRanges(above: bigint | undefined, to: bigint, reading: Reading): Coverage {
  const { covered, pending, end, lookback, tick } = reading
  const reached = end === undefined ? covered : intersect(covered, [{ from: undefined, to: end }])
  const read = subtract(reached, pending)
  return union(
    gaps({ from: above, to }, read).map((gap) => ({
      from: readFrom(gap, { covered: read, lookback, tick }),
      to: gap.to,
    })),
  )
}

export interface ReadingOptions {
  /** What is to be read again; absent: as the state had it when the table was planned. */
  readonly resyncs?: PartitionState['resyncs'] | undefined
  /** What is below and only has a requested resync counts as read: it was read in its time, unlike what is stale, or ahead of it. */
  readonly trustedTo?: bigint | undefined
}

/** What of a partition is read by now, with what this run has read so far. */
export function readingOf(
  { table, planned, finished, id }: PartitionRun,
  { resyncs, trustedTo }: ReadingOptions = {},
): Reading {
  const known = table.known?.partitions.get(id)
  const { discovered } = table.planned
  const windows = (again: boolean): readonly Range[] =>
    finished.flatMap(({ kind, window }) => ((kind === 'resync') === again && window !== undefined ? [window] : []))
  const asked = (is: (reason: string) => boolean): readonly Range[] =>
    (resyncs ?? known?.resyncs ?? []).flatMap(({ from, to, reason }) =>
      is(reason) ? [rangeOf(from, to, planned.wanted?.to)] : [],
    )
  const doubted = [...asked((reason) => reason === AHEAD), ...planned.stale]
  const replaced = planned.replaced.filter((one) => one !== undefined)
  const wished = [...asked((reason) => reason !== AHEAD), ...planned.backfill, ...replaced]
  const trusted = trustedTo === undefined ? [] : [{ from: undefined, to: trustedTo }]
  const covered = union(known?.covered ?? [], planned.assumed === undefined ? [] : [planned.assumed], windows(false))
  const ends = [planned.wanted?.to, ...windows(false).map(({ to }) => to)]
  return {
    covered,
    pending: subtract([...doubted, ...subtract(wished, trusted)], windows(true)),
    end: ends.reduce((last, end) => (last === undefined || (end !== undefined && end > last) ? end : last), undefined),
    lookback: discovered.options.lookback,
    tick: discovered.table.cursor?.tick ?? 1n,
  }
}

/** A range that is to be read again; one of the whole partition has no end. */
export function rangeOf(from: bigint | null, to: bigint | null, end: bigint | undefined): Range {
  return { from: from ?? undefined, to: to ?? end ?? INT64_MAX }
}
