import type { Unread } from '../contract/answers.ts'
import type { TableColumn } from '../contract/column.ts'
import type { SchemaMode } from '../contract/config.ts'
import type { Remedy } from '../contract/error.ts'
import type { ColumnType, CursorType } from '../values/column-types.ts'
import type { Range } from '../values/window.ts'
import type { Batch, Committed, Counts, StepRef } from './batch.ts'
import type { Comparison } from './comparison.ts'
import type { Encoder } from './encoder.ts'
import type { FeedBatch, FeedCommitted } from './feed.ts'
import type { FeedChunk, FeedRef } from './feed-state.ts'
import type { Lease, LeasedWindow, Leases } from './lease.ts'
import type { DecideNotices } from './notice.ts'
import type { QueryLimits, QueryResult } from './query-result.ts'
import type { Relocation } from './relocation.ts'
import type { RunChange } from './run-change.ts'
import type { RunLog, RunLogFilter } from './run-log.ts'
import type { RecordedSchema, State, TableFailure, TableStatus } from './state.ts'

/**
 * A database that holds the tables and their state. The engine decides what is in a batch and the order of batches;
 * the destination owns the transaction: rows and the record of what was read commit in one, or not at all.
 */
export interface Destination {
  readonly profile: Profile
  /** State and rows as stored, to export them or to copy them elsewhere. */
  readonly relocation: Relocation
  /** What a wanted table name becomes in this database: itself, unless it is too long or taken by the database. Pure and stable. */
  nameOf(table: string): string
  /** Why a text that names something does not come back unchanged: `holds a NUL character`; undefined: it does. In texts for people `\u0000` stands for it. */
  problemOf(text: string, use?: 'partition'): string | undefined
  /** The database's clock, in microseconds since 1970. */
  now(): Promise<bigint>
  /** Everything that is known, or what is known of some tables, by their names in the destination. Takes no lease. */
  state(tables?: readonly string[]): Promise<State>
  /** Registers a run and gives its number. */
  startRun(): Promise<number>
  /** Leases tables for this runner, all that are free; the others are refused, each with its holder. A lease lasts until `release`, or until the heartbeat is too old. */
  lease(tables: readonly string[]): Promise<Leases>
  /**
   * Leases windows of tables that no runner holds as a whole, all that are free: several runners may then write one table. Commits
   * and records take such a lease in place of the table's; while there is one, `lease` refuses the table.
   */
  leaseWindows(windows: readonly LeasedWindow[]): Promise<Leases>
  /** A further lease of a table that this runner holds as a whole, so that two steps of it are written at once. It ends with the table's. @throws SyncError code `fenced`. */
  leaseBeside(lease: Lease): Promise<Lease>
  /** Leases a feed, as `lease` does a table: its refusal names it by `feedKey`. `release` gives it back. */
  leaseFeed(feed: FeedRef): Promise<Leases>
  /** The runner's heartbeat, while no commit carries it. */
  renew(): Promise<void>
  release(leases: readonly Lease[]): Promise<void>
  /**
   * Makes the table fit the shape: creates it, adds columns, widens types without loss. Behind the fence of its lease, whole or not at
   * all. Several tables may be prepared at the same time; a database for which that is cheaper commits them together.
   * @throws SyncError code `schema` where the shape cannot be reached without loss, or the mode forbids it.
   */
  prepare(lease: Lease, shape: Shape): Promise<Prepared>
  /** What `prepare` would make of a table, its changes not done. Takes no lease and changes nothing. @throws SyncError as `prepare`. */
  preview(shape: Shape): Promise<Prepared>
  /**
   * Writes one batch. @throws SyncError code `fenced` if another runner took over the table; nothing is written.
   *
   * @param within what else is to be true at once, in the same transaction, after the rows; called where the batch completes
   * its step, and again where the transaction is tried again. What it throws undoes the batch.
   */
  commit(lease: Lease, batch: Batch, within?: (execute: Execute) => Promise<void>): Promise<Committed>
  /**
   * Writes changes of a feed and its offset in one transaction, behind the fences of the feed's lease and of each table's. What
   * a table's database refuses of a batch of rows becomes rejects of that table. @throws SyncError code `fenced`: nothing is
   * written.
   */
  commitFeed(lease: Lease, batch: FeedBatch): Promise<FeedCommitted>
  /** Chunks of a feed's table that are not read, in their order; at most so many. */
  chunks(table: string, most: number): Promise<readonly FeedChunk[]>
  /** Keys of rows of which something is missing, canonical values by the source's column names; at most so many. */
  incomplete(table: string, most: number): Promise<readonly Readonly<Record<string, unknown>>[]>
  /**
   * Keys of the rows in a step's window that its staging table does not hold: what its last batch would mark; or of those
   * that its late deletions would mark. Canonical values by the source's column names, in chunks.
   */
  missing(
    lease: Lease,
    step: StepRef,
    late?: Pick<Batch, 'lateBelow' | 'lateDeletions'>,
  ): AsyncIterable<readonly Readonly<Record<string, unknown>>[]>
  /** Records state changes of a table in one fenced transaction. */
  record(lease: Lease, changes: readonly StateChange[]): Promise<void>
  /** Records state changes that belong to no table: the end of a run, tables that are no longer installed. */
  recordRun(run: number, changes: readonly RunChange[]): Promise<void>
  /** Changes what is remembered of the notices of one channel, in one transaction: of several processes one decides after the other. */
  recordNotices(channel: string, decide: DecideNotices): Promise<void>
  /** What a run logged, as far as it is stored. */
  runLog(run: number, filter?: RunLogFilter): Promise<RunLog>
  /** Forgets rows, coverage, resyncs, backfill end and revision of a table in one transaction, and lets `prepare` give it another shape. */
  reset(lease: Lease, table: string): Promise<void>
  /** Rows of a table, canonical values by the source's column names, ordered by key (else by cursor). */
  read(table: string, options?: ReadOptions): AsyncIterable<Record<string, unknown>>
  /**
   * Opens a comparison of a table's rows with those of its source. @throws SyncError code `schema` where the table is not
   * there, or the shape cannot be reached without loss.
   */
  compare(shape: Shape): Promise<Comparison>
  /** Runs one statement of the user's, read-only. @throws SyncError `fix-config` where it is not a query or would write. */
  query(statement: string, limits?: QueryLimits): Promise<QueryResult>
  close(): Promise<void>
}

