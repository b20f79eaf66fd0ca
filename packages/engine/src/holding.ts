import { SyncError } from '@tidemark/core'
import type { Destination, Lease } from '@tidemark/core/engine'
import type { Clock } from './clock.ts'
import { startHeartbeat } from './heartbeat.ts'
import { heldText } from './held.ts'

const HEARTBEAT_MS = 15_000
const GIVE_UP_MS = 45_000

/**
 * Holds tables for as long as the work takes, all of them or none, with a heartbeat.
 *
 * @throws SyncError code `held` where another runner holds one of them.
 */
export async function holding<T>(
  destination: Destination,
  tables: readonly string[],
  { clock, stop }: { readonly clock: Clock; readonly stop: (reason: unknown) => void },
  work: (leases: readonly Lease[]) => Promise<T>,
): Promise<T> {
  const { leases, refused } = await destination.lease(tables)
  const quiet = startHeartbeat({
    renew: () => destination.renew(),
    monotonic: () => clock.monotonic(),
    everyMs: HEARTBEAT_MS,
    giveUpMs: GIVE_UP_MS,
    onLost: stop,
  })
  try {
    const [holder] = refused
    if (holder !== undefined) throw new SyncError(heldText(holder), 'retry', { code: 'held' })
    return await work(leases)
  } finally {
    quiet()
    await destination.release(leases).catch(() => {})
  }
}
