import type { ColumnType, ComparedScope, EncodedRow, SourceRows, StoredRow } from '@tidemark/core/engine'
import { canonicalText, joinable } from './canonical-text.ts'
import { RowSum } from './row-sum.ts'
import type { StoredTable } from './stored-table.ts'
import { turns } from './turn.ts'

/** So many rows of a source, of so many characters, are kept until it is known whether they are all there. */
const KEPT_ROWS = 10_000
const KEPT_CHARACTERS = 8 * 1024 * 1024

export interface BalanceOptions {
  /** Whether rows without a place on the cursor are left out. */
  readonly cursored: boolean
  readonly isRefused: (row: EncodedRow) => boolean
  readonly weights: Weights
}

/** What equal rows share and no others: a text or bytes. */
type Weight = string | Uint8Array

/** How rows are weighed. */
export interface Weights {
  ofEncoded(rows: readonly EncodedRow[]): Iterable<Weight>
  /** Of the rows of the destination that are not marked as deleted, some at a time. */
  live(scope: ComparedScope): AsyncIterable<Iterable<Weight>>
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
    const { cursored, isRefused, weights } = this.#options
    const weighed = given.rows.filter((row) => {
      if (cursored && row.at(-1) === null) return false
      if (!isRefused(row)) return true
      this.rejected++
      return false
    })
    for (const weight of weights.ofEncoded(weighed)) {
      this.#characters += weight.length
      this.#sum.add(weight)
    }
    this.#rows += given.rows.length + given.presentKeys.length
    if (this.#rows > KEPT_ROWS || this.#characters > KEPT_CHARACTERS) this.#kept = undefined
    this.#kept?.push(given)
  }

  /** Takes the live rows of a scope of the destination out. @returns how many. */
  async remove(scope: ComparedScope, signal: AbortSignal | undefined): Promise<number> {
    const { isDue, take } = turns(signal)
    let rows = 0
    for await (const some of this.#options.weights.live(scope)) {
      let isTurn = false
      for (const weight of some) {
        if (isDue()) isTurn = true
        rows++
        this.#sum.add(weight, -1)
      }
      if (isTurn) await take()
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

export interface TextWeights {
  readonly stored: Pick<StoredTable, 'rows'>
  readonly types: readonly ColumnType[]
  /** Make of each value of an encoded row the form in which stored ones come. */
  readonly forms: readonly ((value: unknown) => unknown)[]
}

/** Rows by the texts of their values, and their positions. */
export function textWeights({ stored, types, forms }: TextWeights): Weights {
  // One text grows: a list of texts for each row costs more than the texts.
  const encodedWeight = (row: EncodedRow): string => {
    let joined = ''
    for (let at = 0; at < types.length; at++) joined += joinable(canonicalText(forms[at]!(row[at]), types[at]!))
    return joined + positionWeight(row.at(-1))
  }
  const storedWeight = ({ values, position }: StoredRow): string => {
    let joined = ''
    for (let at = 0; at < types.length; at++) joined += joinable(canonicalText(values[at], types[at]!))
    return joined + positionWeight(position)
  }
  return {
    *ofEncoded(rows) {
      for (const row of rows) yield encodedWeight(row)
    },
    async *live(scope) {
      for await (const rows of stored.rows(scope))
        yield rows.filter((row) => row.deletedAt === null).map((row) => storedWeight(row))
    },
  }
}

const positionWeight = (position: unknown): string => joinable(position === null ? null : String(position))
