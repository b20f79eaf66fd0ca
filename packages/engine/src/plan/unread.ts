import type { StateChange, TableState, Unread } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import type { PlannedPartition, PlannedTable } from './planned-table.ts'
import type { UnreadRows } from './unread-text.ts'

/** What a run knows of a table whose unread rows are counted. */
export interface CountedTable {
  readonly planned: PlannedTable
  readonly discovered: DiscoveredTable
  readonly known: TableState | undefined
  readonly partitions: readonly CountedPartition[]
  /** Fields of its rows in this run that no column holds, and those of all runs before, as the state has them. */
  readonly undeclared: ReadonlySet<string>
  readonly recordedUndeclared: readonly string[]
}

interface CountedPartition {
  readonly id: string
  readonly planned: PlannedPartition
  /** Rows that its steps left out for their cursor; undefined: none was read to its end. */
  readonly leftOut: Unread | undefined
  /** Steps that are committed. */
  readonly finished: readonly unknown[]
}

/** What the source of a table has and the destination does not, as the source counts it or as it was left out. */
export function unreadOf(table: CountedTable): UnreadRows {
  const { minAge, cursor } = table.planned.discovered.table
  const counts = table.partitions.map((partition) => countsOf(partition) ?? knownCounts(table, partition))
  return {
    tooYoung: counts.reduce((sum, { tooYoung = 0 }) => sum + tooYoung, 0),
    withoutCursor: counts.reduce((sum, { withoutCursor = 0 }) => sum + withoutCursor, 0),
    undeclared: undeclaredOf(table),
    ...(cursor === undefined || cursor.type === 'integer' ? {} : { minAgeMs: Number(minAge / 1000n) }),
  }
}

/** What of it the state does not know yet. */
export function unreadFacts(table: CountedTable): readonly StateChange[] {
  const changes = table.partitions.flatMap((partition): readonly StateChange[] => {
    const unread = countsOf(partition)
    if (unread === undefined) return []
    const known = knownCounts(table, partition)
    const isKnown = known.tooYoung === unread.tooYoung && known.withoutCursor === unread.withoutCursor
    return isKnown ? [] : [{ kind: 'partition', partition: partition.id, unread }]
  })
  const fields = undeclaredOf(table)
  if (String(fields) === String(table.recordedUndeclared)) return changes
  return [...changes, { kind: 'undeclared', fields }]
}

const countsOf = ({ planned, leftOut }: CountedPartition): Unread | undefined => planned.discovered.unread ?? leftOut

function knownCounts(table: CountedTable, { id }: CountedPartition): Unread {
  const known = table.known?.partitions.get(id)
  return { tooYoung: known?.tooYoung ?? undefined, withoutCursor: known?.withoutCursor ?? undefined }
}

/** The most names to keep. */
const NAMES = 100

/** A step sees few rows, so what an earlier one saw stays; a full refresh sees the whole table. */
function undeclaredOf(table: CountedTable): readonly string[] {
  const isSeenWhole =
    table.discovered.table.cursor === undefined && table.partitions.every(({ finished }) => finished.length > 0)
  return undeclaredWith(table, isSeenWhole ? [] : table.recordedUndeclared)
}

/** What this run saw, and earlier ones did, and no column holds by now. */
export function undeclaredWith(
  { undeclared, discovered }: Pick<CountedTable, 'undeclared' | 'discovered'>,
  before: readonly string[],
): readonly string[] {
  const declared = new Set(discovered.table.columns.map(({ name }) => name))
  return [...new Set([...before, ...undeclared])]
    .filter((name) => !declared.has(name))
    .sort()
    .slice(0, NAMES)
}
