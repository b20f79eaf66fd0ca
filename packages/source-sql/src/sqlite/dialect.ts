import { COLUMN_TYPE_TRAITS } from '@tidemark/core/values'
import { type RawBuilder, sql } from 'kysely'
import type { Bounds, Selected } from '../database.ts'
import type { FoundColumn } from '../found-table.ts'
import { microsOf } from '../position.ts'
import { compiler, type Dialect } from '../select.ts'

const DAY_MS = 86_400_000

export const dialect: Dialect = {
  compile: compiler('sqlite'),
  only: false,
  rowsAsValues: true,
  keyValues,
  bound: (value, type, side) => (type === 'integer' ? sql`${value}` : sql`${dayOf(String(value), type, side)}`),
  outside,
  exactly,
}

/**
 * A column takes any value: rows whose cursor is a text among numbers, a number among texts, or no time at all, behind all
 * that are. Compared so that an index finds them: numbers come before texts, and texts before bytes.
 */
function outside({ column, type, to, nulls, strays }: Bounds): RawBuilder<unknown> {
  const cursor = sql.id(column)
  if (!strays) return sql`${cursor} is null`
  const missing = nulls ? sql`${cursor} is null or ` : sql``
  if (type === 'integer') return sql`(${missing}${cursor} > 9223372036854775807)`
  const unread = sql`${cursor} >= ${dayOf(String(to), type, 'to')} and ${cursor} < x'' and unixepoch(${cursor}) is null`
  return sql`(${missing}${cursor} < '' or ${cursor} >= x'' or ${unread})`
}

/**
 * Times are texts in whatever form they were written, with a blank or a `T`, with or without digits behind the second.
 * Whole days are compared rightly in every form, also by an index; with offsets, one day more.
 */
function dayOf(value: string, type: Bounds['type'], side: 'from' | 'to'): string {
  if (type === 'date') return value
  const slack = type === 'timestamp' ? 1 : 0
  const days = side === 'from' ? -slack : slack + 1
  return new Date(Date.parse(value.slice(0, 10)) + days * DAY_MS).toISOString().slice(0, 10)
}

/** A value of a key in the storage classes that it may have. A time may be written in any form, and is not found by one. */
function keyValues(
  _found: FoundColumn,
  { type }: Selected,
  value: unknown,
): readonly RawBuilder<unknown>[] | undefined {
  if (COLUMN_TYPE_TRAITS[type].cursor?.counts === 'time' || type === 'json') return undefined
  if (value instanceof Uint8Array) return [sql`${value}`]
  if (type === 'boolean') return [value === true || value === 'true' ? sql`1` : sql`0`]
  const text = String(value)
  const isNumber = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)
  if (type !== 'text') return isNumber ? [sql.raw(text)] : [sql`${text}`]
  // What is read as a text may be kept as a number.
  return isNumber ? [sql`${text}`, sql.raw(text)] : [sql`${text}`]
}

/** A time as microseconds, in whatever form it was written. What is not a time is NULL. */
function micros(column: string): RawBuilder<unknown> {
  const text = sql.id(column)
  const offset = sql`case when substr(${text}, -6) glob '[+-][0-9][0-9]:[0-9][0-9]' then substr(${text}, -6) else '' end`
  // SQLite rounds a fraction of more than three digits, so it is taken by itself.
  const fraction = sql`case when substr(${text}, 20, 1) = '.' then cast(round(cast('0.' || substr(${text}, 21, 6) as real) * 1000000) as integer) else 0 end`
  const seconds = sql`unixepoch(case when substr(${text}, 17, 1) = ':' then substr(${text}, 1, 19) || ${offset} else ${text} end)`
  return sql`(${seconds} * 1000000 + ${fraction})`
}

/** Bounds of days let in too much, and numbers, texts and bytes each lie on one side of all others. */
function exactly({ column, type, from, to }: Bounds, part: 'window' | 'above'): readonly RawBuilder<unknown>[] {
  const cursor = sql.id(column)
  if (type === 'integer') return part === 'above' ? [sql`${cursor} <= 9223372036854775807`] : []
  const texts = [sql`${cursor} >= ''`, sql`${cursor} < x''`]
  if (type === 'date') return texts
  const at = micros(column)
  if (part === 'above') return [...texts, sql`${at} >= ${microsOf(to)}`]
  const below = sql`${at} < ${microsOf(to)}`
  return from === undefined ? [...texts, below] : [...texts, below, sql`${at} >= ${microsOf(from)}`]
}

/** Of the days that were read, what lies surely outside of the window. A time that SQLite cannot read is passed on. */
export function within({ column, type, from, to }: Bounds): readonly RawBuilder<unknown>[] {
  if (type === 'integer') return []
  // Numbers, which come before all texts, are outside of every window.
  const texts = from === undefined ? [sql`${sql.id(column)} >= ''`] : []
  if (type === 'date') return texts
  const at = sql`unixepoch(${sql.id(column)})`
  const seconds = (value: string | bigint): number => Math.floor(Date.parse(`${String(value).slice(0, 19)}Z`) / 1000)
  const below = sql`${at} <= ${seconds(to) + 1}`
  const inside = from === undefined ? below : sql`${below} and ${at} >= ${seconds(from) - 1}`
  return [...texts, sql`(${at} is null or ${inside})`]
}
