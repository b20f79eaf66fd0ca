import { numberField, Thrift, varint, writeStruct } from './thrift.ts'

/** Such a page is small also where all of it is NULL. */
const MOST_ROWS = 64 * 1024
/** How many bytes say how long a value, or what says which are NULL, is. */
const PREFIX = 4
const Header = { type: 1, unpacked: 2, size: 3, data: 5 } as const
const Data = { values: 1, encoding: 2, definitions: 3, repetitions: 4 } as const
const DATA_PAGE = 0
export const PLAIN = 0
export const RLE = 3

/** A page of texts or bytes that is filled value by value; it is used again when it was written. */
export class PlainPage {
  readonly #own: Buffer
  readonly #isOptional: boolean
  readonly #defined = Buffer.alloc(MOST_ROWS / 8)
  #bytes: Buffer
  #end = 0
  rows = 0

  /** @param size how many bytes of values it has; one longer value has a page of its own. */
  constructor(size: number, isOptional: boolean) {
    this.#own = Buffer.allocUnsafe(size)
    this.#bytes = this.#own
    this.#isOptional = isOptional
  }

  /** Whether it is to be written before another value is added. */
  isFullFor(length: number): boolean {
    return this.rows === MOST_ROWS || (this.rows > 0 && this.#end + PREFIX + length > this.#bytes.length)
  }

  addNull(): void {
    this.rows++
  }

  /** Adds a value, which is to be copied to where the page says. */
  add(length: number): { readonly to: Buffer; readonly at: number } {
    if (this.#end + PREFIX + length > this.#bytes.length) this.#bytes = Buffer.allocUnsafe(PREFIX + length)
    this.#defined[this.rows >> 3]! |= 1 << (this.rows & 7)
    this.rows++
    this.#bytes.writeUInt32LE(length, this.#end)
    const at = this.#end + PREFIX
    this.#end = at + length
    return { to: this.#bytes, at }
  }

  /** The page as it is written: its header, and what is behind it. */
  parts(): readonly Buffer[] {
    const body = [...(this.#isOptional ? this.#levels() : []), this.#bytes.subarray(0, this.#end)]
    const size = body.reduce((sum, part) => sum + part.length, 0)
    const number = (id: number, value: number) => numberField(id, Thrift.i32, value)
    const data = writeStruct([
      number(Data.values, this.rows),
      number(Data.encoding, PLAIN),
      number(Data.definitions, RLE),
      number(Data.repetitions, RLE),
    ])
    const header = writeStruct([
      number(Header.type, DATA_PAGE),
      number(Header.unpacked, size),
      number(Header.size, size),
      { id: Header.data, type: Thrift.struct, value: data },
    ])
    return [header, ...body]
  }

  /** One run of groups of eight bits. */
  #levels(): readonly Buffer[] {
    const groups = Math.ceil(this.rows / 8)
    const head = Buffer.from(varint(groups * 2 + 1))
    const length = Buffer.alloc(PREFIX)
    length.writeUInt32LE(head.length + groups)
    return [length, head, this.#defined.subarray(0, groups)]
  }

  clear(): void {
    this.#bytes = this.#own
    this.#end = 0
    this.rows = 0
    this.#defined.fill(0)
  }
}
