import { INT64_MAX } from '@tidemark/core/values'
import { sql } from 'kysely'
import type { Asked } from './database.ts'
import type { FoundTable } from './found-table.ts'
import { type Dialect, fromOf } from './select.ts'

/** Asks for the greatest integer of a column, of those below a bound where there is one. */
export function greatestQuery(
  { table, column }: Pick<Column, 'table' | 'column'>,
  dialect: Dialect,
  below: bigint | undefined,
): string {
  const where = below === undefined ? sql`` : sql` where ${sql.id(column)} < ${sql.raw(String(below))}`
  return dialect.compile(sql`select max(${sql.id(column)}) from ${fromOf({ table }, dialect)}${where}`).sql
}

interface Column {
  readonly table: FoundTable
  readonly column: string
  readonly log: Asked['log']
}

/** Tables that this warned of; they are found again with every run. */
const warned = new WeakSet<FoundTable>()

/**
 * The greatest integer of a column that a window can hold. A window ends before its end, so nothing ends behind the
 * largest integer of 64 bits. A row of that number is left out, also of the end: counted, it would cover all numbers below
 * it, and rows that come later would never be read.
 */
export async function greatestReadable(
  greatest: (below: bigint | undefined) => Promise<bigint | undefined>,
  { table, column, log }: Column,
): Promise<bigint | undefined> {
  const found = await greatest(undefined)
  if (found === undefined || found < INT64_MAX) return found
  if (!warned.has(table)) {
    warned.add(table)
    log.warn(
      `${table.name}: "${column}" holds ${found}; this cursor cannot read rows from ${INT64_MAX} on, the largest 64-bit integer; all other rows are read; give them smaller numbers, or set cursor: false and resync the table with --full to read all of it`,
    )
  }
  return await greatest(INT64_MAX)
}
