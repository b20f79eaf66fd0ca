import { formatInstant, instantParts, NUMERIC, parseDate, parseInstant } from '@tidemark/core/engine'

// Values as the texts that are stored. Each function gives undefined for what cannot be held.

/** Whether text can be held by every destination: no lone surrogate, no NUL. */
export function isText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/**
 * An instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, cut (rounded down) to the microsecond.
 *
 * @param precision digits of the fraction that must be written (-1: not even seconds); undefined: any, and at least the
 * seconds; `any`: with or without them.
 */
export function timestampText(value: string, offset: boolean, precision?: number | 'any'): string | undefined {
  const digits = utcDigits(value)
  if (digits >= 0)
    return precision === undefined || precision === 'any' || precision === digits
      ? spelled(value, digits, value.length - 1, 'Z')
      : undefined
  const instant = parseInstant(value)
  if (instant === undefined || instant.zone === 'none') return undefined
  if (precision === undefined ? instant.precision < 0 : precision !== 'any' && instant.precision !== precision)
    return undefined
  if (instant.zone === 'utc') return spelled(value, instant.precision, value.length - 1, 'Z')
  if (!offset) return undefined
  const parts = instantParts(instant.micros)
  return parts === undefined ? undefined : `${parts.seconds}.${parts.fraction}Z`
}

/** Two digits at a place; above every limit where there are no two digits. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : 100
}

const DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * How many digits the fraction of a UTC time with seconds has; -1 where the text is not such a time. Most times are
 * written so, and looking alone costs a third of reckoning the instant.
 */
function utcDigits(text: string): number {
  const end = text.length - 1
  if (end < 19 || text.charCodeAt(end) !== 90 || text.charCodeAt(10) !== 84) return -1
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  )
    return -1
  const century = two(text, 0)
  const year = two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  if (century > 99 || year > 99 || month < 1 || month > 12 || day < 1) return -1
  if (day > DAYS[month]! && !(month === 2 && day === 29 && (year === 0 ? century : year) % 4 === 0)) return -1
  if (two(text, 11) > 23 || two(text, 14) > 59 || two(text, 17) > 59) return -1
  if (end === 19) return 0
  if (text.charCodeAt(19) !== 46 || end === 20) return -1
  for (let at = 20; at < end; at++) {
    const digit = text.charCodeAt(at)
    if (digit < 48 || digit > 57) return -1
  }
  return end - 20
}

/** A date and time without an offset, as written, as `YYYY-MM-DDTHH:MM:SS.ffffff`. */
export function localText(value: string, precision?: number): string | undefined {
  const instant = parseInstant(value)
  if (instant === undefined || instant.zone !== 'none') return undefined
  if (precision !== undefined && instant.precision !== precision) return undefined
  return spelled(value, instant.precision, value.length, '')
}

const ZEROS = '000000'
/** Puts six digits behind the seconds of a text that was found to be valid. */
function spelled(value: string, precision: number, end: number, zone: 'Z' | ''): string {
  // Few pieces, because each is an allocation and this runs for every time of every row.
  if (precision === 3) return value.slice(0, 23) + (zone === 'Z' ? '000Z' : '000')
  if (precision === 0) return value.slice(0, 19) + (zone === 'Z' ? '.000000Z' : '.000000')
  if (precision === 6) return value
  if (precision > 6) return value.slice(0, 26) + zone
  if (precision < 0) return `${value.slice(0, 16)}:00.000000${zone}`
  return value.slice(0, end) + ZEROS.slice(precision) + zone
}

export function dateOfInstant(value: Date): string | undefined {
  const ms = value.getTime()
  const parts = Number.isNaN(ms) ? undefined : instantParts(BigInt(ms) * 1000n)
  return parts === undefined ? undefined : `${parts.seconds}.${parts.fraction}Z`
}

export function isDate(value: string): boolean {
  return parseDate(value) !== undefined
}

/** Microseconds as the text that a timestamp column holds. */
export function stampText(micros: bigint): string {
  return formatInstant(micros, 'Z', 6)
}

/**
 * A decimal number in its one form: no leading zeros, no sign of a zero, a digit before the point and no point without
 * digits behind it. The scale is kept: `007.50` becomes `7.50`.
 */
export function decimalText(value: string): string | undefined {
  if (!NUMERIC.test(value)) return undefined
  const negative = value.charCodeAt(0) === 45
  let text = negative ? value.slice(1) : value
  if (text.endsWith('.')) text = text.slice(0, -1)
  if (text.startsWith('.')) text = `0${text}`
  text = text.replace(/^0+(?=\d)/, '')
  return negative && /[1-9]/.test(text) ? `-${text}` : text
}

/** The same without the zeros at the end of its fraction: equal numbers are equal texts. For keys. */
export function shortDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** All digits of a finite double as JavaScript writes it, without an exponent. */
export function decimalOfNumber(value: number): string {
  const text = String(value === 0 ? 0 : value)
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return point >= digits.length
    ? sign + digits + '0'.repeat(point - digits.length)
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

// Only what JSON.stringify writes for a lone surrogate or NUL: an escape that is not itself escaped.
const UNFIT_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

/** A value as JSON text, bigints as their digits. Undefined for what JSON would change or cannot say. */
export function jsonText(value: unknown): string | undefined {
  // Each byte would become a number, and a reader could not tell that it was bytes: they have a type of their own.
  if (ArrayBuffer.isView(value)) return undefined
  const text = stringify(value)
  if (text === undefined) return undefined
  if (text.includes('\\u') && UNFIT_ESCAPE.test(text)) return undefined
  // JSON.stringify writes NaN and Infinity as null; the walk is taken only where there is a null to explain.
  return text.includes('null') && !isFiniteDeep(value) ? undefined : text
}

function stringify(value: unknown): string | undefined {
  try {
    // Of an error JSON would keep nothing, and a source gives one for what is no value at all.
    if (value instanceof Error) return undefined
    // The most common one: writing it takes a call into the runtime.
    if (Array.isArray(value) && value.length === 0 && !('toJSON' in value)) return '[]'
    return JSON.stringify(value)
  } catch {
    try {
      return JSON.stringify(value, exactBigints)
    } catch {
      return undefined
    }
  }
}

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown }
function exactBigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? rawJSON(String(value)) : value
}

function isFiniteDeep(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(isFiniteDeep)
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parse = JSON.parse as (text: string, reviver: Reviver) => unknown
const reviveExact: Reviver = (_key, value, { source }) => {
  if (typeof value !== 'number' || source === undefined) return value
  // One database keeps 1e400 as it is, another writes its digits out.
  if (!Number.isFinite(value)) return digitsOf(source) ?? value
  return /^-?\d+$/.test(source) && decimalOfNumber(value) !== source ? BigInt(source) : value
}

/** More digits than a database writes out of a number in JSON. */
const MAX_EXPONENT = 200_000

/** A number that no double holds, as all its digits; undefined where it has some behind the point, or too many. */
function digitsOf(source: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? []
  const zeros = Number(exponent) - fraction.length
  if (whole === '' || zeros < 0 || zeros > MAX_EXPONENT) return undefined
  return BigInt(`${sign}${whole}${fraction}${'0'.repeat(zeros)}`)
}

/**
 * Reads JSON text; an integer that a double would change comes as a bigint. Databases may write the digits of 1e21 out:
 * that is the number again.
 */
export function parseJson(text: string): unknown {
  return /\d{16}|[eE]\+?\d{3}/.test(text) ? parse(text, reviveExact) : JSON.parse(text)
}
