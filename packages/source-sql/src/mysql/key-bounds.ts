import { sql } from 'kysely'
import type { FoundTable } from '../found-table.ts'
import { relationOf } from '../select.ts'
import { dialect } from './read.ts'

/** Asks the optimizer how many rows have a key in a range: it looks into the index, and reads no row. */
export function estimateQuery(table: FoundTable, column: string, from: bigint, to: bigint): string {
  const key = sql.id(column)
  const [least, end] = [sql.raw(String(from)), sql.raw(String(to))]
  return dialect.compile(
    sql`explain format=json select ${key} from ${relationOf({ table })} where ${key} >= ${least} and ${key} < ${end}`,
  ).sql
}

/** How many rows it says; where it says none the range is empty. MariaDB, MySQL and its versions call the number differently. */
export function rowsIn(explained: string): number {
  return Number(/"(?:rows|rows_examined_per_scan|estimated_rows)":\s*"?(\d+)/.exec(explained)?.[1] ?? 0)
}
