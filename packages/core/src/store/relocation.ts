import type { Lease } from './lease.ts'
import type { RecordedSchema } from './state.ts'
import type { RecordChunk, RecordKind } from './state-columns.ts'

/** How many rows a table holds, marked ones too, and a sum over their contents: the same in every database. */
export interface Contents {
  readonly rows: number
  readonly hash: string
}

/** A row as stored: canonical values, and what Tidemark keeps beside them. */
export interface StoredRow {
  /** In the order of the columns that were asked for. */
  readonly values: readonly unknown[]
  readonly position: bigint | null
  /** '' where the table has none. */
  readonly partition: string
  /** Instants as canonical texts. */
  readonly syncedAt: string | null
  readonly deletedAt: string | null
  /** Of a table of a feed: names of the columns that nothing has told yet, as JSON text; null: nothing is missing. */
  readonly missing?: string | null | undefined
  /** Of a table that names its runs: the run that wrote the row last; null: it was written before the table did. */
  readonly run?: bigint | null | undefined
}

/** A table with its columns, as the state has it. */
export interface KnownTable {
  readonly name: string
  readonly schema: RecordedSchema
}

/** How rows of tables are copied to another database, in chunks of one kind. */
export interface RowCopier<Chunk> {
  /** What a table holds; undefined if it does not exist. @throws SyncError code `table-changed` if columns of it are missing. */
  contents(table: KnownTable): Promise<Contents | undefined>
  /**
   * The rows of a table in chunks, at one moment, and whether undeclared fields are among the values, as the last one;
   * undefined if the table does not exist.
   */
  rows(table: KnownTable): Promise<{ readonly loose: boolean; readonly chunks: AsyncIterable<Chunk> } | undefined>
  /** Sums up rows as `contents` does. */
  sum(table: KnownTable, loose: boolean): { add(rows: Chunk): void; contents(): Contents }
  /** Writes rows into a table that was made here. @throws SyncError code `unfit` that says what does not fit. */
  put(lease: Lease, table: KnownTable, loose: boolean, rows: Chunk): Promise<void>
}

/**
 * Copies rows in the form in which its database writes them, so that no value is made of what is copied. Databases of other
 * kinds may write this form too. Its sums are its own.
 */
export interface NativeCopier extends RowCopier<unknown> {
  /**
   * As for any copier, in the form of the one that takes them; undefined too where a table is not as the state says, so that its values have
   * to be looked at, and where rows are not made in that form. Taking a chunk @throws SyncError code `unfit` where the form has not a value of a row.
   */
  rows(table: KnownTable, into?: NativeCopier): ReturnType<RowCopier<unknown>['rows']>
  /** @param isForeign for a sum of what another kind of database made: rows that it writes in another way are the same if their values are. */
  contents(table: KnownTable, isForeign?: boolean): Promise<Contents | undefined>
  /** @param isForeign as `contents`. */
  sum(table: KnownTable, loose: boolean, isForeign?: boolean): ReturnType<RowCopier<unknown>['sum']>
  /** Its name: databases with the same one take each other's chunks. */
  readonly form: string
  /** As `Relocation.place`. */
  readonly place: string
  /**
   * Copies the rows of a table of another database into the one of the same name here without taking them out, and looks at
   * all of both once more, at one moment. `onRows` hears how many are copied, often, and ends it by throwing.
   *
   * @returns undefined, with nothing copied, where this database cannot read that one. @throws SyncError code `unfit`.
   */
  copyBeside(
    from: NativeCopier,
    lease: Lease,
    table: KnownTable,
    how: { readonly loose: boolean; onRows(rows: number): void },
  ): Promise<{ readonly rows: number; readonly isEqual: boolean } | undefined>
}

/** State and rows of a destination as stored, to export them or to copy them elsewhere. `contents` and `sum` are the same in every database. */
export interface Relocation extends RowCopier<readonly StoredRow[]> {
  /** Absent: this database has no such form. */
  readonly native?: NativeCopier | undefined
  /** Where the destination is, for people: without a password. */
  readonly place: string
  /** All records of a kind, at one moment each chunk; nothing changes in between where the tables are held. */
  records(kind: RecordKind): AsyncIterable<RecordChunk>
  /**
   * Marks this destination as one that is moved into, until `replace`: nothing else opens it. Tables of an earlier attempt
   * are dropped.
   *
   * @throws SyncError where it is not an empty place, or another move was interrupted in it.
   */
  begin(from: string): Promise<void>
  /**
   * Creates an empty table: `again` in the place of one that this move has created; `unkeyed` without its key and its indexes, which
   * `complete` adds, if this database makes them faster when the rows are there. @throws SyncError code `not-empty` if it cannot be created here.
   */
  create(lease: Lease, table: KnownTable, loose: boolean, how?: 'again' | 'unkeyed'): Promise<void>
  /** Adds what a table has not that was created `unkeyed`. @throws SyncError code `unfit` where its rows do not allow that. */
  complete(lease: Lease, table: KnownTable, loose: boolean): Promise<void>
  /**
   * Replaces the whole state here with these records, in one transaction behind the fences of these leases; a move into
   * this place is complete with it.
   *
   * @param chunks asked again where the transaction is tried again.
   */
  replace(leases: readonly Lease[], chunks: () => AsyncIterable<RecordChunk> | Iterable<RecordChunk>): Promise<void>
}
