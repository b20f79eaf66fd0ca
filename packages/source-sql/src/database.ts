import type { BinaryColumn, BinaryPage, Logger } from '@tidemark/core'
import type { CursorType } from '@tidemark/core/values'
import type { RawBuilder } from 'kysely'

import type { FoundTable, Reading } from './found-table.ts'

export type Row = Record<string, unknown>

/** What a read gives: rows, or a page of them in the binary form of Postgres. */
export type Rows = readonly Row[] | BinaryPage<Row>

/** A column as it is read: under its name, by the reading that was chosen for it. */
export interface Selected extends Reading {
  readonly name: string
}

/** A window of a cursor, in the form that the engine gives: ISO texts, or integers. */
export interface Bounds {
  readonly column: string
  readonly type: CursorType
  readonly from: string | bigint | undefined
  readonly to: string | bigint
  /** Rows without a cursor too. */
  readonly nulls: boolean
  /** Rows whose cursor is of another kind too, in a database that lets them in. */
  readonly strays: boolean
  /** Rows come in the order of the cursor. */
  readonly ordered: boolean
}

/** What to read of a table. */
export interface Reads {
  readonly table: FoundTable
  readonly columns: readonly Selected[]
  /** Absent: all rows. */
  readonly bounds: Bounds | undefined
  /** A range of the key of a table without a cursor; absent: all keys. */
  readonly keys?: KeyBounds | undefined
  /** Rows may come in the binary form of Postgres, with these fields; absent: as rows alone. */
  readonly binary?: readonly BinaryColumn[] | undefined
  /** What else rows must be; absent: nothing. */
  readonly where?: readonly RawBuilder<unknown>[] | undefined
}

/** A half-open range of an integer of the key; an open end is undefined. */
export interface KeyBounds {
  readonly column: string
  readonly from: bigint | undefined
  readonly to: bigint | undefined
}

/** What is counted: the rows of a window, or of the whole table; of a cursor also what lies from its end on, or has none. */
export interface Counted {
  readonly table: FoundTable
  /** Absent: all rows. */
  readonly bounds: Bounds | undefined
  readonly range: 'window' | 'above' | 'nulls'
}

/** Keys of rows, by the names of their columns, as the engine writes them. */
export type NamedKeys = readonly Readonly<Record<string, unknown>>[]

/** Which keys are looked for in a table. */
export interface KeysSought {
  readonly table: FoundTable
  readonly key: readonly Selected[]
  readonly keys: NamedKeys
}

export interface Asked {
  readonly signal: AbortSignal
  readonly log: Logger
}

/** What the clock of a database says. */
export interface Clock {
  /** Microseconds: now, or the start of the oldest transaction that is still open and could write. */
  readonly settledAt: bigint
  /** The zone that the database keeps its own times in: a name, or minutes east of Greenwich. */
  readonly zone: string | number
}

/** A connected database: the client of the source. All systems answer the same questions. */
export interface Database {
  readonly label: string
  /**
   * Which windows come in the order of an indexed cursor, and so are covered as far as they were read when they break off:
   * all of them, those of large tables (where the order costs time), or only those of integers (where times are texts).
   */
  readonly order: 'always' | 'large' | 'integers'
  /** A column holds values of any type, whatever it was declared as. */
  readonly holdsAnything: boolean
  identity(): Promise<string>
  tables(asked: Asked): Promise<readonly FoundTable[]>
  clock(asked: Asked): Promise<Clock>
  /** One more than the greatest integer of a column, once all that is below it can be seen; undefined where it is not yet. */
  integerEnd(table: FoundTable, column: string, asked: Asked): Promise<bigint | undefined>
  /** The smallest and greatest value of a column, as the engine writes them; undefined where it has no value. */
  range(
    table: FoundTable,
    column: string,
    type: CursorType,
    asked: Asked & { readonly withinMs?: number },
  ): Promise<{ min: string; max: string } | undefined>
  /** Where to cut the table by an integer column that an index begins with, so that about so many rows are between two cuts. */
  keyBounds(table: FoundTable, column: string, asked: Asked & { readonly perRange: number }): Promise<readonly bigint[]>
  /** Whether columns identify the rows of a table, by its rows; undefined where that takes too long. Absent: never asked. */
  isUnique?(table: FoundTable, columns: readonly string[], asked: Asked): Promise<boolean | undefined>
  /** What the answer of a driver would be in a column for rows from before it; undefined where nothing says so. */
  before?(table: FoundTable, column: string, asked: Asked): Promise<{ readonly raw: unknown } | undefined>
  /** Why a table that was not found may still be there; undefined where it is gone. Absent: what is there is always found. */
  whyHidden?(name: string, asked: Asked): Promise<string | undefined>
  /** Those of some columns that are there and may not be read. Absent: `hidden` of the table says so. */
  hiddenAmong?(table: FoundTable, columns: readonly string[], asked: Asked): Promise<readonly string[]>
  /** How many rows the system counts; undefined where it takes longer than `withinMs`. */
  count(counted: Counted, asked: Asked & { readonly withinMs?: number }): Promise<number | undefined>
  /** Which keys a table has, of some; undefined where the database cannot say for these. */
  findKeys(sought: KeysSought, asked: Asked): Promise<readonly Row[] | undefined>
  read(reads: Reads, asked: Asked): AsyncIterable<Rows>
  /** The statement that would give a column an index. */
  indexStatement(table: FoundTable, column: string): string
  close(): Promise<void>
}
