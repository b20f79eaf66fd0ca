import type { NativeRows } from '../dialect.ts'

/** A block has so many bytes, or one row of more. */
const BLOCK = 256 * 1024

/** Rows in the bytes of a binary COPY, one after the other. */
export class RowBlock implements NativeRows {
  readonly binary: Buffer
  /** Where each of them ends. */
  readonly ends: readonly number[]

  constructor(binary: Buffer, ends: readonly number[]) {
    this.binary = binary
    this.ends = ends
  }

  get count(): number {
    return this.ends.length
  }

  get bytes(): number {
    return this.binary.length
  }

  /** The bytes of each. */
  *rows(): Generator<Buffer> {
    for (const [from, end] of this.places()) yield this.binary.subarray(from, end)
  }

  /** Where each of them begins and ends. */
  *places(): Generator<readonly [from: number, end: number]> {
    let from = 0
    for (const end of this.ends) {
      yield [from, end]
      from = end
    }
  }
}

/** Puts rows into blocks. */
export class RowBlocks {
  #full: RowBlock[] = []
  #block = Buffer.allocUnsafeSlow(BLOCK)
  #ends: number[] = []
  #at = 0

  get hasFull(): boolean {
    return this.#full.length > 0
  }

  /** Copies the bytes of a row. */
  readonly add = (bytes: Buffer, from: number, end: number): void => {
    const size = end - from
    if (this.#at + size > this.#block.length) {
      this.#finish()
      if (size > this.#block.length) this.#block = Buffer.allocUnsafeSlow(size)
    }
    bytes.copy(this.#block, this.#at, from, end)
    this.#at += size
    this.#ends.push(this.#at)
  }

  /** Those that are full. */
  taken(): readonly RowBlock[] {
    const full = this.#full
    this.#full = []
    return full
  }

  /** All that is left. */
  end(): readonly RowBlock[] {
    this.#finish()
    return this.taken()
  }

  #finish(): void {
    if (this.#at === 0) return
    this.#full.push(new RowBlock(this.#block.subarray(0, this.#at), this.#ends))
    this.#block = Buffer.allocUnsafeSlow(BLOCK)
    this.#ends = []
    this.#at = 0
  }
}
