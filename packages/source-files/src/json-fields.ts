import type { BinaryColumn, BinaryPage, ColumnType } from '@tidemark/core'
import { fromValue } from './convert.ts'
import { FieldReader, IS_ABSENT, IS_NULL, isNoted } from './field-reader.ts'
import { FieldWriter } from './field-writer.ts'
import { isAsJavaScriptWrites } from './json-inside.ts'
import { valueAt } from './json-kinds.ts'
import type { JsonBlock } from './json-reader.ts'
import type { JsonObject } from './json-records.ts'
import {
  ABSENT,
  ESCAPED_TEXT,
  FRACTION,
  JSON_FALSE,
  JSON_NULL,
  JSON_TRUE,
  NUMBER,
  PLAIN_TEXT,
  VERBATIM,
  WHOLE,
  WIDE_TEXT,
} from './json-scanner.ts'
import { exactJson } from './json-value.ts'
import type { Row } from './rows.ts'
import { timeWriter } from './time-fields.ts'

/** Writes the value at a place as a field. @returns false where it is not written: its row is to be looked at as an object. */
type WriteField = (block: JsonBlock, place: number, to: FieldWriter) => boolean

interface FieldsOptions {
  /** The fields that a page has. */
  readonly binary: readonly BinaryColumn[]
  readonly isDeclared: (name: string) => boolean
  readonly isKey: (name: string) => boolean
  /** Makes a row of an object as it was parsed. */
  readonly convert: (object: JsonObject) => Row
}

/** Writes blocks of objects as pages in the binary form of Postgres. A row as an object has all that is not written so. */
export class JsonFields {
  readonly #columns: readonly {
    readonly name: string
    readonly write: WriteField
    readonly isKey: boolean
    readonly isNoted: boolean
  }[]
  readonly #convert: (object: JsonObject) => Row
  readonly #writer: FieldWriter
  /** The names of the last block; by column where its field stands among them; the fields that no column has. */
  #names: readonly string[] = []
  #fields: readonly number[] = []
  #others: readonly number[] = []

  constructor({ binary, isDeclared, isKey, convert }: FieldsOptions) {
    this.#columns = binary.map(({ name, type }) => {
      return { name, write: writeOf(type, isDeclared(name)), isKey: isKey(name), isNoted: isNoted(type) }
    })
    this.#convert = convert
    this.#writer = new FieldWriter(new FieldReader(binary, isDeclared))
  }

  page(block: JsonBlock): BinaryPage<Row> {
    const { count, parsed, names, bytes, lines } = block
    if (names.length !== this.#names.length) this.#learn(names)
    const writer = this.#writer
    writer.begin(count)
    for (let row = 0; row < count; row++) {
      const object = parsed.get(row)
      if (object === undefined && this.#write(block, row * names.length)) writer.endRow()
      else {
        const text = (): string => bytes.toString('utf8', lines[row * 2], lines[row * 2 + 1])
        writer.addRow(this.#convert(object ?? (exactJson.parse(text()) as JsonObject)))
      }
    }
    return writer.page()
  }

  #write(block: JsonBlock, base: number): boolean {
    const { marks, bytes, starts, ends } = block
    for (const field of this.#others) if (marks[base + field] !== ABSENT) return false
    const writer = this.#writer
    const columns = this.#columns
    for (let column = 0; column < columns.length; column++) {
      const { write, isKey } = columns[column]!
      const field = this.#fields[column]!
      const mark = field < 0 ? ABSENT : marks[base + field]
      if (mark === ABSENT || mark === JSON_NULL) {
        if (isKey) return false
        writer.null()
      } else if (!write(block, base + field, writer)) return false
    }
    writer.endFields()
    for (let column = 0; column < columns.length; column++) {
      const field = this.#fields[column]!
      const place = base + field
      const mark = field < 0 ? ABSENT : marks[place]
      if (mark === ABSENT || mark === JSON_NULL) writer.noteNull(mark === ABSENT ? IS_ABSENT : IS_NULL)
      else if (columns[column]!.isNoted && !writer.note(bytes, starts[place]!, ends[place]!)) return false
    }
    return true
  }

  /** Names are only ever added. */
  #learn(names: readonly string[]): void {
    const columns = this.#columns.map(({ name }) => name)
    this.#names = names
    this.#fields = columns.map((name) => names.indexOf(name))
    this.#others = names.flatMap((name, at) => (columns.includes(name) ? [] : [at]))
  }
}

function writeOf(type: ColumnType, declared: boolean): WriteField {
  const ofValue = fromValue(type, declared)
  switch (type) {
    case 'text':
      return writeText
    case 'integer':
      return (block, place, to) => {
        const mark = block.marks[place]
        if (mark === NUMBER) return to.wholeNumber(ofValue(valueAt(block, place, exactJson)))
        if (mark !== WHOLE) return false
        to.integer(block.numbers[place]!)
        return true
      }
    case 'double':
      return writeDouble
    case 'boolean':
      return ({ marks }, place, to) => {
        const mark = marks[place]
        if (mark !== JSON_TRUE && mark !== JSON_FALSE) return false
        to.boolean(mark === JSON_TRUE)
        return true
      }
    case 'numeric':
      return ({ marks, bytes, starts, ends }, place, to) => {
        const [start, end] = [starts[place]!, ends[place]!]
        const isWritten =
          marks[place] === WHOLE || (marks[place] === FRACTION && isAsJavaScriptWrites(bytes, start, end, false))
        return isWritten && to.numeric(bytes.toString('latin1', start, end))
      }
    case 'json':
      return writeJson
    default:
      return timeWriter(type, declared, PLAIN_TEXT) ?? (() => false)
  }
}

const writeText: WriteField = (block, place, to) => {
  const { bytes, starts, ends, marks } = block
  const mark = marks[place]
  if (mark === PLAIN_TEXT || mark === WIDE_TEXT) {
    to.text(bytes, starts[place]!, ends[place]!)
    return true
  }
  if (mark !== ESCAPED_TEXT) return false
  return to.textOf(valueAt(block, place, exactJson) as string)
}

const writeDouble: WriteField = (block, place, to) => {
  const mark = block.marks[place]
  if (mark !== WHOLE && mark !== FRACTION && mark !== NUMBER) return false
  const number = mark === NUMBER ? valueAt(block, place, exactJson) : block.numbers[place]!
  return to.number(number)
}

const writeJson: WriteField = (block, place, to) => {
  const { bytes, starts, ends, marks } = block
  const start = starts[place]!
  const end = ends[place]!
  switch (marks[place]) {
    case WHOLE:
    case JSON_TRUE:
    case JSON_FALSE:
    case VERBATIM:
      to.json(bytes, start, end)
      return true
    case PLAIN_TEXT:
    case WIDE_TEXT:
      to.json(bytes, start - 1, end + 1)
      return true
    case FRACTION:
      if (!isAsJavaScriptWrites(bytes, start, end, false)) break
      to.json(bytes, start, end)
      return true
  }
  return to.jsonOf(valueAt(block, place, exactJson), bytes.toString('latin1', start, end))
}
