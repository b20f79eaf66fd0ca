// Values as they are written most often, read from bytes. What is written in any other way, these functions do not know:
// a text is made of it then, which `kindOfText` and `fromText` judge. They must never give what those do not.

const ZERO = 48
const NINE = 57
const MINUS = 45
const POINT = 46

/** With so many digits every number is safe, and a decimal comes back from its double as it was written. */
const EXACT_DIGITS = 15
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => Number(`1e${power}`))
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The whole number at a place: up to fifteen digits, no zero before others; NaN where anything else stands there. */
export function wholeNumberAt(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS
  const first = isNegative ? start + 1 : start
  const length = end - first
  if (length < 1 || length > EXACT_DIGITS) return Number.NaN
  if (bytes[first] === ZERO && (length > 1 || isNegative)) return Number.NaN
  const number = digitsAt(bytes, first, end)
  return isNegative ? -number : number
}

/** The number that digits spell; NaN where one is not a digit. */
export function digitsAt(bytes: Uint8Array, start: number, end: number): number {
  let number = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte < ZERO || byte > NINE) return Number.NaN
    number = number * 10 + byte - ZERO
  }
  return number
}

/** Where the point of a decimal stands that has up to fifteen digits, no zero before others; -1 where none does. */
function pointAt(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] === MINUS ? start + 1 : start
  if (end - first > EXACT_DIGITS + 1) return -1
  let at = first
  while (at < end && bytes[at] !== POINT) at++
  if (at === first || at >= end - 1 || (bytes[first] === ZERO && at > first + 1)) return -1
  return at
}

/** The decimal at a place, as the double next to it; NaN where anything else stands there, also a whole number. */
export function decimalAt(bytes: Uint8Array, start: number, end: number): number {
  const point = pointAt(bytes, start, end)
  if (point < 0) return Number.NaN
  const isNegative = bytes[start] === MINUS
  const fraction = end - point - 1
  const whole = digitsAt(bytes, isNegative ? start + 1 : start, point)
  // Both are exact, so that the one rounding is that of the division.
  const number = (whole * POWERS[fraction]! + digitsAt(bytes, point + 1, end)) / POWERS[fraction]!
  return isNegative ? -number : number
}

/** The whole number or the decimal at a place, as these two know it. */
export function exactNumber(bytes: Uint8Array, start: number, end: number): number {
  const number = wholeNumberAt(bytes, start, end)
  return Number.isNaN(number) ? decimalAt(bytes, start, end) : number
}

/** Whether some ASCII characters stand at a place. */
export function isWritten(bytes: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false
  return true
}

/** How the text at a place is written as a date or a time: its zone, or nothing. */
export const NO_TIME = 0
export const DATE = 1
export const LOCAL = 2
/** A time that ends in `Z`. */
export const UTC = 3
/** A time that ends in `+00`. */
export const ZERO_OFFSET = 4
/** A time that ends in `+hh` or `-hh`, also with minutes. */
export const OFFSET = 5

/** What of these is written at a place: `YYYY-MM-DD`, or with `T` or a space `hh:mm:ss`, digits behind a point, and a zone. */
export function timeAt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 10 || bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return NO_TIME
  const year = digitsAt(bytes, start, start + 4)
  const month = digitsAt(bytes, start + 5, start + 7)
  const day = digitsAt(bytes, start + 8, start + 10)
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return NO_TIME
  if (day > 28) {
    const isLeap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
    if (day > DAYS_IN_MONTH[month - 1]! + (isLeap ? 1 : 0)) return NO_TIME
  }
  if (end - start === 10) return DATE
  const between = bytes[start + 10]
  if (end - start < 19 || (between !== 32 && between !== 84)) return NO_TIME
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return NO_TIME
  if (!(digitsAt(bytes, start + 11, start + 13) <= 23)) return NO_TIME
  if (!(digitsAt(bytes, start + 14, start + 16) <= 59 && digitsAt(bytes, start + 17, start + 19) <= 59)) return NO_TIME
  let at = start + 19
  if (at < end && bytes[at] === POINT) {
    const first = ++at
    while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++
    if (at === first) return NO_TIME
  }
  return zoneAt(bytes, at, end)
}

function zoneAt(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 0) return LOCAL
  const sign = bytes[start]
  if (sign === 90) return length === 1 ? UTC : NO_TIME
  if ((sign !== 43 && sign !== MINUS) || length < 3) return NO_TIME
  const hours = digitsAt(bytes, start + 1, start + 3)
  if (!(hours <= 23)) return NO_TIME
  if (length === 3) return sign === 43 && hours === 0 ? ZERO_OFFSET : OFFSET
  const minutes = bytes[start + 3] === 58 ? start + 4 : start + 3
  return end - minutes === 2 && digitsAt(bytes, minutes, end) <= 59 ? OFFSET : NO_TIME
}
