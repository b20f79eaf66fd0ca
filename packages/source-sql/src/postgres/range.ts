import type { CursorType } from '@tidemark/core/values'
import { sql } from 'kysely'
import type { FoundTable } from '../found-table.ts'
import { fromOf, relationOf } from '../select.ts'
import { POSTGRES_CURSOR_TYPES } from './cursor-types.ts'
import { dialect } from './read.ts'

/** Asks for the smallest and greatest value of a cursor, of those that an ISO text can write. */
export function rangeQuery(table: FoundTable, column: string, type: CursorType): string {
  const cursor = sql.id(column)
  const { shown } = POSTGRES_CURSOR_TYPES[type]
  const where =
    type === 'integer'
      ? sql``
      : sql.raw(` where $ between '0001-01-01' and '9999-12-31'`.replace('$', () => quoted(column)))
  const query = sql`select ${shown(sql`min(${cursor})`)}, ${shown(sql`max(${cursor})`)} from ${fromOf({ table }, dialect)}${where}`
  return dialect.compile(query).sql
}

/** Asks whether some rows of a table have the same values in some columns. */
export function duplicateQuery(table: FoundTable, columns: readonly string[]): string {
  const key = sql.join(columns.map((name) => sql.id(name)))
  const query = sql`select exists (select from ${relationOf({ table })} group by ${key} having count(*) > 1)`
  return dialect.compile(query).sql
}

function quoted(name: string): string {
  return dialect.compile(sql`${sql.id(name)}`).sql
}
