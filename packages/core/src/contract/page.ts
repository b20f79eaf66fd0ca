// A page is recognised by this mark, whichever copy of core made it.
const DELETED = Symbol.for('tidemark.deleted')

/** A page of keys of rows that were deleted at the source. Made by `deleted`. */
export interface Deleted<Key> {
  /** One for each deleted row. */
  readonly keys: readonly Key[]
  /** A mark of the types alone. */
  readonly [DELETED_TYPE]: true
}
declare const DELETED_TYPE: unique symbol

/**
 * Reports deleted rows: `yield deleted([{ id: 7 }])`. Without a cursor, a deletion counts as made at the end of the
 * window being read; a system that reuses keys passes the cursor too, `deleted([{ id: 7, updated_at }])`.
 */
export function deleted<Key extends object>(keys: readonly Key[]): Deleted<Key> {
  return { keys, [DELETED]: true } as unknown as Deleted<Key>
}

export function isDeleted(page: unknown): page is Deleted<Record<string, unknown>> {
  return typeof page === 'object' && page !== null && (page as Record<symbol, unknown>)[DELETED] === true
}
