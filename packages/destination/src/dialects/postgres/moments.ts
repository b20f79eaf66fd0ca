import { formatInstant, type Micros, parseDate, parseInstant } from '@tidemark/core/engine'
import type { Bound } from '../../values/codec.ts'
import { dateOfInstant } from '../../values/value-text.ts'

// Postgres counts times in microseconds and dates in days from the year 2000 (src/include/datatype/timestamp.h); rows
// hold them so, a number where it is exact and a bigint beyond, because binary COPY takes nothing else.
const EPOCH = 946_684_800_000_000
const EPOCH_DAYS = 10_957
const DAY = 86_400_000_000
// The years 0 to 9999, as SQLite's texts can hold them.
const FIRST = -62_167_219_200_000_000n
const LAST = 253_402_300_799_999_999n

function sinceEpoch(micros: Micros): Bound | undefined {
  if (typeof micros === 'number' && micros >= Number.MIN_SAFE_INTEGER + EPOCH) return micros - EPOCH
  if (micros < FIRST || micros > LAST) return undefined
  const value = BigInt(micros) - BigInt(EPOCH)
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value
}

/** The count of an instant. @param precision as `timestampText` takes it. */
export function countedInstant(value: string, offset: boolean, precision?: number | 'any'): Bound | undefined {
  const instant = parseInstant(value)
  if (instant === undefined || instant.zone === 'none' || (instant.zone === 'offset' && !offset)) return undefined
  if (precision === undefined ? instant.precision < 0 : precision !== 'any' && instant.precision !== precision)
    return undefined
  return sinceEpoch(instant.micros)
}

/** The count of an instant, as a text or a `Date`. */
export function countedTime(value: unknown): Bound | undefined {
  if (typeof value === 'string') return countedInstant(value, true, 'any')
  const text = value instanceof Date ? dateOfInstant(value) : undefined
  return text === undefined ? undefined : countedInstant(text, false, 'any')
}

/** The count of a date and time without an offset. */
export function countedLocal(value: string, precision?: number): Bound | undefined {
  const instant = parseInstant(value)
  if (instant === undefined || instant.zone !== 'none') return undefined
  if (precision !== undefined && instant.precision !== precision) return undefined
  return sinceEpoch(instant.micros)
}

/** The count of a date. */
export function countedDate(value: unknown): Bound | undefined {
  const micros = typeof value === 'string' ? parseDate(value) : undefined
  return micros === undefined ? undefined : Number(BigInt(micros) / BigInt(DAY)) - EPOCH_DAYS
}

/** Microseconds since 1970 in the count that rows hold. */
export function stamp(micros: bigint): Bound {
  return sinceEpoch(micros) ?? null
}

/** The count of a time as a text. */
export function timeOfCount(count: unknown, zone: 'Z' | ''): string {
  return formatInstant(BigInt(count as number | bigint) + BigInt(EPOCH), zone, 6)
}

/** The count of a date as a text. */
export function dateOfCount(count: unknown): string {
  return formatInstant((BigInt(count as number) + BigInt(EPOCH_DAYS)) * BigInt(DAY), '', 0).slice(0, 10)
}

const SPACE = 32
const POINT = 46
const MOMENT = /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d+))?)?(?:\+00)?( BC)?$/

/** A time as Postgres writes it (ISO, in UTC) as `YYYY-MM-DDTHH:MM:SS.ffffff` and a zone; anything else as it is. */
export function momentText(text: string, zone: 'Z' | ''): string {
  if (zone === 'Z' && text.endsWith('+00') && text.charCodeAt(10) === SPACE) {
    const end = text.length - 3
    // Most times are written so, and a match makes an array and eight texts of each.
    if (end === 19) return `${text.slice(0, 10)}T${text.slice(11, 19)}.000000Z`
    if (text.charCodeAt(19) === POINT)
      return `${text.slice(0, 10)}T${text.slice(11, 20)}${text.slice(20, end).padEnd(6, '0')}Z`
  }
  const match = MOMENT.exec(text)
  if (match === null) return text
  const [, year = '', month, day, time, fraction = '', bc] = match
  // There is no year 0: what ISO calls so is 1 BC.
  const shown = bc === undefined ? year : String(1 - Number(year)).padStart(4, '0')
  const dated = `${shown}-${month}-${day}`
  return time === undefined ? dated : `${dated}T${time}.${fraction.padEnd(6, '0')}${zone}`
}
