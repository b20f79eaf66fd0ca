import {
  completeTo as completePart,
  listedPartitions,
  type PartitionState,
  type TableState,
  union,
} from '@tidemark/core/engine'
import { checkOf, lastCheckOf, upper } from '../plan/last-check.ts'

// Up to where, and up to when, a table has what its source had (docs/decisions/0023).

/** Holes in what is covered of a partition: between its ranges, and before the first if its backfill starts earlier. */
export function holesIn({ covered, start }: Pick<PartitionState, 'covered' | 'start'>): number {
  const ranges = union(covered)
  const [first] = ranges
  if (first === undefined) return 0
  const beforeFirst = first.from !== undefined && (start === null || first.from > start)
  return ranges.length - 1 + (beforeFirst ? 1 : 0)
}

/**
 * Up to where all partitions of a table are complete: a position of its cursor, or an instant where it has none. Undefined
 * while one has a gap in its coverage or was never read; null: complete, and no row was there that has a position.
 */
export function completeTo(table: TableState): bigint | null | undefined {
  if (table.status === 'new' || table.status === 'paused') return undefined
  const partitions = listedPartitions(table)
  if (partitions.length === 0) {
    if (table.failure !== undefined) return undefined
    return table.schema?.cursor == null ? (lastCheckOf(table) ?? undefined) : null
  }
  let least: bigint | null = null
  for (const partition of partitions) {
    const end = partitionEnd(table, partition)
    if (end === undefined) return undefined
    if (end !== null) least = lower(least ?? undefined, end)
  }
  return least
}

/**
 * Up to when, by the destination's clock, a complete table has what its source had. Undefined: not complete, or not known.
 *
 * @param to what `completeTo` says of it.
 */
export function completeAt(table: TableState, to: ReturnType<typeof completeTo>): bigint | undefined {
  return to === undefined ? undefined : oldestOf(table)
}

/**
 * Up to when each partition has what its source had, of the one that is furthest behind, whatever gaps lie below.
 * Undefined where one was never read, or it cannot be known.
 */
export function oldestOf(table: TableState): bigint | undefined {
  const partitions = listedPartitions(table)
  if (partitions.length === 0) return lastCheckOf(table)
  let least: bigint | undefined
  for (const partition of partitions) {
    const at = readUpTo(table, partition)
    if (at === undefined) return undefined
    least = lower(least, at)
  }
  return least
}

/** Whether a partition has a gap below the end of its backfill, was never read, or is to be read again. */
export function isBackfilling(table: TableState | undefined, id: string): boolean {
  const partition = table?.partitions.get(id)
  if (table === undefined || partition === undefined || partition.resyncs.length > 0) return true
  const { covered, backfillEnd } = partition
  const last = union(covered).at(-1)
  const isShort = last !== undefined && backfillEnd !== null && last.to < backfillEnd
  return isShort || partitionEnd(table, partition) === undefined
}

function partitionEnd(table: TableState, partition: PartitionState): bigint | null | undefined {
  const { covered, completedAt, start } = partition
  if (table.schema?.cursor == null)
    return completedAt === null ? undefined : upper(completedAt, checkOf(table, partition))
  const joined = union(covered)
  const last = joined.at(-1)
  // Asked, and there was nothing to read: what has no rows has no position either.
  if (last === undefined)
    return partition.backfillEnd === null && checkOf(table, partition) !== undefined ? null : undefined
  return completePart({ from: start ?? undefined, to: last.to }, joined)
}

/**
 * Up to when a partition has what its source had. By a time it is the covered end, which a source gives by its own clock
 * or snapshot; an integer says nothing of time, so it is the question that found nothing beyond.
 */
function readUpTo(table: TableState, partition: PartitionState): bigint | undefined {
  const cursor = table.schema?.cursor
  const checked = checkOf(table, partition)
  if (cursor == null) return partition.completedAt === null ? undefined : upper(partition.completedAt, checked)
  const end = union(partition.covered).at(-1)?.to
  return end === undefined || cursor.type === 'integer' ? checked : end
}

export function lower(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || b < a ? b : a
}
