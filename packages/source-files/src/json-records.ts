import { getManyValues, none } from 'stream-chain/core'
import { Assembler } from 'stream-json/core/assembler.js'
import { jsonParser, type Token } from 'stream-json/core/parser.js'
import { InvalidFileError } from './invalid-file-error.ts'
import type { JsonReader } from './json-value.ts'
import { RecordsBelow } from './records-below.ts'

export type JsonObject = Record<string, unknown>

const LONGEST = 128 * 1024 * 1024
const DEEPEST = 1_000_000
// Where its text is wrong, the library tells no place and gives nothing more of what it was fed: so it is fed little.
const STEP = 4096
const TOO_LONG = 'has a record of more than 128 MB; check that it is JSON of the format that the table sets'

/** The objects of a text that has one a line, given piece by piece. Empty lines are left out. */
export class JsonLines {
  readonly #parse: (text: string) => unknown
  #rest = ''
  #line = 0

  constructor({ parse }: JsonReader) {
    this.#parse = parse
  }

  /** Whether all that was given has become objects. */
  get isBetween(): boolean {
    return this.#rest === ''
  }

  /** Passes over lines that are read in another way. */
  pass(lines: number): void {
    this.#line += lines
  }

  /** The objects that are complete with this piece. @throws InvalidFileError where a line is not an object. */
  feed(text: string): JsonObject[] {
    this.#rest += text
    const isEnded = text.includes('\n')
    if (this.#rest.length > LONGEST && !isEnded) throw new InvalidFileError(`${TOO_LONG} (line ${this.#line + 1})`)
    if (!isEnded) return []
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop()!
    return lines.map((line) => this.#objectOf(line, '')).filter((object) => object !== undefined)
  }

  /** The object of the last line, where it has no end. */
  end(): JsonObject[] {
    const object = this.#objectOf(this.#rest, ', the last line, which has no end: the file may be cut off')
    return object === undefined ? [] : [object]
  }

  #objectOf(text: string, end: string): JsonObject | undefined {
    this.#line++
    return text.trim() === '' ? undefined : parsed(text, `line ${this.#line}${end}`, this.#parse)
  }
}

/** The objects of a text that has one a line, as they become complete. */
export async function* jsonLines(texts: AsyncIterable<string>, reader: JsonReader): AsyncGenerator<JsonObject[]> {
  const lines = new JsonLines(reader)
  for await (const text of texts) yield lines.feed(text)
  yield lines.end()
}

function parsed(text: string, place: string, parse: (text: string) => unknown): JsonObject {
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    throw new InvalidFileError(`is not valid JSON (${place}): ${(cause as Error).message}`, { cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new InvalidFileError(
    `has ${text.trim().slice(0, 40)} instead of an object (${place}): every record must be a JSON object`,
  )
}

/**
 * The objects of a text that is an array of them, or one object after the other, as they become complete; or those of the
 * lists at a path in it.
 */
export async function* jsonDocument(
  texts: AsyncIterable<string>,
  reader: JsonReader,
  path?: string,
): AsyncGenerator<JsonObject[]> {
  const records = new JsonRecords(reader, path === undefined ? new RecordsOutside() : new RecordsBelow(path))
  for await (const text of texts) {
    const objects: JsonObject[] = []
    for (let at = 0; at < text.length; at += STEP) objects.push(...records.feed(text.slice(at, at + STEP)))
    yield objects
  }
  yield records.end()
}

/** Finds the records of a document: sees the tokens between them. */
interface RecordFinder {
  /** Whether the document may end here. */
  readonly isWhole: boolean
  /** Whether it cannot, whatever its last token is. */
  readonly isOpen: boolean
  /** Reads a token between records; whether it begins one. */
  begins(token: Token): boolean
}

class JsonRecords {
  readonly #finder: RecordFinder
  readonly #parser = jsonParser({ packValues: true, streamValues: false, jsonStreaming: true })
  readonly #assembler: ExactAssembler
  #count = 0
  /** Characters since a record was last complete. */
  #length = 0

  constructor({ number }: JsonReader, finder: RecordFinder) {
    this.#assembler = new ExactAssembler(number)
    this.#finder = finder
  }

  feed(text: string): JsonObject[] {
    const before = this.#count
    const objects = this.#objects(text)
    this.#length = this.#count > before ? 0 : this.#length + text.length
    if (this.#length > LONGEST) throw new InvalidFileError(TOO_LONG)
    if (this.#assembler.depth > DEEPEST)
      throw new InvalidFileError(
        `nests more than a million levels deep (record ${this.#count + 1}); check that it is JSON`,
      )
    return objects
  }

  /** @throws Broken where the text ends inside a record or an array. */
  end(): JsonObject[] {
    // A number is a token only at its end, which may be that of the text.
    const objects = this.#assembler.done && !this.#finder.isOpen ? this.#objects(none) : []
    if (this.#assembler.done && this.#finder.isWhole) return objects
    throw new InvalidFileError(
      `ends too early, or is not valid near its end, in or after record ${this.#count + 1}: if it is cut off, write it again in full`,
    )
  }

  #objects(text: string | typeof none): JsonObject[] {
    const objects: JsonObject[] = []
    for (const token of this.#tokens(text)) {
      if (this.#assembler.done && !this.#finder.begins(token)) continue
      this.#assembler.consume(token)
      if (!this.#assembler.done) continue
      objects.push(this.#assembler.current!)
      this.#count++
    }
    return objects
  }

  #tokens(text: string | typeof none): readonly Token[] {
    try {
      const tokens = this.#parser(text as string)
      return tokens === none ? [] : getManyValues(tokens)
    } catch (cause) {
      throw new InvalidFileError(
        `is not valid JSON (in or soon after record ${this.#count + 1}): ${(cause as Error).message}`,
        {
          cause,
        },
      )
    }
  }
}

/** A document that is an array of records, or one record after the other. */
class RecordsOutside implements RecordFinder {
  #shape: 'unknown' | 'array' | 'objects' | 'ended' = 'unknown'
  #count = 0

  get isWhole(): boolean {
    return this.#shape === 'objects' || this.#shape === 'ended'
  }

  get isOpen(): boolean {
    return this.#shape === 'array'
  }

  begins({ name }: Token): boolean {
    if (this.#shape === 'ended')
      throw new InvalidFileError(`has more data after the end of its array (record ${this.#count})`)
    if (this.#shape === 'unknown') {
      this.#shape = name === 'startArray' ? 'array' : 'objects'
      if (name === 'startArray') return false
    }
    if (name === 'startObject') {
      this.#count++
      return true
    }
    if (name !== 'endArray')
      throw new InvalidFileError(
        `must be an array of objects, or objects one after another: record ${this.#count + 1} is not an object; if the records are in a list inside of it, set "rows" to its path, such as "data.items"`,
      )
    this.#shape = 'ended'
    return false
  }
}

/** Puts records together, each number as its text is read. */
class ExactAssembler extends Assembler<JsonObject> {
  readonly #number: (text: string) => unknown

  constructor(number: (text: string) => unknown) {
    super()
    this.#number = number
  }

  override numberValue(text: string): void {
    // The library's own option `numberAsString` stores a number this way.
    super.stringValue(this.#number(text) as string)
  }
}
