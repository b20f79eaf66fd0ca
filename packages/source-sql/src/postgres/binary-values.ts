import type { ColumnType } from '@tidemark/core'
import { exactInteger, exactJson } from '../exact.ts'

// The binary forms of values, as the functions `…_send` of src/backend/utils/adt write them, made into what the text of the
// same value is read as. Only rows that are rejected or refused come here.

const DAY_MICROS = 86_400_000_000n
/** Days from 1970-01-01 to 2000-01-01, from which Postgres counts. */
const EPOCH_DAYS = 10_957
const INFINITE_DAYS = 2_147_483_647
const INFINITE = 9_223_372_036_854_775_807n

/** A value of a column type in the binary form of its type of Postgres. */
export function decodeBinary(type: ColumnType, bytes: Buffer): unknown {
  switch (type) {
    case 'integer':
      return exactInteger(String(bytes.readBigInt64BE()))
    case 'double':
      return bytes.readDoubleBE()
    case 'boolean':
      return bytes[0] === 1
    case 'numeric':
      return numericText(bytes)
    case 'date':
      return dateText(bytes.readInt32BE())
    case 'timestamp':
    case 'local_timestamp':
      return timeText(bytes.readBigInt64BE(), type === 'timestamp')
    case 'json':
      // The first byte is the version of the form.
      return exactJson(bytes.toString('utf8', 1))
    case 'bytes':
      return Buffer.from(bytes)
    case 'text':
      return bytes.toString('utf8')
  }
}

function numericText(bytes: Buffer): string {
  const count = bytes.readInt16BE(0)
  const weight = bytes.readInt16BE(2)
  const sign = bytes.readUInt16BE(4)
  const scale = bytes.readUInt16BE(6)
  if (sign === 0xc000) return 'NaN'
  if (sign === 0xd000) return 'Infinity'
  if (sign === 0xf000) return '-Infinity'
  const group = (at: number): string =>
    at < 0 || at >= count ? '0000' : String(bytes.readInt16BE(8 + at * 2)).padStart(4, '0')
  const groups = (from: number, to: number): string =>
    Array.from({ length: Math.max(0, to - from) }, (_, at) => group(from + at)).join('')
  const whole = groups(0, weight + 1).replace(/^0+(?=\d)/, '') || '0'
  const fraction = groups(weight + 1, weight + 1 + Math.ceil(scale / 4)).slice(0, scale)
  return `${sign === 0x4000 ? '-' : ''}${whole}${scale > 0 ? `.${fraction}` : ''}`
}

function dateText(days: number): string {
  if (days === INFINITE_DAYS) return 'infinity'
  if (days === -INFINITE_DAYS - 1) return '-infinity'
  const { date, isBefore } = civil(days + EPOCH_DAYS)
  return isBefore ? `${date} BC` : date
}

/** As Postgres writes it with ISO dates in UTC, and with `T` and `Z` where ISO can write it at all. */
function timeText(micros: bigint, hasZone: boolean): string {
  if (micros === INFINITE) return 'infinity'
  if (micros === -INFINITE - 1n) return '-infinity'
  const inDay = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS
  const { date, isBefore } = civil(Number((micros - inDay) / DAY_MICROS) + EPOCH_DAYS)
  const seconds = inDay / 1_000_000n
  const two = (value: bigint): string => String(value).padStart(2, '0')
  const fraction = String(inDay % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const time = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}${fraction && `.${fraction}`}`
  if (!isBefore && date.length === 10) return `${date}T${time}${hasZone ? 'Z' : ''}`
  return `${date} ${time}${hasZone ? '+00' : ''}${isBefore ? ' BC' : ''}`
}

/** The date of a day since 1970: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". Year 0 is 1 BC. */
function civil(days: number): { readonly date: string; readonly isBefore: boolean } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const text = (value: number, width: number): string => String(value).padStart(width, '0')
  return { date: `${text(year > 0 ? year : 1 - year, 4)}-${text(month, 2)}-${text(day, 2)}`, isBefore: year <= 0 }
}
