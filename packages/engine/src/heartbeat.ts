import { SyncError } from '@tidemark/core'
import { messageOf } from '@tidemark/core/engine'

export interface HeartbeatOptions {
  readonly renew: () => Promise<void>
  readonly monotonic: () => number
  readonly everyMs: number
  /** So long without a sign of life that got through, and the run must end: its leases are about to pass on. */
  readonly giveUpMs: number
  readonly onLost: (error: SyncError) => void
}

/**
 * Tells the others that this runner lives, one beat at a time. Where no beat gets through the run is ended before its
 * leases are: the fence would stop it anyway, but not before it had read for nothing.
 */
export function startHeartbeat({ renew, monotonic, everyMs, giveUpMs, onLost }: HeartbeatOptions): () => void {
  let lastAt = monotonic()
  let isBeating = false
  let failure: unknown
  const beat = async (): Promise<void> => {
    isBeating = true
    try {
      await renew()
      lastAt = monotonic()
    } catch (error) {
      failure = error
    } finally {
      isBeating = false
    }
  }
  const timer = setInterval(() => {
    if (monotonic() - lastAt >= giveUpMs) {
      clearInterval(timer)
      onLost(lost(failure, giveUpMs))
    } else if (!isBeating) void beat()
  }, everyMs)
  return () => clearInterval(timer)
}

function lost(failure: unknown, ms: number): SyncError {
  const why = failure === undefined ? 'it does not answer' : messageOf(failure)
  return new SyncError(
    `the destination took no sign of life for ${Math.round(ms / 1000)} s (${why}); the run ended before another one takes its tables over, run again`,
    'retry',
    { code: 'destination-lost', cause: failure },
  )
}
