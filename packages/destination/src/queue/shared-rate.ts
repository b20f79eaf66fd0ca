import { setTimeout as wait } from 'node:timers/promises'
import type { RateLimit, Turn } from './source-limits.ts'

export interface SharedRateOptions {
  readonly limit: RateLimit
  /** Asks the database for a turn of at most so many requests. */
  readonly reserve: (most: number) => Promise<Turn>
}

/** How many turns' shares a limit is cut into, so that no worker takes all of it at once. */
const SHARES = 8

interface Waiter {
  readonly go: () => void
  readonly fail: (error: unknown) => void
}

/**
 * The rate of a source that several processes share: never more requests within the limit's time, whoever sends them, and
 * each process has its turn.
 */
export class SharedRate {
  readonly #options: SharedRateOptions
  readonly #waiting = new Set<Waiter>()
  #isAsking = false

  constructor(options: SharedRateOptions) {
    this.#options = options
  }

  /** Resolves when one request may begin, which must then begin at once. */
  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = { go: resolve, fail: reject }
    const leave = (): void => {
      this.#waiting.delete(waiter)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    this.#waiting.add(waiter)
    void this.#ask()
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', leave)
    }
  }

  /** Asks for turns, one after the other, as long as somebody waits. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    const { limit, reserve } = this.#options
    const share = Math.max(1, Math.ceil(limit.requests / SHARES))
    try {
      while (this.#waiting.size > 0) {
        const askedAt = performance.now()
        const turn = await reserve(Math.min(this.#waiting.size, share))
        // Never early: the answer took its time. Never late: the question may have been fast.
        await waitMs(turn.from - turn.now)
        const latest = askedAt + turn.until - turn.now
        this.#admit(turn.requests, latest)
      }
    } catch (error) {
      for (const { fail } of this.#waiting) fail(error)
      this.#waiting.clear()
    } finally {
      this.#isAsking = false
    }
  }

  /** A turn that this process overslept is lost. */
  #admit(requests: number, latest: number): void {
    for (const waiter of [...this.#waiting].slice(0, requests)) {
      if (performance.now() > latest) return
      this.#waiting.delete(waiter)
      waiter.go()
    }
  }
}

/** Timers may fire a little early. */
async function waitMs(ms: number): Promise<void> {
  const end = performance.now() + ms
  for (let left = ms; left > 0; left = end - performance.now()) await wait(Math.ceil(left))
}
