import type { ColumnType } from '@tidemark/core'
import { int64, isFaithful, isRawNumber, parseDate, significantDigits } from '@tidemark/core/values'
import { WHOLE_FRACTION } from './json-value.ts'

/** What the values of a column were seen to be: one bit a kind, so that files and rows add up by `|`. */
export const Kind = {
  none: 0,
  boolean: 1 << 0,
  /** A whole number that a double holds. */
  integer: 1 << 1,
  /** A whole number of 64 bits beyond that. */
  long: 1 << 2,
  /** A whole number beyond 64 bits. */
  huge: 1 << 3,
  /** A number that JavaScript would write the same. */
  double: 1 << 4,
  /** A decimal that a double holds but writes in another way, such as `5.00`. */
  decimal: 1 << 5,
  /** A decimal that no double holds. */
  exact: 1 << 6,
  date: 1 << 7,
  local: 1 << 8,
  instant: 1 << 9,
  text: 1 << 10,
  json: 1 << 11,
  bytes: 1 << 12,
  /** A text of no characters: in quotes, or it would be NULL. */
  empty: 1 << 13,
} as const

const WHOLE = Kind.integer | Kind.long
const DOUBLE = Kind.integer | Kind.double
const LOOSE_DOUBLE = DOUBLE | Kind.decimal
const NUMBER = WHOLE | Kind.huge | LOOSE_DOUBLE | Kind.exact

/**
 * The type that holds every value seen, without loss; undefined where none was seen. Kinds that do not go together are
 * text where the format knows only texts, and json where it knows types of its own.
 */
export function typeOf(kinds: number, mixed: 'text' | 'json', known?: ColumnType): ColumnType | undefined {
  const only = (mask: number): boolean => (kinds & ~mask) === 0
  if (kinds === Kind.none) return undefined
  if ((kinds & Kind.empty) !== 0) return typeOf((kinds & ~Kind.empty) | Kind.text, mixed, known)
  if (only(WHOLE)) return 'integer'
  if (only(known === 'double' ? LOOSE_DOUBLE : DOUBLE)) return 'double'
  if (only(NUMBER)) return 'numeric'
  if (only(Kind.boolean)) return 'boolean'
  if (only(Kind.date)) return 'date'
  if (only(Kind.date | Kind.local)) return 'local_timestamp'
  if (only(Kind.date | Kind.instant)) return 'timestamp'
  if (only(Kind.date | Kind.local | Kind.instant | Kind.text)) return 'text'
  if (only(Kind.bytes)) return 'bytes'
  return (kinds & Kind.json) !== 0 ? 'json' : mixed
}

/** The kinds that a type stands for, where a file says the types of its columns itself. */
export const KINDS: Readonly<Record<ColumnType, number>> = {
  boolean: Kind.boolean,
  integer: WHOLE,
  double: Kind.double,
  numeric: Kind.exact,
  date: Kind.date,
  local_timestamp: Kind.local,
  timestamp: Kind.instant,
  text: Kind.text,
  json: Kind.json,
  bytes: Kind.bytes,
}

export const INTEGER: RegExp = /^(?:0|-?[1-9]\d*)$/
export const DECIMAL: RegExp = /^-?(?:0|[1-9]\d*)\.\d+$/
export const TIME: RegExp =
  /^\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?( ?(?:Z|UTC|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?))?)?$/

/** What a text of a CSV file is. Only a text that its type gives back as it was written is taken for more than a text. */
export function kindOfText(text: string): number {
  if (text === '') return Kind.empty
  const first = text.charCodeAt(0)
  if ((first >= 48 && first <= 57) || first === 45) {
    if (first > 48 && text.length <= 15 && isDigits(text)) return Kind.integer
    if (INTEGER.test(text)) return kindOfInteger(text)
    if (DECIMAL.test(text)) return kindOfDecimal(text)
    return kindOfTime(text)
  }
  return text === 'true' || text === 'false' ? Kind.boolean : Kind.text
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false
  return true
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Dates and times; of JSON (`strict`) only those that RFC 3339 writes. */
function kindOfTime(text: string, strict = false): number {
  const match = TIME.exec(text)
  if (match === null || parseDate(text.slice(0, 10)) === undefined) return Kind.text
  if (text.length === 10) return Kind.date
  if (strict && (text.charAt(10) !== 'T' || /[^Z\d]$| |[+-]\d\d(?:\d\d)?$/.test(text.slice(11)))) return Kind.text
  return match[1] === undefined ? Kind.local : Kind.instant
}

function kindOfInteger(text: string): number {
  const value = int64(text)
  if (value === undefined) return Kind.huge
  return typeof value === 'number' ? Kind.integer : Kind.long
}

function kindOfDecimal(text: string): number {
  if (String(Number(text)) === text) return Kind.double
  return significantDigits(text) <= 15 || isFaithful(text, Number(text)) ? Kind.decimal : Kind.exact
}

/** What a parsed JSON value is. */
export function kindOfJson(value: unknown): number {
  switch (typeof value) {
    case 'boolean':
      return Kind.boolean
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? Kind.integer : Kind.double
    case 'string':
      return /^\d/.test(value) ? kindOfTime(value, true) : Kind.text
    case 'symbol':
      return value === WHOLE_FRACTION ? Kind.double : Kind.none
    default:
      if (value === null || value === undefined) return Kind.none
      if (!isRawNumber(value)) return Kind.json
      return INTEGER.test(value.rawJSON) ? kindOfInteger(value.rawJSON) : Kind.exact
  }
}
