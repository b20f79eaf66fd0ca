import {
  cutAt,
  gaps,
  intersect,
  listedPartitions,
  type PartitionState,
  type Range,
  type State,
  split,
  type TableState,
  union,
} from '@tidemark/core/engine'
import type { Work } from './work.ts'

/**
 * What is left to read of each table so that it is complete, by the state alone: windows of its backfill, windows that are to
 * be read again, and whole partitions that were never read to their end. What every sync reads beside that, such as its
 * newest window, is not left over. Tables that are paused, removed, of a feed or not prepared yet are not in it. Pure.
 */
export function workLeft(state: Pick<State, 'tables'>): readonly Work[] {
  return [...state.tables.values()].flatMap((table) => leftOf(table) ?? [])
}

function leftOf(table: TableState): Work | undefined {
  const { name, source, schema, status, fed, pausedFor } = table
  if (schema === null || status === 'removed' || pausedFor !== null || fed !== undefined) return undefined
  const partitions = listedPartitions(table)
  if (schema.cursor === null) {
    const unread = partitions.filter(isUnread)
    // How many ranges of keys there are its source says.
    const isLeast = unread.some(({ refreshed }) => refreshed.length > 0)
    return { name, source, steps: [{ kind: 'full_refresh', windows: unread.length }], isLeast }
  }
  if (schema.window === undefined) return undefined
  const size = schema.window === null ? undefined : BigInt(schema.window)
  let [missing, again, isLeast] = [0, 0, false]
  for (const partition of partitions) {
    const covered = union(partition.covered)
    const to = endOf(partition)
    if (to === undefined) continue
    const wanted: Range = { from: partition.start ?? undefined, to }
    for (const gap of gaps(wanted, covered)) {
      const { below, above } =
        partition.backfillEnd === null ? { below: gap, above: undefined } : cutAt(gap, partition.backfillEnd)
      for (const range of [below, above]) if (range !== undefined) missing += split(range, size).count
      isLeast ||= gap.from === undefined && size !== undefined
    }
    const asked = partition.resyncs.map((one): Range => ({ from: one.from ?? undefined, to: one.to ?? to }))
    if (asked.length > 0)
      for (const range of intersect(asked, intersect([wanted], covered))) again += split(range, size).count
  }
  return {
    ...{ name, source, isLeast },
    steps: [
      { kind: 'backfill', windows: missing },
      { kind: 'resync', windows: again },
    ],
  }
}

function isUnread({ completedAt, refreshed, resyncs }: PartitionState): boolean {
  return completedAt === null || refreshed.length > 0 || resyncs.length > 0
}

/** Up to where it is known to have something: what is covered, its backfill, and what failed. */
function endOf({ covered, backfillEnd, failedWindow }: PartitionState): bigint | undefined {
  const ends = [...covered.map(({ to }) => to), ...(backfillEnd === null ? [] : [backfillEnd])]
  if (failedWindow !== null) ends.push(failedWindow.to)
  return ends.reduce<bigint | undefined>((last, one) => (last === undefined || one > last ? one : last), undefined)
}
