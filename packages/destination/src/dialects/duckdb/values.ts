import type { DuckDBValue } from '@duckdb/node-api'
import { formatInstant } from '@tidemark/core/engine'

const DAY = 86_400_000_000n

/** A value of a query of the user's: whole numbers as numbers where a double holds them, times as everywhere else. */
export function shownValue(value: DuckDBValue, type: string): unknown {
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (type === 'BLOB') return copiedBytes(value)
  try {
    if (isDayCount(value)) return dateText(value)
    if (type.startsWith('TIMESTAMP') && isTime(value)) return timeText(value, /ZONE|TZ/.test(type) ? 'Z' : '')
  } catch {
    // Infinity, or a year that has more than four digits.
  }
  return String(value)
}

export const isTime = (value: unknown): value is { readonly micros: bigint } =>
  typeof value === 'object' && value !== null && 'micros' in value && typeof value.micros === 'bigint'

export const timeText = ({ micros }: { readonly micros: bigint }, zone: 'Z' | ''): string =>
  formatInstant(micros, zone, 6)

export const isDayCount = (value: unknown): value is { readonly days: number } =>
  typeof value === 'object' && value !== null && 'days' in value && !('micros' in value)

export const dateText = ({ days }: { readonly days: number }): string =>
  formatInstant(BigInt(days) * DAY, '', 0).slice(0, 10)

/** A copy: what DuckDB gives is a view into its own memory. */
export function copiedBytes(value: unknown): unknown {
  const bytes = value instanceof Uint8Array ? value : (value as { readonly bytes: Uint8Array }).bytes
  return new Uint8Array(bytes)
}
