import { finished } from 'node:stream/promises'
import { type CsvError, type InfoField, type InfoRecord, Parser } from 'csv-parse'
import { InvalidFileError } from './invalid-file-error.ts'
import { DELIMITERS, type LineEnd, lineEndOf } from './line-ends.ts'
import { Misfit } from './misfit.ts'

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

/** A row that does not fit its file. It becomes a rejected row. */
export class BadRecord extends Misfit {
  readonly line: number
  readonly values: Fields

  constructor(line: number, problem: string, values: Fields) {
    super(problem)
    this.line = line
    this.values = values
  }
}

const FILL = 'set "shortRows": "fill" in the table\'s config'
const STRAY = 'a carriage return outside of quotes, in a file whose lines end with line feeds'

// No value of a table is longer; a quote that is never closed must not fill the memory.
const LONGEST = 128 * 1024 * 1024
const MOST_VALUES = 1_000_000

/**
 * Reads delimited text as RFC 4180 writes it, given piece by piece. Lines end in LF or CRLF, also mixed, or all in CR,
 * or in CRCRLF, as the first one does. The first record, or the first that `width` names, says how many values a row has.
 *
 * The library finds the records. Which row is rejected and which file is cut off is decided here, by the bytes of the
 * record at hand: so they are kept until it is whole.
 */
export class CsvParser {
  readonly #dialect: Dialect
  readonly #delimiterLength: number
  /** Made when it is known how lines end. */
  #parser: Parser | undefined
  #end: LineEnd = 'lf'
  /** What came before that. */
  #start = ''
  #skip: number
  #bytes: Buffer[] = []
  /** Offsets: of the bytes kept, of the record at hand, of the end of its last value, of the end of all that was given. */
  #kept = 0
  #record = 0
  #value = 0
  #given = 0
  /** The line of an offset. */
  #line: number
  #lineOffset = 0
  #problem: string | undefined
  #isUnended = false
  #records: (Fields | BadRecord)[] = []
  width: number | undefined

  constructor(dialect: Dialect, width?: number) {
    const { delimiter, skip } = dialect
    this.#dialect = dialect
    this.#delimiterLength = Buffer.byteLength(delimiter)
    this.#skip = skip
    this.#line = skip + 1
    this.width = width
  }

  /** The records that are complete with this piece. @throws Broken where the text ends inside a record. */
  async feed(piece: string, last: boolean): Promise<(Fields | BadRecord)[]> {
    const given = this.#start + piece
    this.#parser ??= this.#begin(given, last)
    if (this.#parser === undefined) {
      this.#start = given
      return []
    }
    this.#start = ''
    const text = this.#skipped(given)
    if (text !== '') {
      this.#isUnended = !text.endsWith(this.#end === 'cr' ? '\r' : '\n')
      await this.#write(this.#parser, text)
    }
    if (last) await this.#finish(this.#parser)
    if (this.#given - this.#record > LONGEST)
      throw new InvalidFileError(
        `has a record of more than 128 MB (line ${this.#lineOf(this.#record)}); check for a quote that is never closed`,
      )
    this.#forget()
    const records = this.#records
    this.#records = []
    return records
  }

  #begin(text: string, isWhole: boolean): Parser | undefined {
    const { delimiter, quote, escape: mark, skip } = this.#dialect
    const end = lineEndOf(text, skip > 0 ? undefined : this.#dialect, isWhole)
    if (end === undefined) return undefined
    this.#end = end
    const parser = new Parser({
      delimiter,
      quote,
      escape: quote === '' ? null : mark,
      record_delimiter: [...DELIMITERS[end]],
      relax_quotes: true,
      relax_column_count: true,
      cast: (value, info) => this.#cast(value, info),
      // Taking each record here and none from the stream spares an event a record.
      on_record: (fields: Fields, info) => this.#add(fields, info),
    })
    // Whoever writes gets the error; without a listener the error would be thrown a second time.
    parser.on('error', () => {}).resume()
    return parser
  }

  #skipped(piece: string): string {
    let text = piece
    while (this.#skip > 0) {
      const newline = text.indexOf(this.#end === 'cr' ? '\r' : '\n')
      if (newline < 0) return ''
      text = text.slice(newline + 1)
      this.#skip--
    }
    return text
  }

  async #write(parser: Parser, text: string): Promise<void> {
    const bytes = Buffer.from(text)
    this.#bytes.push(bytes)
    this.#given += bytes.length
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    parser.write(bytes, (error) => (error ? reject(error) : resolve()))
    await promise
  }

