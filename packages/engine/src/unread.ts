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
    undeclared: undeclaredOf(table),
    ...(cursor === undefined || cursor.type === 'integer' ? {} : { minAgeMs: Number(settle / 1000n) }),
  }
}

/** What of it the state does not know yet. */
export function unreadFacts(table: TableRun): readonly Fact[] {
  const facts = table.partitions.flatMap((partition): readonly Fact[] => {
    const unread = countsOf(partition)
    if (unread === undefined) return []
    const known = knownCounts(partition)
    const isKnown = known.tooYoung === unread.tooYoung && known.withoutCursor === unread.withoutCursor
    return isKnown ? [] : [{ kind: 'partition', partition: partition.id, unread }]
  })
  const fields = undeclaredOf(table)
  if (String(fields) === String(table.recordedUndeclared)) return facts
  return [...facts, { kind: 'undeclared', fields }]
}

const countsOf = ({ planned, leftOut }: PartitionRun): Unread | undefined => planned.surveyed.unread ?? leftOut

function knownCounts({ table, id }: PartitionRun): Unread {
  const known = table.known?.partitions.get(id)
  return { tooYoung: known?.tooYoung ?? undefined, withoutCursor: known?.withoutCursor ?? undefined }
}

/** So many names are kept. */
const NAMES = 100

/** A step sees few rows, so what an earlier one saw stays; a table that was read whole was seen whole. */
function undeclaredOf(table: TableRun): readonly string[] {
  const isSeenWhole =
    table.surveyed.table.cursor === undefined && table.partitions.every(({ finished }) => finished.length > 0)
  return undeclaredWith(table, isSeenWhole ? [] : table.recordedUndeclared)
}

/** What this run saw, and earlier ones did, and no column holds by now. */
export function undeclaredWith({ undeclared, surveyed }: TableRun, before: readonly string[]): readonly string[] {
  const declared = new Set(surveyed.table.columns.map(({ name }) => name))
  return [...new Set([...before, ...undeclared])]
    .filter((name) => !declared.has(name))
    .sort()
    .slice(0, NAMES)
}
