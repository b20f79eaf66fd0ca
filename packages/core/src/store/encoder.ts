import type { BinaryColumn } from '../contract/binary-page.ts'

/**
 * A row as the destination binds it: the values of the shape's columns in their order (then `_extra` where the table is
 * loose), and as the last element its position (null where it has none).
 */
export type EncodedRow = unknown[]
/** The values of the primary key, in its order. */
export type EncodedKey = readonly unknown[]

/** A value that the destination cannot hold. */
export interface Unfit {
  readonly column: string
  readonly reason: string
  /** The value is one that no row in this database can have (a text, a number, a time): none of its rows is meant. */
  readonly unheld?: true | undefined
}

/** Turns rows into what the destination binds, compiled once a table. Never the driver's guess. */
export interface Encoder {
  /** Where the primary key's columns stand in an encoded row. */
  readonly key: readonly number[]
  /**
   * The fields of rows in the binary form of Postgres that the destination takes as they are. Absent: it takes none, or
   * something is made of a value of this table.
   */
  readonly binary?: readonly BinaryColumn[] | undefined
  /**
   * Encodes a row as the source gave it, where every column is plain (or passes its own schema) and fits.
   * @returns undefined where zod must be asked about the row.
   */
  plain(row: Readonly<Record<string, unknown>>, position: number | bigint | null): EncodedRow | undefined
  /** Encodes a row that zod has passed. */
  output(row: Readonly<Record<string, unknown>>, position: number | bigint | null): EncodedRow | Unfit
  /**
   * Encodes a row of which some values are `UNCHANGED`, each other one by its own schema: what the row's schema says of the
   * whole is not asked. @returns with null in the place of those, and their indexes.
   */
  part(
    row: Readonly<Record<string, unknown>>,
    position: number | bigint | null,
  ): { readonly row: EncodedRow; readonly untold: readonly number[] } | Unfit
  /** Encodes a primary key. */
  encodeKey(key: Readonly<Record<string, unknown>>): EncodedKey | Unfit
}
