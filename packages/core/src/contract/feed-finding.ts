/** What `check` of a feed has found at its source. */
export interface FeedFinding {
  /**
   * `error`: the feed, or the table that is named, cannot be read until it is fixed; `warning`: it can, and may be lost or do harm later;
   * `note`: a fact that its user should know.
   */
  readonly level: 'error' | 'warning' | 'note'
  /** What is missing and the statement that fixes it, for people. */
  readonly message: string
  /** The table that it is about, by its name in the source. Absent: the whole feed. */
  readonly table?: string | undefined
  /** As of a `SyncError`; of errors only. */
  readonly code?: string | undefined
}
