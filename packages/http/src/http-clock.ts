import { setTimeout as after } from 'node:timers/promises'
import type { SourceClock } from '@tidemark/core'

export const systemClock: SourceClock = {
  now: () => Date.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    try {
      await after(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  },
}
