import { DatabaseSync } from 'node:sqlite'
import type { FoundTable } from '../found-table.ts'

/** What a default is where it is not an expression: only such a default can be added to a table that has rows. */
const CONSTANT =
  /^\(?\s*([+-]?\s*(\d[\d_]*(\.\d*)?|\.\d+|0x[0-9a-f]+)(e[+-]?\d+)?|'([^']|'')*'|"([^"]|"")*"|x'[0-9a-f]*'|true|false)\s*\)?$/i
const OLD_ROWS = 100
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * The default of a column, as a row that was there before reads it. The one that is declared now may be another than the one
 * it was added with, so that one of the oldest rows must hold it.
 */
export function valueOfOldRows(db: DatabaseSync, table: FoundTable, name: string): { raw: unknown } | undefined {
  const { rowid } = table.details
  if (typeof rowid !== 'string') return undefined
  const info = db.prepare('SELECT type, dflt_value FROM pragma_table_xinfo(?) WHERE name = ?').get(table.relation, name)
  const { type, dflt_value: added } = (info ?? {}) as { type?: string; dflt_value?: string | null }
  if (added == null || !CONSTANT.test(added)) return undefined
  const raw = asRead(String(type), added)
  const statement = db.prepare(
    `SELECT ${quoted(name)} FROM ${quoted(table.relation)} ORDER BY ${rowid} LIMIT ${OLD_ROWS}`,
  )
  statement.setReadBigInts(true)
  const rows = statement.all() as Record<string, unknown>[]
  return rows.some((row) => isSame(row[name], raw)) ? { raw } : undefined
}

/** A default in the type that its column gives it. */
function asRead(type: string, added: string): unknown {
  const scratch = new DatabaseSync(':memory:')
  try {
    // What a type may hold that is written without quotes.
    scratch.exec(`CREATE TABLE t (c ${type.replace(/[^\w\s(),]/g, '')} DEFAULT ${added}); INSERT INTO t DEFAULT VALUES`)
    const statement = scratch.prepare('SELECT c FROM t')
    statement.setReadBigInts(true)
    return (statement.get() as { c: unknown }).c
  } finally {
    scratch.close()
  }
}

function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.from(one).equals(other)
  return one === other
}
