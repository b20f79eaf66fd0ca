import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'

export interface HeartbeatOptions {
  readonly renew: () => Promise<void>
  readonly monotonic: () => number
  readonly everyMs: number
  /** So long with failing beats alone, and the run must end: its leases are about to pass on. */
  readonly giveUpMs: number
  readonly onLost: (error: SyncError) => void
}

/**
 * Sends the heartbeat of this runner, one beat at a time. If beats fail, the run ends before its leases do:
 * the fence would stop it anyway, but not before it had read for nothing. A beat that only waits has not failed: it
 * may be queued behind a long commit, which carries one of its own.
 */
export function startHeartbeat({ renew, monotonic, everyMs, giveUpMs, onLost }: HeartbeatOptions): () => void {
  let failingSince: number | undefined
  let isBeating = false
  const beat = async (): Promise<void> => {
    const startedAt = monotonic()
    isBeating = true
    try {
      await renew()
      failingSince = undefined
    } catch (error) {
      failingSince ??= startedAt
      if (monotonic() - failingSince < giveUpMs) return
      clearInterval(timer)
      onLost(lost(error, giveUpMs))
    } finally {
      isBeating = false
    }
  }
  const timer = setInterval(() => {
    if (!isBeating) void beat()
  }, everyMs)
  return () => clearInterval(timer)
}

function lost(failure: unknown, ms: number): SyncError {
  return new SyncError(
    `the destination accepted no heartbeat for ${Math.round(ms / 1000)} s (${messageOf(failure)}); the run ended before another one takes over its tables; run again`,
    'retry',
    { code: 'destination-lost', cause: failure },
  )
}
