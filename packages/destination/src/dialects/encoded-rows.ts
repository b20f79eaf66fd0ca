/** Rows as their encoder made them, each with its position as the last value. */
export type EncodedRows = readonly (readonly unknown[])[]

export interface RefusedRow {
  readonly row: readonly unknown[]
  readonly error: unknown
}

/** What writing rows did. */
export interface Loaded {
  /** How many rows were written, or changed. */
  readonly written: number
  readonly refused: readonly RefusedRow[]
  /** Rows of a key that another of them has; absent: none. */
  readonly deduped?: number | undefined
}
