import { type RawBuilder, sql } from 'kysely'
import type { FoundTable } from '../found-table.ts'
import { relationOf } from '../select.ts'
import { dialect } from './read.ts'
import type { RawRow } from './session.ts'

const OLD_ROWS = 100

/**
 * The default of a column, as a row that was there before reads it. The one that is declared now may be another than the one
 * it was added with, so that one of the oldest rows must hold it.
 */
export async function valueOfOldRows(
  table: FoundTable,
  name: string,
  ask: (query: string) => Promise<readonly RawRow[] | undefined>,
): Promise<{ raw: unknown } | undefined> {
  const column = table.columns.find((one) => one.name === name)
  const { key } = table
  if (column === undefined || key.length === 0) return undefined
  const select = column.select ?? ((one: RawBuilder<unknown>) => one)
  const order = sql.join(key.map((one) => sql.id(one)))
  const query = sql`select ${select(sql.id(name))}, ${select(sql`default(${sql.id(name)})`)} from ${relationOf({ table })} order by ${order} limit ${sql.lit(OLD_ROWS)}`
  const rows = await ask(dialect.compile(query).sql)
  const held = rows?.find(([value, added]) => value != null && added != null && value.equals(added))
  return held === undefined ? undefined : { raw: held[0] }
}
