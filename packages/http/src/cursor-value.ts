import { isoText, parseInstant, writtenTime } from '@tidemark/core/values'

/** A cursor as an API gives it: an ISO date or time (without an offset: in UTC), or a number. */
export type CursorValue = string | number | bigint

// Rows are compared with the one before: of two texts one was read just now.
const recent: { text: string; position: bigint | undefined }[] = [
  { text: '', position: undefined },
  { text: '', position: undefined },
]

/** Where a cursor lies: nanoseconds since 1970 of a time, the number itself otherwise. Undefined for anything else. */
export function positionOf(cursor: unknown): bigint | number | undefined {
  if (typeof cursor === 'bigint') return cursor
  if (typeof cursor === 'number') return Number.isFinite(cursor) ? cursor : undefined
  if (typeof cursor !== 'string') return undefined
  const known = recent[0]!.text === cursor ? recent[0] : recent[1]!.text === cursor ? recent[1] : undefined
  if (known !== undefined) return known.position
  const position = timeOf(cursor)
  recent.pop()
  recent.unshift({ text: cursor, position })
  return position
}

function timeOf(text: string): bigint | undefined {
  // Most APIs write RFC 3339, which is read many times faster than what must be taken apart first.
  const direct = nanosOf(text)
  if (direct !== undefined) return direct
  const written = writtenTime(text)
  return written === undefined ? undefined : nanosOf(isoText(written, 'Z'))
}

function nanosOf(text: string): bigint | undefined {
  const instant = parseInstant(text)
  if (instant === undefined) return undefined
  const { micros, precision } = instant
  // Digits seven to nine of the fraction, which begins behind the point at 19.
  const below = precision > 6 ? Number(text.slice(26, Math.min(29, 20 + precision)).padEnd(3, '0')) : 0
  return BigInt(micros) * 1000n + BigInt(below)
}

/** Below zero where the first comes before the second; undefined where one of them is not a cursor. */
export function compareCursors(a: unknown, b: unknown): number | undefined {
  const [one, other] = [positionOf(a), positionOf(b)]
  if (one === undefined || other === undefined) return undefined
  // JavaScript compares numbers and bigints exactly.
  return one < other ? -1 : one > other ? 1 : 0
}
