import { SyncError } from '@tidemark/core'
import type { Destination, Lease } from '@tidemark/core/engine'
import type { Clock } from '../time/clock.ts'
import { startHeartbeat } from './heartbeat.ts'
import { heldText } from './held.ts'

const HEARTBEAT_MS = 15_000
const GIVE_UP_MS = 45_000

/**
 * Leases tables from a request until it is done, all of them or none: no other runner takes one in between.
 *
 * @throws SyncError code `held` where another runner holds one of them.
 */
export async function withTables<T>(
  destination: Destination,
  tables: readonly string[],
  work: (leases: readonly Lease[]) => Promise<T>,
): Promise<T> {
  const leases = await leaseAll(destination, tables)
  try {
    return await work(leases)
  } finally {
    await destination.release(leases)
  }
}

/** The same for work that takes long, with a heartbeat. @throws SyncError code `held`. */
export async function withTablesForLong<T>(
  destination: Destination,
  tables: readonly string[],
  { clock, stop }: { readonly clock: Clock; readonly stop: (reason: unknown) => void },
  work: (leases: readonly Lease[]) => Promise<T>,
): Promise<T> {
  const leases = await leaseAll(destination, tables)
  const quiet = startHeartbeat({
    renew: () => destination.renew(),
    monotonic: () => clock.monotonic(),
    everyMs: HEARTBEAT_MS,
    giveUpMs: GIVE_UP_MS,
    onLost: stop,
  })
  try {
    return await work(leases)
  } finally {
    quiet()
    await destination.release(leases).catch(() => {})
  }
}

async function leaseAll(destination: Destination, tables: readonly string[]): Promise<readonly Lease[]> {
  const { leases, refused } = await destination.lease(tables)
  const [holder] = refused
  if (holder === undefined && (leases.length > 0 || tables.length === 0)) return leases
  await destination.release(leases).catch(() => {})
  throw new SyncError(holder === undefined ? `${tables.join(', ')} cannot be locked` : heldText(holder), 'retry', {
    code: 'held',
  })
}
