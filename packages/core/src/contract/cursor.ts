import { type CursorType, isCursorType } from '../values/column-types.ts'
import { formatInstant, parseDate, parseInstant } from '../values/instant.ts'
import { INT64_MIN, isInt64 } from '../values/int64.ts'
import type { Range, Window } from '../values/window.ts'
import { bare, type TableColumn } from './column.ts'
import { parseDuration } from './duration.ts'
import { SyncError } from './error.ts'

/** The column that a table is read by, and how its values convert to 64-bit positions and back. */
export interface Cursor {
  readonly column: string
  readonly type: CursorType
  /** The smallest step of this cursor in its unit: a day in microseconds for dates, else after the schema's precision. */
  readonly tick: bigint
  /** The form in which `read` receives a position. */
  readonly form: 'text' | 'date' | 'number' | 'bigint'
  readonly precision: number | undefined
}

const DAY = 86_400_000_000n
// The years 0 to 9999, the only ones that an ISO text can write.
const FIRST = -62_167_219_200_000_000n
const LAST = 253_402_300_799_999_999n
// The year 1: databases know no year 0.
const FIRST_YEAR = -62_135_596_800_000_000n

/** @throws SyncError `fix-source` where the column cannot be a cursor. */
export function cursorOf(table: string, column: TableColumn): Cursor {
  const { type } = column
  if (!isCursorType(type)) {
    throw new SyncError(
      `table "${table}": column "${column.name}" is of type ${type} and cannot be the cursor; a cursor is a timestamp, a date or an integer`,
      'fix-source',
    )
  }
  const def = bare(column.schema)._zod.def as { type: string; format?: string; precision?: number | null }
  const precision = def.format === 'datetime' && typeof def.precision === 'number' ? def.precision : undefined
  const form = formOf(type, def.type)
  return { column: column.name, type, tick: tickOf(type, form, precision), form, precision }
}

function tickOf(type: CursorType, form: Cursor['form'], precision: number | undefined): bigint {
  if (type === 'integer') return 1n
  if (type === 'date') return DAY
  if (form === 'date') return 1000n // a `Date` holds milliseconds
  if (precision === -1) return 60_000_000n
  return precision === undefined || precision >= 6 ? 1n : 10n ** BigInt(6 - precision)
}

function formOf(type: CursorType, schemaType: string): Cursor['form'] {
  if (type === 'integer') return schemaType === 'number' ? 'number' : 'bigint'
  return schemaType === 'date' ? 'date' : 'text'
}

/**
 * The position of a cursor value: microseconds or the integer itself, rounded down to the microsecond. Undefined for a value
 * that is not such a cursor. Numbers where they are safe, because this runs once a row.
 */
export function positionOf(value: unknown, type: CursorType): number | bigint | undefined {
  if (type === 'integer') {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
    return typeof value === 'bigint' && isInt64(value) ? value : undefined
  }
  if (typeof value === 'string') {
    if (type === 'date') return parseDate(value)
    const instant = parseInstant(value)
    if (instant === undefined || (type === 'timestamp' && instant.zone === 'none')) return undefined
    // An offset can reach beyond the years that can be written.
    return instant.zone === 'offset' && !isWritable(instant.micros) ? undefined : instant.micros
  }
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined
  const micros = value.getTime() * 1000
  if (Number.isSafeInteger(micros)) return isWritable(micros) ? micros : undefined
  const exact = BigInt(value.getTime()) * 1000n
  return isWritable(exact) ? exact : undefined
}

function isWritable(micros: number | bigint): boolean {
  return micros >= FIRST && micros <= LAST
}

/**
 * A range in the form that the table's `read` receives. A bound between two values that this form can write is moved
 * outwards: the source then returns too much, never too little.
 */
export function windowAt({ from, to }: Range, cursor: Cursor): Window<string | number | bigint | Date> {
  const end = floorTo(to, cursor.tick)
  return {
    from: from === undefined ? undefined : valueAt(from, cursor),
    to: valueAt(end === to ? to : end + cursor.tick, cursor),
  }
}

/** A position in the form that the table's `read` receives, rounded down where the form cannot write it. */
export function valueAt(position: bigint, cursor: Cursor): string | number | bigint | Date {
  if (cursor.form === 'bigint') return position
  if (cursor.form === 'number') return Number(position)
  if (cursor.form === 'date') return new Date(Number(floorTo(position, 1000n) / 1000n))
  // With the three digits that toISOString() writes: a source that compares texts then compares texts of one form.
  const precision = cursor.precision ?? (position % 1000n === 0n ? 3 : 6)
  return textAt(position, { type: cursor.type, precision })
}

/** A position as text: an ISO date or time, or the digits. Outside the years 0 to 9999 it is the first or the last that can be written. */
export function textAt(position: bigint, cursor: Pick<Cursor, 'type' | 'precision'>): string {
  if (cursor.type === 'integer') return String(position)
  const micros = position < FIRST ? FIRST : position > LAST ? LAST : position
  if (cursor.type === 'date') return formatInstant(micros, '').slice(0, 10)
  return formatInstant(micros, cursor.type === 'timestamp' ? 'Z' : '', cursor.precision)
}

/** Rounds down to a multiple of the tick, also below zero. */
export function floorTo(position: bigint, tick: bigint): bigint {
  const below = position % tick
  return below < 0n ? position - below - tick : position - below
}

/**
 * How low the windows of a range that ends at `to` may start. Integers count up from zero nearly everywhere, and an API may
 * refuse a bound below it, so that only a range that ends there or below is cut further.
 */
export function lowestStart({ type, form }: Pick<Cursor, 'type' | 'form'>, to: bigint): bigint {
  if (type !== 'integer') return FIRST_YEAR
  if (to > 0n) return 0n
  return form === 'number' ? BigInt(Number.MIN_SAFE_INTEGER) : INT64_MIN
}

/** A length along a cursor in its own unit: microseconds, or the count itself. Undefined where it is not a length. */
export function spanOf(span: unknown, cursor: Pick<Cursor, 'type'> | undefined): bigint | undefined {
  if (cursor === undefined) return undefined
  if (cursor.type === 'integer') {
    return (Number.isSafeInteger(span) || typeof span === 'bigint') && (span as number) >= 0
      ? BigInt(span as number)
      : undefined
  }
  if (typeof span === 'string') return microsOf(parseDuration(span))
  return typeof span === 'object' && span !== null ? microsOf((span as { ms?: unknown }).ms) : undefined
}

function microsOf(ms: unknown): bigint | undefined {
  return typeof ms === 'number' ? BigInt(Math.round(ms * 1000)) : undefined
}

/** How an author writes the smallest step of a cursor. */
export function smallestStep(cursor: Cursor | undefined): string {
  if (cursor === undefined || cursor.type === 'integer') return '1'
  return cursor.type === 'date' ? 'days(1)' : `milliseconds(${Number(cursor.tick) / 1000})`
}
