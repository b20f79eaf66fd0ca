import type { Range } from '../values/window.ts'
import type { Deletion } from './batch.ts'
import type { EncodedKey, EncodedRow, Encoder } from './encoder.ts'

/** What is compared at a time: a window of a partition, or all of it where there is no window. */
export interface ComparedScope {
  /** '' where the table has none. */
  readonly partition: string
  readonly window: Range | undefined
  /**
   * Of a table of a feed: the feed's number as of which the rows are read, of those that come with none of their own. Rows of the
   * destination above it have changed since, and are not compared.
   */
  readonly asOf?: bigint | undefined
}

/** What a scope contains, and where, so that it can be split into pieces of a size. */
export interface Extent {
  readonly rows: number
  readonly lowest: bigint | undefined
  readonly highest: bigint | undefined
}

/** What the source gave for a scope. */
export interface SourceRows {
  /** Of a table of a feed: their position is the number as of which they were read. */
  readonly rows: readonly EncodedRow[]
  readonly deletions: readonly Deletion[]
  /** Keys of rejected rows: known, and not to be had. */
  readonly presentKeys: readonly EncodedKey[]
  /** Keys whose rows have changed since they were read, or may have: they are not compared. */
  readonly changedKeys?: readonly EncodedKey[] | undefined
}

/** `missing`: the source has it, the destination has not, or marked. `extra`: the other way. `different`: both have it, not alike. */
export type DifferenceKind = 'missing' | 'extra' | 'different'

export interface Difference {
  /** The number of the scope in which it was found. */
  readonly scope: number
  readonly kind: DifferenceKind
  /** The primary key as JSON text; of a table without a key the beginning of the row. */
  readonly key: string
  /** More than once only of equal rows without a key. */
  readonly times: number
  /** Its position at the source, and in the destination; undefined if it has none. */
  readonly positions: readonly bigint[]
}

/** Rows of the destination in a scope, and those of the source that it knows it could not take. */
export interface Compared {
  readonly rows: number
  readonly rejected: number
  /** Rows that were not compared because they have changed since they were read. */
  readonly changed: number
  /** Rows that differ, so far as this look can tell. */
  readonly doubtful: number
  /** Rows differ, and only another look at the same scope can tell which: this one has found none. */
  readonly inexact?: boolean | undefined
}

/**
 * Rows of a source beside those of the destination, scope by scope: canonical values, as they would be written. Takes
 * no lease and writes nothing. What it holds of the rows is on disk, so its memory stays flat.
 */
export interface Comparison {
  /** The table's name in the destination. */
  readonly name: string
  readonly encoder: Encoder
  /** Columns that the destination does not have yet, or holds in a narrower type: the next sync sees to them. */
  readonly uncomparedColumns: readonly string[]
  /** Columns that are not compared where they are NULL in a row that was written before they were there. */
  readonly addedColumns: readonly string[]
  extent(scope: ComparedScope): Promise<Extent>
  /** Begins to look at a scope; at the one that was looked at last: to look again, so that only what both found stays. */
  begin(number: number, scope: ComparedScope): void
  add(rows: SourceRows): void
  /**
   * Ends a look: the destination's rows are read and held against the source's.
   *
   * @param deletionsUnknown nobody can say which rows are extra: the source has rows whose key cannot be read.
   * @param signal ends it before its time.
   */
  end(deletionsUnknown: boolean, signal?: AbortSignal): Promise<Compared>
  /** Keys that the source has, or reports as deleted, outside of what is covered: they have moved there and are not extra rows. */
  excuse(partition: string, keys: readonly EncodedKey[]): void
  /** How many rows without a counterpart at the source there are in a partition's scopes. */
  extras(partition: string): number
  /** Their keys, canonical values by the source's column names, in chunks. */
  extraKeys(partition: string): Iterable<readonly Readonly<Record<string, unknown>>[]>
  /** All that was found, by scope. What is missing in one scope and extra in another is one row that differs. */
  differences(): Iterable<Difference>
  close(): void
}
