import type { Fact, Unread } from '@tidemark/core/engine'
import type { PartitionRun, TableRun } from './table-run.ts'
import type { UnreadRows } from './unread-text.ts'

/** What the source of a table has and the destination does not, as the source counts it or as it was left out. */
export function unreadOf(table: TableRun): UnreadRows {
  const { settle, cursor } = table.planned.surveyed.table
  const counts = table.partitions.map((partition) => countsOf(partition) ?? knownCounts(partition))
  return {
    tooYoung: counts.reduce((sum, { tooYoung = 0 }) => sum + tooYoung, 0),
    withoutCursor: counts.reduce((sum, { withoutCursor = 0 }) => sum + withoutCursor, 0),
    undeclared: [...table.undeclared].sort(),
    ...(cursor === undefined || cursor.type === 'integer' ? {} : { minAgeMs: Number(settle / 1000n) }),
  }
}

/** What of it the state does not know yet. */
export function unreadFacts(table: TableRun): readonly Fact[] {
  return table.partitions.flatMap((partition): readonly Fact[] => {
    const unread = countsOf(partition)
    if (unread === undefined) return []
    const known = knownCounts(partition)
    const isKnown = known.tooYoung === unread.tooYoung && known.withoutCursor === unread.withoutCursor
    return isKnown ? [] : [{ kind: 'partition', partition: partition.id, unread }]
  })
}

const countsOf = ({ planned, leftOut }: PartitionRun): Unread | undefined => planned.surveyed.unread ?? leftOut

function knownCounts({ table, id }: PartitionRun): Unread {
  const known = table.known?.partitions.get(id)
  return { tooYoung: known?.tooYoung ?? undefined, withoutCursor: known?.withoutCursor ?? undefined }
}
