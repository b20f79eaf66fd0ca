import type { SharedPace, SourceClock } from '@tidemark/core'
import PQueue from 'p-queue'

export interface PaceOptions {
  /** Requests at once. */
  readonly concurrency: number
  /** At most so many requests begin within any such time. */
  readonly rate?: { readonly requests: number; readonly perMs: number } | undefined
  /** Keeps the rate over all processes; absent: this one is alone. */
  readonly shared?: SharedPace | undefined
  readonly clock: SourceClock
}

// Retries take from it, successes give back, so that an API that is down is not asked five times as often as one that is up.
const TOKENS = 100
const RETRY_COSTS = 5

/** The one rhythm in which all requests of a source go out: how many at once, how fast, and when none at all. */
export class Pace {
  readonly #queue: PQueue
  readonly #clock: SourceClock
  readonly #rate: PaceOptions['rate']
  readonly #shared: SharedPace | undefined
  #pausedUntil = 0
  #tokens = TOKENS

  constructor({ concurrency, rate, shared, clock }: PaceOptions) {
    this.#clock = clock
    this.#rate = rate
    this.#shared = shared
    this.#queue = new PQueue({
      concurrency,
      ...(rate === undefined || shared !== undefined
        ? {}
        : { interval: rate.perMs, intervalCap: rate.requests, strict: true }),
    })
  }

  /** How long no request may go out, in milliseconds. */
  get pauseMs(): number {
    return Math.max(0, this.#pausedUntil - this.#clock.now())
  }

  /** Nobody asks until so many milliseconds have passed. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + ms)
    this.#shared?.pause(ms)
  }

  /** Runs work when its turn comes. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const [rate, shared] = [this.#rate, this.#shared]
    if (rate === undefined || shared === undefined) return this.#queue.add(work, { signal })
    const inTurn = async (): Promise<T> => {
      await shared.acquire(rate, signal)
      return await work()
    }
    return this.#queue.add(inTurn, { signal })
  }

  succeeded(): void {
    this.#tokens = Math.min(TOKENS, this.#tokens + 1)
  }

  /** Whether one more retry is within what failures may cost. */
  mayRetry(): boolean {
    if (this.#tokens < RETRY_COSTS) return false
    this.#tokens -= RETRY_COSTS
    return true
  }

  close(): void {
    this.#queue.clear()
  }
}
