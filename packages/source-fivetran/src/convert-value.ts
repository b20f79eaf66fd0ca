import type { ColumnType } from '@tidemark/core'
import { exactJsonText, int64, isoText, isRawNumber, parseJson, rawNumber, writtenTime } from '@tidemark/core/values'
import { jsonOf, numberText, TypedValue } from './typed-value.ts'

/** Makes values of a column's type; what is of another type stays what it was, in a form that the row schema refuses and people read. */
export type ConvertValue = (value: unknown) => unknown

/**
 * How the values of a row become those of a column.
 *
 * @param declared schema() says the type, so that more ways of writing are meant by it: `"2007-12-03"` is a date there.
 */
export function valueConverter(type: ColumnType, declared: boolean): ConvertValue {
  const convert = BY_TYPE[type]
  return (value) => {
    const made = convert(value, declared)
    return made instanceof TypedValue ? readable(made) : made
  }
}

const readable = (value: TypedValue): unknown =>
  value.letter === 'b' ? Buffer.from(value.text, 'base64') : jsonOf(value)

type Convert = (value: unknown, declared: boolean) => unknown

const BY_TYPE: Readonly<Record<ColumnType, Convert>> = {
  text: asText,
  integer: asInteger,
  double: asDouble,
  numeric: (value, declared) => (typeof value === 'string' && !declared ? value : (numberText(value) ?? value)),
  boolean: (value, declared) => (declared ? (BOOLEANS.get(value) ?? value) : value),
  timestamp: asInstant,
  local_timestamp: asLocalTime,
  date: asDate,
  json: asJson,
  bytes: (value) => value,
}

const BOOLEANS = new Map<unknown, boolean>([
  [1, true],
  [0, false],
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
])

function asText(value: unknown): unknown {
  if (typeof value === 'string') return value
  if (value instanceof TypedValue) return value.letter === 'b' ? value : value.text
  if (isRawNumber(value)) return value.rawJSON
  return typeof value === 'object' ? exactJsonText(value) : String(value)
}

function asInteger(value: unknown, declared: boolean): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (!declared && !(value instanceof TypedValue)) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = numberText(value)?.replace(/\.0+$/, '')
  return (text === undefined || !/^-?\d+$/.test(text) ? undefined : int64(text)) ?? value
}

function asDouble(value: unknown, declared: boolean): unknown {
  if (typeof value === 'number') return value
  if (value instanceof TypedValue && value.letter === 'f') return floatOf(value.text)
  if (typeof value === 'bigint' && BigInt(Number(value)) === value) return Number(value)
  const text = declared ? numberText(value) : undefined
  const number = text === undefined ? Number.NaN : Number(text)
  // Nor a zero that the number is not.
  return Number.isFinite(number) && (number !== 0 || !/[1-9]/.test(text!)) ? number : value
}

function floatOf(text: string): number {
  if (text === 'inf' || text === '-inf') return text === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  return Number(text)
}

function asInstant(value: unknown, declared: boolean): unknown {
  if (value instanceof TypedValue) {
    if (value.letter === 'z') return value.text
    if (value.letter === 't') return `${value.text}T00:00:00Z`
    return value.letter === 'n' && declared ? `${value.text}Z` : value
  }
  if (typeof value !== 'string' || !declared) return value
  const written = writtenTime(value)
  return written === undefined ? value : isoText(written, 'Z')
}

function asLocalTime(value: unknown, declared: boolean): unknown {
  if (value instanceof TypedValue) {
    if (value.letter === 't') return `${value.text}T00:00:00`
    return value.letter === 'n' ? value.text : value
  }
  if (typeof value !== 'string' || !declared) return value
  const [, day, time = '00:00:00'] = /^(\d{4}-\d\d-\d\d)(?:[ T](.*))?$/.exec(value) ?? []
  return day === undefined ? value : `${day}T${time}`
}

function asDate(value: unknown, declared: boolean): unknown {
  if (typeof value === 'string') return value
  if (!(value instanceof TypedValue)) return value
  if (value.letter === 't') return value.text
  // A datetime of a day, as drivers of databases give dates.
  const midnight = /^(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?Z?$/.exec(value.text)
  return declared && midnight !== null ? midnight[1] : value
}

function asJson(value: unknown, declared: boolean): unknown {
  if (value instanceof TypedValue) return value.letter === 'd' ? rawNumber(value.text) : jsonOf(value)
  if (typeof value === 'bigint') return rawNumber(String(value))
  if (typeof value !== 'string' || !declared) return value
  try {
    return parseJson(value)
  } catch {
    return value
  }
}
