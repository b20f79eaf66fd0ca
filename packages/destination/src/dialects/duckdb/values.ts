import type { DuckDBValue } from '@duckdb/node-api'
import { type ColumnType, formatInstant } from '@tidemark/core/engine'
import { TEXT_CODEC, type ValueCodec } from '../../values/codec.ts'
import { parseJson } from '../../values/value-text.ts'

const DAY = 86_400_000_000n

/**
 * What each column type is. DECIMAL ends at 38 digits and has one scale for all rows, so exact numbers are texts. An instant
 * has a type of its own, or nobody could tell it from a local time.
 */
export const TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  double: 'DOUBLE',
  numeric: 'VARCHAR',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  local_timestamp: 'TIMESTAMP',
  date: 'DATE',
  json: 'JSON',
  bytes: 'BLOB',
}

/** Times and decimals as texts, which DuckDB itself reads. */
export const DUCKDB_FORMS: ValueCodec = {
  ...TEXT_CODEC,
  stored: {
    ...TEXT_CODEC.stored,
    double: (value) => (typeof value === 'number' ? (value === 0 ? 0 : value) : undefined),
    boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  },
}

/** A value as DuckDB gave it, or as it was encoded, in its canonical form. */
export function decodeValue(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null
  switch (type) {
    case 'integer':
      return BigInt(value as number | bigint)
    case 'timestamp':
      return isTime(value) ? formatInstant(value.micros, 'Z', 6) : value
    case 'local_timestamp':
      return isTime(value) ? formatInstant(value.micros, '', 6) : value
    case 'date':
      return isDate(value) ? dateText(value) : value
    case 'json':
      return parseJson(String(value))
    case 'bytes':
      return bytesOf(value)
    default:
      return value
  }
}

/** A value of a query of the user's: whole numbers as numbers where a double holds them, times as everywhere else. */
export function shownValue(value: DuckDBValue, type: string): unknown {
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (type === 'BLOB') return bytesOf(value)
  try {
    if (isDate(value)) return dateText(value)
    if (type.startsWith('TIMESTAMP') && isTime(value))
      return formatInstant(value.micros, /ZONE|TZ/.test(type) ? 'Z' : '', 6)
  } catch {
    // Infinity, or a year that has more than four digits.
  }
  return String(value)
}

const isTime = (value: unknown): value is { readonly micros: bigint } =>
  typeof value === 'object' && value !== null && 'micros' in value && typeof value.micros === 'bigint'

const isDate = (value: unknown): value is { readonly days: number } =>
  typeof value === 'object' && value !== null && 'days' in value && !('micros' in value)

const dateText = ({ days }: { readonly days: number }): string => formatInstant(BigInt(days) * DAY, '', 0).slice(0, 10)

/** A copy: what DuckDB gives is a view into its own memory. */
function bytesOf(value: unknown): unknown {
  const bytes = value instanceof Uint8Array ? value : (value as { readonly bytes: Uint8Array }).bytes
  return new Uint8Array(bytes)
}
