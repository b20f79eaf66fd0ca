import type { Range } from '../values/window.ts'
import type { DeletionShare } from './deletion-limit.ts'
import type { EncodedKey, EncodedRow } from './encoder.ts'
import type { KeyRangeRef } from './key-range.ts'
import type { RejectShare } from './reject-limit.ts'
import type { TableStatus } from './state.ts'

/** One step of a run: one table, one partition, one window. */
export interface StepRef {
  readonly run: number
  /** Counts within the run. */
  readonly step: number
  readonly table: string
  readonly partition: string
  readonly kind: StepKind
  /** What is read and replaced: the window with its lookback. Undefined: the whole partition. */
  readonly window: Range | undefined
  /** Of a full refresh: the range of its key that is read and replaced. Absent: all keys. */
  readonly keyRange?: KeyRangeRef | undefined
  /** 1, or more where it is tried again after a failure; each attempt has a number and a record of its own. */
  readonly attempt: number
  /** When the step began, by the database's clock. */
  readonly beganAt: bigint
}
/** `full_refresh`: read without a cursor. `resync`: covered before, to be read again. `changes`: from a feed. */
export type StepKind = 'incremental' | 'backfill' | 'full_refresh' | 'resync' | 'unchanged' | 'changes'

/** A deletion that the source reported: the key and its position. */
export interface Deletion {
  readonly key: EncodedKey
  /** Its own cursor, else the window's end; null in a table without a cursor. */
  readonly position: bigint | number | null
}

/** A row that does not fit. */
export interface Reject {
  /** The primary key as JSON text, where it can be read. */
  readonly key: string | undefined
  /**
   * The same key encoded: in a pass that marks deleted rows it counts as seen, and an older version of the stored row
   * there lies at `position` then.
   */
  readonly encodedKey: EncodedKey | undefined
  readonly position: bigint | number | undefined
  readonly code: string
  readonly message: string
  /** The row as JSON text, cut to a bounded length. */
  readonly payload: string
  readonly hash: string
}

export interface Counts {
  readonly read: number
  readonly deduped: number
  readonly trimmed: number
  readonly rejected: number
}

/** Rows that lie in the same bytes: row n begins at `offsets[2 * n]` and ends at `offsets[2 * n + 1]`. */
export interface BinarySlice {
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  /** The first of them that is meant, and the one behind the last. */
  readonly from: number
  readonly to: number
  /** Their positions, from the first that is meant on. Absent: they have none. */
  readonly positions?: readonly (number | bigint)[] | undefined
}

/** Rows in the binary form of Postgres, which are written as they are: the fields that `Encoder.binary` names; and encoded rows that were read between them. */
export interface BinaryRows {
  readonly count: number
  /** In the order in which they were read: of two with one key and position the later one counts. */
  readonly slices: readonly (BinarySlice | readonly EncodedRow[])[]
  /** The same as encoded rows, each key once, and how many that left out: where the database refuses some, or knows a key. */
  encoded(): { readonly rows: readonly EncodedRow[]; readonly deduped: number }
}

/** Rows that one transaction writes, and what they complete. */
export interface Batch {
  readonly step: StepRef
  /** 1, 2, 3 … within the step. */
  readonly number: number
  /** Each key once: of several versions that were read the engine has kept the newest. */
  readonly rows: readonly EncodedRow[]
  /** More rows, in another form; a key may be there twice. Only where the encoder takes them, and without `lateBelow`. */
  readonly binary?: BinaryRows | undefined
  readonly deletions: readonly Deletion[]
  readonly rejects: readonly Reject[]
  /** Keys that the source has outside of what the step reads: their rows have moved there and are not deleted. Only with `staging`. */
  readonly alive?: readonly EncodedKey[] | undefined
  /** What the source returned for this batch: `read = rows + deduped + trimmed + rejected`. */
  readonly counts: Counts
  /** `fill`: into the step's staging table. `move`: into it as well, then from it into the table, replacing or marking. Absent: straight into the table. */
  readonly staging?: 'fill' | 'move' | undefined
  /** Rows below this position are in the lookback, which was covered before: those that are written came late. */
  readonly lateBelow?: bigint | undefined
  /**
   * Where a row of the table that was synced before the step began gives way to what comes, whatever its stamp: the source
   * was read later. Within what the step reads; absent: all of that.
   */
  readonly truth?: Range | undefined
  /**
   * With the last batch: deletions that came from below `lateBelow` while their rows are nowhere. Versions above them
   * below it, in what the step reads, and synced before it began are deleted as well.
   */
  readonly lateDeletions?: readonly Deletion[] | undefined
  /** A deletion of an unknown key leaves a marked row, because older versions of it may still come. */
  readonly tombstones: boolean
  /** Only with `move`: how vanished rows are treated. */
  readonly deletionGuard?: DeletionGuard | undefined
  /** How many of the step's rows may be rejects, with those that the database refuses. Past it the batch completes nothing and nothing is moved. */
  readonly rejectLimit?: RejectLimit | undefined
  /** What is committed with the rows. Absent: the step continues. */
  readonly completes?: Completion | undefined
  readonly durationMs: number
}

