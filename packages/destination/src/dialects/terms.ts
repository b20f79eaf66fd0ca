import type { RawBuilder } from 'kysely'

/** A half-open range of positions in SQL; an open start is absent. */
export interface RangeTerms {
  readonly from: RawBuilder<unknown> | undefined
  readonly to: RawBuilder<unknown>
}

/** What the statements of one step share, in SQL. */
export interface Terms {
  /** The stamp of this transaction, and when the step began. */
  readonly now: RawBuilder<unknown>
  readonly began: RawBuilder<unknown>
  readonly partition: RawBuilder<unknown>
  /** The number of the run. */
  readonly run: RawBuilder<unknown>
  /** What the step reads, and where what comes is the truth about rows that were synced before it began. Absent: all, or nowhere. */
  readonly read: RangeTerms | undefined
  readonly truth: RangeTerms | undefined
  /** The range of its key that a full refresh reads: of this column, with open ends absent. Absent: all keys. */
  readonly keys?: KeyTerms | undefined
}

/** A half-open range of a key column in SQL. */
export interface KeyTerms {
  readonly column: string
  readonly from: RawBuilder<unknown> | undefined
  readonly to: RawBuilder<unknown> | undefined
}

/** What a version of a row must be so that it replaces the one that is there. */
export type Order =
  /**
   * Not older (a deletion wins a tie); or the one that is there lies in what the step reads and was synced before it began:
   * what the source gives now is the truth, whatever its stamp.
   */
  | 'ordered'
  /** Not older, or the one that is there was synced before the step began: the source is the truth. */
  | 'resync'
  /** Anything goes: the table has no cursor. */
  | 'any'
