import { isAscii, isUtf8 } from 'node:buffer'
import { cutShort, FileText } from './content.ts'
import { JsonLines, type JsonObject } from './json-records.ts'
import { JsonScanner } from './json-scanner.ts'
import type { JsonReader } from './json-value.ts'

const LF = 10
/** A line that is longer is read as a text, which knows how long one may be. */
const LONG = 256 * 1024

type ScannedRows = Pick<JsonScanner, 'starts' | 'ends' | 'marks' | 'numbers' | 'lines' | 'count' | 'cells'>

/** Some objects of a file of one a line: values that a scanner has found, and objects that were parsed. Not to be read after the next piece was fed. */
export interface JsonBlock extends Readonly<ScannedRows> {
  readonly names: readonly string[]
  readonly bytes: Buffer
  /** The objects that were parsed, by their row, where no field is marked. */
  readonly parsed: ReadonlyMap<number, JsonObject>
}

/**
 * Reads a file that has one object a line, given piece by piece. Objects that are written plainly are found in the bytes, by
 * `JsonScanner`; all others, and what is wrong, by `JsonLines`, which alone decides what a file means. As with that alone,
 * a piece gives all of its objects or fails.
 */
export class JsonLinesReader {
  readonly #lines: JsonLines
  readonly #text: FileText
  readonly #scanner = new JsonScanner()
  /** What was given and is not read yet, and behind it room for more. */
  #bytes: Buffer = Buffer.alloc(0)
  #from = 0
  #to = 0
  /** Lines and bytes that were scanned since a text was read. */
  #passedLines = 0
  #passedFrom = 0
  #parsed = new Map<number, JsonObject>()

  constructor(encoding: string, reader: JsonReader) {
    this.#text = new FileText(encoding)
    this.#lines = new JsonLines(reader)
  }

  /** The objects that are complete with this piece. @throws InvalidFileError where a line is not an object. */
  feed(piece: Buffer): readonly JsonBlock[] {
    this.#text.begin(piece)
    this.#scanner.clear(false)
    this.#hold(piece)
    const blocks: JsonBlock[] = []
    if (!this.#text.isUtf8 || !this.#isText()) this.#asText(this.#to, blocks)
    while (this.#from < this.#to) {
      const isAtLine = this.#lines.isBetween && this.#text.isBetween
      const behind = isAtLine ? this.#scanner.scan(this.#bytes, this.#from, this.#to) : -1
      if (behind >= 0) {
        this.#passedLines++
        this.#from = behind
        continue
      }
      const end = this.#bytes.indexOf(LF, this.#from)
      if (end >= this.#to && isAtLine && this.#to - this.#from < LONG) break
      this.#asText(Math.min(end + 1, this.#to), blocks)
    }
    this.#pass()
    this.#take(blocks)
    return blocks
  }

  /** The rest. @throws InvalidFileError where the last line is no object. */
  end(): readonly JsonBlock[] {
    this.#scanner.clear(false)
    const blocks: JsonBlock[] = []
    if (this.#from < this.#to) this.#asText(this.#to, blocks)
    const rest = this.#text.end()
    if (rest !== '') this.#add(this.#lines.feed(rest), blocks)
    this.#add(this.#lines.end(), blocks)
    this.#take(blocks)
    return blocks
  }

  /** Reads what is held as a text, up to a place. */
  #asText(to: number, blocks: JsonBlock[]): void {
    this.#pass()
    const text = this.#text.feed(this.#bytes.subarray(this.#from, to))
    this.#from = to
    this.#passedFrom = to
    if (text !== '') this.#add(this.#lines.feed(text), blocks)
  }

  #add(objects: readonly JsonObject[], blocks: JsonBlock[]): void {
    for (const object of objects) {
      const names = this.#scanner.unknown(object)
      if (names.length > 0) {
        this.#take(blocks)
        this.#scanner.clear(true)
        this.#scanner.learn(names)
      }
      this.#parsed.set(this.#scanner.count, object)
      this.#scanner.addEmpty()
    }
  }

  /** Tells the readers of texts what was scanned. */
  #pass(): void {
    this.#lines.pass(this.#passedLines)
    this.#text.pass(this.#from - this.#passedFrom)
    this.#passedLines = 0
    this.#passedFrom = this.#from
  }

  /** Adds what was found as a block. */
  #take(blocks: JsonBlock[]): void {
    const { starts, ends, marks, numbers, lines, count, cells, names } = this.#scanner
    const block = { starts, ends, marks, numbers, lines, count, cells, names: [...names], bytes: this.#bytes }
    if (count > 0) blocks.push({ ...block, parsed: this.#parsed })
    this.#parsed = new Map()
  }

  /** Whether what is held is UTF-8 as far as it goes. Where it is not, reading it as a text says at which byte. */
  #isText(): boolean {
    const bytes = this.#bytes.subarray(this.#from, this.#to)
    return isAscii(bytes) || isUtf8(bytes.subarray(0, bytes.length - cutShort(bytes)))
  }

  /** Puts a piece behind what is held, and a line feed behind both, where a scan stops. */
  #hold(piece: Buffer): void {
    const rest = this.#to - this.#from
    const length = rest + piece.length
    if (length >= this.#bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(length + 1, this.#bytes.length * 2))
      this.#bytes.copy(bytes, 0, this.#from, this.#to)
      this.#bytes = bytes
    } else this.#bytes.copyWithin(0, this.#from, this.#to)
    piece.copy(this.#bytes, rest)
    this.#bytes[length] = LF
    this.#from = 0
    this.#passedFrom = 0
    this.#to = length
  }
}