/** The read-only half of a destination. */
export type ReadOnlyDestination = Pick<
  Destination,
  'profile' | 'nameOf' | 'problemOf' | 'now' | 'state' | 'runLog' | 'read' | 'compare' | 'preview' | 'query' | 'close'
> & { readonly relocation: Pick<Relocation, 'records' | 'contents'> }

/** The declared differences between destinations; code that depends on one reads it here. */
export interface Profile {
  readonly name: string
  /** For people: `Postgres`. */
  readonly title: string
  /** As OpenTelemetry calls it (`db.system.name`). */
  readonly system: string
  /** The TypeScript type of a column of each type, and a sentence that names the driver. */
  readonly readTypes: { readonly types: Readonly<Record<ColumnType, string>>; readonly note: string }
  /** Whether two tables may have names that differ only in case (`exact`), or these are one name (`folded`). */
  readonly names: 'exact' | 'folded'
  /** Doubles that cannot be held are rejected, with this list naming them. */
  readonly doubles: { readonly nan: boolean; readonly infinity: boolean; readonly negativeZero: boolean }
  /** The most columns a table can have, with those of the system. */
  readonly columns: number
  /** The most columns of a primary key, with the partition's. Undefined: any number. */
  readonly keyColumns: number | undefined
  /** The longest primary key in bytes, with the partition; a row with a longer one becomes a reject. Undefined: any. */
  readonly keyBytes: number | undefined
  /** The most bytes of a row's values that have a fixed length; a row with more becomes a reject. Undefined: any. */
  readonly rowBytes: number | undefined
  /** The most digits of a numeric before and behind its point. Undefined: any. */
  readonly numericDigits: { readonly whole: number; readonly fraction: number } | undefined
}

/** Runs one statement of the caller in a transaction of the destination. */
export type Execute = (statement: string, values?: readonly unknown[]) => Promise<{ readonly rows: readonly unknown[] }>

/** What a destination table must be able to hold. */
export interface Shape {
  /** The destination table's wanted name, before the name mapper. */
  readonly name: string
  readonly source: string
  readonly table: string
  /** Names that the table had before at its source; a table recorded under one of them continues under the new name. */
  readonly aliases?: readonly string[] | undefined
  readonly columns: readonly TableColumn[]
  readonly primaryKey: readonly string[]
  readonly globalKey: boolean
  readonly partitioned: boolean
  readonly cursor:
    | { readonly column: string; readonly type: CursorType; readonly precision: number | undefined }
    | undefined
  /** The length of its windows, recorded as `RecordedSchema.window`; absent: it has none. */
  readonly window?: bigint | undefined
  /** Undeclared fields are kept in the column `_extra`. */
  readonly loose: boolean
  /** All columns that the source declares, also those that the config leaves out: none of them is undeclared. */
  readonly declared: readonly string[]
  readonly mode: SchemaMode
  readonly identity: string | undefined
  /** A feed tells its rows: `_cursor` holds the feed's number, and `_missing` what no change has told yet of a row. Absent: none does. */
  readonly fed?: true | undefined
  /** Each row names in `_run` the run that wrote it last. Absent: only in a table that has the column already. */
  readonly runs?: true | undefined
  /** Recorded as `RecordedSchema.hash`; absent: what is recorded stays. */
  readonly hash?: string | undefined
}

