import type { ColumnType } from './column-types.ts'
import { decimalText, exactJsonText, isRawNumber } from './exact-json.ts'
import { parseInstant } from './instant.ts'
import { int64 } from './int64.ts'
import { isoText, writtenTime } from './written-time.ts'

/** Makes a value of a column's type; a value of another type comes back as it is, for the row schema to refuse. */
export type JsonConverter = (value: unknown) => unknown

/**
 * How values of exact JSON become those of a column: a whole number that was written as a text, an instant without an offset.
 *
 * @param declared somebody said the type, so that more ways of writing are meant by it.
 */
export function jsonConverter(type: ColumnType, declared: boolean): JsonConverter {
  switch (type) {
    case 'text':
      return asText
    case 'integer':
      return (value) => integerOf(value, declared) ?? value
    case 'double':
      return (value) => doubleOf(value, declared) ?? value
    case 'numeric':
      return (value) => decimalText(value) ?? value
    case 'boolean':
      return (value) => (declared ? (BOOLEANS.get(value) ?? value) : value)
    case 'timestamp':
      return (value) => (typeof value === 'string' ? instantOf(value, declared) : value)
    case 'local_timestamp':
      return (value) => (typeof value === 'string' ? value.replace(/^(\d{4}-\d\d-\d\d)(?: |$)/, dayOrTime) : value)
    case 'bytes':
      return (value) => (typeof value === 'string' && isBase64(value) ? Buffer.from(value, 'base64') : value)
    default:
      return (value) => value
  }
}

const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
  [1, true],
  [0, false],
  ['1', true],
  ['0', false],
])

const dayOrTime = (match: string, day: string): string => (match === day ? `${day}T00:00:00` : `${day}T`)
const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)

function asText(value: unknown): unknown {
  if (typeof value === 'string') return value
  if (isRawNumber(value)) return value.rawJSON
  return typeof value === 'object' ? exactJsonText(value) : String(value)
}

function integerOf(value: unknown, declared: boolean): number | bigint | undefined {
  // Nearly all of them; `-0` is 0.
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : (value as number)
  if (typeof value === 'string' && !declared) return undefined
  const text = decimalText(value)?.replace(/\.0+$/, '')
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : int64(text)
}

/** A number that no double holds is refused, unless the config says that a double is meant. */
function doubleOf(value: unknown, declared: boolean): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return declared || BigInt(Number(value)) === value ? Number(value) : undefined
  return declared && (typeof value === 'string' || isRawNumber(value)) ? nearest(decimalText(value)) : undefined
}

function nearest(text: string | undefined): number | undefined {
  const number = text === undefined ? Number.NaN : Number(text)
  // Nor a zero that the number is not.
  const isLost = !Number.isFinite(number) || (number === 0 && /[1-9]/.test(text!))
  return isLost ? undefined : number
}

/** An instant as RFC 3339 writes it. A date is its midnight; a time without an offset is UTC where that was declared. */
function instantOf(text: string, declared: boolean): string {
  // Most systems write them so, and a pattern costs several times as much.
  const zone = parseInstant(text)?.zone
  if (zone === 'utc' || zone === 'offset') return text
  const written = writtenTime(text)
  const isKnown = written !== undefined && (declared || written.time === undefined || written.offset !== undefined)
  return isKnown ? isoText(written, 'Z') : text
}
