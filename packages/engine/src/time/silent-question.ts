/** A question that a source leaves without an answer. */
export interface SilentQuestion {
  /** What it was asked for, for people: `a connection`, `the partitions of table "orders"`. */
  readonly what: string
  /** When it was asked, in microseconds since 1970. */
  readonly askedAt: bigint
}
