import type { ColumnType } from '@tidemark/core'
import { isoText, writtenTime } from '@tidemark/core/values'
import { exactInteger, exactJson, notJson } from './exact.ts'
import type { Decode, FoundColumn, Reading } from './found-table.ts'

/**
 * How a column is read as the type that the table has for it: what the database says, unless the user says otherwise
 * or the state already knows a wider one. A value that does not fit is passed on as it is and becomes a rejected row.
 */
export function readingAs(column: FoundColumn, type: ColumnType): Reading {
  if (type === column.type) return column
  if (type === 'text') return { ...column.asText, type }
  if (type === 'json' && column.type !== 'text' && column.type !== 'bytes')
    return { ...column, type, binary: undefined }
  const { select, ascii, answers } = column
  return { type, select, ascii, answers, decode: after(column.decode, CONVERSIONS[type]) }
}

function after(decode: Decode | undefined, convert: (value: unknown) => unknown): Decode {
  return decode === undefined ? convert : (raw) => convert(decode(raw))
}

const CONVERSIONS: Readonly<Record<ColumnType, (value: unknown) => unknown>> = {
  text: String,
  integer: (value) => {
    if (typeof value === 'boolean') return Number(value)
    return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? exactInteger(value) : value
  },
  double: (value) => {
    const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
    // Neither NaN nor a rounded number: what a double does not hold stays as it is, and is refused.
    if (typeof value === 'bigint') return BigInt(number) === value ? number : value
    return typeof value === 'string' && !Number.isNaN(number) ? number : value
  },
  numeric: (value) => value,
  boolean: (value) => {
    if (value === 0 || value === '0') return false
    return value === 1 || value === '1' ? true : value
  },
  timestamp: (value) => (typeof value === 'string' ? timeText(value, 'Z') : value),
  local_timestamp: (value) => (typeof value === 'string' ? timeText(value, '') : value),
  date: (value) => value,
  json: (value) => {
    if (value instanceof Uint8Array) return notJson(Buffer.from(value).toString('hex'))
    return typeof value === 'string' ? exactJson(value) : value
  },
  bytes: (value) => (typeof value === 'string' ? Buffer.from(value) : value),
}

/** A time as people write it, in the form of RFC 3339. One without an offset gets the given one. */
function timeText(text: string, otherwise: 'Z' | ''): string {
  const written = writtenTime(text)
  return written === undefined ? text : isoText(written, otherwise)
}
