import { setTimeout as sleep } from 'node:timers/promises'
import { SyncError } from '@tidemark/core'
import type { Asked } from '../../database.ts'
import { ask } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import type { LogOffset } from './log-offset.ts'
import { logHead, openTransactions } from './slot.ts'
import { formatWalPosition, parseWalPosition, type WalPosition } from './wal-position.ts'

/** The first and the longest wait. */
const LOOK_MS = [5, 200] as const
/** How often a warning says what is waited for. */
const TELL_MS = 10_000

const REPLAYED = `
  SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_last_wal_replay_lsn()::text, CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
    THEN (SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) END`

/**
 * Waits until whoever reads at a standby sees all transactions up to an offset, and none of some as still open. A standby does not say which
 * transactions are in progress, so the primary is asked until they are over; what it has written by then has to be replayed.
 */
export async function replayed(
  { primary, standby }: { readonly primary: Sessions; readonly standby: Sessions },
  { asOf, open, signal, log }: Asked & { readonly asOf: LogOffset; readonly open: readonly string[] },
): Promise<void> {
  const over = open.length === 0 ? 0n : await overAt(primary, open, signal)
  const wanted = parseWalPosition(asOf.lsn)
  const to = over > wanted ? over : wanted
  let [waitMs, toldAt]: [number, number] = [LOOK_MS[0], performance.now()]
  for (;;) {
    const rows = await standby.inTransaction(signal, (client) => ask(client, REPLAYED))
    const [isStandby, at, system] = rows[0]!
    if (isStandby !== 't') throw notStandby(standby, 'it is no standby any more: it takes changes of its own')
    if (system != null && asOf.system !== null && system !== asOf.system)
      throw notStandby(standby, 'it is a standby of another server than the one in config.url')
    if (at != null && parseWalPosition(at) >= to) return
    if (performance.now() - toldAt >= TELL_MS) {
      toldAt = performance.now()
      log.warn(
        `${standby.label}: the standby has replayed the log to ${at}, and is waited for until ${formatWalPosition(to)}`,
      )
    }
    await sleep(waitMs, undefined, { signal })
    waitMs = Math.min(waitMs * 2, LOOK_MS[1])
  }
}

/** Waits until transactions are over. @returns where the log was then. */
async function overAt(primary: Sessions, open: readonly string[], signal: AbortSignal): Promise<WalPosition> {
  const wanted = new Set(open.map((xid) => Number(BigInt.asUintN(32, BigInt(xid)))))
  let waitMs: number = LOOK_MS[0]
  for (;;) {
    const found = await primary.inTransaction(signal, openTransactions)
    if (!found.some((xid) => wanted.has(xid))) break
    await sleep(waitMs, undefined, { signal })
    waitMs = Math.min(waitMs * 2, LOOK_MS[1])
  }
  return parseWalPosition((await primary.inTransaction(signal, logHead)).lsn)
}

const notStandby = ({ label }: Sessions, why: string): SyncError =>
  new SyncError(`config.standby: ${label}: ${why}; name a standby of that server, or leave it out`, 'fix-config', {
    code: 'log',
  })
