import type { Dialect } from './csv-record.ts'

const LF = 10
const CR = 13

/** What is known of a value beside its place. */
export const NULL = 1
/** Quotes in it are written twice. */
export const DOUBLED = 2
/** It has characters beyond ASCII. */
export const WIDE = 4

/**
 * Finds values in the bytes of a delimited text that is written plainly: in UTF-8, lines end in LF or CRLF, each row has
 * as many values as it should. It stops at the first record that is written in any other way, and leaves it to `CsvParser`.
 */
export class CsvScanner {
  readonly width: number
  /** Where the values of the scanned records begin and end, row by row, and what is known of them. */
  starts: Int32Array = new Int32Array(0)
  ends: Int32Array = new Int32Array(0)
  marks: Uint8Array = new Uint8Array(0)
  /** How many records were complete, and how many lines they have. */
  count = 0
  lines = 0
  /** Whether it stopped at a record that is not written plainly. */
  isOdd = false
  readonly #delimiter: number
  readonly #quote: number
  readonly #nulls: readonly Buffer[]
  readonly #longestNull: number
  readonly #emptyMark: number
  readonly #quotedNulls: boolean
  /** By byte: whether it may end a value, outside and inside of quotes. */
  readonly #outside = new Uint8Array(256)
  readonly #inside = new Uint8Array(256)

  /** @param width how many values a row has. */
  constructor(dialect: Dialect, width: number) {
    this.width = width
    this.#delimiter = dialect.delimiter.charCodeAt(0)
    this.#quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0)
    this.#nulls = [...dialect.nulls].map((text) => Buffer.from(text))
    this.#longestNull = Math.max(-1, ...this.#nulls.map(({ length }) => length))
    this.#emptyMark = dialect.nulls.has('') ? NULL : 0
    this.#quotedNulls = dialect.quotedNulls
    for (const table of [this.#outside, this.#inside]) table.fill(1, 128)
    for (const byte of [this.#delimiter, LF, CR]) this.#outside[byte] = 1
    if (this.#quote >= 0) for (const byte of [this.#quote, LF]) this.#inside[byte] = 1
  }

  /** Whether texts of such a dialect can be scanned at all. */
  static takes({ delimiter, quote, escape: mark, nulls, quotedNulls }: Dialect): boolean {
    const isPlain = (text: string): boolean => text.length === 1 && text.charCodeAt(0) < 128 && !/[\r\n]/.test(text)
    if (!isPlain(delimiter) || delimiter === quote) return false
    if (quote === '') return true
    return isPlain(quote) && mark === quote && !(quotedNulls && [...nulls].some((text) => text.includes(quote)))
  }

  /** Scans the records between two places; at `to` a line feed must stand. @returns the place behind the last record. */
  scan(bytes: Uint8Array, from: number, to: number): number {
    const { width } = this
    const outside = this.#outside
    const inside = this.#inside
    const delimiter = this.#delimiter
    const quote = this.#quote
    this.count = 0
    this.lines = 0
    this.isOdd = false
    let record = from
    while (record < to) {
      this.#room((this.count + 1) * width)
      const { starts, ends, marks } = this
      let place = this.count * width
      const end = place + width
      let lines = 1
      let at = record
      for (;;) {
        let start = at
        let stop: number
        let mark = 0
        if (bytes[at] === quote) {
          start = ++at
          for (;;) {
            while (inside[bytes[at]!] === 0) at++
            if (at >= to) return record
            const byte = bytes[at]!
            if (byte === quote) {
              if (at + 1 >= to) return record
              if (bytes[at + 1] !== quote) break
              mark |= DOUBLED
              at++
            } else if (byte === LF) lines++
            else mark |= WIDE
            at++
          }
          stop = at++
          if (this.#quotedNulls && this.#isNull(bytes, start, stop)) mark = NULL
        } else {
          for (;;) {
            while (outside[bytes[at]!] === 0) at++
            if (bytes[at]! < 128) break
            mark |= WIDE
            at++
          }
          stop = at
          if (start === stop) mark = this.#emptyMark
          else if (stop - start <= this.#longestNull && this.#isNull(bytes, start, stop)) mark = NULL
        }
        if (at >= to) return record
        starts[place] = start
        ends[place] = stop
        marks[place] = mark
        place++
        const byte = bytes[at++]!
        if (byte === delimiter) {
          if (place < end) continue
          return this.#oddAt(record)
        }
        if (byte === CR) {
          if (at >= to) return record
          if (bytes[at++] !== LF) return this.#oddAt(record)
        } else if (byte !== LF) return this.#oddAt(record)
        if (place < end) return this.#oddAt(record)
        break
      }
      this.count++
      this.lines += lines
      record = at
    }
    return record
  }

  #oddAt(record: number): number {
    this.isOdd = true
    return record
  }

  #isNull(bytes: Uint8Array, start: number, stop: number): boolean {
    const length = stop - start
    return this.#nulls.some((one) => {
      if (one.length !== length) return false
      for (let at = 0; at < length; at++) if (one[at] !== bytes[start + at]) return false
      return true
    })
  }

  #room(values: number): void {
    if (values <= this.marks.length) return
    const length = Math.max(4096, values * 2)
    this.starts = grown(this.starts, new Int32Array(length))
    this.ends = grown(this.ends, new Int32Array(length))
    this.marks = grown(this.marks, new Uint8Array(length))
  }
}

function grown<Values extends Int32Array | Uint8Array>(from: Values, to: Values): Values {
  to.set(from)
  return to
}
