import { InvalidFileError } from './invalid-file-error.ts'

// How Parquet writes levels and places in a dictionary: runs of one number, and groups of eight numbers in a few bits each.
// https://github.com/apache/parquet-format/blob/master/Encodings.md

const WIDEST = 32

/** Reads small numbers of one width in bits, one behind the other. @throws Broken where they end too early. */
export class HybridReader {
  readonly #bytes: Buffer
  readonly #width: number
  #at = 0
  /** How many of the run at hand are left, and its number where it has one. */
  #left = 0
  #value: number | undefined
  /** The next bit of a run of groups. */
  #bit = 0

  constructor(bytes: Buffer, width: number) {
    if (width > WIDEST) throw new InvalidFileError(`is damaged: a page has numbers of ${width} bits; write it again`)
    this.#bytes = bytes
    this.#width = width
  }

  next(): number {
    while (this.#left === 0) this.#begin()
    this.#left--
    if (this.#value !== undefined) return this.#value
    let number = 0
    let scale = 1
    for (let left = this.#width; left > 0; ) {
      const byte = this.#bytes[this.#bit >> 3]!
      const from = this.#bit & 7
      const count = Math.min(left, 8 - from)
      number += ((byte >> from) & ((1 << count) - 1)) * scale
      scale *= 2 ** count
      this.#bit += count
      left -= count
    }
    return number
  }

  /** Whether nothing is left but the rest of a group, which is filled up. */
  get isOver(): boolean {
    return (this.#value === undefined || this.#left === 0) && this.#at === this.#bytes.length
  }

  #begin(): void {
    const head = this.#length()
    if ((head & 1) === 1) {
      this.#left = (head >>> 1) * 8
      this.#value = undefined
      this.#bit = this.#at * 8
      this.#at += (head >>> 1) * this.#width
      // What is read beyond the end would be other numbers, where the width is another.
      if (this.#at > this.#bytes.length) throw tooShort()
      return
    }
    const size = Math.ceil(this.#width / 8)
    if (this.#at + size > this.#bytes.length) throw tooShort()
    this.#left = head >>> 1
    this.#value = size === 0 ? 0 : this.#bytes.readUIntLE(this.#at, size)
    this.#at += size
  }

  #length(): number {
    let value = 0
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw tooShort()
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw tooShort()
  }
}

const tooShort = (): InvalidFileError =>
  new InvalidFileError('is damaged: a page has fewer values than it declares; write it again')
