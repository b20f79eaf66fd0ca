import { CARRIAGE_RETURNS, type LineEnd, lastOf } from './line-ends.ts'
import { NextOf } from './next-of.ts'

/** How a delimited text is written. */
export interface Dialect {
  readonly delimiter: string
  /** Empty: no quoting. */
  readonly quote: string
  /** What makes a quote inside quotes a part of the value; by itself, doubled, where it is the quote. */
  readonly escape: string
  /** Unquoted values that mean NULL. */
  readonly nulls: ReadonlySet<string>
  /** Whether they mean it in quotes too. */
  readonly quotedNulls: boolean
  /** Lines to leave out at the start. */
  readonly skip: number
  /** Whether a row with too few values is filled up with NULL. */
  readonly fillShort: boolean
}

export type Fields = readonly (string | null)[]

/** One row of a text, as it is written. */
export interface CsvRecord {
  readonly fields: Fields
  /** Where the next record begins. */
  readonly next: number
  /** Whether there is nothing at all: two line ends, one after the other. */
  readonly isEmpty: boolean
  /** Why its values cannot be trusted. */
  readonly problem: string | undefined
}

/** The problem of a record in which a line end of another kind than that of the first line stands outside of quotes. */
export const STRAY = 'a carriage return outside of quotes, in a file whose lines end with line feeds'

/**
 * The records of a text, one after the other, as RFC 4180 writes them. A quote inside a value that does not begin with one
 * is a part of it.
 */
export class CsvRecords {
  readonly #text: string
  readonly #dialect: Dialect
  readonly #end: LineEnd
  /** Whether no text follows. */
  readonly #isWhole: boolean
  readonly #lineEnds: NextOf
  readonly #delimiters: NextOf
  readonly #quotes: NextOf
  /** Line ends of the other kind. */
  readonly #strays: NextOf
  readonly #longestNull: number

  constructor(text: string, dialect: Dialect, end: LineEnd, isWhole: boolean) {
    this.#text = text
    this.#dialect = dialect
    this.#end = end
    this.#isWhole = isWhole
    this.#lineEnds = new NextOf(text, lastOf(end))
    this.#delimiters = new NextOf(text, dialect.delimiter)
    this.#quotes = new NextOf(text, dialect.quote)
    this.#strays = new NextOf(text, end === 'cr' ? '\n' : '\r')
    this.#longestNull = Math.max(-1, ...[...dialect.nulls].map(({ length }) => length))
  }

  /** The record that begins at a place; undefined where more of the text is needed. */
  at(start: number): CsvRecord | undefined {
    const end = this.#lineEnds.from(start)
    if (this.#needsMore(end)) return undefined
    if (this.#quotes.from(start) < end) return this.#quoted(start)
    const stop = this.#stop(start, end)
    const fields: (string | null)[] = this.#text.slice(start, stop).split(this.#dialect.delimiter)
    for (let at = 0; at < fields.length; at++) if (this.#isNull(fields[at]!)) fields[at] = null
    const problem = this.#isStray(start, stop) && fields.some((value) => this.#hasStray(value)) ? STRAY : undefined
    return { fields, next: this.#behind(end), isEmpty: start === stop, problem }
  }

  /** Value by value, because what separates values may stand inside of one. */
  #quoted(start: number): CsvRecord | undefined {
    const { quote, nulls, quotedNulls } = this.#dialect
    const fields: (string | null)[] = []
    let problem: string | undefined
    for (let from = start; ; ) {
      const close = this.#text.startsWith(quote, from) ? this.#close(from + 1) : from - 1
      if (close === undefined) return undefined
      const bare = close + 1
      const end = this.#lineEnds.from(bare)
      const separator = this.#delimiters.from(bare)
      const isLast = end <= separator
      if (isLast && this.#needsMore(end)) return undefined
      const stop = isLast ? this.#stop(bare, end) : separator
      const rest = this.#text.slice(bare, stop)
      const quoted = bare === from ? undefined : this.#unescaped(this.#text.slice(from + 1, close))
      if (quoted === undefined) {
        fields.push(this.#isNull(rest) ? null : rest)
        if (this.#isStray(bare, stop) && !this.#isNull(rest)) problem = STRAY
      } else if (rest === '') {
        fields.push(quotedNulls && nulls.has(quoted) ? null : quoted)
      } else {
        fields.push(quote + quoted + quote + rest)
        problem ??= `text after a closing quote: ${rest.slice(0, 50)}`
      }
      if (isLast) return { fields, next: this.#behind(end), isEmpty: false, problem }
      from = separator + 1
    }
  }

  /** Where the quote stands that closes a value; undefined where more of the text is needed. */
  #close(from: number): number | undefined {
    const { quote, escape: mark } = this.#dialect
    const text = this.#text
    for (let at = from; ; at += 2) {
      if (mark === quote) at = this.#quotes.from(at)
      else while (at < text.length && text[at] !== quote && text[at] !== mark) at++
      // Whether it is one of two is seen only by what follows.
      if (at >= text.length - 1) return undefined
      if (mark === quote ? text[at + 1] !== quote : text[at] === quote) return at
    }
  }

  #unescaped(text: string): string {
    const { quote, escape: mark } = this.#dialect
    if (mark === quote) return text.includes(quote) ? text.replaceAll(quote + quote, quote) : text
    let value = ''
    let from = 0
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 2)) {
      value += text.slice(from, at)
      from = at + 1
    }
    return value + text.slice(from)
  }

  #isNull(value: string): boolean {
    return value.length <= this.#longestNull && this.#dialect.nulls.has(value)
  }

  /** Whether there is no end of a line, or one that may go on behind what there is of the text. */
  #needsMore(end: number): boolean {
    if (end === Number.POSITIVE_INFINITY) return true
    return this.#end === 'cr' && end === this.#text.length - 1 && !this.#isWhole
  }

  /** Where a line stops whose end has its own character at a place. */
  #stop(start: number, end: number): number {
    const most = CARRIAGE_RETURNS[this.#end]
    let stop = end
    while (stop > start && end - stop < most && this.#text.charCodeAt(stop - 1) === 13) stop--
    return stop
  }

  #behind(end: number): number {
    return this.#end === 'cr' && this.#text[end + 1] === '\n' ? end + 2 : end + 1
  }

  #isStray(from: number, to: number): boolean {
    return this.#strays.from(from) < to
  }

  #hasStray(value: string | null): boolean {
    return value?.includes(this.#end === 'cr' ? '\n' : '\r') === true
  }
}
