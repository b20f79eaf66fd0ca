/** A cursor as an API gives it: an ISO date or time (without an offset: in UTC), or a number. */
export type CursorValue = string | number | bigint

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?)?$/

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
  const match = TIME.exec(text)
  if (match === null) return undefined
  const [, date, time = '00:00', fraction = '', zone = 'Z'] = match
  const ms = Date.parse(`${date}T${time}${rfcOffset(zone)}`)
  if (Number.isNaN(ms)) return undefined
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

function rfcOffset(zone: string): string {
  if (zone === 'Z' || zone === 'UTC') return 'Z'
  return `${zone.slice(0, 3)}:${zone.length > 3 ? zone.slice(-2) : '00'}`
}

/** Below zero where the first comes before the second; undefined where one of them is not a cursor. */
export function compareCursors(a: unknown, b: unknown): number | undefined {
  const [one, other] = [positionOf(a), positionOf(b)]
  if (one === undefined || other === undefined) return undefined
  // JavaScript compares numbers and bigints exactly.
  return one < other ? -1 : one > other ? 1 : 0
}
