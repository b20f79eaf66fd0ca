import { type CsvScanner, DOUBLED, NULL, WIDE } from './csv-scanner.ts'

/** Records that a scanner has found, as long as it scans no others. */
export class CsvBlock {
  readonly count: number
  readonly width: number
  readonly bytes: Buffer
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly marks: Uint8Array
  readonly #quote: string
  /** The text of some rows, and where they are. */
  #text = ''
  #textOf = { from: 0, to: 0 }
  #hasNul: boolean | undefined

  constructor(bytes: Buffer, { count, width, starts, ends, marks }: CsvScanner, quote: string) {
    this.count = count
    this.width = width
    this.bytes = bytes
    this.starts = starts
    this.ends = ends
    this.marks = marks
    this.#quote = quote
  }

  /** Whether a character NUL may be in it, which no text of a database has. */
  get hasNul(): boolean {
    this.#hasNul ??= this.bytes.subarray(this.offsetOf(0), this.offsetOf(this.count)).includes(0)
    return this.#hasNul
  }

  /** The text of a value, by its place in `starts`; null for NULL. */
  textAt(place: number): string | null {
    const mark = this.marks[place]!
    if (mark === NULL) return null
    const start = this.starts[place]!
    const end = this.ends[place]!
    const text = this.bytes.toString((mark & WIDE) === 0 ? 'latin1' : 'utf8', start, end)
    return (mark & DOUBLED) === 0 ? text : text.replaceAll(this.#quote + this.#quote, this.#quote)
  }

  /** Where the values of a row begin, or those of the last one end. */
  offsetOf(row: number): number {
    return row < this.count ? this.starts[row * this.width]! : this.ends[row * this.width - 1]!
  }

  /** The first of some rows that begins at an offset or behind it; the last where none does. */
  rowAt(offset: number, first: number, last: number): number {
    let low = first
    let high = last
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.offsetOf(middle) < offset) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The texts of a column in some rows. */
  texts(column: number, from: number, to: number): (string | null)[] {
    const { starts, ends, marks, width } = this
    const before = this.offsetOf(from)
    if (this.#textOf.from !== from || this.#textOf.to !== to) {
      // One text of all rows, in which each byte is a character: parts of it cost less than texts of their own.
      this.#text = this.bytes.toString('latin1', before, this.offsetOf(to))
      this.#textOf = { from, to }
    }
    const text = this.#text
    const texts = new Array<string | null>(to - from)
    for (let row = from, at = from * width + column; row < to; row++, at += width)
      texts[row - from] = marks[at] === 0 ? text.slice(starts[at]! - before, ends[at]! - before) : this.textAt(at)
    return texts
  }
}
