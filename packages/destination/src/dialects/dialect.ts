import type {
  Batch,
  BinaryRows,
  ColumnType,
  Lease,
  Profile,
  QueryLimits,
  QueryResult,
  TableState,
} from '@tidemark/core/engine'
import type { Kysely, RawBuilder } from 'kysely'
import type { StateDialect } from '../state/state-dialect.ts'
import type { StateDatabase } from '../state/state-types.ts'
import type { SchemaEditor } from '../table/schema-editor.ts'
import type { Canonical } from '../values/canonical.ts'
import type { ValueCodec } from '../values/codec.ts'
import type { EarlyInsert, EarlyInsertTerms } from './early-insert.ts'
import type { EncodedRows, Loaded } from './encoded-rows.ts'
import type { Staging } from './staging.ts'
import type { Target } from './target.ts'
import type { Order, Terms } from './terms.ts'

/** What differs between databases, as data and fragments of SQL. One of them belongs to one open database. */
export interface Dialect {
  /** The limits of the database. */
  readonly profile: Profile
  /** For people: the file, or the address without its password. */
  readonly place: string
  /** The SQL of the state. */
  readonly flavor: StateDialect
  /** Makes and changes tables. */
  readonly editor: SchemaEditor
  /** How many tables are made or changed at the same time: several where small transactions are committed together. */
  readonly preparesAtOnce: number
  /** How values are encoded. */
  readonly codec: ValueCodec
  /** An encoded value in its canonical form. */
  readonly canonical: Canonical
  /** A value as `Session.rows` gives it, in its canonical form. */
  readonly decode: Canonical

  /** A table of rows, whatever else carries its name. */
  table(name: string): RawBuilder<unknown>
  /** What a column type is called in the definition of a staging table. */
  typeOf(type: ColumnType): string
  /** An instant, given as a text, as `_synced_at` and `_deleted_at` hold it. */
  moment(text: RawBuilder<unknown>): RawBuilder<unknown>
  /** The expressions by which two values of a column are equal: more than one where two values that differ compare as equal. */
  comparable(column: RawBuilder<unknown>, type: ColumnType | undefined): readonly RawBuilder<unknown>[]
  /** Expressions that rows are grouped by, as few as the database takes. Absent: any number. */
  grouped?(expressions: readonly RawBuilder<unknown>[]): readonly RawBuilder<unknown>[]
  /** The columns that say where a row of a table is, and their types: they pair equal rows of tables without a key. */
  readonly rowPlace: readonly { readonly name: string; readonly type: string }[]
  /**
   * How rows are written over those of the same key: `merge` is MERGE, which neither locks nor writes a row that stays as it
   * is; `upsert` is INSERT … ON CONFLICT.
   */
  readonly writesBy: 'merge' | 'upsert'
  /** So many staged rows one statement moves, and the process does what else it has to in between. Absent: all at once. */
  readonly movedAtOnce?: number
  /**
   * Bytes of encoded rows, the same as `Session.weights` gives of equal rows that are stored; rows that differ in a value or in
   * their position never have the same. Absent: the database has no such form, and the texts of values tell.
   */
  weightsOf?(types: readonly ColumnType[], rows: EncodedRows): Iterable<Uint8Array>
  /** The form of `Session.copyOut`: another database of the same form takes such rows. Absent: it has none, or not with the encoding of this one. */
  readonly nativeForm?: string | undefined
  /** How its rows become those of another form, by the name of that form. */
  readonly gives?: Readonly<Record<string, Conversion>>
  /** How rows of another form become those of its own. */
  readonly takes?: Readonly<Record<string, Conversion>>
  /**
   * How rows are summed up in their form. Only with `nativeForm`. @param isForeign for a sum of rows that came out of another
   * form, and of those that are there: these are the same whose values are.
   */
  nativeSums?(columns: readonly { readonly name: string; readonly type: ColumnType }[], isForeign: boolean): NativeSums
  /** Whether looking up rows by many keys needs a transaction that may write, for a temporary table of the keys. */
  readonly looksUpBy: 'temporary table' | 'values'

  /** The name of a step's staging table. */
  stagingTable(staging: { readonly lease: Lease; readonly slot: number }): RawBuilder<unknown>
  /** Makes a staging table of these columns, with `_kind` and `_at` behind them. */
  createStaging(table: RawBuilder<unknown>, columns: readonly RawBuilder<unknown>[]): RawBuilder<unknown>
  /** Whether staged rows can be lost while their step is running, as in an unlogged table after a crash of its server. */
  readonly losesStaging: boolean
  /** Whether a staging table's name may be used again at once: its number is the lowest that is free then, so that statements come again. */
  readonly reusesStagingNames: boolean
  /** The table of pairs of equal rows, old and new, of a table without a key: its name, and how it is made in a transaction. */
  readonly pairs: { readonly table: RawBuilder<unknown>; readonly create: RawBuilder<unknown> }
}

