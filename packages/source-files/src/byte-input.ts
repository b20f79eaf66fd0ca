/** Bytes that arrive in pieces, copied in the lengths that are needed. */
export class ByteInput {
  readonly #pieces: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)
  /** How many bytes were copied. */
  offset = 0

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** Whether nothing is left. */
  async isOver(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next()
      if (next.done === true) return true
      this.#rest = next.value
    }
    return false
  }

  /** Copies the next bytes to a place in another buffer. @throws Error where there are fewer. */
  copy(length: number, to: Buffer, at: number): void | Promise<void> {
    if (length > this.#rest.length) return this.#copyPieces(length, to, at)
    this.#rest.copy(to, at, 0, length)
    this.#pass(length)
  }

  async #copyPieces(length: number, to: Buffer, at: number): Promise<void> {
    for (let done = 0; done < length; ) {
      if (this.#rest.length === 0 && (await this.isOver())) throw tooShort()
      const count = this.#rest.copy(to, at + done, 0, length - done)
      this.#pass(count)
      done += count
    }
  }

  /** Passes over the next bytes. @throws Error where there are fewer. */
  skip(length: number): void | Promise<void> {
    if (length > this.#rest.length) return this.#skipPieces(length)
    this.#pass(length)
  }

  async #skipPieces(length: number): Promise<void> {
    for (let done = 0; done < length; ) {
      if (this.#rest.length === 0 && (await this.isOver())) throw tooShort()
      const count = Math.min(this.#rest.length, length - done)
      this.#pass(count)
      done += count
    }
  }

  /** The next byte; a promise of it where it has not arrived yet. @throws Error where the bytes end. */
  byte(): number | Promise<number> {
    if (this.#rest.length === 0) return this.#later()
    const byte = this.#rest[0]!
    this.#pass(1)
    return byte
  }

  async #later(): Promise<number> {
    if (await this.isOver()) throw tooShort()
    return this.byte()
  }

  /** The next four bytes as a number, the lowest first. @throws Error where there are fewer. */
  uint32(): number | Promise<number> {
    if (this.#rest.length < 4) return this.read(4).then((bytes) => bytes.readUInt32LE())
    const number = this.#rest.readUInt32LE()
    this.#pass(4)
    return number
  }

  /** As many of the next bytes as are at hand, up to a number. @throws Error where the bytes end. */
  async some(most: number): Promise<Buffer> {
    if (await this.isOver()) throw tooShort()
    const bytes = this.#rest.subarray(0, most)
    this.#pass(bytes.length)
    return bytes
  }

  #pass(length: number): void {
    this.#rest = this.#rest.subarray(length)
    this.offset += length
  }

  /** The next bytes, as one buffer. */
  async read(length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length)
    await this.copy(length, bytes, 0)
    return bytes
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

const tooShort = (): Error => Object.assign(new Error('the bytes end too early'), { code: 'Z_BUF_ERROR' })
