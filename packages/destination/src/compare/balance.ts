import type { SourceRows } from '@tidemark/core/engine'
import { RowSum } from './row-sum.ts'

/** So many rows of a source, of so many characters, are kept until it is known whether they are all there. */
const KEPT_ROWS = 10_000
const KEPT_CHARACTERS = 8 * 1024 * 1024

/**
 * Whether a source and a destination have the same rows. Most of what is compared is equal, and to know that takes neither a
 * key nor a place for each row.
 */
export class Balance {
  readonly #sum = new RowSum()
  #kept: SourceRows[] | undefined = []
  #rows = 0
  #characters = 0

  /** Puts a row of the source in. */
  add(row: string): void {
    this.#characters += row.length
    this.#sum.add(row)
  }

  /** Takes a row of the destination out. */
  remove(row: string): void {
    this.#sum.add(row, -1)
  }

  get isEven(): boolean {
    return this.#sum.isZero
  }

  /** Keeps what the source gave, as long as it is not too much. */
  keep(given: SourceRows): void {
    this.#rows += given.rows.length + given.presentKeys.length
    if (this.#rows > KEPT_ROWS || this.#characters > KEPT_CHARACTERS) this.#kept = undefined
    this.#kept?.push(given)
  }

  /** What the source gave, to be looked at row by row; undefined where it was too much, and must be asked for again. */
  get kept(): readonly SourceRows[] | undefined {
    return this.#kept
  }
}
