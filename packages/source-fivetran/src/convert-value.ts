import type { ColumnType } from '@tidemark/core'
import { jsonConverter, parseJson, rawNumber } from '@tidemark/core/values'
import { jsonOf, TypedValue } from './typed-value.ts'

/** Makes values of a column's type; what is of another type comes back in a form that the row schema refuses and people read. */
export type ConvertValue = (value: unknown) => unknown

/**
 * How the values of a row become those of a column.
 *
 * @param declared schema() says the type, so that more ways of writing are meant by it: `"2007-12-03"` is a date there.
 */
export function valueConverter(type: ColumnType, declared: boolean): ConvertValue {
  const convert = jsonConverter(type, declared)
  switch (type) {
    case 'text':
      // As Python writes it: `1.0` is not `1`.
      return (value) => (value instanceof TypedValue && value.letter === 'f' ? value.text : convert(plain(value)))
    case 'integer':
    case 'boolean':
      return (value) => (declared ? convert(BOOLEANS[type].get(value) ?? plain(value)) : convert(plain(value)))
    case 'date':
      return (value) => (declared ? dayOf(value) : undefined) ?? plain(value)
    case 'json':
      return (value) => {
        if (declared && typeof value === 'string') return parsedText(value)
        // JSON has no such number as `nan`.
        return value instanceof TypedValue && value.letter === 'f' ? jsonOf(value) : plain(value)
      }
    case 'bytes':
      // A text is not one of bytes, though it may look like base64.
      return plain
    default:
      return (value) => convert(plain(value))
  }
}

/** What Python takes for one another. */
const BOOLEANS = {
  integer: new Map<unknown, unknown>([
    [true, 1],
    [false, 0],
  ]),
  boolean: new Map<unknown, unknown>([
    ['True', true],
    ['False', false],
  ]),
}

/** A value as JSON has it; bytes where it is of them. */
function plain(value: unknown): unknown {
  if (!(value instanceof TypedValue)) return value
  const { letter, text } = value
  if (letter === 'b') return Buffer.from(text, 'base64')
  if (letter === 'd') return rawNumber(text)
  return letter === 'f' ? floatOf(text) : jsonOf(value)
}

function floatOf(text: string): number {
  if (text === 'inf' || text === '-inf') return text === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  return Number(text)
}

/** The day of a datetime that is its beginning, as drivers of databases give dates. */
function dayOf(value: unknown): string | undefined {
  return value instanceof TypedValue ? /^(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?Z?$/.exec(value.text)?.[1] : undefined
}

function parsedText(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}