/** The limit of rejects, and what the step has come to before this batch. */
export interface RejectLimit extends RejectShare {
  /** Rows of the step's window in all its batches up to and with this one, rejects included. */
  readonly rows: number
  /** Rejects among them, without those that the database refuses in this batch. */
  readonly rejected: number
  /** The partition was never read to its end: all of its windows are judged together (`isPastRejectLimit`). */
  readonly first?: true | undefined
}

/** The deletion limit of marking and replacing. */
export interface DeletionGuard {
  /** False if the pass cannot tell which rows were deleted (a rejected row has no readable key). */
  readonly markDeleted: boolean
  /** Where rows did not come back nothing is moved yet: `missing` says how many, and more batches follow. */
  readonly ask?: true | undefined
  /** Withhold deletions of more than this share of more than `above` rows. Absent: any number may be deleted. */
  readonly limit?: DeletionShare | undefined
  /**
   * What this run replaces or marks of the partition in all its steps, this one included; absent: all of it. Where none of
   * its rows came back and it has no others, the partition would become empty, which is withheld at any size.
   */
  readonly replaces?: readonly Range[] | undefined
  /** Rows of it came back in another step of this run. */
  readonly cameBack?: true | undefined
  /** Rows of this table that earlier runs marked in the full refresh that this one resumes. */
  readonly deletedBefore: number
  /**
   * What steps of this run have marked or replaced away in the table since then counts as well, as their commits have recorded
   * it. Absent: no step of this run does. Steps of any run that answer the same request for a resync always count.
   */
  readonly since?: bigint | undefined
}

export interface Completion {
  /** The covered range; undefined for a full refresh. */
  readonly cover?: Range | undefined
  /** The step is over: its record is closed, rejects of earlier steps in its window are replaced, resyncs it answers are struck out. */
  readonly last: boolean
  /** Another range of the partition failed and was not read since: its failure stays on record. */
  readonly failing?: true | undefined
  /**
   * When the failures of the partition that are overcome with the last batch were to be tried again (null: at once). Another
   * failure, which was recorded while the step was read, stays. Absent: none stays.
   */
  readonly overcomes?: readonly (bigint | null)[] | undefined
  /** With the last batch of a key range: what of the partition's full refresh counts beside it. */
  readonly refresh?: RefreshPart | undefined
  /** The chunk of a feed's table that is read with it, by its ordinal; nothing else is complete then. Undefined in it: rows that were read by their keys. */
  readonly chunk?: { readonly ordinal: number | undefined } | undefined
  /** The partition's revision, where this ends a complete pass; with a key range, the one that it was read under. */
  readonly revision?: { readonly text: string; readonly schemaHash: string } | undefined
  /** What the table is when nothing of it fails; while anything does, it is failing. */
  readonly status: TableStatus
  /** All fields that rows of the table had and no column holds; absent: as the state has them. */
  readonly undeclared?: readonly string[] | undefined
  /** When the source was asked, where it had no more by then than what is read with this. By the destination's clock. */
  readonly checkedAt?: bigint | undefined
  /** `deletes: 'hard'` and nothing older can come: marked rows of the partition are removed. */
  readonly purge: boolean
}

/** A key range as part of a full refresh. When the ranges that count hold all keys, the full refresh is complete. */
export interface RefreshPart {
  /** What ranges must have been read as so that they make one full refresh: its schema and its generation, as a hash. */
  readonly version: string
  /** Ranges that were read up to then count no more. Absent: all count. */
  readonly after?: bigint | undefined
  /** What the table is while others of its ranges are left, where nothing of it fails. Absent: as when none is. */
  readonly unfinished?: TableStatus | undefined
}

export interface Committed {
  readonly written: number
  /** Known and equal, or known in a newer version. */
  readonly unchanged: number
  /** With `move`: staged rows that another one of the same key, or its deletion, took the place of. */
  readonly deduped: number
  /** Rows that the database refused; they became rejects of code `destination`. */
  readonly rejected: number
  /** Rows that were marked or replaced away. */
  readonly deleted: number
  /** Of the written ones, those below `lateBelow`: how many, and the position of the lowest. Absent: none, or not measured. */
  readonly lateRows?: { readonly rows: number; readonly lowest: bigint } | undefined
  /** Rows that did not come back, where the deletion limit needs their count: the batch was only staged, and completed nothing. */
  readonly missing?: number | undefined
  /** The deletion limit withheld marking or replacing; what the batch would complete is not committed. */
  readonly withheld?: { readonly deleted: number; readonly of: number; readonly empties?: true | undefined } | undefined
  /** The pass could not tell which rows were deleted, so nothing was marked and no resync was cleared. */
  readonly deletionsUnknown?: true | undefined
  /** With the last key range of a full refresh: all keys are committed by now. */
  readonly refreshed?: true | undefined
  /** Past the reject limit: what the batch would complete is not committed. */
  readonly overLimit?: true | undefined
}
