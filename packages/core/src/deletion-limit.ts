/** So many rows may go at once: this share of more than `above` rows. */
export interface DeletionShare {
  readonly share: number
  readonly above: number
}

export interface Leaving {
  /** Rows that would be marked as deleted or replaced away. */
  readonly gone: number
  /** The rows that they are a part of. */
  readonly of: number
}

/** Whether more rows would go than may go unasked. */
export function isPastDeletionLimit({ gone, of }: Leaving, { share, above }: DeletionShare): boolean {
  return of > above && gone > share * of
}
