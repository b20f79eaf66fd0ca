import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'

/** Time and chance, so that a test can give its own. */
export interface Clock {
  /** The wall clock, in microseconds since 1970. */
  now(): bigint
  /** A clock that never goes back, in milliseconds: what lengths are measured with. */
  monotonic(): number
  /**
   * Rejects with the signal's reason when that aborts. A `limit` on something else does not keep the process alive in
   * which nothing else can happen any more.
   */
  sleep(ms: number, signal: AbortSignal, kind?: 'limit'): Promise<void>
  /** Lets timers, signals and other connections have their turn: a source without I/O would never let go. */
  turn(): Promise<void>
  /** From 0 to 1, without 1. */
  random(): number
}

export const systemClock: Clock = {
  now: () => BigInt(Date.now()) * 1000n,
  monotonic: () => performance.now(),
  sleep: async (ms, signal, kind) => {
    signal.throwIfAborted()
    // setTimeout fires at once beyond 2^31 − 1 ms.
    await wait(Math.min(ms, 2_147_483_647), undefined, { signal, ref: kind !== 'limit' }).catch((error: unknown) => {
      // Node rejects with an error of its own, which says neither who stopped the wait nor why.
      throw signal.aborted ? signal.reason : error
    })
  },
  turn: () => turn(),
  random: Math.random,
}
