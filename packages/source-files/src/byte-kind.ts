import { Kind } from '@tidemark/core/values'
import { DATE, decimalAt, LOCAL, NO_TIME, timeAt, wholeNumberAt } from './byte-values.ts'

/** What the text at a place is, as `kindOfText` says; `Kind.none` where only that knows. */
export function kindOfBytes(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return Kind.empty
  const first = bytes[start]!
  if ((first < 48 || first > 57) && first !== 45) return isBoolean(bytes, start, end) ? Kind.boolean : Kind.text
  if (!Number.isNaN(wholeNumberAt(bytes, start, end))) return Kind.integer
  const number = decimalAt(bytes, start, end)
  if (!Number.isNaN(number)) {
    // JavaScript writes no zeros at the end, and numbers that are smaller with an exponent.
    if (bytes[end - 1] === 48) return Kind.decimal
    return number >= 1e-6 || number <= -1e-6 ? Kind.double : Kind.none
  }
  const time = timeAt(bytes, start, end)
  if (time === NO_TIME) return Kind.none
  return time === DATE ? Kind.date : time === LOCAL ? Kind.local : Kind.instant
}

/** Whether the text at a place is `true` or `false`. */
function isBoolean(bytes: Uint8Array, start: number, end: number): boolean {
  return isTrue(bytes, start, end) || isFalse(bytes, start, end)
}

export function isTrue(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    bytes[start] === 116 &&
    bytes[start + 1] === 114 &&
    bytes[start + 2] === 117 &&
    bytes[start + 3] === 101
  )
}

export function isFalse(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 5 &&
    bytes[start] === 102 &&
    bytes[start + 1] === 97 &&
    bytes[start + 2] === 108 &&
    bytes[start + 3] === 115 &&
    bytes[start + 4] === 101
  )
}
