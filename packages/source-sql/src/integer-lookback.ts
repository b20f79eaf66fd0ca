import { SyncError } from '@tidemark/core'
import type { TableConfig } from './config.ts'
import type { Drawn } from './found-table.ts'
import { durationMs } from './length.ts'

/** Numbers are drawn in one order and committed in another. */
const LOOKBACK = 10_000n
/** Sessions that may still hold numbers of a stock. */
const SESSIONS = 200n
/** Ids that carry a time come late by as much as rows with a time do. */
const TIMED_MS = 600_000
/** Larger than what counts up by one ever gets. */
const TIMED_FROM = 2n ** 53n

/** Known forms of ids that begin with a time: how many bits stand below it, and what one step of it is. */
const FORMS = {
  snowflake: { bits: 22, tick: '1ms' },
  instagram: { bits: 23, tick: '1ms' },
  sonyflake: { bits: 24, tick: '10ms' },
} as const
/** Found and not told: as wide as the widest of them. */
const WIDEST = FORMS.instagram

export interface LookbackQuestion {
  readonly table: string
  readonly own: Pick<TableConfig, 'lookback' | 'idTime'> | undefined
  readonly drawn: Drawn | undefined
  /** The greatest value, where it could be asked for. */
  readonly greatest: bigint | undefined
}

/** How far below the end of an integer cursor rows may still come. @throws SyncError `fix-config` for a time of plain numbers. */
export function integerLookback({ table, own, drawn, greatest }: LookbackQuestion): bigint {
  const { lookback, idTime } = own ?? {}
  if (typeof lookback === 'number') return BigInt(lookback)
  const isTimed = idTime !== undefined || carriesTime(drawn, greatest)
  if (!isTimed && lookback !== undefined)
    throw new SyncError(
      `config.tables.${JSON.stringify(table)}.lookback: "${lookback}" is a duration, but the cursor is an integer; write a count such as 10000, or, if its ids contain a time, set idTime: "snowflake"`,
      'fix-config',
    )
  if (!isTimed) return LOOKBACK * step(drawn) + stockOf(drawn)
  const { bits, tick } = idTime === undefined ? WIDEST : typeof idTime === 'string' ? FORMS[idTime] : idTime
  const ms = lookback === undefined ? TIMED_MS : durationMs(lookback)!
  return BigInt(Math.ceil(ms / durationMs(tick)!)) << BigInt(bits)
}

/** Whether ids look as if they begin with a time: nobody counts them up, and they are larger than anybody would count. */
export function carriesTime(drawn: Drawn | undefined, greatest: bigint | undefined): boolean {
  return drawn === undefined && greatest !== undefined && greatest >= TIMED_FROM
}

function step(drawn: Drawn | undefined): bigint {
  return drawn === undefined || drawn.increment < 1n ? 1n : drawn.increment
}

function stockOf(drawn: Drawn | undefined): bigint {
  return drawn === undefined || drawn.stock <= 1n ? 0n : SESSIONS * drawn.stock * step(drawn)
}
