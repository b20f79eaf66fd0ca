/**
 * Instants as microseconds since 1970-01-01T00:00:00Z, the one form in which bounds and cursors are compared.
 *
 * A number where it is a safe integer (until the year 2255), a bigint beyond. JavaScript compares the two exactly.
 */
export type Micros = number | bigint

/** What follows the seconds of a text: `Z`, an offset, or nothing. */
export type Zone = 'utc' | 'offset' | 'none'

export interface Instant {
  readonly micros: Micros
  readonly zone: Zone
  /** Digits of the fraction as written; -1 where even the seconds are absent. */
  readonly precision: number
}

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const dayOfYear = ((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0
  // `>>` instead of a division rounds down below zero too, which only the first two months of the year 0 need.
  const century = Math.floor(y / 100)
  return y * 365 + (y >> 2) - century + (century >> 2) + dayOfYear + day - 719_469
}

/** The number that two digits spell, NaN where one is not a digit. Both must lie inside the text. */
function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  // Unsigned, so that one comparison sees what is below '0' too.
  return tens >>> 0 <= 9 && ones >>> 0 <= 9 ? tens * 10 + ones : Number.NaN
}

/** Days since 1970 of `YYYY-MM-DD` at the start of a text of ten characters or more; NaN where it is not a date. */
function parseDays(text: string): number {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN
  const year = two(text, 0) * 100 + two(text, 2)
  const month = two(text, 5)
  const day = two(text, 8)
  if (!(month >= 1 && month <= 12 && day >= 1)) return Number.NaN
  if (day > 28) {
    const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
    if (day > DAYS_IN_MONTH[month - 1]! + (leap ? 1 : 0)) return Number.NaN
  }
  return daysFromCivil(year, month, day)
}

const MICROS_PER_DAY = 86_400_000_000

/** What one unit of the last written digit is in microseconds, by the number of digits. */
const SCALES = [0, 100_000, 10_000, 1000, 100, 10]

/** Microseconds of a date and a time of day; exact beyond 2^53 too. */
function micros(dayCount: number, inDay: number): Micros {
  const value = dayCount * MICROS_PER_DAY + inDay
  return Number.isSafeInteger(value) ? value : BigInt(dayCount) * 86_400_000_000n + BigInt(inDay)
}

/** Reads `YYYY-MM-DD` as the start of that day in UTC. */
export function parseDate(text: string): Micros | undefined {
  if (text.length !== 10) return undefined
  const dayCount = parseDays(text)
  return Number.isNaN(dayCount) ? undefined : micros(dayCount, 0)
}

/**
 * Reads an ISO 8601 date and time as RFC 3339 writes it; digits beyond the microsecond are cut (rounded down). Written
 * by hand because it runs once a row: a third of the time of `Date.parse`, which is milliseconds only and guesses at what
 * it does not know.
 */
export function parseInstant(text: string): Instant | undefined {
  const length = text.length
  if (length < 16 || text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58) return undefined
  const dayCount = parseDays(text)
  const hour = two(text, 11)
  const minute = two(text, 14)
  if (Number.isNaN(dayCount) || !(hour <= 23 && minute <= 59)) return undefined
  let second = 0
  let fraction = 0
  let precision = -1
  let at = 16
  if (text.charCodeAt(at) === 58) {
    if (length < 19) return undefined
    second = two(text, 17)
    if (!(second <= 59)) return undefined
    precision = 0
    at = 19
    if (text.charCodeAt(at) === 46) {
      for (at++; at < length; at++) {
        const digit = text.charCodeAt(at) - 48
        if (digit >>> 0 > 9) break
        if (precision < 6) fraction = fraction * 10 + digit
        precision++
      }
      if (precision === 0) return undefined
      if (precision < 6) fraction *= SCALES[precision]!
    }
  }
  const inDay = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
  if (at === length) return { micros: micros(dayCount, inDay), zone: 'none', precision }
  const sign = text.charCodeAt(at)
  if (sign === 90) return at + 1 === length ? { micros: micros(dayCount, inDay), zone: 'utc', precision } : undefined
  if ((sign !== 43 && sign !== 45) || length !== at + 6 || text.charCodeAt(at + 3) !== 58) return undefined
  const offsetHour = two(text, at + 1)
  const offsetMinute = two(text, at + 4)
  if (!(offsetHour <= 23 && offsetMinute <= 59)) return undefined
  const offset = (offsetHour * 60 + offsetMinute) * 60_000_000
  return { micros: micros(dayCount, sign === 43 ? inDay - offset : inDay + offset), zone: 'offset', precision }
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

/** Splits microseconds into milliseconds for `Date` and the microseconds below, rounding down. */
function split(value: Micros): { readonly ms: number; readonly below: number } {
  // Numbers hold the microseconds of some 285 years on both sides of 1970, and are several times as fast.
  const small = Number(value)
  if (typeof value === 'number' || Number.isSafeInteger(small)) {
    const ms = Math.floor(small / 1000)
    return { ms, below: small - ms * 1000 }
  }
  const below = ((value % 1000n) + 1000n) % 1000n
  return { ms: Number((value - below) / 1000n), below: Number(below) }
}

/** `YYYY-MM-DDTHH:MM:SS` and the six digits behind it, of an instant between the years 0 and 9999; else undefined. */
export function instantParts(value: Micros): { readonly seconds: string; readonly fraction: string } | undefined {
  const { ms, below } = split(value)
  // The years 0 to 9999, the only ones that RFC 3339 can write.
  if (ms < -62_167_219_200_000 || ms > 253_402_300_799_999) return undefined
  const iso = new Date(ms).toISOString()
  return { seconds: iso.slice(0, 19), fraction: iso.slice(20, 23) + (below === 0 ? '000' : pad(below, 3)) }
}

/** An instant as text, with as many digits as asked; without `precision` as many as it needs (0, 3 or 6). */
export function formatInstant(value: Micros, zone: 'Z' | '', precision?: number): string {
  const text = writtenInstant(value, zone, precision)
  if (text === undefined) throw new RangeError(`the instant ${value} µs is outside the years 0 to 9999`)
  return text
}

/** The same; undefined where no calendar holds it. */
export function writtenInstant(value: Micros, zone: 'Z' | '', precision?: number): string | undefined {
  const parts = instantParts(value)
  if (parts === undefined) return undefined
  if (precision === -1) return parts.seconds.slice(0, 16) + zone
  const needed = parts.fraction === '000000' ? 0 : parts.fraction.endsWith('000') ? 3 : 6
  const wanted = precision ?? needed
  const fraction = wanted <= 6 ? parts.fraction.slice(0, wanted) : parts.fraction.padEnd(wanted, '0')
  return wanted === 0 ? parts.seconds + zone : `${parts.seconds}.${fraction}${zone}`
}
