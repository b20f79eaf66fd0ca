import type { ByteInput } from './byte-input.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { MOST_DELTAS, readDeltas32, readDeltas64 } from './parquet-delta.ts'
import { HybridReader } from './parquet-hybrid.ts'
import { type PageValues, tooFew } from './parquet-values.ts'

// Values of one length: numbers, booleans, and bytes of a fixed length. They stand beside long texts in a struct or a list.

/** Values that stand in the page one behind the other. */
export class FixedValues implements PageValues {
  readonly #input: ByteInput
  readonly #width: number
  readonly isOver = true

  constructor(input: ByteInput, width: number) {
    this.#input = input
    this.#width = width
  }

  next(): number {
    return this.#width
  }

  copy(to: Buffer, at: number): void | Promise<void> {
    return this.#input.copy(this.#width, to, at)
  }

  skip(): void | Promise<void> {
    return this.#input.skip(this.#width)
  }
}

/** Values that are all at hand. */
class HeldValues implements PageValues {
  readonly #width: number
  readonly #count: number
  readonly #write: (nth: number, to: Buffer, at: number) => void
  #nth = -1

  constructor(width: number, count: number, write: (nth: number, to: Buffer, at: number) => void) {
    this.#width = width
    this.#count = count
    this.#write = write
  }

  next(): number {
    if (++this.#nth >= this.#count) throw tooFew()
    return this.#width
  }

  copy(to: Buffer, at: number): void {
    this.#write(this.#nth, to, at)
  }

  skip(): void {}

  get isOver(): boolean {
    return this.#nth + 1 === this.#count
  }
}

/** Booleans of a bit each. Those that fill up the last byte mean nothing. */
export async function bitsIn(input: ByteInput, size: number): Promise<PageValues> {
  const bytes = await input.read(Math.max(0, size - input.offset))
  let nth = -1
  return {
    next: () => {
      if (++nth >= bytes.length * 8) throw tooFew()
      return 1
    },
    copy: (to, at) => void to.writeUInt8((bytes[nth >> 3]! >> (nth & 7)) & 1, at),
    skip: () => {},
    get isOver() {
      return Math.ceil((nth + 1) / 8) === bytes.length
    },
  }
}

/** Booleans in runs. */
export async function runsIn(input: ByteInput, size: number): Promise<PageValues> {
  const length = await input.uint32()
  if (length !== size - input.offset)
    throw new InvalidFileError('is damaged: a page has another length than it declares; write it again')
  const reader = new HybridReader(await input.read(length), 1)
  let value = 0
  return {
    next: () => {
      value = reader.next()
      return 1
    },
    copy: (to, at) => void to.writeUInt8(value, at),
    skip: () => {},
    get isOver() {
      return reader.isOver
    },
  }
}

/** Integers written as differences. */
export async function deltasIn(input: ByteInput, width: number): Promise<PageValues> {
  if (width === 4) {
    const values = await readDeltas32(input, MOST_DELTAS)
    return new HeldValues(width, values.length, (nth, to, at) => to.writeInt32LE(values[nth]!, at))
  }
  const values = await readDeltas64(input, MOST_DELTAS)
  return new HeldValues(width, values.length, (nth, to, at) => to.writeBigInt64LE(values[nth]!, at))
}

/** Values whose first bytes stand together, then their second ones, and so on. */
export async function splitIn(input: ByteInput, size: number, width: number): Promise<PageValues> {
  const bytes = await input.read(Math.max(0, size - input.offset))
  const count = Math.floor(bytes.length / width)
  return new HeldValues(width, count, (nth, to, at) => {
    for (let byte = 0; byte < width; byte++) to[at + byte] = bytes[byte * count + nth]!
  })
}
