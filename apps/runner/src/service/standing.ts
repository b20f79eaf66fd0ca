import {
  isFailing,
  type PartitionState,
  type State,
  type TableState,
  type TableStatus,
  union,
} from '@tidemark/core/engine'

/** How a table stands, as numbers for a monitor. */
export interface TableStanding {
  readonly name: string
  readonly source: string
  readonly status: TableStatus
  /** How far its newest covered end is behind; of a table read whole its last read. Of several partitions the worst. Undefined: it has no time. */
  readonly lagSeconds: number | undefined
  /** Holes in what is covered, over all partitions. */
  readonly gaps: number
  readonly partitionsFailing: number
  /** Seconds since 1970. */
  readonly lastSuccess: number | undefined
  readonly rejects: number
}

/** Reads a state for a monitor. Pure. */
export function standingsOf(state: State, rejects: ReadonlyMap<string, number>, now: bigint): readonly TableStanding[] {
  return [...state.tables.values()].map((table) => {
    const partitions = [...table.partitions.values()].filter((partition) => partition.goneAt === null)
    return {
      name: table.name,
      source: table.source,
      status: table.status,
      lagSeconds: lagOf(table, partitions, now),
      gaps: partitions.reduce((sum, partition) => sum + gapsOf(partition), 0),
      partitionsFailing: partitions.filter(isFailing).length,
      lastSuccess: table.lastSyncedAt === null ? undefined : Number(table.lastSyncedAt) / 1e6,
      rejects: rejects.get(table.name) ?? 0,
    }
  })
}

function lagOf({ facts }: TableState, partitions: readonly PartitionState[], now: bigint): number | undefined {
  if (facts?.cursor?.type === 'integer' || partitions.length === 0) return undefined
  const ends = partitions.map(({ covered, completedAt }) =>
    facts?.cursor == null ? (completedAt ?? undefined) : union(covered).at(-1)?.to,
  )
  // Seconds, not to the microsecond: numbers are exact enough.
  const lags = ends.map((end) => (end === undefined ? undefined : Number(now - end) / 1e6))
  return lags.some((lag) => lag === undefined) ? undefined : Math.max(...(lags as readonly number[]))
}

function gapsOf({ covered, start }: PartitionState): number {
  const ranges = union(covered)
  const [first] = ranges
  if (first === undefined) return 0
  const beforeFirst = first.from !== undefined && (start === null || first.from > start)
  return ranges.length - 1 + (beforeFirst ? 1 : 0)
}
