import type { EncodedRow, SourceRows, StoredRow } from '@tidemark/core/engine'
import { joinedText } from './canonical-text.ts'
import { RowSum } from './row-sum.ts'
import { turns } from './turn.ts'

/** So many rows of a source, of so many characters, are kept until it is known whether they are all there. */
const KEPT_ROWS = 10_000
const KEPT_CHARACTERS = 8 * 1024 * 1024

type Texts = readonly (string | null)[]

export interface BalanceOptions {
  /** Whether rows without a place on the cursor are left out. */
  readonly cursored: boolean
  readonly textsOf: (row: EncodedRow) => Texts
  readonly storedTexts: (row: StoredRow) => Texts
  readonly isRefused: (row: EncodedRow) => boolean
}

/**
 * Whether a source and a destination have the same rows. Most of what is compared is equal, and to know that takes neither a
 * key nor a place for each row.
 */
export class Balance {
  /** Rows of the source that the database is known to refuse. */
  rejected = 0
  readonly #options: BalanceOptions
  readonly #sum = new RowSum()
  #kept: SourceRows[] | undefined = []
  #rows = 0
  #characters = 0

  constructor(options: BalanceOptions) {
    this.#options = options
  }

  /** Puts rows of the source in, and keeps them as long as they are not too much. */
  add(given: SourceRows): void {
    const { cursored, textsOf, isRefused } = this.#options
    for (const row of given.rows) {
      const position = row.at(-1)
      if (cursored && position === null) continue
      if (isRefused(row)) {
        this.rejected++
        continue
      }
      const weight = weightOf(textsOf(row), position)
      this.#characters += weight.length
      this.#sum.add(weight)
    }
    this.#rows += given.rows.length + given.presentKeys.length
    if (this.#rows > KEPT_ROWS || this.#characters > KEPT_CHARACTERS) this.#kept = undefined
    this.#kept?.push(given)
  }

  /** Takes rows of the destination out, but for those that are marked as deleted. @returns how many. */
  async remove(stored: AsyncIterable<StoredRow>, signal: AbortSignal | undefined): Promise<number> {
    const { isDue, take } = turns(signal)
    let rows = 0
    for await (const row of stored) {
      if (isDue()) await take()
      if (row.deletedAt !== null) continue
      rows++
      this.#sum.add(weightOf(this.#options.storedTexts(row), row.position), -1)
    }
    return rows
  }

  get isEven(): boolean {
    return this.#sum.isZero
  }

  /** What the source gave, to be looked at row by row; undefined where it was too much, and must be asked for again. */
  get kept(): readonly SourceRows[] | undefined {
    return this.#kept
  }
}

const weightOf = (texts: Texts, position: unknown): string =>
  joinedText([...texts, position === null ? null : String(position)])