/** What a transaction is for. */
export type Mode =
  /** Writes; rows are looked up by their keys, a batch at a time. */
  | 'part'
  /** Writes; the planner chooses how. */
  | 'write'
  /** Changes tables: readers queue behind such a change, so that it waits for a moment only. */
  | 'shape'
  /** Reads that see one moment. */
  | 'read'

export interface TransactionOptions {
  readonly mode: Mode
  /** It changes few rows and waits for nobody: where every commit waits for the disk, several that come at the same time are committed together. Each fails alone. */
  readonly isSmall?: boolean | undefined
  /** A later transaction of the same step completes it. A power failure may undo it until then, as the step is read again from there. */
  readonly isInterim?: boolean | undefined
  /** The table that is written or read, for an error that names who has locked it. */
  readonly table?: string | undefined
  /** Asked where the answer to COMMIT was lost: whether it was done. Absent: the work may be done twice. */
  readonly landed?: ((session: Session) => Promise<boolean>) | undefined
  /** What the first try continues. The others do all of its work, too. */
  readonly continues?: EarlyInsert | undefined
  /** Takes leases; terminates a session that locks their rows although its heartbeat has expired. */
  readonly takesLeases?: boolean | undefined
}

/** The connections of one open database. Every error names the database, what is wrong, and the way out. */
export interface Connections {
  /** Does work in one transaction. What may pass at another try is tried again, with all that it did undone. */
  transaction<T>(options: TransactionOptions, work: (session: Session) => Promise<T>): Promise<T>
  /** Begins what a transaction continues later. Absent: one transaction writes at a time. */
  beginEarlyInsert?(terms: EarlyInsertTerms): Promise<EarlyInsert>
  /** Reads that see one moment, for as long as somebody takes what they give; writers are not in their way, nor they in theirs. */
  reading<T>(table: string, work: (session: Session) => AsyncIterable<T>): AsyncGenerator<T>
  /**
   * Does work while the sessions of this database see a table of another one of its kind beside their own of the same name.
   * Absent: no session sees two databases. @returns undefined, with nothing done, where they cannot see that one, or it is of another form.
   */
  beside?<T>(place: string, table: TableColumns, work: (other: OtherTable) => Promise<T>): Promise<T | undefined>
  /** Runs one statement of the state that needs nothing of what a transaction begins with. */
  ask<T>(statement: RawBuilder<T>): Promise<readonly T[]>
  /** Runs one statement of the user's, read-only. @throws SyncError code `query`. */
  query(statement: string, limits?: QueryLimits): Promise<QueryResult>
  close(): Promise<void>
}

/** A table, and the columns that are copied of it. */
export interface TableColumns {
  readonly name: string
  readonly columns: readonly string[]
}

/** A table of another database, which is seen beside the one of the same name here. */
export interface OtherTable {
  /** Copies its next rows into the table here. @returns how many; 0: there are no more. @throws what the database refuses. */
  copyNext(session: Session): Promise<number>
  /** Looks at all rows of both, some at a time. @returns of each time how many rows differ, or are there on one side alone. */
  differences(session: Session): AsyncIterable<number>
}

/** Where encoded rows are put. */
export interface LoadInto {
  readonly table: RawBuilder<unknown>
  readonly columns: readonly string[]
  readonly types: readonly ColumnType[]
  /** Staged entries: what each is, and the number of the first in `_at`. */
  readonly entries?: { readonly kind: EntryKind; readonly from: number } | undefined
}

/** Some rows as their database writes them. */
export interface NativeRows {
  readonly count: number
  /** About how much memory they take. */
  readonly bytes: number
}

/** Gives of each row of a table what only equal ones share: for as long as it is looked at. */
export interface NativeSums {
  of(rows: NativeRows): Iterable<string | Uint8Array>
  /** Of all that are there, some rows at a time. */
  stored(session: Session, table: RawBuilder<unknown>): AsyncIterable<Iterable<string | Uint8Array>>
}

/** Makes rows of one form those of another. */
export interface Conversion {
  /** How a column is asked for. Absent: by its name. */
  column?(name: string, type: ColumnType): RawBuilder<unknown>
  /** Rows of so many bytes are put at once. Absent: as many as of one form. */
  readonly most?: number
  /** @param types of the columns. @returns what is given rows, and throws `Unheld` for a value that the other form has not. */
  of(types: readonly ColumnType[]): (rows: NativeRows) => readonly NativeRows[]
}

/** Thrown by a conversion at a value that it cannot make. */
export class Unheld extends Error {}

/** What an entry of a staging table is: a row, a reported deletion, or a key that was only seen, because its row was rejected. */
export type EntryKind = 0 | 1 | 2

export interface WriteOptions {
  /** The stamp of this transaction, and what the statements of the step share. */
  readonly now: bigint
  readonly terms: Terms
  /** Hears of what was written. */
  readonly lateRows: LateCounter
}

/** Counts, of the rows that a batch writes, those in the lookback. */
export interface LateCounter {
  /** Rows that were all written. */
  all(rows: EncodedRows): void
  /** Rows of which some were written, where a relation holds them all; without one they are looked up by their keys. */
  some(session: Session, target: Target, rows: EncodedRows, source?: RawBuilder<unknown>): Promise<void>
}

