import { type BinaryPage, binaryPage } from '@tidemark/core'
import type { FieldReader } from './field-reader.ts'
import type { Row } from './rows.ts'

const TWO_32 = 4_294_967_296
/** The length of a field and eight bytes. */
const FIXED = 12
/** In a JSON text. */
const MAY_BE_ZERO_BELOW_ZERO = /(?:^|[\s[,:])-0(?:[.eE\s\],}]|$)/
const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/
/** For a copy of fewer bytes the call into C++ is not worth it. */
const SHORT = 48

/**
 * Writes rows as the fields of a binary page: see `BinaryPage`. Behind the fields of a row stands what else is needed to make
 * the row of them again. What is not written so is added as a row, and has no fields.
 */
export class FieldWriter {
  readonly #reader: FieldReader
  #bytes = Buffer.alloc(0)
  #view = new DataView(this.#bytes.buffer)
  #at = 0
  /** Where the row begins, and where its fields end. */
  #row = 0
  #end = 0
  #offsets: Uint32Array<ArrayBuffer> = new Uint32Array(0)
  #rows = new Map<number, Row>()
  #count = 0
  /** How many bytes a row had in the last page. */
  #wide = 128

  constructor(reader: FieldReader) {
    this.#reader = reader
  }

  /** Begins a page. @param rows how many it has. */
  begin(rows: number): void {
    this.#at = 0
    this.#make(Math.ceil(rows * this.#wide * 1.1) + 256)
    this.#row = 0
    this.#count = 0
    this.#offsets = new Uint32Array(rows * 2)
    this.#rows = new Map()
  }

  /** Ends the fields of a row; notes follow. */
  endFields(): void {
    this.#end = this.#at
  }

  endRow(): void {
    this.#offsets[this.#count * 2] = this.#row
    this.#offsets[this.#count * 2 + 1] = this.#end
    this.#row = this.#at
    this.#count++
  }

  /** Adds a row as it is. What was written since the last one is dropped. */
  addRow(row: Row): void {
    this.#rows.set(this.#count, row)
    this.#at = this.#row
    this.endFields()
    this.endRow()
  }

  page(): BinaryPage<Row> {
    this.#wide = this.#at / Math.max(1, this.#count)
    const bytes = this.#bytes
    const offsets = this.#offsets
    const rows = this.#rows
    const reader = this.#reader
    return binaryPage(
      bytes.subarray(0, this.#at),
      offsets,
      (at) => rows.get(at) ?? reader.row(bytes, offsets[at * 2]!, offsets[at * 2 + 1]!),
    )
  }

  /** Notes of a field that is NULL whether its row has it: `IS_ABSENT` or `IS_NULL`. */
  noteNull(note: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = note
  }

  /** Notes how a value was written, in ASCII. @returns false where that is too long. */
  note(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > 255) return false
    this.#room(1 + end - start)
    this.#bytes[this.#at] = end - start
    this.#copy(bytes, start, end, this.#at + 1)
    return true
  }

  null(): void {
    this.#room(FIXED)
    this.#view.setInt32(this.#at, -1)
    this.#at += 4
  }

  /** @param value a safe integer. */
  integer(value: number): void {
    this.#room(FIXED)
    const high = Math.floor(value / TWO_32)
    this.#view.setInt32(this.#at, 8)
    this.#view.setInt32(this.#at + 4, high)
    this.#view.setUint32(this.#at + 8, value - high * TWO_32)
    this.#at += 12
  }

  /** A value of a column of integers. @returns false where it is not a whole number of 64 bits. */
  wholeNumber(value: unknown): boolean {
    if (typeof value === 'bigint') {
      this.#room(FIXED)
      this.#view.setInt32(this.#at, 8)
      this.#view.setBigInt64(this.#at + 4, value)
      this.#at += 12
      return true
    }
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return false
    this.integer(value as number)
    return true
  }

  /** A value of a column of doubles. @returns false where it is not a number, or the zero below zero: a database has one zero. */
  number(value: unknown): boolean {
    if (typeof value !== 'number' || !Number.isFinite(value) || Object.is(value, -0)) return false
    this.#double(value)
    return true
  }

