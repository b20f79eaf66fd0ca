import type { FeedBacklog } from '@tidemark/core'
import type pg from 'pg'
import { ask } from '../session.ts'
import type { LogOffset } from './log-offset.ts'
import type { LogNames } from './publication.ts'

/** The rate is the average since the statistics of the server began, which is there at once, also for whoever asks only once. */
const BACKLOG = `
  SELECT pg_catalog.pg_wal_lsn_diff(w.now, s.restart_lsn), pg_catalog.pg_wal_lsn_diff(w.now, $2::pg_catalog.pg_lsn), s.safe_wal_size,
    pg_catalog.current_setting('max_slot_wal_keep_size'), s.wal_status,
    (SELECT t.wal_bytes / greatest(extract(epoch FROM pg_catalog.clock_timestamp() - t.stats_reset), 1) FROM pg_catalog.pg_stat_wal t)
  FROM pg_catalog.pg_replication_slots s CROSS JOIN pg_catalog.pg_current_wal_lsn() w(now) WHERE s.slot_name = $1`

/** What the server keeps for a slot; undefined: there is no such slot. @param maxHeld bytes at which a run gives it up. */
export async function slotBacklog(
  client: pg.Client,
  names: LogNames,
  { lsn, maxHeld }: Pick<LogOffset, 'lsn'> & { readonly maxHeld: number | undefined },
): Promise<FeedBacklog | undefined> {
  const [row] = await ask(client, BACKLOG, [names.slot, lsn])
  if (row === undefined) return undefined
  const [held, lag, safe, limit, status, rate] = row
  const bytes = (text: string | null | undefined): number | undefined =>
    text == null ? undefined : Math.max(0, Math.round(Number(text)))
  const given = status === 'lost' ? 0 : limit === '-1' ? undefined : bytes(safe)
  const own = maxHeld === undefined ? undefined : Math.max(0, maxHeld - (bytes(held) ?? 0))
  const limits = [given, own].filter((one) => one !== undefined)
  return {
    holder: holderOf(names),
    lagBytes: bytes(lag),
    heldBytes: bytes(held),
    safeBytes: limits.length > 0 ? Math.min(...limits) : limit === '-1' ? null : undefined,
    bytesPerSecond: bytes(rate),
    cleanup: cleanupOf(names),
  }
}

/** What keeps the log at the server. */
export const holderOf = ({ slot }: LogNames): string => `replication slot "${slot}"`

/** The statements that remove what a feed made. */
export function cleanupOf({ slot, changes, additions, isGiven }: LogNames): readonly string[] {
  return [
    `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${slot}';`,
    ...(isGiven ? [] : [`DROP PUBLICATION IF EXISTS ${changes}, ${additions};`]),
  ]
}
