/** What a notice reports. */
export const NOTICE_EVENTS = [
  /** A table, or all of a source, fails for longer than `failingFor`. */
  'failing',
  /** The last check of a table is older than promised. */
  'stale',
  /** A table waits for a decision. */
  'paused',
  /** A run would delete more rows than the deletion limit allows. */
  'deletions-held',
  /** Rows of a table do not fit its schema. */
  'rejected-rows',
  /** A column was added, or became wider. */
  'schema-changed',
  /** The backfill of a table is complete. */
  'history-complete',
  /** What was reported as failing, stale, paused or held is so no longer. */
  'recovered',
] as const
export type NoticeEvent = (typeof NOTICE_EVENTS)[number]
