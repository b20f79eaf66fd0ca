import type { Place, SourceTestOptions } from '../source/options.ts'
import type { FeedLawName } from './feed-law-name.ts'

/** The arguments of `rows` and `add`: this table of the system. */
export interface FeedChange extends Place {
  readonly table: string
}

/** The arguments of `edit` and `remove`: change this row of the table. */
export interface FeedRowChange extends FeedChange {
  /** The row as `rows` gave it: the first one. */
  readonly row: Readonly<Record<string, unknown>>
}

/** The options of a test of a feed. */
export interface FeedTestOptions<Config = unknown>
  extends Pick<SourceTestOptions<Config>, 'config' | 'fixtures' | 'server'> {
  /** Which feed of the source; needed if it has several. */
  readonly feed?: string | undefined
  /** The rows that a table of the system has at this moment, as its feed tells them: what a run must come to. */
  readonly rows: (
    table: FeedChange,
  ) => readonly Readonly<Record<string, unknown>>[] | Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Adds a row to the table, as a user of the system would. */
  readonly add?: ((change: FeedChange) => void | Promise<void>) | undefined
  /** Changes this row, as a user of the system would. */
  readonly edit?: ((change: FeedRowChange) => void | Promise<void>) | undefined
  /** Removes this row, as a user of the system would. */
  readonly remove?: ((change: FeedRowChange) => void | Promise<void>) | undefined
  /** Conformance checks to skip, by name (`removes`) or for one table (`orders.removes`), each with the reason. */
  readonly waive?: Readonly<Partial<Record<FeedLawName | `${string}.${FeedLawName}`, string>>> | undefined
}
