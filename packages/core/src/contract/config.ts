/** The options of one table, which the engine applies, not the source. */
export interface TableOptions {
  /** The table's name in the destination, instead of `<prefix>_<table>`. */
  readonly name?: string | undefined
  /** Where this table's backfill starts: an ISO date or time, or a whole number for an integer cursor. */
  readonly initialSyncStart?: string | number | undefined
  /** How often to sync it: `30s`, `5m`, `1h`, `1d`. */
  readonly every?: string | undefined
  /** How old its last check may be before the table counts as stale: `30m`, `6h`, `2d`. */
  readonly freshWithin?: string | undefined
  /** The overlap below a covered end to read again on each sync: a duration such as `10m`, or a count for an integer cursor. */
  readonly lookback?: string | number | undefined
  /** Columns to leave out: `{ email: false }`. */
  readonly columns?: Readonly<Record<string, false>> | undefined
  /** What happens to rows deleted at the source: marked in `_deleted_at` (`soft`, the default) or removed (`hard`). */
  readonly deletes?: 'soft' | 'hard' | undefined
  /** The deletion limit: how many rows of this table one run may mark as deleted or replace. */
  readonly deletionLimit?: DeletionLimit | undefined
  /** What happens when the columns change. */
  readonly schema?: SchemaMode | undefined
  /** Backfill columns that are new at the source: resync what is covered, beside the incremental syncs. */
  readonly backfillNewColumns?: boolean | undefined
}

/**
 * Without `--accept-deletions` a run does not mark as deleted or replace more than this share of more than `above` rows, and no table or partition is
 * left empty that had rows. `none`: a run may delete any number of rows, and the table may become empty.
 */
export type DeletionLimit = 'none' | { readonly share: number; readonly above: number }

/**
 * What to do when a source's columns no longer fit the destination's: change them without loss (`evolve`, the default),
 * fail the table (`freeze`), or keep them and reject rows that do not fit (`discard-row`).
 */
export type SchemaMode = 'evolve' | 'freeze' | 'discard-row'

/** The options of one configured source, beside the source's own `config`. */
export interface SourceOptions {
  /** Where backfills start: an ISO date or time, or a whole number for integer cursors. A table may set another start. */
  readonly initialSyncStart?: string | number | undefined
  /** How often to sync its tables: `30s`, `5m`, `1h`, `1d`. */
  readonly every?: string | undefined
  /** How old the last check of its tables may be before they count as stale: `30m`, `6h`, `2d`. */
  readonly freshWithin?: string | undefined
  /** The prefix of the destination's tables, instead of the name of this configured source. */
  readonly prefix?: string | undefined
  /** What happens when columns change. */
  readonly schema?: SchemaMode | undefined
  /** What happens to rows deleted at the source: marked (`soft`, the default) or removed (`hard`). */
  readonly deletes?: 'soft' | 'hard' | undefined
  /** The deletion limit: how many rows of a table one run may mark as deleted or replace. */
  readonly deletionLimit?: DeletionLimit | undefined
  /** Backfill columns that are new at the source. */
  readonly backfillNewColumns?: boolean | undefined
  /** Options of a table, or `false` to leave it out. `*` stands for any run of characters. */
  readonly tables?: Readonly<Record<string, false | TableOptions>> | undefined
}

/** One configured source. */
export interface Configured extends SourceOptions {
  /** The source's name, or its package's; absent: the key under `sources`. */
  readonly source?: string | undefined
  /** The source's own fields. */
  readonly config?: object | undefined
}
