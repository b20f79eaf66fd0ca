import {
  type Comparison,
  intersect,
  type PartitionState,
  type Range,
  subtract,
  type TableState,
  union,
} from '@tidemark/core/engine'
import { unknownPartition } from '../plan/asked-range.ts'
import type { PlannedPartition, PlannedTable } from '../plan/planned-table.ts'
import type { VerifyOptions } from './verify-options.ts'
import type { UnreadPartition } from './verify-report.ts'
import { chooseSome, cutIntoSlices, type Slice } from './verify-slices.ts'

export interface Scope {
  readonly planned: PlannedTable
  readonly known: TableState
  readonly asked: Range | undefined
  readonly wanted: VerifyOptions
  readonly comparison: Comparison
}

/** What is compared, and what of the table cannot be. */
export interface Scoped {
  readonly slices: readonly Slice[]
  /** How many exist, of which a sample may be chosen. */
  readonly of: number
  readonly notes: readonly string[]
  readonly unreadPartitions: readonly UnreadPartition[]
}

/** What is compared: only what is covered, kept by the source, past the minimum age, and was read by a step. */
export async function scopeOf({ planned, known, asked, wanted, comparison }: Scope): Promise<Scoped> {
  const { table, partitions } = planned.discovered
  const { partition: only, sample } = wanted
  if (only !== undefined && !known.partitions.has(only))
    throw unknownPartition(known.name, only, [...known.partitions.keys()])
  const notes: string[] = []
  const scopes: { readonly partition: string; readonly window: Range | undefined }[] = []
  const considered = planned.partitions.filter(({ discovered: { id } }) => only === undefined || id === only)
  for (const { discovered, wanted: range } of considered) {
    const { id, failure } = discovered
    const its = known.partitions.get(id)
    if (isUnreadFed(known)) continue
    if (failure !== undefined || its === undefined) continue
    if (its.resyncs.length > 0) notes.push(`${labelled(known.name, id)} has ranges to resync: the next sync reads them`)
    if (table.cursor === undefined) {
      if (its.completedAt !== null) scopes.push({ partition: id, window: undefined })
      continue
    }
    const read = its.covered.filter(({ assumed }) => !assumed)
    if (read.length < its.covered.length)
      notes.push(`${labelled(known.name, id)}: what another system synced (synced_tables) was not compared`)
    const there = range === undefined ? [] : intersect([range], read)
    const within = asked === undefined ? there : intersect([asked], there)
    for (const one of within)
      for (const window of await cutIntoSlices(id, one, { comparison, table, fine: sample !== undefined }))
        scopes.push({ partition: id, window })
  }
  const listed = new Set(partitions.map(({ id }) => id))
  // Those that are too many to count as removed still belong to the table.
  const missing = planned.missingPartitions.filter((id) => only === undefined || id === only)
  const left = [...known.partitions.keys()].filter(
    (id) => !listed.has(id) && !missing.includes(id) && (only === undefined || id === only),
  )
  if (left.length > 0)
    notes.push(`${left.slice(0, 5).join(', ')}${left.length > 5 ? ', …' : ''}: the source no longer lists it`)
  const all: readonly Slice[] = scopes.map((scope, number) => ({ number, ...scope }))
  const slices = sample === undefined ? all : chooseSome(all, sample.share, sample.seed)
  const unreadPartitions = [
    ...considered.flatMap((one) => unreadOf(one, planned, known)),
    ...missing.map((partition) => ({
      partition,
      why: 'not-listed' as const,
      message: 'the source no longer lists it',
    })),
  ]
  return { slices, of: all.length, notes, unreadPartitions }
}

const labelled = (table: string, partition: string): string => (partition === '' ? table : `${table} (${partition})`)

/** Why a listed partition is not, or not completely, in what is compared; nothing where it is. */
function unreadOf(
  { discovered: { id, failure }, wanted }: PlannedPartition,
  { discovered: { table } }: PlannedTable,
  known: TableState,
): readonly UnreadPartition[] {
  if (failure !== undefined) return [{ partition: id, why: 'failed', message: failure.message }]
  const its = known.partitions.get(id)
  if (isUnreadFed(known)) {
    const { of, unread } = known.fed?.chunks ?? { of: 0, unread: 0 }
    const message =
      of === 0 ? 'its backfill is not complete' : `${of - unread} of the ${of} chunks of its backfill are read`
    return [{ partition: id, why: 'never-read', message }]
  }
  const isNew = its === undefined || (table.cursor === undefined ? its.completedAt === null : its.covered.length === 0)
  if (isNew) {
    const error = its?.lastError ?? undefined
    return [{ partition: id, why: 'never-read', message: error ?? 'no sync has read it' }]
  }
  return hasGaps(its, wanted) ? [{ partition: id, why: 'backfilling', message: 'its backfill is not complete' }] : []
}

/** What a table of a feed held before, or must be read again of it, is not all there. */
const isUnreadFed = ({ fed }: TableState): boolean =>
  fed !== undefined && (fed.backfilledSeq === null || fed.backfilledSeq < fed.epochSeq)

function hasGaps({ covered }: PartitionState, wanted: Range | undefined): boolean {
  const joined = union(covered)
  const last = joined.at(-1)
  if (wanted === undefined || last === undefined) return false
  return subtract(intersect([wanted], [{ from: undefined, to: last.to }]), joined).length > 0
}
