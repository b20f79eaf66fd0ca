import { type CsvRecord, CsvRecords, type Dialect, type Fields, STRAY } from './csv-record.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { type LineEnd, lastOf, lineEndOf } from './line-ends.ts'
import { Misfit } from './misfit.ts'

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

// No value of a table is longer; a quote that is never closed must not fill the memory.
const LONGEST = 128 * 1024 * 1024
const MOST_VALUES = 1_000_000

/**
 * Reads delimited text as RFC 4180 writes it, given piece by piece. Lines end in LF or CRLF, also mixed, or all in CR,
 * or in CRCRLF, as the first one does. The first record, or the first that `width` names, says how many values a row has.
 *
 * Which row is rejected and which file is cut off is decided here; where values begin and end, by `CsvRecords`.
 */
export class CsvParser {
  readonly #dialect: Dialect
  /** Known with the first line. */
  #end: LineEnd | undefined
  #skip: number
  /** What was given and is not read yet, how long it is, and how long it was when the last record in it had no end. */
  #held: string[] = []
  #length = 0
  #unended = 0
  /** The line of the first character that is held. */
  #line: number
  width: number | undefined

  constructor(dialect: Dialect, width?: number) {
    this.#dialect = dialect
    this.#skip = dialect.skip
    this.#line = dialect.skip + 1
    this.width = width
  }

  /**
   * How many values a row has, where the next one begins a line, and lines end in LF; undefined where more must be read to
   * know it, or they end in another way.
   */
  get plainWidth(): number | undefined {
    return this.#length === 0 && this.#skip === 0 && this.#end === 'lf' ? this.width : undefined
  }

  /** Passes over lines that are read in another way. */
  pass(lines: number): void {
    this.#line += lines
  }

  /** The records that are complete with this piece. @throws InvalidFileError where the text ends inside a record. */
  feed(piece: string, last: boolean): (Fields | BadRecord)[] {
    this.#held.push(piece)
    this.#length += piece.length
    // A record that is long is not looked at again with each piece, but when there is twice as much of it.
    if (!last && this.#length < 2 * this.#unended && this.#length <= LONGEST) return []
    const records: (Fields | BadRecord)[] = []
    const text = this.#text(last)
    if (text === undefined) {
      this.#unended = this.#length
      return records
    }
    const end = this.#end!
    const isUnended = last && text !== '' && !text.endsWith(lastOf(end)) && !text.endsWith('\r\n')
    const rest = this.#read(isUnended ? text + lastOf(end) : text, last, isUnended, records)
    if (last && rest !== '')
      throw new InvalidFileError(
        `ends inside a quoted value that begins in the record of line ${this.#line}: it is cut off, or a quote is never closed`,
      )
    if (rest.length > LONGEST)
      throw new InvalidFileError(
        `has a record of more than 128 MB (line ${this.#line}); check for a quote that is never closed`,
      )
    this.#hold(rest)
    this.#unended = rest.length
    return records
  }

  /** What is held, without the lines to leave out; undefined as long as it is not known how lines end. */
  #text(last: boolean): string | undefined {
    let text = this.#held.join('')
    this.#end ??= lineEndOf(text, this.#skip > 0 ? undefined : this.#dialect, last)
    if (this.#end === undefined) {
      this.#hold(text)
      return undefined
    }
    for (; this.#skip > 0; this.#skip--) {
      const at = text.indexOf(lastOf(this.#end))
      if (at < 0) {
        this.#hold('')
        return undefined
      }
      text = text.slice(at + 1)
    }
    return text
  }

  #hold(text: string): void {
    this.#held = [text]
    this.#length = text.length
  }

  /** Adds the records of a text. Gives what is behind the last one that is complete. */
  #read(text: string, isWhole: boolean, isUnended: boolean, to: (Fields | BadRecord)[]): string {
    const end = this.#end!
    const records = new CsvRecords(text, this.#dialect, end, isWhole)
    let from = 0
    let counted = 0
    for (let record = records.at(0); record !== undefined; record = records.at(from)) {
      const { fields, isEmpty, problem, next } = record
      if (!isEmpty || this.width === 1) {
        this.width ??= fields.length
        if (fields.length === this.width && problem === undefined && fields.length <= MOST_VALUES) {
          to.push(fields)
        } else {
          this.#line += timesIn(text, lastOf(end), counted, from)
          counted = from
          to.push(this.#unfitting(record, this.width, isUnended && next === text.length))
        }
      }
      from = next
    }
    this.#line += timesIn(text, lastOf(end), counted, from)
    return text.slice(from)
  }

  /** A row that has too few or too many values, or wrong ones. */
  #unfitting({ fields, problem }: CsvRecord, width: number, isUnended: boolean): Fields | BadRecord {
    if (problem === STRAY && this.#end === 'cr')
      throw new InvalidFileError(
        `ends its first line with a carriage return only, and a later one with a line feed (in the record of line ${this.#line}): write it with one kind of line ending`,
      )
    if (fields.length > MOST_VALUES)
      throw new InvalidFileError(`has a record of more than a million values (line ${this.#line})`)
    const isShort = fields.length < width
    if (isShort && problem === undefined && this.#dialect.fillShort)
      return [...fields, ...Array<null>(width - fields.length).fill(null)]
    const what = `${counted(fields.length)} where ${width} are expected`
    if (isShort && isUnended)
      throw new InvalidFileError(
        `ends in a row of ${what}, without a line end (line ${this.#line}): if the file is cut off, write it again in full; if its last row is meant to be short, ${FILL}`,
      )
    const way = isShort ? `; to fill short rows with NULL, ${FILL}` : ''
    return new BadRecord(this.#line, problem ?? what + way, fields)
  }
}

function timesIn(text: string, wanted: string, from: number, to: number): number {
  let times = 0
  for (let at = text.indexOf(wanted, from); at >= 0 && at < to; at = text.indexOf(wanted, at + 1)) times++
  return times
}

const counted = (values: number): string => (values === 1 ? '1 value' : `${values} values`)

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
