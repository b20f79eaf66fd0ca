import type { CursorType } from '@tidemark/core/values'
import { sql } from 'kysely'
import type { FoundTable } from '../found-table.ts'
import { fromOf, relationOf } from '../select.ts'
import { dialect } from './read.ts'

const BOUND_TEXTS: Readonly<Record<CursorType, string>> = {
  timestamp: `to_char($ AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  local_timestamp: `to_char($, 'YYYY-MM-DD"T"HH24:MI:SS.US')`,
  date: `to_char($, 'YYYY-MM-DD')`,
  integer: '$::text',
}

/** Asks for the smallest and greatest value of a cursor, of those that an ISO text can write. */
export function rangeQuery(table: FoundTable, column: string, type: CursorType): string {
  const cursor = sql.id(column)
  const [before, after] = BOUND_TEXTS[type].split('$')
  const shown = (value: ReturnType<typeof sql>) => sql`${sql.raw(before!)}${value}${sql.raw(after!)}`
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
