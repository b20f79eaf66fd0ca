import {
  completeTo as completePart,
  type Destination,
  formatInstant,
  instantParts,
  isFailing,
  type PartitionState,
  type State,
  type TableState,
  type TableStatus,
  textAt,
  union,
} from '@tidemark/core/engine'

/** How far everything is, from the state alone. The field names are those of `status --json`, a promise to scripts. */
export interface Status {
  /** How far every tracked table is complete; null while one of them is not. */
  readonly to_timestamp: string | null
  /** Tables whose history is complete, sorted. */
  readonly synced_tables: readonly string[]
  readonly tables: readonly TableSummary[]
}

export interface TableSummary {
  readonly name: string
  readonly source: string
  readonly table: string
  readonly status: TableStatus
  readonly paused_for: string | null
  readonly covered: readonly { readonly from: string | null; readonly to: string }[]
  /** Up to where it is complete: of a cursor its value, of a table read whole the time of the last read. */
  readonly complete_to: string | null
  readonly partitions: number
  readonly partitions_failing: number
  readonly partitions_gone: number
  readonly rereads: number
  /** Rows that its source has and no window holds yet, as far as they are counted, and those that none ever will. */
  readonly too_young: number
  readonly without_cursor: number
  /** Fields that rows had and no column holds, by name. */
  readonly undeclared: readonly string[]
  readonly last_synced_at: string | null
  readonly last_error: string | null
  readonly removed_at: string | null
}

/** How far everything is in a destination. Asks no source, takes no lease. */
export async function status({ destination }: { readonly destination: Pick<Destination, 'state'> }): Promise<Status> {
  return statusOf(await destination.state())
}

/** Reads a state for people and scripts. Pure. */
export function statusOf(state: State): Status {
  const tables = [...state.tables.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const tracked = tables.filter((table) => table.status !== 'removed')
  const ends = tracked.map(completeTo)
  const timed = tracked.filter((table) => table.facts?.cursor?.type !== 'integer').map(completeTo)
  const isComplete = tracked.length > 0 && ends.every((end) => end !== undefined)
  const least = isComplete
    ? timed.reduce<bigint | undefined>((low, end) => (low === undefined || end! < low ? end : low), undefined)
    : undefined
  return {
    to_timestamp: least === undefined ? null : instantText(least),
    synced_tables: tracked.filter((table) => completeTo(table) !== undefined).map((table) => table.name),
    tables: tables.map(summaryOf),
  }
}

/**
 * Up to where all partitions of a table are complete. Undefined while one has a gap in its coverage or was never read;
 * a table without partitions is as complete as its last sync.
 */
function completeTo(table: TableState): bigint | undefined {
  if (table.status === 'new' || table.status === 'paused') return undefined
  const partitions = [...table.partitions.values()].filter((partition) => partition.goneAt === null)
  if (partitions.length === 0) return table.lastSyncedAt ?? undefined
  let least: bigint | undefined
  for (const partition of partitions) {
    const end = partitionEnd(table, partition)
    if (end === undefined) return undefined
    if (least === undefined || end < least) least = end
  }
  return least
}

function partitionEnd(table: TableState, { covered, completedAt, start }: PartitionState): bigint | undefined {
  if (table.facts?.cursor == null) return completedAt ?? undefined
  const joined = union(covered)
  const last = joined.at(-1)
  return last === undefined ? undefined : completePart({ from: start ?? undefined, to: last.to }, joined)
}

function summaryOf(table: TableState): TableSummary {
  const partitions = [...table.partitions.values()]
  const cursor = table.facts?.cursor
  const text = (position: bigint): string =>
    cursor == null
      ? instantText(position)
      : textAt(position, { type: cursor.type, precision: cursor.precision ?? undefined })
  const covered = partitions.length === 1 ? union(partitions[0]?.covered ?? []) : []
  const end = completeTo(table)
  const listed = partitions.filter(({ goneAt }) => goneAt === null)
  return {
    name: table.name,
    source: table.source,
    table: table.table,
    status: table.status,
    paused_for: table.pausedFor,
    covered: covered.map(({ from, to }) => ({ from: from === undefined ? null : text(from), to: text(to) })),
    complete_to: end === undefined ? null : partitions.length === 0 ? instantText(end) : text(end),
    partitions: partitions.length,
    partitions_failing: partitions.filter(isFailing).length,
    partitions_gone: partitions.filter((partition) => partition.goneAt !== null).length,
    rereads: partitions.reduce((sum, partition) => sum + partition.rereads.length, 0),
    too_young: listed.reduce((sum, { tooYoung }) => sum + (tooYoung ?? 0), 0),
    without_cursor: listed.reduce((sum, { withoutCursor }) => sum + (withoutCursor ?? 0), 0),
    undeclared: table.undeclared,
    last_synced_at: table.lastSyncedAt === null ? null : instantText(table.lastSyncedAt),
    // An error that was overcome stays in the state until its partition is read again; it is no news.
    last_error:
      table.status !== 'failing'
        ? null
        : ((
            partitions.find((partition) => isFailing(partition) && partition.lastError !== null) ??
            partitions.find((partition) => partition.lastError !== null)
          )?.lastError ?? null),
    removed_at: table.removedAt === null ? null : instantText(table.removedAt),
  }
}

function instantText(position: bigint): string {
  return instantParts(position) === undefined ? `${position} µs` : formatInstant(position, 'Z')
}