/** A table that is ready to be written. */
export interface Prepared {
  /** Its name in the destination. */
  readonly name: string
  readonly schema: RecordedSchema
  readonly encoder: Encoder
  /** What was done to reach the shape, for people: `column "note" added`. */
  readonly changes: readonly string[]
}

/** What is recorded about a table without rows. */
export type StateChange =
  | {
      /** The table was discovered: it is tracked. `pausedFor` null lifts a pause. */
      readonly kind: 'table'
      readonly status: TableStatus
      readonly pausedFor: string | null
    }
  | {
      /** Partitions when first seen, and revisions first seen. What is absent stays as it is; a missing row is made. */
      readonly kind: 'partition'
      readonly partition: string
      readonly backfillEnd?: bigint | undefined
      /** Recorded as `PartitionState.start`. */
      readonly start?: bigint | null | undefined
      readonly pendingRevision?: { readonly text: string; readonly end: bigint } | undefined
      /** Whether the source no longer lists it; absent: as it was. */
      readonly removed?: boolean | undefined
      readonly generation?: string | undefined
      readonly unread?: Unread | undefined
    }
  /** The source was asked for partitions, and had no more than what is read by now. */
  | {
      readonly kind: 'checked'
      /** When it was asked, by the destination's clock. */
      readonly at: bigint
      readonly partitions: readonly string[]
      /** Partitions that failed and have nothing left to read: they fail no longer. */
      readonly overcome: readonly string[]
      /** What the table is when nothing of it fails. */
      readonly status: TableStatus
    }
  /** All windows of a partition are read, and its last steps were committed at the same time, so that none of them said so. */
  | {
      readonly kind: 'pass-completed'
      readonly partition: string
      /** As in `Completion`. */
      readonly revision: { readonly text: string; readonly schemaHash: string } | undefined
      readonly purge: boolean
    }
  /** The source reports deleted rows. */
  | { readonly kind: 'reports-deletions' }
  /** The table was cut into chunks, for one of its lives in its feed; those of before are forgotten. JSON texts. */
  | { readonly kind: 'chunks'; readonly epochSeq: bigint; readonly labels: readonly string[] }
  /** Somebody paused or resumed the table: kept with the changes of its shape. */
  | { readonly kind: 'decision'; readonly text: string }
  /** Names of fields that rows had and no column holds; in the place of those that are known. */
  | { readonly kind: 'undeclared'; readonly fields: readonly string[] }
  /** What another system has synced, as the config says. */
  | { readonly kind: 'assume'; readonly partition: string; readonly cover: Range }
  | { readonly kind: 'resync'; readonly partition: string; readonly window: Range | undefined; readonly reason: string }
  /** The backfill of columns that were added later is done, or requested in the same transaction. */
  | { readonly kind: 'columns-read'; readonly columns: readonly string[] }
  | {
      /**
       * A partition is covered beyond the present. What was covered by a clock that was ahead is resynced, from where
       * the destination's records say that this began; requested once.
       */
      readonly kind: 'ahead'
      readonly partition: string
      /** The present. */
      readonly end: bigint
      /** How far below its own time a step may have missed rows: minAge and lookback. */
      readonly back: bigint
    }
  | {
      /** Rejected rows that someone has dropped. */
      readonly kind: 'drop-rejects'
      readonly ids: readonly number[]
    }
  /** A step is being read and has committed nothing so far: the records show it. */
  | { readonly kind: 'started'; readonly step: StepRef }
  | {
      /** A step ended without covering its window: the table is failing from now on. */
      readonly kind: 'failure'
      readonly step: StepRef
      readonly counts: Counts
      readonly error: string
      readonly code?: string | undefined
      readonly remedy?: Remedy | undefined
      /** Recorded as `PartitionState.failedWindow`. */
      readonly window?: Range | undefined
      readonly nextTryAt: bigint
      readonly durationMs: number
    }
  /** The source cannot be asked for the table, or the destination cannot take its shape: it is failing as a whole. */
  | {
      readonly kind: 'table-failure'
      /** The configured source that it comes from, and its name there: it may not have been seen before. */
      readonly source: string
      readonly table: string
      readonly step: StepRef
      readonly failure: Omit<TableFailure, 'failures'>
    }
  /** The table as a whole fails no longer. */
  | { readonly kind: 'table-works'; readonly status: TableStatus }

export interface ReadOptions {
  readonly window?: Range | undefined
  readonly partition?: string | undefined
  /** Also rows that are marked as deleted. */
  readonly deleted?: boolean | undefined
}
