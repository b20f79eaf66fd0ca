import type { ColumnType } from '../values/column-types.ts'

// A page is recognised by this mark, whichever copy of core made it.
const BINARY = Symbol.for('tidemark.binary-page')

/** A field of the rows of a binary page. */
export interface BinaryColumn {
  /** Of the column. */
  readonly name: string
  /** Its bytes are those that Postgres sends of: `integer` int8, `text` text, `numeric` numeric, `double` float8, `boolean` bool, `date` date, `timestamp` timestamptz, `local_timestamp` timestamp, `json` jsonb, `bytes` bytea. */
  readonly type: ColumnType
}

/**
 * A page of rows in the binary form of Postgres, which a destination of Postgres takes as it is. Made by `binaryPage`, and
 * only where `read` was given `binary`.
 */
export interface BinaryPage<Row = Record<string, unknown>> {
  /** Holds the fields of the rows, each as its length in four bytes (-1: NULL) and its bytes. Not changed any more. */
  readonly bytes: Uint8Array
  /**
   * Where the fields of each row begin and end in `bytes`: two numbers a row. A row that ends where it begins has no such
   * fields and is taken as `row` gives it: for values that this form does not hold.
   */
  readonly offsets: Uint32Array
  /** A row as `read` would yield it without `binary`: for rows that are rejected, or refused by the destination. */
  row(at: number): Row
  /** A mark of the types alone. */
  readonly [BINARY_TYPE]: true
}
declare const BINARY_TYPE: unique symbol

/** Makes a page of rows in the binary form of Postgres: the fields that `binary` names, in its order. */
export function binaryPage<Row>(bytes: Uint8Array, offsets: Uint32Array, row: (at: number) => Row): BinaryPage<Row> {
  return { bytes, offsets, row, [BINARY]: true } as unknown as BinaryPage<Row>
}

export function isBinaryPage(page: unknown): page is BinaryPage {
  return typeof page === 'object' && page !== null && (page as Record<symbol, unknown>)[BINARY] === true
}

/** How many rows a binary page holds. */
export function rowsOfBinary({ offsets }: Pick<BinaryPage, 'offsets'>): number {
  return offsets.length >> 1
}
