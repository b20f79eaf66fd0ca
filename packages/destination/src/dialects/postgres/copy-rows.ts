// The hot file of Postgres: rows as the bytes of a binary COPY (documentation of COPY, "Binary Format"). Each row is the
// number of its fields, then each field's length and bytes; all numbers are big-endian. One buffer is filled with as
// many rows as fit and handed on; a value that is larger gets a buffer of its own.

import type { BinaryRows } from '@tidemark/core/engine'
import type { Suffix } from './copy-suffix.ts'

/** What is sent at once: enough for the socket, small enough that reading goes on in between. */
const CHUNK = 64 * 1024
/** The most bytes of a field that is not text: its length and a number. */
const FIXED = 12
/** Texts up to so many characters are copied here when they are ASCII; for longer ones the call into C++ is worth it. */
const SHORT = 48

/** What stands before and behind the rows. */
export const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const TRAILER = Buffer.from([0xff, 0xff])
const TWO_32 = 4_294_967_296

const INTEGER = 0
const TEXT = 1
const DOUBLE = 2
const BOOLEAN = 3
const DAYS = 4
const JSONB = 5
const BYTES = 6
const NUMERIC = 7

/** What a value can become. An `integer` has 64 bits; `days` are counted in 32. */
export type CopyField = keyof typeof KINDS

const KINDS = {
  integer: INTEGER,
  text: TEXT,
  double: DOUBLE,
  boolean: BOOLEAN,
  days: DAYS,
  jsonb: JSONB,
  bytes: BYTES,
  numeric: NUMERIC,
} as const

/** Encodes rows of one table; the values of a row, with its position as the last one, come before the suffix. */
export class CopyRows {
  readonly #kinds: Uint8Array
  readonly #suffix: Suffix
  #buffer = Buffer.alloc(0)
  #view = new DataView(new ArrayBuffer(0))
  #at = 0
  readonly #full: Buffer[] = []
  #count: number

  constructor(fields: readonly CopyField[], suffix: Suffix) {
    this.#kinds = Uint8Array.from(fields, (field) => KINDS[field])
    this.#suffix = suffix
    this.#count = suffix.countFrom ?? 0
  }

  /** The whole load, chunk by chunk, made as it is asked for. A chunk is never written to again: it may wait for the socket. */
  *chunks(rows: readonly (readonly unknown[])[]): Generator<Buffer> {
    this.#begin()
    for (const row of rows) {
      this.#row(row)
      if (this.#full.length > 0) yield* this.#taken()
    }
    yield* this.#end()
  }

  /** The same of rows that are encoded already. */
  *binaryChunks({ slices }: BinaryRows): Generator<Buffer> {
    this.#begin()
    for (const slice of slices) {
      if (!('bytes' in slice)) {
        for (const row of slice) {
          this.#row(row)
          if (this.#full.length > 0) yield* this.#taken()
        }
        continue
      }
      const { bytes, offsets, positions, from, to } = slice
      const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let row = from; row < to; row++) {
        this.#encoded(source, [offsets[row * 2]!, offsets[row * 2 + 1]!], positions?.[row - from])
        if (this.#full.length > 0) yield* this.#taken()
      }
    }
    yield* this.#end()
  }

  /** One row by itself, for as long as no other is asked for: it stands at the start of a buffer. */
  one(row: readonly unknown[]): { readonly buffer: Buffer; readonly end: number } {
    this.#at = 0
    this.#row(row)
    if (this.#full.length === 0) return { buffer: this.#buffer, end: this.#at }
    const whole = Buffer.concat([...this.#taken(), this.#buffer.subarray(0, this.#at)])
    return { buffer: whole, end: whole.length }
  }

  #begin(): void {
    this.#make(CHUNK)
    this.#append(SIGNATURE)
  }

  *#end(): Generator<Buffer> {
    this.#append(TRAILER)
    yield* this.#taken()
    yield this.#buffer.subarray(0, this.#at)
  }

  #taken(): Buffer[] {
    return this.#full.splice(0)
  }

  #encoded(source: Buffer, [from, to]: readonly [number, number], position: number | bigint | undefined): void {
    const { fields, bytes, countFrom } = this.#suffix
    const counted = countFrom === undefined ? 0 : 1
    this.#room(2 + to - from + 2 * FIXED + bytes.length)
    this.#view.setInt16(this.#at, this.#kinds.length + fields + counted)
    source.copy(this.#buffer, this.#at + 2, from, to)
    this.#at += 2 + to - from
    if (position === undefined) {
      this.#view.setInt32(this.#at, -1)
      this.#at += 4
    } else this.#integer(position)
    this.#append(bytes)
    if (counted === 1) this.#integer(this.#count++)
  }

  #row(row: readonly unknown[]): void {
    const kinds = this.#kinds
    const width = kinds.length
    const { fields, bytes, countFrom } = this.#suffix
    const counted = countFrom === undefined ? 0 : 1
    // Room for all that has a fixed length is made once; texts make their own.
    const fixed = 2 + (width + 1) * FIXED + bytes.length
    this.#room(fixed)
    this.#view.setInt16(this.#at, width + fields + counted)
    this.#at += 2
    for (let column = 0; column < width; column++) {
      const value = row[column]
      if (value === null) {
        this.#view.setInt32(this.#at, -1)
        this.#at += 4
        continue
      }
      switch (kinds[column]) {
        case INTEGER:
          this.#integer(value as number | bigint)
          break
        case TEXT:
          this.#text(value as string, fixed)
          break
        case DOUBLE:
          this.#view.setInt32(this.#at, 8)
          this.#view.setFloat64(this.#at + 4, value as number)
          this.#at += 12
          break
        case BOOLEAN:
          this.#view.setInt32(this.#at, 1)
          this.#buffer[this.#at + 4] = value === true ? 1 : 0
          this.#at += 5
          break
        case DAYS:
          this.#view.setInt32(this.#at, 4)
          this.#view.setInt32(this.#at + 4, value as number)
          this.#at += 8
          break
        case JSONB:
          this.#jsonb(value as string, fixed)
          break
        case BYTES:
          this.#bytes(value as Uint8Array, fixed)
          break
        case NUMERIC:
          this.#numeric(value as string, fixed)
      }
    }
    this.#append(bytes)
    if (counted === 1) this.#integer(this.#count++)
  }

  #integer(value: number | bigint): void {
    const view = this.#view
    const at = this.#at
    view.setInt32(at, 8)
    if (typeof value === 'number') {
      const high = Math.floor(value / TWO_32)
      view.setInt32(at + 4, high)
      view.setUint32(at + 8, value - high * TWO_32)
    } else view.setBigInt64(at + 4, value)
    this.#at = at + 12
  }

