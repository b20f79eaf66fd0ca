import type { TableState } from '@tidemark/core/engine'
import { sql } from 'kysely'
import type { Database } from './database.ts'
import { mainTable } from './statements.ts'

type Present = TableState['present']

/** Which of these tables are there, and hold a row. */
export function presentTables({ raw, db }: Database, names: readonly string[]): ReadonlyMap<string, Present> {
  const there = new Set(
    raw
      .prepare("select name from main.sqlite_schema where type = 'table'")
      .all()
      .map((row) => String(row['name'])),
  )
  return new Map(
    names.map((name) => {
      if (!there.has(name)) return [name, 'missing']
      const row = raw.prepare(sql`select exists (select 1 from ${mainTable(name)}) as filled`.compile(db).sql).get()
      return [name, row?.['filled'] === 1 ? 'rows' : 'empty']
    }),
  )
}
