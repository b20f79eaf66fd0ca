import { createHash } from 'node:crypto'
import { exactJsonText, isRawNumber } from '@tidemark/core/values'
import { isObject } from './message.ts'

/** The column that holds the hash of a row, where that is its key. */
export const ROW_HASH = '_row_hash'

/** A hash of what a record holds, whatever the order of its fields. What the tap itself adds differs each time, and does not count. */
export function rowHashOf(record: Readonly<Record<string, unknown>>): string {
  const own = Object.entries(record).filter(([name]) => !name.startsWith('_sdc_') && name !== ROW_HASH)
  return createHash('sha256')
    .update(exactJsonText(sorted(Object.fromEntries(own))))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value) || isRawNumber(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, one]) => [name, sorted(one)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}
