import type { Logger } from './log.ts'

/** What the engine hands to a table's functions; their types are the author's business. */
export interface Question {
  /** What `connect` returned. */
  readonly client: never
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** The log of the source. */
  readonly log: Logger
  /** Absent where the table has no partitions. */
  readonly partition?: never
  /** For `revision` and `generation`: the committed one. */
  readonly previous?: string | undefined
  /** For `findKeys` alone. */
  readonly keys?: never
  /** For `read` of a table with a cursor; undefined: from the beginning. */
  readonly from?: never
  /** For `read` of a table with a cursor; not read itself. */
  readonly to?: never
  /** For `read` of a table that is read by ranges of its key; undefined: all rows. */
  readonly keyRange?: never
}
