import { type RawBuilder, sql } from 'kysely'
import type { FoundTable } from '../found-table.ts'
import { relationOf, type Statement } from '../select.ts'
import { dialect } from './dialect.ts'

/** Rows that are looked at in one place. */
const PROBED = 200

export type AskKeys = (statement: Statement) => Promise<readonly unknown[]>

/**
 * About how many rows of a file have a key in a range. A file has no statistics, so a few keys are looked at where the range
 * begins, in its middle and where it ends: how far apart they are says how many there are.
 */
export async function estimateKeys(
  table: FoundTable,
  column: string,
  { from, to, ask }: { readonly from: bigint; readonly to: bigint; readonly ask: AskKeys },
): Promise<number> {
  const density = async (
    least: bigint,
    order: 'asc' | 'desc',
  ): Promise<{ rows: number; each: number; isAll: boolean }> => {
    const [smallest, greatest, count] = await ask(probe(table, column, { from: least, to, order }))
    const rows = Number(count)
    const length = rows === 0 ? 1n : BigInt(greatest as bigint) - BigInt(smallest as bigint) + 1n
    return { rows, each: rows / Number(length), isAll: rows < PROBED }
  }
  const first = await density(from, 'asc')
  if (first.isAll) return first.rows
  const middle = await density(from + (to - from) / 2n, 'asc')
  const last = await density(from, 'desc')
  const half = Number(to - from) / 2
  const upper = middle.isAll ? middle.rows : (half * (middle.each + last.each)) / 2
  return (half * (first.each + (middle.isAll ? 0 : middle.each))) / 2 + upper
}

function probe(
  table: FoundTable,
  column: string,
  { from, to, order }: { readonly from: bigint; readonly to: bigint; readonly order: 'asc' | 'desc' },
): Statement {
  const key: RawBuilder<unknown> = sql.id(column)
  return dialect.compile(
    sql`select min(k), max(k), count(*) from (select ${key} as k from ${relationOf({ table })}
      where ${key} >= ${from} and ${key} < ${to} order by ${key} ${sql.raw(order)} limit ${sql.lit(PROBED)})`,
  )
}