  async #finish(parser: Parser): Promise<void> {
    // Of a line that ends the library also takes off a CR.
    if (this.#isUnended) await this.#write(parser, this.#end === 'cr' ? '\r' : '\n')
    try {
      const end = finished(parser)
      parser.end()
      await end
    } catch (error) {
      if ((error as CsvError).code !== 'CSV_QUOTE_NOT_CLOSED') throw error
      throw new InvalidFileError(
        `ends inside a quoted value that begins in the record of line ${this.#lineOf(this.#record)}: it is cut off, or a quote is never closed`,
      )
    }
    if (this.#record < this.#given)
      throw new InvalidFileError(
        `was read only to byte ${this.#record} of ${this.#given} of its text; check that it is CSV`,
      )
  }

  #cast(text: string, { index, quoting, bytes }: InfoField): string | null {
    const { nulls, quote, quotedNulls } = this.#dialect
    const from = index === 0 ? this.#record : this.#value + this.#delimiterLength
    this.#value = bytes
    if (index === MOST_VALUES)
      throw new InvalidFileError(`has a record of more than a million values (line ${this.#lineOf(this.#record)})`)
    if (!quoting) {
      if (nulls.has(text)) return null
      if (text.includes(this.#end === 'cr' ? '\n' : '\r')) this.#checkEnd()
      return text
    }
    // A value with text behind its closing quote is given with its quotes, unless that text begins with NUL.
    if (text.startsWith(quote) || text.includes('\0')) {
      const behind = behindQuotes(this.#slice(from, bytes).toString(), this.#dialect)
      if (behind !== '') this.#problem = `text after a closing quote: ${behind.slice(0, 50)}`
    }
    return quotedNulls && nulls.has(text) ? null : text
  }

  /** A line end of another kind than that of the first line stands in a value. */
  #checkEnd(): void {
    if (this.#end === 'cr')
      throw new InvalidFileError(
        `ends its first line with a carriage return only, and a later one with a line feed (in the record of line ${this.#lineOf(this.#record)}): write it with one kind of line ending`,
      )
    this.#problem ??= STRAY
  }

  #add(fields: Fields, { bytes }: InfoRecord): null {
    const from = this.#record
    const problem = this.#problem
    const isEmpty = fields.length === 1 && this.#value === from
    this.#record = bytes
    this.#problem = undefined
    if (isEmpty && this.width !== 1) return null
    this.width ??= fields.length
    const { width } = this
    if (fields.length === width && problem === undefined) {
      this.#records.push(fields)
    } else if (fields.length < width && problem === undefined && this.#dialect.fillShort) {
      this.#records.push([...fields, ...Array<null>(width - fields.length).fill(null)])
    } else if (fields.length < width && this.#isUnended && bytes === this.#given) {
      throw new InvalidFileError(
        `ends in a row of ${counted(fields.length)} where ${width} are expected, without a line end (line ${this.#lineOf(from)}): if the file is cut off, write it again in full; if its last row is meant to be short, ${FILL}`,
      )
    } else {
      const way = fields.length < width ? `; to fill short rows with NULL, ${FILL}` : ''
      const what = problem ?? `${counted(fields.length)} where ${width} are expected${way}`
      this.#records.push(new BadRecord(this.#lineOf(from), what, fields))
    }
    return null
  }

  #lineOf(offset: number): number {
    const passed = this.#slice(this.#lineOffset, offset)
    const end = this.#end === 'cr' ? 13 : 10
    for (let at = passed.indexOf(end); at >= 0; at = passed.indexOf(end, at + 1)) this.#line++
    this.#lineOffset = offset
    return this.#line
  }

  #slice(from: number, to: number): Buffer {
    if (this.#bytes.length > 1) this.#bytes = [Buffer.concat(this.#bytes)]
    return this.#bytes[0]?.subarray(from - this.#kept, to - this.#kept) ?? Buffer.alloc(0)
  }

  /** Lets the bytes go that stand before the record at hand. */
  #forget(): void {
    if (this.#record === this.#kept) return
    this.#lineOf(this.#record)
    this.#bytes = [this.#slice(this.#record, this.#given)]
    this.#kept = this.#record
  }
}

const counted = (values: number): string => (values === 1 ? '1 value' : `${values} values`)

/** What stands behind the closing quote of a value, as it was written. */
function behindQuotes(value: string, { quote, escape: mark }: Dialect): string {
  for (let at = 1; at < value.length; at++) {
    if (value[at] === mark && (mark !== quote || value[at + 1] === quote)) at++
    else if (value[at] === quote) return value.slice(at + 1)
  }
  return ''
}

/** Column names of a header: an empty one is named after its place, one that was there before gets a number. */
export function uniqueNames(header: Fields): readonly string[] {
  const taken = new Set(header)
  const used = new Set<string>()
  return header.map((given, at) => {
    const base = given === null || given === '' ? `column_${at + 1}` : given
    let name = base
    for (let n = 2; used.has(name) || (name !== given && taken.has(name)); n++) name = `${base}_${n}`
    used.add(name)
    return name
  })
}
