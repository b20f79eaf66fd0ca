import type { ColumnType } from '@tidemark/core/engine'
import { type Repertoire, UNICODE } from './repertoire.ts'
import {
  dateOfInstant,
  decimalOfNumber,
  decimalText,
  isDate,
  isText,
  jsonText,
  localText,
  timestampText,
} from './value-text.ts'

/** What an encoded row holds. */
export type Bound = string | number | bigint | boolean | Uint8Array | null

/** Encodes one value; undefined where it cannot be held. `null` stands for NULL. */
export type Encode = (value: unknown) => Bound | undefined

/** The forms in which a database takes values. Equal values have one form. */
export interface ValueCodec {
  /** Which texts it holds. */
  readonly repertoire: Repertoire
  /** Takes rows in the binary form of Postgres. */
  readonly takesBinary?: true | undefined
  /** How a value of a column type is stored. */
  readonly stored: Readonly<Record<ColumnType, Encode>>
  /** @param precision digits of the fraction that must be written (-1: not even seconds); undefined: any. */
  timestamp(value: string, offset: boolean, precision?: number): Bound | undefined
  local(value: string, precision?: number): Bound | undefined
}

const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** Forms of the types that every database takes alike. */
export const COMMON_ENCODERS = {
  text: (value) => (typeof value === 'string' && isText(value) ? value : undefined),
  integer: (value) => {
    // `-0` is 0, as an integer has no sign of zero.
    if (typeof value === 'number') return Number.isSafeInteger(value) ? (value === 0 ? 0 : value) : undefined
    if (typeof value !== 'bigint' || value < INT64_MIN || value > INT64_MAX) return undefined
    // One form: two bigints of a key are not the same to a Map that knows the number.
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  },
  numeric: (value) => {
    if (typeof value === 'string') return decimalText(value)
    if (typeof value === 'bigint') return String(value)
    return typeof value === 'number' && Number.isFinite(value) ? decimalOfNumber(value) : undefined
  },
  json: jsonText,
  bytes: (value) => (value instanceof Uint8Array ? value : undefined),
} satisfies Partial<Record<ColumnType, Encode>>

/** Forms of the types that a database with a type of its own for each takes: any double, with one zero, and booleans. */
export const NATIVE_ENCODERS = {
  double: (value) => (typeof value === 'number' ? (value === 0 ? 0 : value) : undefined),
  boolean: (value) => (typeof value === 'boolean' ? value : undefined),
} satisfies Partial<Record<ColumnType, Encode>>

/** Times and decimals as texts, as SQLite stores them. */
export const TEXT_CODEC: ValueCodec = {
  repertoire: UNICODE,
  stored: {
    ...COMMON_ENCODERS,
    double: (value) => (typeof value === 'number' && Number.isFinite(value) ? (value === 0 ? 0 : value) : undefined),
    boolean: (value) => (value === true ? 1 : value === false ? 0 : undefined),
    timestamp: (value) => {
      if (typeof value === 'string') return timestampText(value, true, 'any')
      return value instanceof Date ? dateOfInstant(value) : undefined
    },
    local_timestamp: (value) => (typeof value === 'string' ? localText(value) : undefined),
    date: (value) => (typeof value === 'string' && isDate(value) ? value : undefined),
  },
  timestamp: timestampText,
  local: localText,
}
