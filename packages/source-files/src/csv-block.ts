import { type CsvScanner, DOUBLED, NULL, WIDE } from './csv-scanner.ts'

/** Records that a scanner has found, as long as it scans no others. */
export class CsvBlock {
  readonly count: number
  readonly width: number
  readonly bytes: Buffer
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly marks: Uint8Array
  readonly #from: number
  readonly #to: number
  readonly #quote: string
  #text: string | undefined

  constructor(
    bytes: Buffer,
    { count, width, starts, ends, marks }: CsvScanner,
    place: readonly [number, number],
    quote: string,
  ) {
    this.count = count
    this.width = width
    this.bytes = bytes
    this.starts = starts
    this.ends = ends
    this.marks = marks
    this.#from = place[0]
    this.#to = place[1]
    this.#quote = quote
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

  /** The texts of a column in some rows. */
  texts(column: number, from: number, to: number): (string | null)[] {
    const { starts, ends, marks, width } = this
    // One text of all rows, in which each byte is a character: parts of it cost less than texts of their own.
    this.#text ??= this.bytes.toString('latin1', this.#from, this.#to)
    const text = this.#text
    const before = this.#from
    const texts = new Array<string | null>(to - from)
    for (let row = from, at = from * width + column; row < to; row++, at += width)
      texts[row - from] = marks[at] === 0 ? text.slice(starts[at]! - before, ends[at]! - before) : this.textAt(at)
    return texts
  }
}
