import type { BinaryColumn, BinaryPage, ColumnType } from '@tidemark/core'
import { isFalse, isTrue } from './byte-kind.ts'
import { exactNumber, wholeNumberAt } from './byte-values.ts'
import { fromText } from './convert.ts'
import type { CsvBlock } from './csv-block.ts'
import { NULL, WIDE } from './csv-scanner.ts'
import { FieldReader, IS_ABSENT, IS_NULL, isNoted } from './field-reader.ts'
import { FieldWriter } from './field-writer.ts'
import type { Row } from './rows.ts'
import { timeWriter } from './time-fields.ts'

/** Writes the value at a place as a field. @returns false where it is not written: its row is to be looked at as an object. */
type WriteField = (block: CsvBlock, place: number, to: FieldWriter) => boolean

interface FieldsOptions {
  /** The fields that a page has. */
  readonly binary: readonly BinaryColumn[]
  /** The names of the file's columns. */
  readonly names: readonly string[]
  readonly isDeclared: (name: string) => boolean
  readonly isKey: (name: string) => boolean
  /** Makes a row of texts. */
  readonly convert: (texts: readonly (string | null)[]) => Row
}

/** Writes blocks of a delimited file as pages in the binary form of Postgres. A row as an object has all that is not written so. */
export class CsvFields {
  readonly #columns: readonly {
    /** Where its values stand in a row; less than zero where the file has none. */
    readonly at: number
    readonly write: WriteField
    readonly isKey: boolean
    readonly isNoted: boolean
  }[]
  readonly #convert: FieldsOptions['convert']
  readonly #writer: FieldWriter

  constructor({ binary, names, isDeclared, isKey, convert }: FieldsOptions) {
    this.#columns = binary.map(({ name, type }) => {
      const write = writeOf(type, isDeclared(name))
      return { at: names.indexOf(name), write, isKey: isKey(name), isNoted: isNoted(type) }
    })
    this.#convert = convert
    this.#writer = new FieldWriter(new FieldReader(binary, isDeclared))
  }

  /** Whether a file can be written so. Where it has columns that the table does not have, its rows say so. */
  static takes(binary: readonly BinaryColumn[], names: readonly string[]): boolean {
    return names.every((name) => binary.some((column) => column.name === name))
  }

  page(block: CsvBlock, from: number, to: number): BinaryPage<Row> {
    const writer = this.#writer
    writer.begin(to - from)
    for (let row = from; row < to; row++) {
      const base = row * block.width
      if (this.#write(block, base)) writer.endRow()
      else writer.addRow(this.#convert(Array.from({ length: block.width }, (_, at) => block.textAt(base + at))))
    }
    return writer.page()
  }

  #write(block: CsvBlock, base: number): boolean {
    const { marks, bytes, starts, ends } = block
    const writer = this.#writer
    const columns = this.#columns
    for (let column = 0; column < columns.length; column++) {
      const { at, write, isKey } = columns[column]!
      if (at < 0 || marks[base + at] === NULL) {
        if (isKey) return false
        writer.null()
      } else if (!write(block, base + at, writer)) return false
    }
    writer.endFields()
    for (let column = 0; column < columns.length; column++) {
      const { at, isNoted } = columns[column]!
      if (at < 0) writer.noteNull(IS_ABSENT)
      else if (marks[base + at] === NULL) writer.noteNull(IS_NULL)
      else if (isNoted && !writer.note(bytes, starts[base + at]!, ends[base + at]!)) return false
    }
    return true
  }
}

function writeOf(type: ColumnType, declared: boolean): WriteField {
  const convert = fromText(type, declared)
  switch (type) {
    case 'text':
      return writeText
    case 'integer':
      return (block, place, to) => {
        const { bytes, starts, ends, marks } = block
        const number = marks[place] === 0 ? wholeNumberAt(bytes, starts[place]!, ends[place]!) : Number.NaN
        return to.wholeNumber(Number.isNaN(number) ? convert(block.textAt(place)!) : number)
      }
    case 'double':
      return (block, place, to) => {
        const { bytes, starts, ends, marks } = block
        const number = marks[place] === 0 ? exactNumber(bytes, starts[place]!, ends[place]!) : Number.NaN
        return to.number(Number.isNaN(number) ? convert(block.textAt(place)!) : number)
      }
    case 'boolean':
      return (block, place, to) => {
        const { bytes, starts, ends, marks } = block
        const isPlain = marks[place] === 0
        const value =
          (isPlain && isTrue(bytes, starts[place]!, ends[place]!)) ||
          (isPlain && isFalse(bytes, starts[place]!, ends[place]!) ? false : convert(block.textAt(place)!))
        if (typeof value !== 'boolean') return false
        to.boolean(value)
        return true
      }
    case 'numeric':
      return (block, place, to) => block.marks[place] === 0 && to.numeric(block.textAt(place)!)
    case 'json':
      return (block, place, to) => {
        const value = convert(block.textAt(place)!)
        return to.jsonOf(value, declared ? block.textAt(place)! : '')
      }
    default:
      return timeWriter(type, declared, 0) ?? (() => false)
  }
}

const writeText: WriteField = (block, place, to) => {
  const { bytes, starts, ends, marks } = block
  if ((marks[place]! & ~WIDE) !== 0) return to.textOf(block.textAt(place)!)
  const start = starts[place]!
  const end = ends[place]!
  if (block.hasNul && block.textAt(place)!.includes('\0')) return false
  to.text(bytes, start, end)
  return true
}
