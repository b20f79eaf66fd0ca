const WINDOW_MS = 60_000
const MAX_FAILURES = 10
const MAX_ADDRESSES = 10_000
/** Hashing takes a tenth of a second of a core and 32 MB each. */
const MAX_AT_ONCE = 4

/** Limits how many passwords an address may try, and how many are checked at once. */
export class Attempts {
  readonly #failures = new Map<string, { count: number; readonly since: number }>()
  readonly #now: () => number
  #running = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Checks a password, unless there were too many. @returns undefined: too many. */
  async check<T>(
    address: string,
    work: () => Promise<T | undefined>,
  ): Promise<{ readonly user: T | undefined } | undefined> {
    const known = this.#failures.get(address)
    const isOver = known !== undefined && this.#now() - known.since > WINDOW_MS
    if (isOver) this.#failures.delete(address)
    if ((!isOver && (known?.count ?? 0) >= MAX_FAILURES) || this.#running >= MAX_AT_ONCE) return undefined
    this.#running++
    try {
      const user = await work()
      if (user === undefined) this.#failed(address)
      else this.#failures.delete(address)
      return { user }
    } finally {
      this.#running--
    }
  }

  #failed(address: string): void {
    const known = this.#failures.get(address)
    if (known !== undefined) known.count++
    else {
      const oldest = this.#failures.keys().next().value
      if (this.#failures.size >= MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest)
      this.#failures.set(address, { count: 1, since: this.#now() })
    }
  }
}
