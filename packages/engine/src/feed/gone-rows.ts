import type { FeedTableBatch } from '@tidemark/core/engine'
import type { TableRun } from '../run/table-run.ts'
import type { FeedWork } from './feed-work.ts'

interface Commit {
  /** Rows below this number are gone by what the feed said; undefined: it said nothing. */
  readonly goneBelow: bigint | undefined
  /** All chunks of the table are read with it. */
  readonly isBackfilled: boolean
  /** The feed is read to its end with it. */
  readonly isComplete: boolean
}

/** Any share, but not all of them. */
const NOT_ALL = { share: 1, above: 0 }

/** Which rows of a table are gone with a commit, and how many of them may be. */
export function goneRows(
  table: TableRun,
  { feed, state, context }: Pick<FeedWork, 'feed' | 'state' | 'context'>,
  { goneBelow, isBackfilled, isComplete }: Commit,
): Pick<FeedTableBatch, 'replacedBelow' | 'deletionLimit'> {
  const { discovered, fed } = table
  const isKeyless = discovered.table.primaryKey.length === 0
  // A feed that was read from its beginning again has yielded all rows once more. One with a state of its own may have begun
  // later than before, so that an older row says nothing; without a key the rows of before would be there twice.
  const hasBegunAgain = isComplete && state.lostFor !== null && discovered.table.feed?.backfill === undefined
  const isReplaced = hasBegunAgain && (isKeyless || !feed.opaque)
  const below = isBackfilled || isReplaced ? greater(goneBelow, fed.epochSeq) : goneBelow
  if (below === undefined || context.options.acceptDeletions === true) return { replacedBelow: below }
  const limit = discovered.options.deletionLimit
  const isConcluded = isBackfilled || isReplaced
  // None of its rows of before stays, whatever was read again.
  if (isConcluded && isKeyless) return { replacedBelow: below, deletionLimit: limit && NOT_ALL }
  return { replacedBelow: below, deletionLimit: isConcluded || !feed.repeatable ? limit : undefined }
}

export const greater = (a: bigint | undefined, b: bigint): bigint => (a === undefined || b > a ? b : a)
