/** How many bytes are added at most before they are taken. */
export const PIECE = 1 << 20

/** What was decompressed: the last of it stays, because copies refer to it. */
export class LzOutput {
  readonly #bytes: Buffer
  readonly #size: number
  readonly #window: number
  readonly #damaged: (why: string) => Error
  #end = 0
  /** Up to where it was taken. */
  #taken = 0
  total = 0

  /**
   * @param output how many bytes it has when all is decompressed, how far back a copy may refer, and how the error is made where
   * the data says otherwise.
   */
  constructor(output: {
    readonly size: number
    readonly window: number
    readonly damaged: (why: string) => Error
  }) {
    const { size, window, damaged } = output
    this.#size = size
    this.#window = window
    this.#damaged = damaged
    this.#bytes = Buffer.allocUnsafe(Math.min(size, window + 3 * PIECE))
  }

  get isFull(): boolean {
    return this.#end - this.#taken >= PIECE
  }

  append(from: Buffer, at: number, count: number): void {
    this.#grow(count)
    from.copy(this.#bytes, this.#end, at, at + count)
    this.#end += count
  }

  repeat(offset: number, count: number): void {
    if (offset > this.total || offset === 0) throw this.#damaged('refers to data that does not exist')
    if (offset > this.#window)
      throw this.#damaged(`refers back by ${offset} bytes, more than the supported ${this.#window}`)
    this.#grow(count)
    const bytes = this.#bytes
    // Byte by byte, because it may repeat what it has just written.
    for (let to = this.#end, end = to + count; to < end; to++) bytes[to] = bytes[to - offset]!
    this.#end += count
  }

  #grow(count: number): void {
    this.total += count
    if (this.total > this.#size) throw this.#damaged(`has more than the ${this.#size} bytes that it declares`)
  }

  /** What was not yet taken. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(this.#taken, this.#end))
    if (this.#end > this.#window + PIECE) {
      this.#bytes.copyWithin(0, this.#end - this.#window, this.#end)
      this.#end = this.#window
    }
    this.#taken = this.#end
    return taken
  }
}
