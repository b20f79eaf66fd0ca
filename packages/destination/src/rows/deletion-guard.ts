import { type Committed, type DeletionGuard, isPastDeletionLimit } from '@tidemark/core/engine'
import type { DeletedBefore } from '../state/deleted-before.ts'

export type Held = Committed['withheld']

export interface Going {
  /** Rows that this pass would mark or replace away. */
  readonly deleted: number
  /** What went before; called first: what is asked after it does not change until the transaction ends. */
  before(): Promise<DeletedBefore>
  /** How many rows there were in its scope, and in the whole table; asked only where it matters. Counted up to `most`. */
  ofScope(most: number | undefined): number | Promise<number>
  ofTable(most: number | undefined): number | Promise<number>
  /** Whether no row came back, and none is in the partition beside those that the run replaces. */
  leavesNone(): boolean | Promise<boolean>
}

/** Whether more would go than the deletion limit lets pass. */
export async function heldBy(
  deletionGuard: DeletionGuard | undefined,
  { deleted: gone, before, ofScope, ofTable, leavesNone }: Going,
): Promise<Held> {
  if (deletionGuard?.limit === undefined || gone === 0) return undefined
  const { limit, cameBack } = deletionGuard
  const { inTable, inRanges } = await before()
  if (cameBack !== true && (await leavesNone())) return { deleted: gone, of: gone, empties: true }
  const least = limit.share * limit.above
  // Of so many rows these are not too many; a large table is not counted to its end with each of its key ranges.
  const most = (lost: number) => (limit.share > 0 ? Math.ceil(lost / limit.share) : undefined)
  const inScope = inRanges + gone
  if (inScope > least) {
    const of = (await ofScope(most(inScope))) + inRanges
    if (isPastDeletionLimit({ deleted: inScope, of }, limit)) return { deleted: inScope, of }
  }
  const deletedBefore = deletionGuard.deletedBefore + inTable
  const lost = deletedBefore + gone
  if (lost <= least) return undefined
  // What went before counts as there: otherwise the limit would close a little more with every step.
  const of = (await ofTable(most(lost))) + deletedBefore
  return isPastDeletionLimit({ deleted: lost, of }, limit) ? { deleted: lost, of } : undefined
}

/** The most ranges that a condition has: of more, all between the first and the last counts. */
const RANGES = 20

/** What a run replaces of a partition, as few ranges; undefined: all of it. */
export function replacedRanges({ replaces }: DeletionGuard): DeletionGuard['replaces'] {
  if (replaces === undefined || replaces.length <= RANGES) return replaces
  return [{ from: replaces[0]!.from, to: replaces.at(-1)!.to }]
}
