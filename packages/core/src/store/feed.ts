import { z } from 'zod'
import type { Committed, Completion, Counts, Reject, StepRef } from './batch.ts'
import type { DeletionShare } from './deletion-limit.ts'
import type { EncodedKey, EncodedRow } from './encoder.ts'
import type { Lease } from './lease.ts'

/** A 64-bit number as a destination gives it back. */
const Position = z.bigint()

/** What the state knows of a feed. */
export const FeedState = z.object({
  /** The configured source, and the feed's name there. */
  source: z.string(),
  feed: z.string(),
  /** The offset of the last checkpoint that was committed, as JSON text; null: none was. */
  offset: z.string().nullable(),
  /** The number of its last commit. Each takes its own, and they never start again: `_cursor` of its rows. */
  seq: Position,
  /** Names this destination's use of the feed at the source; made at random, once. */
  id: z.string(),
  /** The system that it was read from. */
  identity: z.string().nullable(),
  /** Its connector keeps a state of its own in the offset, one for all of its tables. */
  opaque: z.boolean(),
  /** When its last checkpoint was committed, and when the system had made what it covers, as far as it says; microseconds. */
  committedAt: Position.nullable(),
  toldAt: Position.nullable(),
  /** When it was last read to its end, or to where its source was as the run began. Null: never, its history is not complete. */
  completedAt: Position.nullable(),
  /** Tables, by their names in the source, whose changes were told and left out: what they hold is not complete. */
  leftOut: z.array(z.string()),
  /** Why it could not continue from its offset; all of its tables are read again since. Null: it could. */
  lostFor: z.string().nullable(),
})
export type FeedState = z.infer<typeof FeedState>

/** What a table has of its feed. */
export const FedTable = z.object({
  /** The feed's name in the source. */
  feed: z.string(),
  /** The feed's number when the table joined it, and when its present life began: a resync raises it. */
  sinceSeq: Position,
  epochSeq: Position,
  /** The life for which all that was there before is read, in chunks; null: for none, or its feed tells that itself. */
  backfilledSeq: Position.nullable(),
  /** The chunks that it was cut into, for which life, and how many are not read. Null: it was not cut. */
  chunks: z.object({ epochSeq: Position, of: z.int(), left: z.int() }).nullable(),
  /** There may be rows of which something is missing. */
  hasMissing: z.boolean(),
})
export type FedTable = z.infer<typeof FedTable>

/** A part of a table that is read beside its feed: its number in the list, and what the source calls it, as JSON text. */
export interface FeedChunk {
  readonly ordinal: number
  readonly label: string
}

/** Which feed it is. */
export type FeedRef = Pick<FeedState, 'source' | 'feed'>

/** The name of a feed in the state, unique in a destination. */
export const feedKey = ({ source, feed }: FeedRef): string => `${source}/${feed}`

/** What one transaction writes of a feed: changes of any of its tables, and the offset that holds them all. */
export interface FeedBatch extends FeedRef {
  /** The number that this commit takes: one more than the last. It is the position of its rows. */
  readonly seq: bigint
  /** With the first commit of a run: what the state is to hold of the feed. The id is taken with the first one ever. */
  readonly begins?: { readonly id: string; readonly identity: string | undefined; readonly opaque: boolean } | undefined
  /** Tables that join the feed, or begin a new life in it: a greater number is taken where their rows have greater positions. Without rows. */
  readonly joins?: readonly { readonly lease: Lease; readonly table: string }[] | undefined
  readonly tables: readonly FeedTableBatch[]
  /** Everything since the last checkpoint is in this batch or was committed before it. Absent: more of it is to come. */
  readonly checkpoint?:
    | {
        /** JSON text. */
        readonly offset: string | null
        /** When the system had made it, in microseconds. */
        readonly toldAt: bigint | undefined
      }
    | undefined
  /** The feed is read to its end, or to where its source was as the run began; since then, by the destination's clock. */
  readonly completedAt?: bigint | undefined
  /** Tables whose changes are left out, in the place of those in the state; absent: as they are there. */
  readonly leftOut?: readonly string[] | undefined
  /** Why the offset was given up; null: it is behind. Absent: as the state has it. */
  readonly lostFor?: string | null | undefined
}

/** Changes of one table in a batch of its feed: each key once, in its last version. */
export interface FeedTableBatch {
  /** Of the whole table. */
  readonly lease: Lease
  /** Of kind `changes`. */
  readonly step: StepRef
  /** 1, 2, 3 … within the step. */
  readonly number: number
  /** Whole versions. */
  readonly rows: readonly EncodedRow[]
  /** Versions of which a change told a part. */
  readonly partial: readonly PartialRow[]
  readonly deletions: readonly EncodedKey[]
  /** A deletion of an unknown key leaves a marked row, because an older version of it may still come with a chunk. */
  readonly tombstones?: true | undefined
  readonly rejects: readonly Reject[]
  readonly counts: Counts
  /**
   * With a checkpoint: rows whose number is below this are gone (a TRUNCATE, a snapshot that ended). Told rows of the same or a
   * greater number stay.
   */
  readonly replacedBelow?: bigint | undefined
  /** How many rows `replacedBelow` may delete; absent: any number. Past it nothing of the whole batch is committed. */
  readonly deletionLimit?: DeletionShare | undefined
  /**
   * Of a table without a key: `fill`: its rows are kept beside the table until a batch with `move`, so that what comes
   * again after a crash is not there twice. Absent: straight into the table.
   */
  readonly staging?: 'fill' | 'move' | undefined
  /** Rows of which something was missing are read by their keys; those of this batch may be others. */
  readonly noneMissing?: true | undefined
  /** All that was there before is read: of the table's present life nothing is wanted any more. */
  readonly backfilled?: true | undefined
  /** What is committed with the rows. Absent: the step continues. */
  readonly completes?: Pick<Completion, 'status' | 'checkedAt' | 'undeclared' | 'last' | 'purge'> | undefined
  readonly durationMs: number
}

/** A version of a row of which a change told a part. */
export interface PartialRow {
  /** As a whole row is encoded, with null in place of what was not told. */
  readonly row: EncodedRow
  /** Indexes of the values that were not told. */
  readonly untold: readonly number[]
  /** Of them, those that are named in `_missing` even where the row has a value: what told them was rejected. */
  readonly doubtful: readonly number[]
  /**
   * The row that the values which were not told are taken from, as it is in the table before this batch: by its own key, or by the
   * key that it had. Undefined: by none, because this life of the key began in this batch.
   */
  readonly origin: EncodedKey | undefined
}

/** What a commit of a feed came to. */
export interface FeedCommitted {
  /** The number that it took: greater than asked where tables joined whose rows have greater positions. */
  readonly seq: bigint
  /** By the table's name in the destination. */
  readonly tables: ReadonlyMap<string, FeedTableCommitted>
}

export interface FeedTableCommitted
  extends Pick<Committed, 'written' | 'unchanged' | 'rejected' | 'deleted' | 'withheld'> {
  /** Rows of which something is missing, because no change and no read has told it yet; of this batch. */
  readonly incomplete: number
}
