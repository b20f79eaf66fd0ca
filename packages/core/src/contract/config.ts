/** What a user may say about one table; the engine's business, not the source's. */
export interface TableOptions {
  /** What the table is called in the destination, instead of `<prefix>_<table>`. */
  readonly name?: string | undefined
  /** Where this table's history starts: an ISO date or time, or a whole number for an integer cursor. */
  readonly initialSyncStart?: string | number | undefined
  /** How often it is due: `30s`, `5m`, `1h`, `1d`. */
  readonly every?: string | undefined
  /** How old its last check may be before it is called stale: `30m`, `6h`, `2d`. */
  readonly freshWithin?: string | undefined
  /** How much below a covered end is read again: a duration such as `10m`, or a count for an integer cursor. */
  readonly lookback?: string | number | undefined
  /** Columns left out: `{ email: false }`. */
  readonly columns?: Readonly<Record<string, false>> | undefined
  /** What happens to rows that are gone at the source: marked in `_deleted_at` (`soft`, the default) or removed. */
  readonly deletes?: 'soft' | 'hard' | undefined
  /** How many rows of this table one run may mark as deleted or replace. */
  readonly deletionLimit?: DeletionLimit | undefined
  /** What happens when the columns change. */
  readonly schema?: SchemaMode | undefined
  /** A column that is new at the source gets its history too: what was read is read again, beside what is live. */
  readonly backfillNewColumns?: boolean | undefined
}

/**
 * More than this share of more than `above` rows are not marked as deleted or replaced unasked, and no table or partition is
 * left empty that had rows. `none`: any number of rows may go, and the table may be empty.
 */
export type DeletionLimit = 'none' | { readonly share: number; readonly above: number }

/**
 * What to do when a source's columns no longer fit the destination's: change them without loss (`evolve`, the default),
 * fail the table (`freeze`), or keep them and set aside rows that do not fit (`discard-row`).
 */
export type SchemaMode = 'evolve' | 'freeze' | 'discard-row'

/** What a user may say about one use of a source, beside the source's own `config`. */
export interface SourceOptions {
  /** Where histories start: an ISO date or time, or a whole number for integer cursors. Tables may say another. */
  readonly initialSyncStart?: string | number | undefined
  /** How often its tables are due: `30s`, `5m`, `1h`, `1d`. */
  readonly every?: string | undefined
  /** How old the last check of its tables may be before they are called stale: `30m`, `6h`, `2d`. */
  readonly freshWithin?: string | undefined
  /** What the destination's tables start with, instead of the name of this use. */
  readonly prefix?: string | undefined
  /** What happens when columns change. */
  readonly schema?: SchemaMode | undefined
  /** Rows that are gone at the source: marked (`soft`, the default) or removed (`hard`). */
  readonly deletes?: 'soft' | 'hard' | undefined
  /** How many rows of a table one run may mark as deleted or replace. */
  readonly deletionLimit?: DeletionLimit | undefined
  /** A column that is new at the source gets its history too. */
  readonly backfillNewColumns?: boolean | undefined
  /** Options of a table, or `false` to leave it out. `*` stands for any run of characters. */
  readonly tables?: Readonly<Record<string, false | TableOptions>> | undefined
}

/** One use of a source in a config. */
export interface Configured extends SourceOptions {
  /** The source's name, or its package's; absent: the key under `sources`. */
  readonly source?: string | undefined
  /** The source's own fields. */
  readonly config?: object | undefined
}
