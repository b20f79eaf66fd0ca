import { exactNumber, isWritten } from './byte-values.ts'
import { JsonInside } from './json-inside.ts'

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const MINUS = 45
const ZERO = 48
const NINE = 57
const COLON = 58
const BACKSLASH = 92
const OPEN = 123
const CLOSE = 125

/** What stands at the place of a field: nothing, for a record without it. */
export const ABSENT = 0
export const JSON_NULL = 1
export const JSON_TRUE = 2
export const JSON_FALSE = 3
/** A number of up to fifteen digits without a point, or with one; its value is known. `-0` is not such a number. */
export const WHOLE = 4
export const FRACTION = 5
/** Any other number. */
export const NUMBER = 6
/** A text of ASCII without escapes, without its quotes; one with other characters; one with escapes. */
export const PLAIN_TEXT = 7
export const WIDE_TEXT = 8
export const ESCAPED_TEXT = 9
/** A list or an object. Of `VERBATIM` every value is written as JavaScript would write it, or as an escape that is one character. */
export const VERBATIM = 10
export const NESTED = 11

/** More names are keys that are data. */
const MOST_NAMES = 1000
/** How many fields all rows may have together, those that are absent too. */
const MOST_PLACES = 500_000

/** By byte: whether it may be more in a text than itself. */
const STOPS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < SPACE || byte === QUOTE || byte === BACKSLASH || byte > 127 ? 1 : 0,
)

const isSpace = (byte: number): boolean => byte === SPACE || byte === TAB || byte === CR

/**
 * Finds the values of JSON objects of one line each, whose fields have known names, in any order, each once. A line that is
 * anything else it leaves to `JsonLines`, which alone decides what a text means; it never takes one that `JSON.parse` refuses.
 */
export class JsonScanner {
  readonly names: string[] = []
  /** Where the values of the rows begin and end, row by row, and what they are. */
  starts: Int32Array = new Int32Array(0)
  ends: Int32Array = new Int32Array(0)
  marks: Uint8Array = new Uint8Array(0)
  /** The values of numbers. */
  numbers: Float64Array = new Float64Array(0)
  /** Where the lines of the rows begin and end. */
  lines: Int32Array = new Int32Array(0)
  count = 0
  /** How many fields the rows have. */
  cells = 0
  readonly #inside = new JsonInside()
  /** The names as they are written, with the quote behind them; the same names by these bytes. */
  readonly #written: Buffer[] = []
  readonly #byWritten = new Map<string, number>()
  readonly #known = new Set<string>()
  /** Which field came last behind another one; at the end, which came first. */
  #follows: number[] = [0]

  /** Takes in the names of a record. What was scanned must be taken before. */
  learn(names: readonly string[]): void {
    for (const name of names) {
      this.#known.add(name)
      const written = Buffer.from(JSON.stringify(name).slice(1))
      // One that is written with escapes is not looked for.
      if (written.length !== Buffer.byteLength(name) + 1) continue
      this.#byWritten.set(written.toString('latin1'), this.names.push(name) - 1)
      this.#written.push(written)
    }
    this.#follows = [...this.names.map((_, at) => at + 1), 0]
  }

