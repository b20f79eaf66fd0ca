import type { ColumnType } from '@tidemark/core'
import { safeInteger } from '@tidemark/core/values'
import { exactJson } from '../exact.ts'
import type { Reading } from '../found-table.ts'

/** What was seen in a column: which storage classes, and how its texts look. */
export interface Seen {
  readonly integers: boolean
  readonly reals: boolean
  readonly texts: boolean
  readonly blobs: boolean
  /** All integers are 0 or 1. */
  readonly bits: boolean
  /** All texts are dates; all are times, all of those with or all without an offset. */
  readonly dates: boolean
  readonly local: boolean
  readonly zoned: boolean
}

const plain = (raw: unknown): unknown => (typeof raw === 'bigint' ? safeInteger(raw) : raw)
const double = (raw: unknown): unknown =>
  typeof raw === 'bigint' && Number.isSafeInteger(Number(raw)) ? Number(raw) : raw
const truth = (raw: unknown): unknown => (raw === 1n ? true : raw === 0n ? false : plain(raw))
/** Numbers as their digits; bytes are not text, and are refused. */
const text = (raw: unknown): unknown => (typeof raw === 'object' ? raw : String(raw))
const json = (raw: unknown): unknown => (typeof raw === 'string' ? exactJson(raw) : plain(raw))

/** `2024-01-31 10:00` → `2024-01-31T10:00:00`; an offset as RFC 3339 writes it. */
function time(raw: unknown): unknown {
  if (typeof raw !== 'string') return plain(raw)
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?)?\s*(Z|[+-]\d\d:\d\d)?$/.exec(raw)
  if (found === null) return raw
  const [, date, minutes = '00:00', seconds = ':00', zone = ''] = found
  return `${date}T${minutes}${seconds}${zone}`
}

const READINGS: Readonly<Record<ColumnType, (raw: unknown) => unknown>> = {
  text,
  integer: plain,
  double,
  numeric: plain,
  boolean: truth,
  timestamp: time,
  local_timestamp: time,
  date: plain,
  json,
  bytes: plain,
}

export function readingFor(type: ColumnType): Reading {
  return { type, decode: READINGS[type] as never }
}

export const AS_TEXT: Reading = readingFor('text')

/** Texts alone: a number is refused, because its digits are the text of another row. */
export const ONLY_TEXT: Reading = { type: 'text', decode: plain as never }

/** Whether a column keeps a number and its digits apart, so that both may be in it. */
export function keepsApart(declared: string): boolean {
  return declared === '' || /BLOB|^ANY$/i.test(declared)
}

/**
 * The type of a column. SQLite lets every value into every column, so what was declared is only a promise, and what was
 * seen decides: the narrowest type that holds all of it. A later value that does not fit becomes a rejected row.
 */
export function typeOf(declared: string, seen: Seen): ColumnType {
  const { integers, reals, texts, blobs } = seen
  const name = declared.toUpperCase()
  const isEmpty = !integers && !reals && !texts && !blobs
  if (isEmpty) return declaredType(name)
  if (blobs) return integers || reals || texts ? 'text' : 'bytes'
  if (texts && !integers && !reals) {
    if (/JSON/.test(name)) return 'json'
    // Texts of a column that says it holds times; others stay as they are written.
    if (!/DATE|TIME/.test(name)) return 'text'
    return seen.dates ? 'date' : seen.zoned ? 'timestamp' : seen.local ? 'local_timestamp' : 'text'
  }
  if (texts) return 'text'
  if (/BOOL/.test(name) && !reals && seen.bits) return 'boolean'
  if (/DEC|NUMERIC|NUMBER|MONEY/.test(name)) return 'numeric'
  if (integers && reals) return 'numeric'
  return reals || /REAL|FLOA|DOUB/.test(name) ? 'double' : 'integer'
}

/** By the words that SQLite itself goes by, where there is no row to look at. */
function declaredType(name: string): ColumnType {
  if (/JSON/.test(name)) return 'json'
  if (/BOOL/.test(name)) return 'boolean'
  if (/INT/.test(name)) return 'integer'
  if (/DATETIME|TIMESTAMP/.test(name)) return 'local_timestamp'
  if (/^DATE$/.test(name)) return 'date'
  if (/REAL|FLOA|DOUB/.test(name)) return 'double'
  if (/DEC|NUMERIC|NUMBER|MONEY/.test(name)) return 'numeric'
  return /BLOB/.test(name) ? 'bytes' : 'text'
}