/** One connection inside one transaction. */
export interface Session {
  /** State and rows, statement by statement. */
  readonly db: Kysely<StateDatabase>
  /** All rows of a query as arrays, each value as `Dialect.decode` takes it. */
  rows(query: RawBuilder<unknown>): Promise<readonly (readonly unknown[])[]>
  /** The same as they arrive: few are held at a time. */
  stream(query: RawBuilder<unknown>): AsyncIterable<readonly unknown[]>
  /** The same where the process itself reads them, so that nothing is waited for. Absent: a server does. */
  iterate?(query: RawBuilder<unknown>): Iterable<readonly unknown[]>
  /**
   * Bytes of the rows of a query, some rows at a time, each as `Dialect.weightsOf` gives it: for as long as it is looked at.
   * Absent: the database has no such form. @param types of its columns, without the position behind them.
   */
  weights?(types: readonly ColumnType[], query: RawBuilder<unknown>): AsyncIterable<Iterable<Uint8Array>>
  /** The rows of a query in blocks, as the database writes them. Only with `Dialect.nativeForm`. */
  copyOut?(query: RawBuilder<unknown>): AsyncIterable<NativeRows>
  /** Puts such rows into a table. @returns how many. */
  copyIn?(into: Pick<LoadInto, 'table' | 'columns'>, rows: readonly NativeRows[]): Promise<number>
  /** Does work and undoes what it did to the database where it says so; a transaction within the transaction. */
  tentatively<T>(work: () => Promise<Tentative<T>>): Promise<T>
  /**
   * Does work that the database may refuse because of its values, or that throws `Withdrawn`, and undoes it then.
   *
   * @param table what is written, for an error that names it. @throws what is not about values.
   */
  attempt<T>(table: string, work: () => Promise<T>): Promise<Attempt<T>>
  /** Puts encoded rows into a table as fast as the database takes them. @returns how many. @throws what it refuses. */
  load(into: LoadInto, rows: EncodedRows): Promise<number>
  /** The same with rows in the binary form of Postgres. Absent: it takes none. */
  loadBinary?(into: LoadInto, rows: BinaryRows): Promise<number>
  /**
   * Puts entries without rows between those of a staging table and the ones that follow, if the database reads many rows at a
   * time with all of their values. Absent: it does not.
   */
  separate?(table: RawBuilder<unknown>): Promise<void>
  /** Writes staged rows of many bytes, each key once, over those of their keys. Only with `separate`. @returns how many changed. */
  writeWide?(target: Target, source: RawBuilder<unknown>, wide: Wide): Promise<number>
  /** The hot path: writes a batch's rows straight over those of their keys; those of a feed that are there so are only raised. @returns how many changed, and those that were refused. */
  write(
    target: Target,
    batch: Pick<Batch, 'step' | 'rows' | 'binary' | 'truth' | 'lateBelow'>,
    options: WriteOptions,
  ): Promise<Loaded>
  /**
   * Adds staged rows where no row is, without a look at each key. @returns how many; undefined: a key is there twice, or the database
   * refuses a value, and nothing was added. Absent: it merges as fast.
   */
  insertNew?(target: Target, staging: Staging, terms: Terms): Promise<number | undefined>
  /** Inserts what is left where the transaction continues an `EarlyInsert`. @returns how many rows there are then; undefined: it continues none. */
  finishEarlyInsert?(target: Target, staging: Staging): Promise<number | undefined>
  /** Does work with keys and positions as a relation: its columns are those of the key, and `_cursor`. @returns the sum of what it gave. */
  withKeys(target: Target, keys: EncodedRows, work: (relation: RawBuilder<unknown>) => Promise<number>): Promise<number>
  /** Makes what lookups by key in a staging table need: an index, or statistics. Rows may still be put into it. */
  indexStaging(staging: Staging): Promise<void>
  /** The same where each key is in it once, as the database can tell at little cost. @returns whether it is so. Absent: it cannot. */
  indexUnique?(staging: Staging): Promise<boolean>
  dropStaging(table: RawBuilder<unknown>): Promise<void>
  /** Staging tables that runners left behind which are no more. Absent: such tables go with their connection. */
  dropLeftovers?(leases: readonly Lease[]): Promise<void>
  /** Which of these tables exist, and hold a row. */
  present(names: readonly string[]): Promise<ReadonlyMap<string, TableState['present']>>
  /** Takes all rows out of a table, where there is one. */
  empty(name: string): Promise<void>
  /** Rows of tables without a key, and of windows that are read again, are found by their position. */
  indexPositions(target: Target, lease: number): Promise<void>
  /** Starts the numbers that the database assigns above the existing ones, after records were imported. */
  continueNumbers(): Promise<void>
}

/** How staged rows are written. */
export interface Wide {
  readonly order: Order
  readonly terms: Terms
}

/** What tentative work gives, and whether what it did stays. */
export interface Tentative<T> {
  readonly keep: boolean
  readonly value: T
}

/** Thrown by work that is attempted: it is undone as one that the database refused. */
export class Withdrawn extends Error {}

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }
