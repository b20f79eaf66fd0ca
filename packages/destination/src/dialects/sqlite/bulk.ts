import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Values that a statement names: `:now`, `:partition` and their like. */
export type Named = Record<string, string | number | bigint | null>

/** The most parameters that SQLite takes in one statement. */
const PARAMETERS = 32_766
/** More rows a statement are faster until about here; beyond it the statement only grows. */
const ROWS = 100

/** The hot loop of SQLite: writes rows, so many a statement as are fast. @returns how many rows changed. */
export function runMany(
  rows: readonly (readonly unknown[])[],
  {
    width,
    named,
    statement,
  }: { readonly width: number; readonly named: Named; statement(rows: number): StatementSync },
): number {
  const many = Math.max(1, Math.min(ROWS, Math.floor(PARAMETERS / width) - 1))
  let changes = 0
  let at = 0
  if (rows.length >= many) {
    const statementOfMany = statement(many)
    const values: unknown[] = new Array(many * width)
    for (; at + many <= rows.length; at += many) {
      let to = 0
      for (let row = at; row < at + many; row++) {
        const encoded = rows[row]!
        for (let column = 0; column < width; column++) values[to++] = encoded[column]
      }
      changes += Number(statementOfMany.run(named, ...(values as never[])).changes)
    }
  }
  if (at === rows.length) return changes
  const single = statement(1)
  for (; at < rows.length; at++) changes += Number(single.run(named, ...(rows[at] as never[])).changes)
  return changes
}

/** A statement as rows are written and read by it: whole numbers are exact, rows are arrays. */
export function prepared(raw: DatabaseSync, text: string): StatementSync {
  const statement = raw.prepare(text)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  statement.setAllowUnknownNamedParameters(true)
  return statement
}
