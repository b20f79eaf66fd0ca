/** What is remembered of one notice on one channel: whether it was delivered, so that nobody receives it twice and nothing is lost. */
export interface NoticeRecord {
  /** What it is about, once on its channel: `failing git_commits`. */
  readonly key: string
  /** When what it reports was first seen, by the destination's clock; instants are microseconds since 1970. */
  readonly since: bigint
  /** How much of it was delivered: 0 is nothing; a number of rows or changes where it counts some. */
  readonly level: bigint
  /** When it was last delivered; null: never. */
  readonly deliveredAt: bigint | null
  /** How often it was delivered. */
  readonly times: bigint
  /** When its delivery began that nobody has seen the end of, and the level that is delivered then; null: none is under way. */
  readonly sendingAt: bigint | null
  readonly offered: bigint | null
  /** Of a channel as a whole: failed deliveries in a row, when to try again, and why it failed. */
  readonly failures: bigint
  readonly nextTryAt: bigint | null
  readonly lastError: string | null
}

/** Changes of what is remembered on one channel. */
export interface NoticeChanges {
  /** Each in the place of the record with its key. */
  readonly set: readonly NoticeRecord[]
  readonly remove: readonly string[]
}

/** Decides what changes, from all records of a channel and the destination's clock. Pure: it is called again where the transaction is. */
export type DecideNotices = (records: ReadonlyMap<string, NoticeRecord>, now: bigint) => NoticeChanges