  /** A text. @returns false where no database holds it: halves of characters, or NUL. */
  textOf(text: string): boolean {
    if (!text.isWellFormed() || text.includes('\0')) return false
    const bytes = Buffer.from(text)
    this.text(bytes, 0, bytes.length)
    return true
  }

  /** A value of a column of json. @param written how it was written. @returns false where it may be another one when it is read. */
  jsonOf(value: unknown, written: string): boolean {
    // JSON.stringify writes the zero below zero as zero, and what it escapes by a number may be no text of a database.
    if (value === null || value instanceof Error || MAY_BE_ZERO_BELOW_ZERO.test(written)) return false
    const text = JSON.stringify(value)
    if (text.includes('\\u')) return false
    const bytes = Buffer.from(text)
    this.json(bytes, 0, bytes.length)
    return true
  }

  /** A decimal of up to 255 characters. @returns false where it is not written as Postgres would write it. */
  numeric(text: string): boolean {
    const match = text.length > 255 ? null : DECIMAL.exec(text)
    if (match === null) return false
    const [, sign, whole = '', fraction = ''] = match
    const digits =
      whole.padStart(Math.ceil(whole.length / 4) * 4, '0') + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0')
    const groups: number[] = []
    for (let at = 0; at < digits.length; at += 4) groups.push(Number(digits.slice(at, at + 4)))
    const first = groups.findIndex((group) => group !== 0)
    if (first < 0 && sign === '-') return false
    const held = first < 0 ? [] : groups.slice(first, groups.findLastIndex((group) => group !== 0) + 1)
    this.#room(FIXED + held.length * 2)
    const view = this.#view
    view.setInt32(this.#at, 8 + held.length * 2)
    view.setInt16(this.#at + 4, held.length)
    view.setInt16(this.#at + 6, first < 0 ? 0 : Math.ceil(whole.length / 4) - 1 - first)
    view.setUint16(this.#at + 8, sign === '-' ? 0x4000 : 0)
    view.setUint16(this.#at + 10, fraction.length)
    for (let at = 0; at < held.length; at++) view.setInt16(this.#at + 12 + at * 2, held[at]!)
    this.#at += 12 + held.length * 2
    return true
  }

  #double(value: number): void {
    this.#room(FIXED)
    this.#view.setInt32(this.#at, 8)
    this.#view.setFloat64(this.#at + 4, value)
    this.#at += 12
  }

  boolean(value: boolean): void {
    this.#room(FIXED)
    this.#view.setInt32(this.#at, 1)
    this.#bytes[this.#at + 4] = value ? 1 : 0
    this.#at += 5
  }

  /** @param days since 2000-01-01. */
  date(days: number): void {
    this.#room(FIXED)
    this.#view.setInt32(this.#at, 4)
    this.#view.setInt32(this.#at + 4, days)
    this.#at += 8
  }

  /** A text, by its bytes in UTF-8. */
  text(bytes: Uint8Array, start: number, end: number): void {
    this.#room(4 + end - start)
    this.#view.setInt32(this.#at, end - start)
    this.#copy(bytes, start, end, this.#at + 4)
  }

  /** A text of JSON, by its bytes in UTF-8. */
  json(bytes: Uint8Array, start: number, end: number): void {
    this.#room(5 + end - start)
    this.#view.setInt32(this.#at, end - start + 1)
    // The version of the form.
    this.#bytes[this.#at + 4] = 1
    this.#copy(bytes, start, end, this.#at + 5)
  }

  #copy(bytes: Uint8Array, start: number, end: number, to: number): void {
    const own = this.#bytes
    if (end - start <= SHORT) for (let at = start, into = to; at < end; at++, into++) own[into] = bytes[at]!
    else own.set(bytes.subarray(start, end), to)
    this.#at = to + end - start
  }

  #room(length: number): void {
    if (this.#at + length > this.#bytes.length) this.#make(Math.max(this.#at + length, this.#bytes.length * 2))
  }

  #make(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(bytes, 0, 0, this.#at)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}
