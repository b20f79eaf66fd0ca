import { bitsOf, type Levels } from './parquet-levels.ts'
import type { Stored } from './parquet-stored.ts'
import { numberField, Thrift, varint, writeStruct } from './thrift.ts'

/** How many bytes say how long a value is, or what says which are NULL. */
const PREFIX = 4
const Header = { type: 1, unpacked: 2, size: 3, data: 5 } as const
const Data = { values: 1, encoding: 2, definitions: 3, repetitions: 4 } as const
const DATA_PAGE = 0
/** How values are written, as `Encoding` numbers it. */
export const Encoding = { plain: 0, rle: 3, deltas: 5, lengthsFirst: 6, prefixes: 7, split: 9 } as const
const FIRST_SIZE = 64 * 1024

/** How far a page is filled. */
export interface Filled {
  readonly slots: number
  readonly bytes: number
}
const EMPTY: Filled = { slots: 0, bytes: 0 }

/** The values of a leaf, filled in one by one, and written as a page that is PLAIN and not packed. */
export class PlainPage {
  readonly #levels: Levels
  readonly #stored: Stored
  /** How large the buffer may be that is used again. */
  readonly #kept: number
  #repetitions: Buffer
  #definitions: Buffer
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_SIZE)
  #filled = EMPTY

  constructor(levels: Levels, stored: Stored, kept: number) {
    this.#levels = levels
    this.#stored = stored
    this.#kept = kept
    this.#repetitions = Buffer.alloc(levels.repetition === 0 ? 0 : FIRST_SIZE)
    this.#definitions = Buffer.alloc(levels.definition === 0 ? 0 : FIRST_SIZE)
  }

  get filled(): Filled {
    return this.#filled
  }

  /** Adds what is there where a value is not: NULL, an empty list. */
  addEmpty(repetition: number, definition: number): void {
    const { slots, bytes } = this.#filled
    this.#addLevels(slots, repetition, definition)
    this.#filled = { slots: slots + 1, bytes }
  }

  /** Adds a value, which is to be copied to where the page says. */
  add(repetition: number, length: number): { readonly to: Buffer; readonly at: number } {
    const { slots, bytes } = this.#filled
    this.#addLevels(slots, repetition, this.#levels.definition)
    const prefix = this.#stored.width === undefined ? PREFIX : 0
    this.#bytes = roomIn(this.#bytes, bytes, prefix + length)
    if (prefix > 0) this.#bytes.writeUInt32LE(length, bytes)
    const at = bytes + prefix
    this.#filled = { slots: slots + 1, bytes: at + length }
    return { to: this.#bytes, at }
  }

  #addLevels(slots: number, repetition: number, definition: number): void {
    if (this.#levels.repetition > 0) {
      this.#repetitions = roomIn(this.#repetitions, slots, 1)
      this.#repetitions[slots] = repetition
    }
    if (this.#levels.definition > 0) {
      this.#definitions = roomIn(this.#definitions, slots, 1)
      this.#definitions[slots] = definition
    }
  }

  /** Takes back what was added since. */
  backTo(filled: Filled): void {
    this.#filled = filled
  }

  /** Leaves only what was added since. */
  dropUntil({ slots, bytes }: Filled): void {
    const now = this.#filled
    this.#repetitions.copyWithin(0, slots, now.slots)
    this.#definitions.copyWithin(0, slots, now.slots)
    const left = now.bytes - bytes
    this.#filled = { slots: now.slots - slots, bytes: left }
    // A long row is not kept for those that follow.
    if (this.#bytes.length > this.#kept && left < this.#kept / 2)
      this.#bytes = Buffer.from(this.#bytes.subarray(bytes, now.bytes))
    else this.#bytes.copyWithin(0, bytes, now.bytes)
  }

  /** The page up to a place, as it is written: its header, and what is behind it. */
  parts({ slots, bytes }: Filled = this.#filled): readonly Buffer[] {
    const body = [
      ...runOf(this.#repetitions, slots, this.#levels.repetition),
      ...runOf(this.#definitions, slots, this.#levels.definition),
      this.#stored.isBoolean ? packed(this.#bytes, bytes, 1) : this.#bytes.subarray(0, bytes),
    ]
    const size = body.reduce((sum, part) => sum + part.length, 0)
    const number = (id: number, value: number) => numberField(id, Thrift.i32, value)
    const data = writeStruct([
      number(Data.values, slots),
      number(Data.encoding, Encoding.plain),
      number(Data.definitions, Encoding.rle),
      number(Data.repetitions, Encoding.rle),
    ])
    const header = writeStruct([
      number(Header.type, DATA_PAGE),
      number(Header.unpacked, size),
      number(Header.size, size),
      { id: Header.data, type: Thrift.struct, value: data },
    ])
    return [header, ...body]
  }
}

/** A buffer in which there is room behind what it has. */
function roomIn(buffer: Buffer, used: number, more: number): Buffer {
  if (used + more <= buffer.length) return buffer
  const larger = Buffer.allocUnsafe(Math.max(used + more, Math.ceil(buffer.length * 1.5)))
  buffer.copy(larger, 0, 0, used)
  return larger
}

/** One run of groups of eight levels; nothing where all are 0. */
function runOf(levels: Buffer, count: number, highest: number): readonly Buffer[] {
  if (highest === 0) return []
  const bits = packed(levels, count, bitsOf(highest))
  const head = Buffer.from(varint(Math.ceil(count / 8) * 2 + 1))
  const length = Buffer.alloc(PREFIX)
  length.writeUInt32LE(head.length + bits.length)
  return [length, head, bits]
}

/** Numbers of a byte each in so many bits each, filled up to groups of eight. */
function packed(numbers: Buffer, count: number, width: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(count / 8) * width)
  for (let nth = 0, bit = 0; nth < count; nth++)
    for (let from = 0; from < width; from++, bit++) bytes[bit >> 3]! |= ((numbers[nth]! >> from) & 1) << (bit & 7)
  return bytes
}