  /** Which names of a record it does not know and might take in. */
  unknown(record: object): readonly string[] {
    if (this.#known.size >= MOST_NAMES) return []
    const names = Object.keys(record)
    return names.every((name) => this.#known.has(name)) ? [] : names.filter((name) => !this.#known.has(name))
  }

  /** Forgets the rows. @param isKept whether their arrays are still read. */
  clear(isKept: boolean): void {
    if (isKept) {
      this.starts = new Int32Array(0)
      this.ends = new Int32Array(0)
      this.marks = new Uint8Array(0)
      this.numbers = new Float64Array(0)
      this.lines = new Int32Array(0)
    } else this.marks.fill(ABSENT, 0, this.count * this.names.length)
    this.count = 0
    this.cells = 0
  }

  /** Adds a row without a field, which stands for one that is read in another way. */
  addEmpty(): void {
    this.count++
  }

  /**
   * Scans the line from one place on, which ends before another, where a line feed stands as well.
   *
   * @returns the place behind it; -1 where it has no end or must be read in another way.
   */
  scan(bytes: Buffer, from: number, to: number): number {
    const width = this.names.length
    const places = (this.count + 1) * width
    if (width === 0 || places > MOST_PLACES) return -1
    if (places > this.marks.length || this.count * 2 + 2 > this.lines.length) this.#room(places)
    const base = this.count * width
    let at = from
    let before = width
    let cells = 0
    while (isSpace(bytes[at]!)) at++
    if (bytes[at++] !== OPEN) return -1
    for (;;) {
      while (isSpace(bytes[at]!)) at++
      if (bytes[at++] !== QUOTE) return this.#leave(base)
      let field = this.#follows[before]!
      const behind = this.#behindName(bytes, at, field)
      if (behind >= 0) at = behind
      else {
        const end = plainEnd(bytes, at)
        field = end < 0 ? -1 : (this.#byWritten.get(bytes.toString('latin1', at, end)) ?? -1)
        if (field < 0) return this.#leave(base)
        this.#follows[before] = field
        at = end
      }
      const place = base + field
      // Of two values of a name the last one counts.
      if (this.marks[place] !== ABSENT) return this.#leave(base)
      while (isSpace(bytes[at]!)) at++
      if (bytes[at++] !== COLON) return this.#leave(base)
      while (isSpace(bytes[at]!)) at++
      at = this.#value(bytes, at, place)
      if (at < 0) return this.#leave(base)
      cells++
      before = field
      while (isSpace(bytes[at]!)) at++
      const byte = bytes[at++]
      if (byte === COMMA) continue
      if (byte !== CLOSE) return this.#leave(base)
      break
    }
    while (isSpace(bytes[at]!)) at++
    if (at >= to || bytes[at] !== LF) return this.#leave(base)
    this.lines[this.count * 2] = from
    this.lines[this.count * 2 + 1] = at
    this.count++
    this.cells += cells
    return at + 1
  }

  #leave(base: number): number {
    this.marks.fill(ABSENT, base, base + this.names.length)
    return -1
  }

  /** The place behind a name and its quote; -1 where another one stands there. */
  #behindName(bytes: Buffer, start: number, field: number): number {
    const name = this.#written[field]
    if (name === undefined) return -1
    const { length } = name
    for (let at = 0; at < length; at++) if (bytes[start + at] !== name[at]) return -1
    return start + length
  }

  /** @returns the place behind the value; -1 where it is not valid, or nests too deep. */
  #value(bytes: Buffer, start: number, place: number): number {
    const { starts, ends, marks } = this
    const byte = bytes[start]!
    if (byte === QUOTE) {
      let at = start + 1
      let mark = PLAIN_TEXT
      for (;;) {
        while (STOPS[bytes[at]!] === 0) at++
        const stop = bytes[at]!
        if (stop === QUOTE) break
        if (stop > 127) {
          at++
          if (mark === PLAIN_TEXT) mark = WIDE_TEXT
        } else {
          at = stop === BACKSLASH ? this.#inside.behindEscape(bytes, at) : -1
          if (at < 0) return -1
          mark = ESCAPED_TEXT
        }
      }
      starts[place] = start + 1
      ends[place] = at
      marks[place] = mark
      return at + 1
    }
    starts[place] = start
    let end: number
    if (byte === MINUS || (byte >= ZERO && byte <= NINE)) {
      end = this.#inside.behindNumber(bytes, start)
      const number = end < 0 ? Number.NaN : exactNumber(bytes, start, end)
      this.numbers[place] = number
      marks[place] = Number.isNaN(number) ? NUMBER : this.#inside.isWhole ? WHOLE : FRACTION
    } else if (byte === OPEN || byte === 91) {
      this.#inside.isVerbatim = true
      end = this.#inside.behindValue(bytes, start, 0)
      marks[place] = this.#inside.isVerbatim ? VERBATIM : NESTED
    } else if (isWritten(bytes, start, 'null')) {
      end = start + 4
      marks[place] = JSON_NULL
    } else if (isWritten(bytes, start, 'true')) {
      end = start + 4
      marks[place] = JSON_TRUE
    } else if (isWritten(bytes, start, 'false')) {
      end = start + 5
      marks[place] = JSON_FALSE
    } else return -1
    ends[place] = end
    return end
  }

  #room(places: number): void {
    const length = Math.max(512, places * 2, this.marks.length)
    this.starts = grown(this.starts, new Int32Array(length))
    this.ends = grown(this.ends, new Int32Array(length))
    this.marks = grown(this.marks, new Uint8Array(length))
    this.numbers = grown(this.numbers, new Float64Array(length))
    this.lines = grown(this.lines, new Int32Array(Math.max(512, this.count * 4 + 4)))
  }
}

/** The place behind the quote that ends a name without escapes; -1 where it has any. */
function plainEnd(bytes: Buffer, start: number): number {
  let at = start
  for (;;) {
    while (STOPS[bytes[at]!] === 0) at++
    if (bytes[at] === QUOTE) return at + 1
    if (bytes[at]! <= 127) return -1
    at++
  }
}

function grown<Values extends Int32Array | Uint8Array | Float64Array>(from: Values, to: Values): Values {
  to.set(from)
  return to
}
