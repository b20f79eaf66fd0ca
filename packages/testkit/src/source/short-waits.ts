import { setTimeout as after } from 'node:timers/promises'
import type { SourceClock } from '@tidemark/core'

/** So many milliseconds on this clock take one. */
const TIMES = 100

/**
 * A clock on which a wait takes a hundredth of its time, and is as long as it was asked for. Waits end in their order, and nothing else is
 * faster: a machine that is busy has as long for an answer as before.
 */
export function shortWaits(): SourceClock {
  let skipped = 0
  const now = (): number => Date.now() + skipped
  return {
    now,
    random: () => Math.random(),
    async sleep(ms, signal) {
      const until = now() + ms
      try {
        await after(ms / TIMES, undefined, signal === undefined ? {} : { signal })
      } catch (error) {
        throw signal?.aborted ? signal.reason : error
      }
      // Two who wait at the same time wait once.
      skipped += Math.max(0, until - now())
    },
  }
}
