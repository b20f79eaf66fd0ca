import { DATE, digitsAt, LOCAL, timeAt, UTC, ZERO_OFFSET } from './byte-values.ts'

const DAY = 86_400_000_000
const MINUTE = 60_000_000
const MINUS = 45
const POINT = 46
const COLON = 58
/** Days from 1970-01-01 to 2000-01-01, from which Postgres counts. */
const EPOCH_DAYS = 10_957
/** Microseconds of these years are safe integers, also with an offset. */
const FIRST_YEAR = 1720
const LAST_YEAR = 2280

/** The days since 2000-01-01 of a date at a place; NaN where anything else stands there. */
export function daysAt(bytes: Uint8Array, start: number, end: number): number {
  return timeAt(bytes, start, end) === DATE ? daysOf(bytes, start) : Number.NaN
}

/**
 * The microseconds since 2000-01-01 of an instant at a place, also of a date, as its midnight in UTC; NaN where anything else
 * stands there, or a year that is far from these days.
 *
 * @param takesLocal whether a time without an offset is one in UTC.
 */
export function instantAt(bytes: Uint8Array, start: number, end: number, takesLocal: boolean): number {
  const form = timeAt(bytes, start, end)
  if (form < LOCAL) return form === DATE ? midnight(bytes, start) : Number.NaN
  if (form === LOCAL && !takesLocal) return Number.NaN
  const micros = microsOf(bytes, start, end)
  return form === LOCAL || form === UTC || form === ZERO_OFFSET ? micros : micros - offsetOf(bytes, end)
}

/** The same of a time without an offset, or of a date, as its midnight. */
export function localAt(bytes: Uint8Array, start: number, end: number): number {
  const form = timeAt(bytes, start, end)
  if (form === DATE) return midnight(bytes, start)
  return form === LOCAL ? microsOf(bytes, start, end) : Number.NaN
}

const midnight = (bytes: Uint8Array, start: number): number =>
  isNear(bytes, start) ? daysOf(bytes, start) * DAY : Number.NaN

function microsOf(bytes: Uint8Array, start: number, end: number): number {
  if (!isNear(bytes, start)) return Number.NaN
  const seconds =
    (digitsAt(bytes, start + 11, start + 13) * 60 + digitsAt(bytes, start + 14, start + 16)) * 60 +
    digitsAt(bytes, start + 17, start + 19)
  let fraction = 0
  if (bytes[start + 19] === POINT && end > start + 19) {
    // Digits behind the sixth are cut off.
    for (let at = start + 20, unit = 100_000; unit >= 1; at++, unit /= 10) {
      const digit = bytes[at]! - 48
      if (at >= end || digit < 0 || digit > 9) break
      fraction += digit * unit
    }
  }
  return daysOf(bytes, start) * DAY + seconds * 1_000_000 + fraction
}

function isNear(bytes: Uint8Array, start: number): boolean {
  const year = digitsAt(bytes, start, start + 4)
  return year >= FIRST_YEAR && year <= LAST_YEAR
}

/** The offset at the end of a time, `+02`, `+0200` or `+02:00`, in microseconds. */
function offsetOf(bytes: Uint8Array, end: number): number {
  const hasColon = bytes[end - 3] === COLON
  const isShort = !hasColon && isSign(bytes[end - 3]!)
  const sign = isShort ? end - 3 : hasColon ? end - 6 : end - 5
  const minutes = isShort ? 0 : digitsAt(bytes, end - 2, end)
  const offset = (digitsAt(bytes, sign + 1, sign + 3) * 60 + minutes) * MINUTE
  return bytes[sign] === MINUS ? -offset : offset
}

const isSign = (byte: number): boolean => byte === MINUS || byte === 43

/** Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function daysOf(bytes: Uint8Array, start: number): number {
  const month = digitsAt(bytes, start + 5, start + 7)
  const year = digitsAt(bytes, start, start + 4) - (month <= 2 ? 1 : 0)
  const dayOfYear = ((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0
  const century = Math.floor(year / 100)
  const day = digitsAt(bytes, start + 8, start + 10)
  return year * 365 + (year >> 2) - century + (century >> 2) + dayOfYear + day - 719_469 - EPOCH_DAYS
}
