import type {
  BinaryPage,
  BinaryRows,
  EncodedRow,
  Encoder,
  KeyRangeRef,
  Table,
  TableColumn,
} from '@tidemark/core/engine'
import { BatchBuffer, weigh } from './batch-buffer.ts'
import { BinaryScan } from './binary-scan.ts'
import { bound } from './bound.ts'

/** About how much memory a row takes beside its bytes. */
const ROW_BYTES = 16

interface Slice {
  readonly page: BinaryPage
  readonly bytes: Uint8Array
  readonly offsets: Uint32Array
  readonly positions: (number | bigint)[] | undefined
  readonly from: number
  to: number
}

export interface BinaryOptions {
  readonly table: Pick<Table, 'primaryKey' | 'cursor'>
  readonly columns: readonly TableColumn[]
  readonly encoder: Encoder
  readonly keyRange?: KeyRangeRef | undefined
}

/** Gathers rows in the binary form of Postgres for a batch, as they lie in their pages. */
export class BinaryBuffer {
  count = 0
  bytes = 0
  readonly #encoder: Encoder
  readonly #scan: BinaryScan
  readonly #cursored: boolean
  readonly #from: ReturnType<typeof bound>
  readonly #to: ReturnType<typeof bound>
  #slices: (Slice | EncodedRow[])[] = []

  constructor({ table: { primaryKey, cursor }, columns, encoder, keyRange }: BinaryOptions) {
    const asked = encoder.binary!.map(({ name }) => columns.find((column) => column.name === name)!)
    this.#encoder = encoder
    this.#scan = new BinaryScan({ columns: asked, primaryKey, tracked: cursor?.column ?? keyRange?.column })
    this.#cursored = cursor !== undefined
    this.#from = bound(keyRange?.from)
    this.#to = bound(keyRange?.to)
  }

  /**
   * Whether a row can be taken as it is; any other is to be looked at as a row.
   *
   * @throws SyncError `fix-source` where the page does not hold what was asked for.
   */
  takes(page: BinaryPage, at: number): boolean {
    return this.#scan.fits(page, at) && !(this.#cursored && this.#scan.tracked === undefined)
  }

  /** The position of the row that was looked at; undefined: rows have none. */
  get position(): number | bigint | undefined {
    return this.#cursored ? this.#scan.tracked : undefined
  }

  /** Whether the key of the row that was looked at lies outside of what is read. */
  get isOutside(): boolean {
    const key = this.#scan.tracked
    if (this.#cursored || key === undefined) return false
    return (this.#from !== undefined && key < this.#from) || (this.#to !== undefined && key >= this.#to)
  }

  /** Takes the row that was looked at. */
  add(page: BinaryPage, at: number): void {
    const { bytes, offsets } = page
    this.count++
    this.bytes += offsets[at * 2 + 1]! - offsets[at * 2]! + ROW_BYTES
    const last = this.#slices.at(-1)
    if (last !== undefined && !Array.isArray(last) && last.page === page && last.to === at) last.to++
    else {
      const positions = this.#cursored ? [] : undefined
      this.#slices.push({ page, bytes, offsets, positions, from: at, to: at + 1 })
    }
    if (this.#cursored) (this.#slices.at(-1) as Slice).positions!.push(this.#scan.tracked!)
  }

  /** Takes a row that was read behind them: it may have a key that one of them has, too, and counts in its place. */
  addRow(row: EncodedRow): void {
    this.count++
    this.bytes += weigh(row)
    const last = this.#slices.at(-1)
    if (Array.isArray(last)) last.push(row)
    else this.#slices.push([row])
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

function encodedBy(encoder: Encoder, slices: readonly (Slice | readonly EncodedRow[])[]): BinaryRows['encoded'] {
  return () => {
    // In a batch each key is once.
    const buffer = new BatchBuffer(encoder.key)
    for (const slice of slices) {
      if (!('page' in slice)) {
        for (const row of slice) buffer.add(row)
        continue
      }
      const { page, positions, from, to } = slice
      for (let at = from; at < to; at++) {
        const row = encoder.plain(page.row(at), positions?.[at - from] ?? null)
        if (row === undefined) throw new Error('a row of a binary page is not the one that its fields are')
        buffer.add(row)
      }
    }
    return buffer.take()
  }
}
