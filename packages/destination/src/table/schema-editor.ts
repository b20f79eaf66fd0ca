import type { ColumnType, KnownColumn, Lease, RecordedSchema } from '@tidemark/core/engine'
import type { Kysely } from 'kysely'
import type { StateDatabase } from '../state/state-types.ts'
import type { Repertoire } from '../values/repertoire.ts'

type Db = Kysely<StateDatabase>

/** A column of the destination, and the value that all existing rows get in it; undefined: NULL. */
export interface Filled extends Pick<KnownColumn, 'column' | 'type'> {
  readonly fill: unknown
}

/** A table as it is to be made: its columns in their order, and what identifies a row. */
export interface Plan {
  readonly name: string
  readonly columns: readonly KnownColumn[]
  readonly extra: boolean
  readonly partitioned: boolean
  /** It has the column `_missing`. */
  readonly fed: boolean
  /** It has the column `_run`. */
  readonly runs: boolean
  /** Destination columns; empty: no key. */
  readonly key: readonly string[]
}

/** What carries a table's name in the database. */
export interface InspectedTable {
  readonly isTable: boolean
  /** For people: `a view`. */
  readonly kind: string
  readonly name: string
  /** The columns that hold values of their own. */
  readonly columns: readonly string[]
}

export interface Rebuild {
  readonly plan: Plan
  readonly lease: Lease
  /** The table was emptied and may get any shape; otherwise only types become wider. */
  readonly reshapeAllowed: boolean
  /** Columns that were Tidemark's before: all others are the user's. */
  readonly ours: readonly string[]
  readonly widened: ReadonlyMap<string, ColumnType>
}

/** How one database makes and changes tables, inside a fenced transaction. */
export interface SchemaEditor {
  /** For people: `SQLite`. */
  readonly database: string
  /** For people: the file, or the url without its password. */
  readonly place: string
  /** Which texts it holds. */
  readonly repertoire: Repertoire
  /** Names that no column may have beside those of `SYSTEM_COLUMNS`: folded. Absent: none. */
  readonly reservedColumns?: readonly string[]
  /** The most columns a table can have, with those of the system. */
  readonly maxColumns: number
  /** The most columns of a key, with the partition; undefined: any number. */
  readonly maxKeyColumns: number | undefined
  inspect(db: Db, name: string): Promise<InspectedTable | undefined>
  create(db: Db, plan: Plan, lease: Lease): Promise<void>
  /** A table that gets its key when its rows are there, which takes less than a look at each. Absent: it cannot get one then. */
  readonly keyless?: {
    create(db: Db, plan: Plan): Promise<void>
    addKey(db: Db, plan: Plan, lease: Lease): Promise<void>
  }
  /** Adds columns, all that a change needs at once. */
  addColumns(db: Db, table: string, columns: readonly Filled[]): Promise<void>
  /** Gives a column a value in all rows. */
  fillColumn(db: Db, table: string, column: Filled): Promise<void>
  /** Changes an existing table, and keeps what the user created. @returns what of it could not be kept. */
  rebuild(db: Db, rebuild: Rebuild): Promise<readonly string[]>
  /** Rows of tables without a key are found by their position. */
  indexPositions(db: Db, plan: Plan, lease: Lease): Promise<void>
  /** Whether a table still is what it was made. @returns what is wrong, for people. */
  problemOf(db: Db, name: string, known: RecordedSchema): Promise<string | undefined>
}
