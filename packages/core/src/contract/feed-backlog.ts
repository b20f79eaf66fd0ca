/** What a source keeps for a feed until it is read: how much that is, and how long it lasts. */
export interface FeedBacklog {
  /** What keeps it there, for people: `replication slot "shop"`. */
  readonly holder: string
  /** What the source has written since the committed offset, in bytes. Absent: it does not say. */
  readonly lagBytes?: number | undefined
  /** What the source keeps because of this feed, in bytes. Absent: it does not say. */
  readonly heldBytes?: number | undefined
  /** How much more may be kept before the source gives the feed up, in bytes; null: it keeps all, until its disk is full. Absent: it does not say. */
  readonly safeBytes?: number | null | undefined
  /** How much the source writes, in bytes a second: with `safeBytes`, when the feed is lost if nobody reads it. Absent: it does not say. */
  readonly bytesPerSecond?: number | undefined
  /** Statements that remove it at the source, for its user to run where the source is not configured any more. */
  readonly cleanup: readonly string[]
}
