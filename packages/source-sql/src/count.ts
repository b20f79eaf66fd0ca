import { sql } from 'kysely'
import type { Counted } from './database.ts'
import { type Dialect, fromOf, type Statement, windowOf } from './select.ts'

/** Up to how many rows are counted that no window holds; one more says that there are more. */
export const MOST_UNREAD = 10_000

/** Counts rows by the system itself. Those that no window holds are counted up to a limit, so that it costs no more. */
export function countQuery({ table, bounds, range: part }: Counted, dialect: Dialect): Statement {
  const exact = bounds === undefined || part === 'nulls' ? [] : (dialect.exactly?.(bounds, part) ?? [])
  const conditions = [...windowOf({ table, bounds }, dialect, part), ...exact]
  const where = conditions.length === 0 ? sql`` : sql` where ${sql.join(conditions, sql` and `)}`
  const from = sql`from ${fromOf({ table }, dialect)}${where}`
  if (part === 'window') return dialect.compile(sql`select count(*) ${from}`)
  return dialect.compile(
    sql`select count(*) from (select 1 as one ${from} limit ${sql.lit(MOST_UNREAD + 1)}) as unread`,
  )
}
