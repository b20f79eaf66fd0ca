/** So many rows may be deleted at once: this share of more than `above` rows. */
export interface DeletionShare {
  readonly share: number
  readonly above: number
}

export interface Leaving {
  /** Rows that would be marked as deleted or replaced away. */
  readonly deleted: number
  /** The rows that they are a part of. */
  readonly of: number
}

/** Whether more rows would be deleted than the limit allows. */
export function isPastDeletionLimit({ deleted: gone, of }: Leaving, { share, above }: DeletionShare): boolean {
  return of > above && gone > share * of
}

/** Of fewer partitions any number may be removed, but not all. */
const FEW_PARTITIONS = 5

/** Whether so many partitions of a table are no longer listed that it needs confirmation: all, or most of five and more. */
export function isPastPartitionLimit({ deleted: gone, of }: Leaving, listed: number): boolean {
  if (gone === 0) return false
  return listed === 0 || (of >= FEW_PARTITIONS && gone > of / 2)
}
