import type { Committed, Completion, Counts, Reject, StepRef } from './batch.ts'
import type { DeletionShare } from './deletion-limit.ts'
import type { EncodedKey, EncodedRow } from './encoder.ts'
import type { FeedRef } from './feed-state.ts'
import type { Lease } from './lease.ts'
import type { RejectShare } from './reject-limit.ts'

/** What one transaction writes of a feed: changes of any of its tables, and the offset that holds them all. */
export interface FeedBatch extends FeedRef {
  /** The number that this commit takes: one more than the last. It is the position of its rows. */
  readonly seq: bigint
  /** With the first commit of a run: what the state is to hold of the feed. Another id where it begins again after a loss. */
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
  /** `deletes: 'hard'`: what is deleted with this batch is removed for good, and not only marked. */
  readonly purge: boolean
  /** A deletion of an unknown key leaves a marked row, because an older version of it may still come with a chunk. */
  readonly tombstones?: true | undefined
  readonly rejects: readonly Reject[]
  readonly counts: Counts
  /**
   * Past it nothing of the table is written, and the table is paused as one whose changes are refused. Both are judged: its
   * step, and its steps of the last hour, in which a row that was rejected again counts once. Absent: any number may be rejected.
   */
  readonly rejectLimit?: RejectShare | undefined
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
  readonly completes?: Pick<Completion, 'status' | 'checkedAt' | 'undeclared' | 'last'> | undefined
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
  /**
   * Why the table's changes were refused: the database did, and not single rows of them (a trigger on updates, say), or too many rows
   * do not fit. None of them is written; in the same transaction the table is paused for it and left out, and the others land.
   */
  readonly refused?: string | undefined
}
