import type { ColumnType } from '@tidemark/core'

/**
 * What a value is, said independently of every reader: what a destination holds must be the same thing.
 *
 * @see same
 */
export type Meaning =
  /** A number with all its digits, as a decimal text. */
  | { readonly is: 'number'; readonly digits: string; readonly text?: string }
  /** The double that is meant; a text of it says the same double. */
  | { readonly is: 'double'; readonly value: number; readonly text?: string }
  /** Nanoseconds since 1970. */
  | { readonly is: 'instant'; readonly nanos: bigint; readonly text?: string }
  /** A time without a zone, as ISO 8601 writes it. */
  | { readonly is: 'local'; readonly iso: string; readonly text?: string }
  /** A day, as ISO 8601 writes it. */
  | { readonly is: 'date'; readonly iso: string; readonly text?: string }
  | { readonly is: 'truth'; readonly value: boolean; readonly text?: string }
  | { readonly is: 'bytes'; readonly hex: string; readonly text?: string }
  /** JSON, whose numbers keep all their digits. */
  | { readonly is: 'json'; readonly json: string; readonly text?: string }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'null' }

/** How a stored value stands to what it should be. */
export type Sameness = 'same' | 'cut to the microsecond' | 'the nearest double' | 'another'

/** Compares a value as a destination gives it with what it means. */
export function same(meaning: Meaning, value: unknown, type: ColumnType): Sameness {
  if (meaning.is === 'null') return judge(value === null)
  if (value === null || value === undefined) return 'another'
  if (type === 'text' && meaning.text !== undefined) return judge(value === meaning.text)
  // JSON holds a text or a number as it is.
  if (type === 'json') return judge(sameJson(meaning, parseExact((value as { json: string }).json)))
  switch (meaning.is) {
    case 'number': {
      if (plain(String(value)) === plain(meaning.digits)) return 'same'
      // Neither infinity nor a zero is near to a number that is none.
      return type === 'double' && Number(meaning.digits) === value && Number.isFinite(value) && value !== 0
        ? 'the nearest double'
        : 'another'
    }
    case 'double':
      // The sign of a zero is not kept.
      return judge(
        typeof value === 'string' || typeof value === 'number' ? sameDouble(Number(value), meaning.value) : false,
      )
    case 'instant': {
      const nanos = nanosOf(String(value))
      if (nanos === meaning.nanos) return 'same'
      return nanos === floorTo(meaning.nanos, 1000n) ? 'cut to the microsecond' : 'another'
    }
    case 'local': {
      const nanos = nanosOf(`${value}Z`)
      const meant = nanosOf(`${meaning.iso}Z`)
      if (nanos === meant) return 'same'
      return meant !== undefined && nanos === floorTo(meant, 1000n) ? 'cut to the microsecond' : 'another'
    }
    case 'date':
      return judge(value === meaning.iso || (type !== 'date' && value === meaning.text))
    case 'truth':
      return judge(value === meaning.value)
    case 'bytes':
      return judge(value instanceof Uint8Array && Buffer.from(value).toString('hex') === meaning.hex)
    case 'json':
      return 'another'
    case 'text':
      return judge(value === meaning.text)
  }
}

const judge = (isSame: boolean): Sameness => (isSame ? 'same' : 'another')
const sameDouble = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))

function sameJson(meaning: Exclude<Meaning, { is: 'null' }>, value: unknown): boolean {
  switch (meaning.is) {
    case 'json':
      return canonical(value) === canonical(parseExact(meaning.json))
    case 'number':
      return canonical(value) === `#${plain(meaning.digits)}`
    case 'double':
      return typeof value === 'number' && sameDouble(value, meaning.value)
    case 'truth':
      return value === meaning.value
    default:
      return meaning.text !== undefined && value === meaning.text
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const exact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined ? new Digits(source) : value

class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Parses JSON so that each number is its text. */
export function parseExact(json: string): unknown {
  return (JSON.parse as (text: string, reviver: Reviver) => unknown)(json, exact)
}

/** One text for all that is the same JSON: keys in order, numbers by their value. */
export function canonical(value: unknown): string {
  if (value instanceof Digits) return `#${plain(value.text)}`
  if (typeof value === 'number' || typeof value === 'bigint') return `#${plain(String(value))}`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`)
      .join(',')}}`
  return JSON.stringify(value)
}

/** A decimal number in one form, with neither exponent nor zeros that say nothing; other texts as they are. */
export function plain(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  if (whole + fraction === '') return text
  const digits = (whole + fraction).replace(/^0+/, '')
  if (digits === '') return '0'
  const significant = digits.replace(/0+$/, '')
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  return `${sign === '-' ? '-' : ''}${significant}e${power}`
}

const ISO = /^([+-]?\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)$/

/** Nanoseconds since 1970 of an ISO text; undefined for what is none. */
export function nanosOf(text: string): bigint | undefined {
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone = 'Z'] = ISO.exec(text) ?? []
  if (year === undefined) return undefined
  const at = new Date(0)
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  at.setUTCHours(Number(hour), Number(minute), Number(second))
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? []
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  return BigInt(at.getTime() - offset) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

function floorTo(value: bigint, unit: bigint): bigint {
  return value - (((value % unit) + unit) % unit)
}
