import type { Destination } from '@tidemark/core/engine'
import type { SharedDestination } from './shared-destination.ts'

/** Times that differ by less than this count as the same. */
const MOMENT_MS = 500

/**
 * Records in the state when this process runs next: between its runs nothing else shows that it exists. Recording may
 * fail.
 */
export class Waiting {
  readonly #database: SharedDestination
  /** 0: a cron expression, which has no fixed interval. */
  readonly #everyMs: number
  #promisedMs: number | undefined
  #dueAt = Number.NaN
  #last: Promise<unknown> = Promise.resolve()

  constructor(database: SharedDestination, everyMs: number) {
    this.#database = database
    this.#everyMs = everyMs
  }

  /** @param dueAt by the wall clock, in milliseconds. */
  next(dueAt: number): void {
    const inMs = dueAt - Date.now()
    if (!Number.isFinite(dueAt) || inMs <= 0 || Math.abs(dueAt - this.#dueAt) < MOMENT_MS) return
    this.#dueAt = dueAt
    const everyMs = Math.round(this.#everyMs || inMs)
    this.#promisedMs = everyMs
    this.#record(async (destination) => {
      const at = (await destination.now()) + BigInt(Math.round((dueAt - Date.now()) * 1000))
      await destination.recordRun(0, [{ kind: 'waiting', everyMs, dueAt: at }])
    })
  }

  /** No run follows the last one. */
  async end(): Promise<void> {
    const everyMs = this.#promisedMs
    if (everyMs !== undefined)
      this.#record((destination) => destination.recordRun(0, [{ kind: 'waiting', everyMs, dueAt: null }]))
    await this.#last
  }

  #record(work: (destination: Destination) => Promise<void>): void {
    this.#last = this.#last.then(() => this.#database.with(work)).catch(() => {})
  }
}
