import type { BinaryPage, BinaryRows, EncodedRow, Encoder, KeyRangeRef, TableColumn } from '@tidemark/core/engine'
import { BinaryScan } from './binary-scan.ts'
import { bound } from './bound.ts'

/** About how much memory a row takes beside its bytes. */
const ROW_BYTES = 16

interface Slice {
  readonly page: BinaryPage
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly from: number
  to: number
}

/** What becomes of a row of a binary page: it is taken, lies outside of what is read, or is to be looked at as a row. */
export type BinaryTaken = 'taken' | 'outside' | 'other'

export interface BinaryOptions {
  readonly columns: readonly TableColumn[]
  readonly primaryKey: readonly string[]
  readonly encoder: Encoder
  readonly keyRange?: KeyRangeRef | undefined
}

/** Gathers rows in the binary form of Postgres for a batch, as they lie in their pages. */
export class BinaryBuffer {
  count = 0
  bytes = 0
  readonly #encoder: Encoder
  readonly #scan: BinaryScan
  readonly #from: ReturnType<typeof bound>
  readonly #to: ReturnType<typeof bound>
  #slices: Slice[] = []

  constructor({ columns, primaryKey, encoder, keyRange }: BinaryOptions) {
    const asked = encoder.binary!.map(({ name }) => columns.find((column) => column.name === name)!)
    this.#encoder = encoder
    this.#scan = new BinaryScan({ columns: asked, primaryKey, tracked: keyRange?.column })
    this.#from = bound(keyRange?.from)
    this.#to = bound(keyRange?.to)
  }

  /** @throws SyncError `fix-source` where the page does not hold what was asked for. */
  add(page: BinaryPage, at: number): BinaryTaken {
    if (!this.#scan.fits(page, at)) return 'other'
    const key = this.#scan.tracked
    if (
      key !== undefined &&
      ((this.#from !== undefined && key < this.#from) || (this.#to !== undefined && key >= this.#to))
    )
      return 'outside'
    const { bytes, offsets } = page
    this.count++
    this.bytes += offsets[at * 2 + 1]! - offsets[at * 2]! + ROW_BYTES
    const last = this.#slices.at(-1)
    if (last?.page === page && last.to === at) last.to++
    else this.#slices.push({ page, bytes, offsets, from: at, to: at + 1 })
    return 'taken'
  }

  /** The rows so far; the next batch begins. Undefined: none. */
  take(): BinaryRows | undefined {
    if (this.count === 0) return undefined
    const taken = { count: this.count, slices: this.#slices, encoded: encodedBy(this.#encoder, this.#slices) }
    this.count = 0
    this.bytes = 0
    this.#slices = []
    return taken
  }
}

function encodedBy(encoder: Encoder, slices: readonly Slice[]): () => EncodedRow[] {
  return () =>
    slices.flatMap(({ page, from, to }) =>
      Array.from({ length: to - from }, (_, at) => {
        const row = encoder.plain(page.row(from + at), null)
        if (row === undefined) throw new Error('a row of a binary page is not the one that its fields are')
        return row
      }),
    )
}
