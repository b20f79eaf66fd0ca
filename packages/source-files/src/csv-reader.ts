import { isAscii, isUtf8 } from 'node:buffer'
import { dialectOf, type FileTable, type Format } from './config.ts'
import { FileText } from './content.ts'
import { BadRecord, CsvParser, uniqueNames } from './csv.ts'
import { CsvBlock } from './csv-block.ts'
import type { Dialect, Fields } from './csv-record.ts'
import { CsvScanner } from './csv-scanner.ts'

/** Some rows of a delimited file under the names of its columns: records, or rows of a block. */
export type CsvPage = RecordPage | BlockPage

interface RecordPage {
  readonly names: readonly string[]
  readonly records: readonly (Fields | BadRecord)[]
}

interface BlockPage {
  readonly names: readonly string[]
  readonly block: CsvBlock
  /** The rows of the block that are in this page; those of the next follow. */
  readonly from: number
  readonly to: number
}

/** How many rows a page has. */
export const rowsIn = (page: CsvPage): number => ('block' in page ? page.to - page.from : page.records.length)

// Long enough to be worth its overhead, short enough that a part's limit is met closely.
const PAGE = 2000
/** A page of a block has hardly more text. V8 keeps a longer one among large objects, which it frees late. */
const PAGE_BYTES = 64 * 1024
const LF = 10
/** A record that is longer is read as a text, which knows how long one may be. */
const LONG = 256 * 1024
/** So many records between two that are not written plainly are worth a page of their own. */
const MANY = 100

/**
 * Reads a delimited file, given piece by piece. Records that are written plainly are found in the bytes, by `CsvScanner`;
 * all others, and what is wrong, by `CsvParser`, which alone decides what a file means.
 */
export class CsvReader {
  readonly #table: FileTable
  readonly #dialect: Dialect
  readonly #parser: CsvParser
  readonly #text: FileText
  readonly #mayScan: boolean
  #names: readonly string[] | undefined
  #scanner: CsvScanner | undefined
  /** What was given and is not read yet, and behind it room for more. */
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0
  /** How many bytes are read as a text where a record is not written plainly: more where many are not. */
  #odd = 1

  constructor(table: FileTable, format: Format) {
    const given = Array.isArray(table.header) ? table.header : undefined
    this.#table = table
    this.#dialect = dialectOf(table, format)
    this.#parser = new CsvParser(this.#dialect, given?.length)
    this.#text = new FileText(table.encoding)
    this.#mayScan = CsvScanner.takes(this.#dialect)
    this.#names = given === undefined ? undefined : uniqueNames(given)
  }

  /** The rows that are complete with this piece. A page must not be read after the next one was asked for. */
  *feed(piece: Buffer): Generator<CsvPage> {
    this.#text.begin(piece)
    if (!this.#mayScan || !this.#text.isUtf8) {
      yield* this.#asText(piece)
      return
    }
    this.#hold(piece)
    const bytes = this.#bytes
    const to = this.#length
    let at = 0
    while (at < to) {
      const scanner = this.#scannerAtRecord()
      if (scanner !== undefined) {
        const behind = scanner.scan(bytes, at, to)
        const isRead = isText(bytes.subarray(at, behind))
        if (isRead) {
          if (scanner.count > 0) yield* this.#blockPages(scanner, at, behind)
          at = behind
          if (!scanner.isOdd && to - at < LONG) break
        }
        this.#odd = isRead && scanner.count >= MANY ? 1 : Math.min(this.#odd * 2, LONG)
      }
      const end = bytes.subarray(0, to).indexOf(LF, Math.min(at + this.#odd, to) - 1)
      const behind = end < 0 ? to : end + 1
      yield* this.#asText(bytes.subarray(at, behind))
      at = behind
    }
    bytes.copyWithin(0, at, to)
    this.#length = to - at
  }

  /** The rest. @throws InvalidFileError where it ends inside a record. */
  *end(): Generator<CsvPage> {
    if (this.#length > 0) yield* this.#asText(this.#bytes.subarray(0, this.#length))
    const rest = this.#text.end()
    if (rest !== '') yield* this.#recordPages(this.#parser.feed(rest, false))
    yield* this.#recordPages(this.#parser.feed('', true))
  }

  /** Undefined where what comes next must be read as a text. */
  #scannerAtRecord(): CsvScanner | undefined {
    const { plainWidth } = this.#parser
    if (plainWidth === undefined || this.#names === undefined || !this.#text.isBetween) return undefined
    this.#scanner ??= new CsvScanner(this.#dialect, plainWidth)
    return this.#scanner
  }

  *#blockPages(scanner: CsvScanner, from: number, to: number): Generator<CsvPage> {
    const names = this.#names!
    const { count } = scanner
    this.#parser.pass(scanner.lines)
    this.#text.pass(to - from)
    const block = new CsvBlock(this.#bytes, scanner, this.#dialect.quote)
    for (let at = 0; at < count; ) {
      const most = Math.min(at + PAGE, count)
      const end = block.rowAt(block.offsetOf(at) + PAGE_BYTES, at + 1, most)
      yield { names, block, from: at, to: end }
      at = end
    }
  }

  *#asText(bytes: Buffer): Generator<CsvPage> {
    const text = this.#text.feed(bytes)
    if (text !== '') yield* this.#recordPages(this.#parser.feed(text, false))
  }

  *#recordPages(found: readonly (Fields | BadRecord)[]): Generator<CsvPage> {
    let records = found
    if (this.#names === undefined) {
      const [first] = records
      if (first === undefined) return
      const fields = first instanceof BadRecord ? first.values : first
      this.#names = uniqueNames(this.#table.header === true ? fields : fields.map(() => null))
      if (this.#table.header === true) records = records.slice(1)
      yield { names: this.#names, records: [] }
    }
    const names = this.#names
    for (let at = 0; at < records.length; at += PAGE) yield { names, records: records.slice(at, at + PAGE) }
  }

  /** Puts a piece behind what is held, and a line feed behind both, where a scan stops. */
  #hold(piece: Buffer): void {
    const length = this.#length + piece.length
    if (length >= this.#bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(length + 1, this.#bytes.length * 2))
      this.#bytes.copy(bytes, 0, 0, this.#length)
      this.#bytes = bytes
    }
    piece.copy(this.#bytes, this.#length)
    this.#bytes[length] = LF
    this.#length = length
  }
}

const isText = (bytes: Buffer): boolean => isAscii(bytes) || isUtf8(bytes)
