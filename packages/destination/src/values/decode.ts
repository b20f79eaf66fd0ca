import type { ColumnType } from '@tidemark/core/engine'
import { parseJson } from './value-text.ts'

/**
 * A stored value in its canonical form: text, numeric, timestamps and dates as texts, integers as bigints, json parsed.
 */
export function decode(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null
  switch (type) {
    case 'integer':
      return BigInt(value as number | bigint)
    case 'double':
      return Number(value)
    case 'boolean':
      return Number(value) === 1
    case 'json':
      return parseJson(String(value))
    default:
      return value
  }
}
