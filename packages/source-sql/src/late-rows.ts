import type { Changed } from '@tidemark/core'
import type { Asked, Database } from './database.ts'
import type { FoundTable } from './found-table.ts'

/** How long the rows below an end may be counted. */
const WITHIN_MS = 5000

export interface LateQuestion extends Asked {
  readonly database: Database
  readonly column: string
  readonly lookback: bigint
  readonly end: bigint
  /** The revision of when all was read. */
  readonly previous: string | undefined
}

/**
 * Numbers that come late where none is greater: the end stays, so that no window is read and none looks back. So the rows
 * below it are counted; where there are more or fewer of them than when they were read, they are read again. Undefined where
 * that takes too long.
 */
export async function lateRows(
  table: FoundTable,
  { database, column, lookback, end, previous, signal, log }: LateQuestion,
): Promise<Changed<bigint> | undefined> {
  const countBelow = (to: bigint): Promise<number | undefined> => {
    const window = { column, type: 'integer', from: to - lookback, to, nulls: false, strays: false } as const
    const bounds = { ...window, ordered: false }
    return database.count({ table, bounds, range: 'window' }, { signal, log, withinMs: WITHIN_MS })
  }
  const count = await countBelow(end)
  if (count === undefined) return undefined
  const revision = `${end}/${count}`
  const [, endThen, countThen] = /^(-?\d+)\/(\d+)$/.exec(previous ?? '') ?? []
  if (endThen === undefined) return { revision, stale: [] }
  const to = BigInt(endThen)
  const countNow = to === end ? count : await countBelow(to)
  const isSame = countNow === undefined || countNow === Number(countThen)
  return { revision, stale: isSame ? [] : [{ from: to - lookback, to }] }
}
