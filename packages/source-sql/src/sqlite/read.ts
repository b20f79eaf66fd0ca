import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { ChangedColumn } from '../changed-column.ts'
import type { Asked, Reads, Row } from '../database.ts'
import { PageSize } from '../page-size.ts'
import { behind, type SelectOptions, type Statement, selectOf } from '../select.ts'
import { dialect, within } from './dialect.ts'
import { bytesOfText, isSuspect, placeOf, type Raw, type RawRow, withTrueTexts } from './true-text.ts'

const PAGE_BYTES = 4 << 20
const MOST_AT_ONCE = 16 << 20

interface Asking {
  readonly range: 'window' | 'nulls'
  readonly signal: AbortSignal
  readonly decode: (raw: RawRow) => Row
}

/** Reads a window, or a whole table, page after page. */
export async function* readPages(db: DatabaseSync, reads: Reads, { signal }: Asked): AsyncGenerator<readonly Row[]> {
  const hasOutside = reads.bounds?.nulls === true || reads.bounds?.strays === true
  const parts = hasOutside ? (['nulls', 'window'] as const) : (['window'] as const)
  const template: Row = Object.fromEntries(reads.columns.map(({ name }) => [name, null]))
  const decode = (raw: RawRow): Row => {
    const row = { ...template }
    for (const [at, column] of reads.columns.entries()) {
      const value = raw[at]
      if (value != null) row[column.name] = column.decode === undefined ? value : column.decode(value as never)
    }
    return row
  }
  for (const part of parts) {
    const order = orderOf(reads, part)
    if (order.length === 0) yield* inOne(db, reads, { range: part, signal, decode })
    else yield* paged(db, reads, order, { range: part, signal, decode })
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
  { range: part, signal, decode }: Asking,
): AsyncGenerator<readonly Row[]> {
  const more = order.map((name) => sql.id(name))
  const inside = insideOf(reads, part)
  const size = new PageSize()
  let after: readonly unknown[] | undefined
  for (;;) {
    signal.throwIfAborted()
    const limit = size.rows
    const last = after?.slice(reads.columns.length)
    const where = last === undefined ? inside : [...inside, behind(order, last)]
    const page = pageOf(db, reads, { range: part, orderBy: order, where, more, limit })
    checkSchema(db, reads)
    size.learn(page.rows.length, page.bytes)
    after = page.last
    if (page.rows.length > 0) yield page.rows.map(decode)
    if (page.isOver && page.rows.length < limit) return
    // The driver holds everything up while it reads.
    await turn()
  }
}

interface Page extends Taken {
  readonly last: readonly unknown[] | undefined
}

/** One page. Where the driver may have changed a text, the bytes of the same rows are looked at. */
function pageOf(db: DatabaseSync, reads: Reads, options: SelectOptions): Page {
  const isOwn = !db.isTransaction
  if (isOwn) db.exec('BEGIN')
  try {
    const iterator = iterate(db, selectOf(reads, dialect, options))
    const taken = take(iterator, PAGE_BYTES)
    iterator.return?.()
    const { rows } = taken
    if (!rows.some(isSuspect)) return { ...taken, last: rows.at(-1) }
    const columns = reads.columns.map((column) => ({ ...column, select: bytesOfText }))
    const more = options.more?.map(bytesOfText) ?? []
    const inBytes = iterate(db, selectOf({ ...reads, columns }, dialect, { ...options, more, limit: rows.length }))
    const bytes = take(inBytes, Number.POSITIVE_INFINITY).rows
    const last = rows.at(-1)
    return {
      ...taken,
      rows: rows.map((row, at) => withTrueTexts(row, bytes[at]!)),
      last: last === undefined ? undefined : placeOf(last, bytes.at(-1)),
    }
  } finally {
    if (isOwn) db.exec('COMMIT')
  }
}

/**
 * Rows that cannot be found again behind the last one come from one statement, with the bytes of their texts. It is over
 * before they are handed on, unless there are too many to be held.
 */
async function* inOne(
  db: DatabaseSync,
  reads: Reads,
  { range: part, signal, decode }: Asking,
): AsyncGenerator<readonly Row[]> {
  const more = reads.columns.map(({ name }) => bytesOfText(sql.id(name)))
  const iterator = iterate(db, selectOf(reads, dialect, { range: part, where: insideOf(reads, part), more }))
  for (;;) {
    signal.throwIfAborted()
    const { rows, isOver } = take(iterator, MOST_AT_ONCE)
    checkSchema(db, reads)
    const count = reads.columns.length
    if (rows.length > 0) yield rows.map((row) => decode(withTrueTexts(row.slice(0, count), row.slice(count))))
    if (isOver) return
    await turn()
  }
}

function insideOf({ bounds }: Reads, part: 'window' | 'nulls'): readonly RawBuilder<unknown>[] {
  return part === 'window' && bounds !== undefined ? within(bounds) : []
}

function iterate(db: DatabaseSync, { sql: text, parameters }: Statement): Iterator<RawRow> {
  const statement = db.prepare(text)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return statement.iterate(...(parameters as Raw[])) as unknown as Iterator<RawRow>
}

interface Taken {
  readonly rows: readonly RawRow[]
  readonly bytes: number
  readonly isOver: boolean
}

/** The next rows, up to so many bytes of them. */
function take(iterator: Iterator<RawRow>, most: number): Taken {
  const rows: RawRow[] = []
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
  if (version === table.details['schemaVersion']) return
  const info = db.prepare('SELECT name, type FROM pragma_table_xinfo(?)').all(table.relation)
  const declared = new Map(info.map((column) => [column['name'], column['type']]))
  for (const { name } of columns) {
    const { kind } = table.columns.find((column) => column.name === name)!
    if (declared.get(name) !== kind) throw new ChangedColumn(name)
  }
}

/** What pages follow: the cursor where an index has it, and what is unique. Empty: there is nothing, all comes at once. */
function orderOf({ table, bounds, keys }: Reads, part: 'window' | 'nulls'): readonly string[] {
  const { rowid } = table.details
  const unique = typeof rowid === 'string' ? [rowid] : table.key
  if (unique.length === 0) return []
  const cursor = part === 'window' && bounds !== undefined && table.indexed.has(bounds.column) ? [bounds.column] : []
  const first = keys === undefined ? cursor : [keys.column]
  return [...first, ...unique.filter((name) => !first.includes(name))]
}

function bytesOf(row: RawRow): number {
  let bytes = 0
  for (const value of row) bytes += typeof value === 'string' || value instanceof Uint8Array ? value.length : 8
  return bytes
}
