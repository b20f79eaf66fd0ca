import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { ChangedColumn } from '../changed-column.ts'
import type { Asked, Bounds, Reads, Row, Selected } from '../database.ts'
import type { FoundColumn } from '../found-table.ts'
import { PageSize } from '../page-size.ts'
import { microsOf } from '../position.ts'
import { behind, compiler, type Dialect, type Statement, selectOf } from '../select.ts'

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
  if (type === 'timestamp' || type === 'local_timestamp' || type === 'json') return undefined
  if (value instanceof Uint8Array) return [sql`${value}`]
  if (type === 'boolean') return [value === true || value === 'true' ? sql`1` : sql`0`]
  const text = String(value)
  const isNumber = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)
  if (type !== 'text') return isNumber ? [sql.raw(text)] : [sql`${text}`]
  // What is read as a text may be kept as a number.
  return isNumber ? [sql`${text}`, sql.raw(text)] : [sql`${text}`]
}

/** A time as microseconds, in whatever form it was written. What is no time is NULL. */
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
function within({ column, type, from, to }: Bounds): readonly RawBuilder<unknown>[] {
  if (type === 'integer') return []
  // Numbers, which come before all texts, are none of a window.
  const texts = from === undefined ? [sql`${sql.id(column)} >= ''`] : []
  if (type === 'date') return texts
  const at = sql`unixepoch(${sql.id(column)})`
  const seconds = (value: string | bigint): number => Math.floor(Date.parse(`${String(value).slice(0, 19)}Z`) / 1000)
  const below = sql`${at} <= ${seconds(to) + 1}`
  const inside = from === undefined ? below : sql`${below} and ${at} >= ${seconds(from) - 1}`
  return [...texts, sql`(${at} is null or ${inside})`]
}

const PAGE_BYTES = 4 << 20
const MOST_AT_ONCE = 16 << 20

type Raw = string | number | bigint | Uint8Array | null

interface Asking {
  readonly part: 'window' | 'nulls'
  readonly signal: AbortSignal
  readonly decode: (raw: readonly Raw[]) => Row
}

/** Reads a window, or a whole table, page after page. */
export async function* readPages(db: DatabaseSync, reads: Reads, { signal }: Asked): AsyncGenerator<readonly Row[]> {
  const hasOutside = reads.bounds?.nulls === true || reads.bounds?.strays === true
  const parts = hasOutside ? (['nulls', 'window'] as const) : (['window'] as const)
  const template: Row = Object.fromEntries(reads.columns.map(({ name }) => [name, null]))
  const decode = (raw: readonly Raw[]): Row => {
    const row = { ...template }
    for (const [at, column] of reads.columns.entries()) {
      const value = raw[at]
      if (value != null) row[column.name] = column.decode === undefined ? value : column.decode(value as never)
    }
    return row
  }
  for (const part of parts) {
    const order = orderOf(reads, part)
    if (order.length === 0) yield* inOne(db, reads, { part, signal, decode })
    else yield* paged(db, reads, order, { part, signal, decode })
  }
}

/**
 * Each page is a statement of its own that is over when it is handed on: in a file that is not in WAL mode, a writer waits for
 * no longer than that.
 */
async function* paged(
  db: DatabaseSync,
  reads: Reads,
  order: readonly string[],
  { part, signal, decode }: Asking,
): AsyncGenerator<readonly Row[]> {
  const more = order.map((name) => sql.id(name))
  const inside = insideOf(reads, part)
  const size = new PageSize()
  let after: readonly Raw[] | undefined
  for (;;) {
    signal.throwIfAborted()
    const limit = size.rows
    const last = after?.slice(reads.columns.length)
    const where = last === undefined ? inside : [...inside, behind(order, last)]
    const iterator = iterate(db, selectOf(reads, dialect, { part, orderBy: order, where, more, limit }))
    const { rows, bytes, isOver } = take(iterator, PAGE_BYTES)
    iterator.return?.()
    checkSchema(db, reads)
    size.learn(rows.length, bytes)
    after = rows.at(-1)
    if (rows.length > 0) yield rows.map(decode)
    if (isOver && rows.length < limit) return
    // The driver holds everything up while it reads.
    await turn()
  }
}

/**
 * Rows that cannot be found again behind the last one come from one statement. It is over before they are handed on, unless
 * there are too many to be held.
 */
async function* inOne(
  db: DatabaseSync,
  reads: Reads,
  { part, signal, decode }: Asking,
): AsyncGenerator<readonly Row[]> {
  const iterator = iterate(db, selectOf(reads, dialect, { part, where: insideOf(reads, part) }))
  for (;;) {
    signal.throwIfAborted()
    const { rows, isOver } = take(iterator, MOST_AT_ONCE)
    checkSchema(db, reads)
    if (rows.length > 0) yield rows.map(decode)
    if (isOver) return
    await turn()
  }
}

function insideOf({ bounds }: Reads, part: 'window' | 'nulls'): readonly RawBuilder<unknown>[] {
  return part === 'window' && bounds !== undefined ? within(bounds) : []
}

function iterate(db: DatabaseSync, { sql: text, parameters }: Statement): Iterator<readonly Raw[]> {
  const statement = db.prepare(text)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return statement.iterate(...(parameters as Raw[])) as unknown as Iterator<readonly Raw[]>
}

/** The next rows, up to so many bytes of them. */
function take(
  iterator: Iterator<readonly Raw[]>,
  most: number,
): { readonly rows: readonly (readonly Raw[])[]; readonly bytes: number; readonly isOver: boolean } {
  const rows: (readonly Raw[])[] = []
  let bytes = 0
  while (bytes < most) {
    const next = iterator.next()
    if (next.done === true) return { rows, bytes, isOver: true }
    rows.push(next.value)
    bytes += bytesOf(next.value)
  }
  return { rows, bytes, isOver: false }
}

/** Looked at after a page: what the schema is then, it was while the page was read, or is refused. */
function checkSchema(db: DatabaseSync, { table, columns }: Reads): void {
  const { schema_version: version } = db.prepare('PRAGMA schema_version').get() as { schema_version: unknown }
  if (version === table.facts['schemaVersion']) return
  const info = db.prepare('SELECT name, type FROM pragma_table_xinfo(?)').all(table.relation)
  const declared = new Map(info.map((column) => [column['name'], column['type']]))
  for (const { name } of columns) {
    const { kind } = table.columns.find((column) => column.name === name)!
    if (declared.get(name) !== kind) throw new ChangedColumn(name)
  }
}

/** What pages follow: the cursor where an index has it, and what is unique. Empty: there is nothing, all comes at once. */
function orderOf({ table, bounds }: Reads, part: 'window' | 'nulls'): readonly string[] {
  const { rowid } = table.facts
  const unique = typeof rowid === 'string' ? [rowid] : table.key
  if (unique.length === 0) return []
  const cursor = part === 'window' && bounds !== undefined && table.indexed.has(bounds.column) ? [bounds.column] : []
  return [...cursor, ...unique.filter((name) => !cursor.includes(name))]
}

function bytesOf(row: readonly Raw[]): number {
  let bytes = 0
  for (const value of row) bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8
  return bytes
}
