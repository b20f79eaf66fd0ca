import { int64, isFaithful, isRawNumber, Kind, parseDate, significantDigits } from '@tidemark/core/values'
import { WHOLE_FRACTION } from './json-value.ts'

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
      return isDigit(value.charCodeAt(0)) ? kindOfTime(value, true) : Kind.text
    case 'symbol':
      return value === WHOLE_FRACTION ? Kind.double : Kind.none
    default:
      if (value === null || value === undefined) return Kind.none
      if (!isRawNumber(value)) return Kind.json
      return INTEGER.test(value.rawJSON) ? kindOfInteger(value.rawJSON) : Kind.exact
  }
}
