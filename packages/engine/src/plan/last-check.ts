import { listedPartitions, type PartitionState, type TableState } from '@tidemark/core/engine'

/**
 * When a table's source was last asked and all that it had by then was read: of the partition asked longest ago. Undefined
 * where that never was: only ranges of it were read, or nothing.
 */
export function lastCheckOf(table: TableState): bigint | undefined {
  const partitions = listedPartitions(table)
  let least: bigint | undefined
  for (const partition of partitions) {
    const at = checkOf(table, partition)
    if (at === undefined) return undefined
    if (least === undefined || at < least) least = at
  }
  return least ?? table.lastCheckedAt ?? table.lastSyncedAt ?? undefined
}

export function checkOf({ lastCheckedAt }: TableState, { checkedAt }: PartitionState): bigint | undefined {
  return upper(checkedAt ?? undefined, lastCheckedAt ?? undefined)
}

export function upper(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}
