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
  /** What the step reads, and where what comes is the truth about rows that were synced before it began. Absent: all, or nowhere. */
  readonly read: RangeTerms | undefined
  readonly truth: RangeTerms | undefined
}
