import { setTimeout as after } from 'node:timers/promises'

/** Time and chance, so that a test can wait an hour without waiting. */
export interface HttpClock {
  /** Milliseconds since 1970. */
  now(): number
  random(): number
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>
}

export const systemClock: HttpClock = {
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
