import type { Batch, EncodedRow } from '@tidemark/core/engine'
import type { Layout } from '../../table/columns.ts'

/** A stored row, as it is compared with encoded ones. */
export interface StoredRow {
  /** Whether all of an encoded row is stored so, and not marked as deleted. */
  equals(row: EncodedRow): boolean
  /** The value of a column of its key. @param at where it is in an encoded row. */
  keyAt(at: number): unknown
}

/**
 * Finds the rows of a batch among stored ones that come in the order of their keys. Rows that came in another order are not
 * found: that is never wrong, because what is not found is written as any other row.
 */
export class RowMatch {
  readonly #rows: Batch['rows']
  readonly #keyAt: readonly number[]
  readonly #unmatched: EncodedRow[] = []
  #at = 0

  constructor(rows: Batch['rows'], { keyAt }: Pick<Layout, 'keyAt'>) {
    this.#rows = rows
    this.#keyAt = keyAt
  }

  next(stored: StoredRow): void {
    for (; this.#at < this.#rows.length; this.#at++) {
      const row = this.#rows[this.#at]!
      const order = stored.equals(row) ? 'found' : this.#order(stored, row)
      if (order === 'before') return
      if (order !== 'found') this.#unmatched.push(row)
      if (order === 'behind') continue
      this.#at++
      return
    }
  }

  /** The rows that were not found. */
  unmatched(): Batch['rows'] {
    return [...this.#unmatched, ...this.#rows.slice(this.#at)]
  }

  /** Where the key of a stored row is to that of an encoded one. */
  #order(stored: StoredRow, row: EncodedRow): 'before' | 'same' | 'behind' {
    for (const at of this.#keyAt) {
      const [there, came] = [stored.keyAt(at) as number, row[at] as number]
      if (there < came) return 'before'
      if (there > came) return 'behind'
    }
    return 'same'
  }
}
