import { InvalidFileError } from './invalid-file-error.ts'

// What Parquet writes its footers and page headers in: Thrift's compact protocol. Only what is looked at here is read,
// all else is passed over.

/** Types of values. */
export const Thrift = {
  true: 1,
  false: 2,
  byte: 3,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const

const DEEPEST = 64

/** Bytes that end too early: more of them may help, where there are more. */
export class TooShort extends InvalidFileError {}

/** Reads values one behind the other. */
export class ThriftReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** One byte. */
  byte(): number {
    if (this.at >= this.bytes.length) throw new TooShort('is not a complete Parquet file: its metadata ends too early')
    return this.bytes[this.at++]!
  }

  #pass(length: number): void {
    // A list may say to have more values than there are bytes, and is passed over value by value.
    if (length > this.bytes.length - this.at)
      throw new TooShort('is not a complete Parquet file: its metadata ends too early')
    this.at += length
  }

  #unsigned(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw new InvalidFileError('is not a complete Parquet file: its metadata is damaged')
  }

  /** An integer of any length, as far as a number holds it. */
  integer(): number {
    const value = this.#unsigned()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  binary(): Buffer {
    const length = this.#unsigned()
    this.#pass(length)
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** Calls `visit` for each field of a struct; a field whose value it leaves is passed over. */
  struct(visit: (id: number, type: number) => void, depth = 0): void {
    for (let id = 0; ; ) {
      const head = this.byte()
      if (head === 0) return
      id = head >> 4 === 0 ? this.integer() : id + (head >> 4)
      const before = this.at
      visit(id, head & 15)
      if (this.at === before) this.skip(head & 15, depth)
    }
  }

  /** Calls `visit` for each element of a list, which must read it. */
  list(visit: (type: number) => void): void {
    const head = this.byte()
    const length = head >> 4 === 15 ? this.#unsigned() : head >> 4
    for (let nth = 0; nth < length; nth++) visit(head & 15)
  }

  skip(type: number, depth = 0): void {
    if (depth > DEEPEST) throw new InvalidFileError('is not a complete Parquet file: its metadata is damaged')
    switch (type) {
      case Thrift.true:
      case Thrift.false:
        return
      case Thrift.byte:
        this.byte()
        return
      case Thrift.double:
        this.#pass(8)
        return
      case Thrift.uuid:
        this.#pass(16)
        return
      case Thrift.binary:
        this.binary()
        return
      case Thrift.list:
      case Thrift.set:
        this.list((element) => this.#skipElement(element, depth + 1))
        return
      case Thrift.map:
        this.#skipMap(depth + 1)
        return
      case Thrift.struct:
        this.struct(() => {}, depth + 1)
        return
      default:
        this.#unsigned()
    }
  }

  #skipElement(type: number, depth: number): void {
    // Of a list a boolean is a byte; of a struct it is in the head of its field.
    if (type === Thrift.true || type === Thrift.false) this.byte()
    else this.skip(type, depth)
  }

  #skipMap(depth: number): void {
    const length = this.#unsigned()
    if (length === 0) return
    const types = this.byte()
    for (let nth = 0; nth < length; nth++) {
      this.#skipElement(types >> 4, depth)
      this.#skipElement(types & 15, depth)
    }
  }
}

/** A field of a struct, its value as it is written. */
export interface RawField {
  readonly id: number
  readonly type: number
  readonly value: Buffer
}

/** Writes a struct of such fields, in ascending order of their ids. */
export function writeStruct(fields: readonly RawField[]): Buffer {
  let before = 0
  const parts = fields.flatMap(({ id, type, value }) => {
    const step = id - before
    before = id
    return [Buffer.from(step < 16 ? [(step << 4) | type] : [type, ...varint(id * 2)]), value]
  })
  return Buffer.concat([...parts, Buffer.from([0])])
}

/** A field with an integer. */
export function numberField(id: number, type: typeof Thrift.i32 | typeof Thrift.i64, value: number): RawField {
  return { id, type, value: Buffer.from(varint(value * 2)) }
}

/** A list of structs that are written already. */
export function listOf(structs: readonly Buffer[]): Buffer {
  const count = structs.length
  const head = count < 15 ? [(count << 4) | Thrift.struct] : [0xf0 | Thrift.struct, ...varint(count)]
  return Buffer.concat([Buffer.from(head), ...structs])
}

/** A list of a few integers. */
export function numbersOf(values: readonly number[]): Buffer {
  return Buffer.from([(values.length << 4) | Thrift.i32, ...values.flatMap((value) => varint(value * 2))])
}

/** A number that is not negative, seven bits a byte. */
export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
}
