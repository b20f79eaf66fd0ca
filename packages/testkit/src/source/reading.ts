import { isDeleted, type KeyRangeRef, positionOf, type Range, type Table, windowAt } from '@tidemark/core/engine'
import type { OnePartition, Opened } from './opened.ts'
import { cut, textOf } from './row-text.ts'

/** A row as the source gave it, and what becomes of it. */
export interface ReadRow {
  readonly raw: unknown
  /** Undefined where it does not fit the schema. */
  readonly value: Readonly<Record<string, unknown>> | undefined
  /** Why it does not fit. */
  readonly problem: string | undefined
  /** Null where its cursor is NULL, undefined where it has none that can be read. */
  readonly position: bigint | null | undefined
  /** Equal for rows of the same key; undefined where the table has no key. */
  readonly key: string | undefined
  /** Equal for equal rows. */
  readonly text: string
}

export interface Reading {
  /** Rows of the range, as the engine would keep them. */
  readonly rows: readonly ReadRow[]
  /** All rows in the order they came, also those outside of the range. */
  readonly all: readonly ReadRow[]
  /** Keys that were reported as deleted, without those whose own cursor lies outside of the range. */
  readonly deleted: readonly unknown[]
  /** What came and is not a page. */
  readonly odd: readonly string[]
}

/** Reads one partition of a table, or one range of it, to its end, as the engine does: what lies outside is trimmed. */
export async function read(
  opened: Opened,
  table: Table,
  partition: OnePartition,
  range?: Range | undefined,
  keys?: AskedKeys | undefined,
): Promise<Reading> {
  const all: ReadRow[] = []
  const deleted: unknown[] = []
  const odd: string[] = []
  const { cursor, ordered } = table
  const whole = keys === undefined ? {} : { keyRange: keys.asked }
  const bounds = cursor === undefined || range === undefined ? whole : windowAt(range, cursor)
  const given = new AbortController()
  const signal = AbortSignal.any([opened.signal, given.signal])
  try {
    for await (const page of table.read(opened.question({ partition: partition.value, ...bounds }, signal))) {
      if (isDeleted(page)) deleted.push(...page.keys.filter((key) => isTold(key, table, range)))
      else if (!Array.isArray(page)) odd.push(cut(textOf(page)))
      else {
        const rows = page.map((raw) => rowOf(raw, table))
        all.push(...rows)
        if (ordered !== undefined && range !== undefined && isPast(rows, range, ordered)) break
      }
    }
  } finally {
    given.abort()
  }
  const within = range === undefined ? all : all.filter((row) => isIn(row, range))
  const rows = keys === undefined ? within : within.filter((row) => hasKeyIn(row, keys))
  return { rows, all, deleted, odd }
}

/** A range of the key that a table without a cursor is read by, and as its `read` receives it. */
export interface AskedKeys {
  readonly keyRange: KeyRangeRef
  readonly asked: unknown
}

function hasKeyIn({ value }: ReadRow, { keyRange: { column, from, to } }: AskedKeys): boolean {
  const key = positionOf(value?.[column], 'integer')
  return key === undefined || ((from === undefined || key >= from) && (to === undefined || key < to))
}

function isIn({ position }: ReadRow, { from, to }: Range): boolean {
  return typeof position === 'bigint' && (from === undefined || position >= from) && position < to
}

function isTold(key: Readonly<Record<string, unknown>>, { cursor }: Table, range: Range | undefined): boolean {
  if (cursor === undefined || range === undefined) return true
  const position = positionOf(key?.[cursor.column], cursor.type)
  return position === undefined || ((range.from === undefined || position >= range.from) && position < range.to)
}

/** An ordered table is stopped at the first page past the window. */
function isPast(rows: readonly ReadRow[], { from, to }: Range, ordered: 'ascending' | 'descending'): boolean {
  const positions = rows.flatMap(({ position }) => (typeof position === 'bigint' ? [position] : []))
  if (ordered === 'ascending') return positions.some((position) => position >= to)
  return from !== undefined && positions.some((position) => position < from)
}

function rowOf(raw: unknown, table: Table): ReadRow {
  const text = textOf(raw)
  const bad = { raw, value: undefined, position: undefined, key: undefined, text }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { ...bad, problem: 'it is not an object' }
  const parsed = table.row.safeParse(raw)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'row'}: ${message}`)
    return { ...bad, problem: problems.join('; ') }
  }
  const value = parsed.data as Record<string, unknown>
  const { cursor, primaryKey } = table
  const at = cursor === undefined ? undefined : value[cursor.column]
  const position = cursor === undefined || at === undefined || at === null ? null : positionOf(at, cursor.type)
  return {
    raw,
    value,
    problem: undefined,
    position: position === null || position === undefined ? position : BigInt(position),
    key: primaryKey.length === 0 ? undefined : textOf(primaryKey.map((name) => value[name])),
    text: textOf(value),
  }
}