  #text(value: string, fixed: number): void {
    const start = this.#at
    const written = this.#utf8(value, start + 4, fixed)
    this.#view.setInt32(this.#at, written)
    this.#at += 4 + written
  }

  #jsonb(value: string, fixed: number): void {
    const written = this.#utf8(value, this.#at + 5, fixed)
    this.#view.setInt32(this.#at, written + 1)
    // The version of the format.
    this.#buffer[this.#at + 4] = 1
    this.#at += 5 + written
  }

  /** Appends a text to the buffer, which may be another one afterwards. @returns how many bytes it took. */
  #utf8(value: string, wanted: number, fixed: number): number {
    const length = value.length
    const offset = wanted - this.#at
    this.#room(offset + length * 3 + fixed)
    const buffer = this.#buffer
    const start = this.#at + offset
    if (length <= SHORT) {
      let at = 0
      for (; at < length; at++) {
        const code = value.charCodeAt(at)
        if (code > 127) break
        buffer[start + at] = code
      }
      if (at === length) return length
    }
    return buffer.write(value, start, 'utf8')
  }

  #bytes(value: Uint8Array, fixed: number): void {
    this.#room(4 + value.length + fixed)
    this.#view.setInt32(this.#at, value.length)
    this.#buffer.set(value, this.#at + 4)
    this.#at += 4 + value.length
  }

  /** Groups of four digits, as src/backend/utils/adt/numeric.c has them. */
  #numeric(text: string, fixed: number): void {
    this.#room(12 + text.length * 2 + fixed)
    const negative = text.charCodeAt(0) === 45
    const digits = negative ? text.slice(1) : text
    const point = digits.indexOf('.')
    const whole = point < 0 ? digits : digits.slice(0, point)
    const fraction = point < 0 ? '' : digits.slice(point + 1)
    const padded =
      whole.padStart(Math.ceil(whole.length / 4) * 4, '0') + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0')
    let first = 0
    let last = padded.length / 4
    const group = (at: number): number => Number(padded.slice(at * 4, at * 4 + 4))
    while (first < last && group(first) === 0) first++
    while (last > first && group(last - 1) === 0) last--
    const count = last - first
    const view = this.#view
    let at = this.#at
    view.setInt32(at, 8 + count * 2)
    view.setInt16(at + 4, count)
    view.setInt16(at + 6, count === 0 ? 0 : Math.ceil(whole.length / 4) - 1 - first)
    view.setUint16(at + 8, negative && count > 0 ? 0x4000 : 0)
    view.setUint16(at + 10, fraction.length)
    at += 12
    for (let one = first; one < last; one++, at += 2) view.setInt16(at, group(one))
    this.#at = at
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    if (this.#at > 0) this.#full.push(this.#buffer.subarray(0, this.#at))
    this.#make(Math.max(CHUNK, bytes))
  }

  #make(size: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(size)
    this.#view = new DataView(this.#buffer.buffer)
    this.#at = 0
  }
}
