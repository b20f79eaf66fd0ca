import { type ColumnType, formatInstant, type Micros, parseDate, parseInstant } from '@tidemark/core/engine'
import { type Bound, COMMON_ENCODERS, type Encode, type ValueCodec } from '../../values/codec.ts'
import { type Repertoire, UNICODE } from '../../values/repertoire.ts'
import { dateOfInstant, parseJson } from '../../values/value-text.ts'
import { postgresProfile } from './profile.ts'

// Postgres counts times in microseconds and dates in days from the year 2000 (src/include/datatype/timestamp.h); rows
// hold them so, a number where it is exact and a bigint beyond, because binary COPY takes nothing else.
const EPOCH = 946_684_800_000_000
const EPOCH_DAYS = 10_957
const DAY = 86_400_000_000
// The years 0 to 9999, as SQLite's texts can hold them.
const FIRST = -62_167_219_200_000_000n
const LAST = 253_402_300_799_999_999n

const { whole: WHOLE_DIGITS, fraction: FRACTION_DIGITS } = postgresProfile.numericDigits

function sinceEpoch(micros: Micros): Bound | undefined {
  if (typeof micros === 'number' && micros >= Number.MIN_SAFE_INTEGER + EPOCH) return micros - EPOCH
  if (micros < FIRST || micros > LAST) return undefined
  const value = BigInt(micros) - BigInt(EPOCH)
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value
}

function timestamp(value: string, offset: boolean, precision?: number | 'any'): Bound | undefined {
  const instant = parseInstant(value)
  if (instant === undefined || instant.zone === 'none' || (instant.zone === 'offset' && !offset)) return undefined
  if (precision === undefined ? instant.precision < 0 : precision !== 'any' && instant.precision !== precision)
    return undefined
  return sinceEpoch(instant.micros)
}

function local(value: string, precision?: number): Bound | undefined {
  const instant = parseInstant(value)
  if (instant === undefined || instant.zone !== 'none') return undefined
  if (precision !== undefined && instant.precision !== precision) return undefined
  return sinceEpoch(instant.micros)
}

function numeric(value: unknown): Bound | undefined {
  const text = COMMON_ENCODERS.numeric(value)
  if (text === undefined || text.length < FRACTION_DIGITS) return text
  const point = text.indexOf('.')
  const whole = (point < 0 ? text.length : point) - (text.startsWith('-') ? 1 : 0)
  return whole > WHOLE_DIGITS || (point >= 0 && text.length - point - 1 > FRACTION_DIGITS) ? undefined : text
}

function date(value: unknown): Bound | undefined {
  const micros = typeof value === 'string' ? parseDate(value) : undefined
  return micros === undefined ? undefined : Number(BigInt(micros) / BigInt(DAY)) - EPOCH_DAYS
}

/** What binary `COPY` is made of. */
export const BINARY_CODEC: ValueCodec = {
  repertoire: UNICODE,
  stored: {
    ...COMMON_ENCODERS,
    double: (value) => (typeof value === 'number' ? (value === 0 ? 0 : value) : undefined),
    numeric,
    boolean: (value) => (typeof value === 'boolean' ? value : undefined),
    timestamp: (value) => {
      if (typeof value === 'string') return timestamp(value, true, 'any')
      const text = value instanceof Date ? dateOfInstant(value) : undefined
      return text === undefined ? undefined : timestamp(text, false, 'any')
    },
    local_timestamp: (value) => (typeof value === 'string' ? local(value) : undefined),
    date,
  },
  timestamp,
  local,
}

/** The same in a database whose encoding has not all of Unicode. */
export function codecOf(repertoire: Repertoire): ValueCodec {
  if (repertoire.encoding === undefined) return BINARY_CODEC
  const { stored } = BINARY_CODEC
  const held =
    (encode: Encode): Encode =>
    (value) => {
      const text = encode(value)
      return typeof text === 'string' && repertoire.problemOf(text) !== undefined ? undefined : text
    }
  return { ...BINARY_CODEC, repertoire, stored: { ...stored, text: held(stored.text), json: held(stored.json) } }
}

/** Microseconds since 1970 in the count that rows hold. */
export function stamp(micros: bigint): Bound {
  return sinceEpoch(micros) ?? null
}

/** A value of an encoded row in its canonical form, for people and rejects. */
export function shownForm(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null
  switch (type) {
    case 'timestamp':
      return formatInstant(BigInt(value as number | bigint) + BigInt(EPOCH), 'Z', 6)
    case 'local_timestamp':
      return formatInstant(BigInt(value as number | bigint) + BigInt(EPOCH), '', 6)
    case 'date':
      return formatInstant((BigInt(value as number) + BigInt(EPOCH_DAYS)) * BigInt(DAY), '', 0).slice(0, 10)
    case 'json':
      return parseJson(String(value))
    default:
      return value
  }
}

const MOMENT = /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d+))?)?(?:\+00)?( BC)?$/

/** A time as Postgres writes it (ISO, in UTC) as `YYYY-MM-DDTHH:MM:SS.ffffff` and a zone; anything else as it is. */
function momentText(text: string, zone: 'Z' | ''): string {
  const match = MOMENT.exec(text)
  if (match === null) return text
  const [, year = '', month, day, time, fraction = '', bc] = match
  // There is no year 0: what ISO calls so is 1 BC.
  const shown = bc === undefined ? year : String(1 - Number(year)).padStart(4, '0')
  const dated = `${shown}-${month}-${day}`
  return time === undefined ? dated : `${dated}T${time}.${fraction.padEnd(6, '0')}${zone}`
}

/** A value as Postgres wrote it, in its canonical form. */
export function decodeText(value: string | null, type: ColumnType): unknown {
  if (value === null) return null
  switch (type) {
    case 'integer':
      return BigInt(value)
    case 'double':
      return Number(value)
    case 'boolean':
      return value === 't'
    case 'timestamp':
      return momentText(value, 'Z')
    case 'local_timestamp':
    case 'date':
      return momentText(value, '')
    case 'json':
      return parseJson(value)
    case 'bytes':
      return new Uint8Array(Buffer.from(value.slice(2), 'hex'))
    default:
      return value
  }
}
