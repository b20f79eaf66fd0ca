import { isDeepStrictEqual } from 'node:util'
import type { ColumnType } from '@tidemark/core'
import { plain } from '../../../test/values/meaning.ts'
import type { Known, Unit } from './python.ts'

/** Whether a value that was read from text, as a type that was found, says all that is written there, and nothing else. */
export function agreesWithText(type: string, value: unknown, text: string): boolean {
  if (value === null || value === undefined) return text === ''
  switch (type as ColumnType) {
    case 'timestamp':
      return typeof value === 'string' && Date.parse(value) === Date.parse(text.replace(/ UTC$/, 'Z'))
    case 'local_timestamp':
      return value === text.replace(' ', 'T')
    default:
      return String(value) === text
  }
}

/** Whether a value that was read from Parquet is the one that pyarrow reads there. */
export function agreesWithKnown(value: unknown, known: Known, isInJson = false): boolean {
  if (known === null || value === null) return value === known
  if ('b' in known) return value === known.b
  if ('i' in known) {
    // No number of a column says that it is not the one below; the digits in JSON do.
    const isExact =
      typeof value !== 'number' || Number.isSafeInteger(value) || (isInJson && Math.abs(value) === 2 ** 53)
    return isExact && written(value) === known.i
  }
  if ('f' in known) return Object.is(doubleOf(value), doubleOf(known.f))
  if ('n' in known) return plain(written(value)) === plain(known.n)
  if ('s' in known) return value === known.s
  if ('x' in known) return hexOf(value) === known.x
  if ('json' in known) return isDeepStrictEqual(value, JSON.parse(known.json))
  if ('day' in known) return timeOf(`${isoOf(String(value))}T00:00:00`) === BigInt(known.day) * DAY
  if ('at' in known) {
    const time = timeOf(isoOf(String(value)))
    return hasZone(String(value)) === known.zone && sameTime(time, known.at, known.unit)
  }
  if ('time' in known) return sameTime(timeOf(`1970-01-01T${String(value)}`), known.time, known.unit)
  if ('list' in known)
    return (
      Array.isArray(value) &&
      value.length === known.list.length &&
      known.list.every((one, at) => agreesWithKnown(value[at], one, true))
    )
  const pairs = 'struct' in known ? known.struct : known.map.map(([key, one]) => [keyOf(key), one] as const)
  const entries = new Map(pairs)
  return (
    typeof value === 'object' &&
    isDeepStrictEqual(Object.keys(value).sort(), [...entries.keys()].sort()) &&
    Object.entries(value).every(([name, one]) => agreesWithKnown(one, entries.get(name)!, true))
  )
}

/** A number as it is written, also where it is kept as its JSON text. */
const written = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))

function doubleOf(value: unknown): number {
  const text = written(value)
  const named = /^(-?)(nan|inf)/i.exec(text)
  // No destination keeps the sign of a zero.
  if (named === null) return Number(text) + 0
  return named[2]!.toLowerCase() === 'nan' ? Number.NaN : Number(`${named[1]}Infinity`)
}

/** Bytes as hex; inside of JSON DuckDB writes those that are not printable as `\xFF`. */
function hexOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  const bytes = String(value).replace(/\\x([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('hex')
}

const DAY = 86_400_000_000_000n
const NANOSECONDS: Readonly<Record<Unit, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n }

/** All that is read is kept to the microsecond at least. */
function sameTime(nanoseconds: bigint | undefined, count: string, unit: Unit): boolean {
  const known = BigInt(count) * NANOSECONDS[unit]
  return (
    nanoseconds !== undefined && (nanoseconds === known || nanoseconds === known - (((known % 1000n) + 1000n) % 1000n))
  )
}

const hasZone = (text: string): boolean => /:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(text)

/** A time whose year is before the first, as DuckDB writes it in JSON, as ISO 8601 does. */
function isoOf(text: string): string {
  return text.replace(/^(\d+)(-\d\d-\d\d) \(BC\)/, (_, year: string, rest: string) => {
    const ordinal = 1 - Number(year)
    return `${ordinal < 0 ? '-' : ''}${String(-ordinal).padStart(4, '0')}${rest}`
  })
}

/** Nanoseconds since 1970 of a time as ISO 8601 writes it, with any year; undefined where it is none. */
function timeOf(text: string): bigint | undefined {
  const match = /^(-?)(\d{4,})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|\+00(?::00)?)?$/.exec(text)
  if (match === null) return undefined
  const [, sign, year, month, day, hour, minute, second, fraction = ''] = match
  // The calendar is the same again after 400 years.
  const years = BigInt(`${sign}${year}`)
  const cycles = years / 400n
  const date = new Date(0)
  date.setUTCFullYear(Number(years - cycles * 400n), Number(month) - 1, Number(day))
  const seconds = BigInt(Number(hour) * 3600 + Number(minute) * 60 + Number(second))
  const days = BigInt(date.getTime() / 86_400_000) + cycles * 146_097n
  return days * DAY + seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
}

function keyOf(key: Known): string {
  if (key !== null && 's' in key) return key.s
  if (key !== null && 'i' in key) return key.i
  throw new Error(`no name of a field: ${JSON.stringify(key)}`)
}
