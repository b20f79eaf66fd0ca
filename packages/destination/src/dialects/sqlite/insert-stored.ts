import type { DatabaseSync } from 'node:sqlite'
import { type Kysely, sql } from 'kysely'
import { storedColumns } from '../../relocate/stored-form.ts'
import type { StateDatabase } from '../../state/state-tables.ts'
import type { Layout } from '../../table/columns.ts'
import { mainTable } from './statements.ts'
import { refusesIn, rowsAStatement } from './target.ts'

/** Writes rows as they stand, many a statement. @returns the first that was refused, and why. */
export function insertStored(
  db: Kysely<StateDatabase>,
  raw: DatabaseSync,
  layout: Layout,
  rows: readonly (readonly unknown[])[],
): { readonly at: number; readonly why: string } | undefined {
  const names = storedColumns(layout).map(({ name }) => name)
  const many = rowsAStatement(names.length)
  const statement = (count: number) => {
    const row = sql.raw(`(${names.map(() => '?').join(', ')})`)
    const insert = sql`insert into ${mainTable(layout.name)} (${sql.join(names.map((name) => sql.id(name)))}) values ${sql.join(Array(count).fill(row))}`
    return raw.prepare(insert.compile(db).sql)
  }
  const single = statement(1)
  const full = rows.length >= many ? statement(many) : single
  for (let at = 0; at < rows.length; ) {
    const size = rows.length - at >= many ? many : 1
    try {
      ;(size === 1 ? single : full).run(...(rows.slice(at, at + size).flat() as never[]))
      at += size
    } catch (error) {
      if (!refusesIn(raw)(error)) throw error
      for (const [place, row] of rows.slice(at, at + size).entries()) {
        try {
          single.run(...(row as never[]))
        } catch (refusal) {
          return { at: at + place, why: (refusal as Error).message }
        }
      }
      at += size
    }
  }
  return undefined
}
