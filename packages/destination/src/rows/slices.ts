import { setImmediate } from 'node:timers/promises'
import type { Reject } from '@tidemark/core/engine'
import { type RawBuilder, sql } from 'kysely'
import type { Staging } from '../dialects/staging.ts'
import { dataColumns, dataTypes } from '../table/columns.ts'
import { rejectOf } from './refused.ts'
import { list } from './sql.ts'
import type { Writing } from './writing.ts'

interface Moving {
  readonly written: number
  readonly rejects: readonly Reject[]
}

/**
 * Moves the rows of a staging table, so many at a time as the database does at a stretch. Where it refuses some, halves of
 * them, until those that it refuses alone are found; they become rejects.
 *
 * @param insert moves the rows of a query (alias s), which have many bytes or not, and says how many rows it changed.
 * @param among a condition that all rows to be moved (alias n) fulfil.
 */
export async function moveStaged(
  { dialect, session, target }: Writing,
  { table, entries, cuts }: Staging,
  insert: (rows: RawBuilder<unknown>, isWide: boolean) => Promise<number>,
  among: RawBuilder<unknown> = sql`true`,
): Promise<Moving> {
  const { movedAtOnce = entries } = dialect
  const isWide = cuts.length > 0
  const rejects: Reject[] = []
  let written = 0
  for (const [first, end] of slices()) {
    if (first > 1) await setImmediate()
    written += await halves(first, end)
  }
  return { written, rejects }

  /** Entries are numbered from 1. */
  function* slices(): Generator<readonly [first: number, end: number]> {
    let first = 1
    for (const end of [...cuts, entries + 1]) {
      for (; first < end; first = Math.min(first + movedAtOnce, end)) yield [first, Math.min(first + movedAtOnce, end)]
    }
  }

  async function halves(first: number, end: number): Promise<number> {
    const rows = sql`(select * from ${table} as n where n._kind = 0 and n._at >= ${first} and n._at < ${end} and ${among})`
    const tried = await session.attempt(target.layout.name, () => insert(rows, isWide))
    if (tried.ok) return tried.value
    if (end - first <= 1) {
      rejects.push(rejectOf(target.layout, await stagedRow(first), tried.error, undefined))
      return 0
    }
    const middle = first + Math.ceil((end - first) / 2)
    return (await halves(first, middle)) + (await halves(middle, end))
  }

  async function stagedRow(at: number): Promise<readonly unknown[]> {
    const types = [...dataTypes(target.layout), 'integer' as const]
    const columns = list([...dataColumns(target.layout), '_cursor'])
    const [row] = await session.rows(sql`select ${columns} from ${table} where _at = ${at}`)
    if (row === undefined) throw new Error(`the staged row ${at} is missing`)
    return row.map((value, place) => dialect.decode[types[place]!](value))
  }
}
