/**
 * Does work for many together: what comes while one lot is at work is the next one. A transaction for each would be a flush
 * of the disk for each.
 */
export class Lots<T> {
  readonly #work: (take: () => readonly T[]) => Promise<void>
  #waiting: T[] = []
  #last: Promise<unknown> = Promise.resolve()
  #next: Promise<void> | undefined

  /** @param work `take` gives what has come by then, and is called once: the later, the larger the lot. */
  constructor(work: (take: () => readonly T[]) => Promise<void>) {
    this.#work = work
  }

  /** Ends, or fails, as the work of the lot does that these are in. */
  add(some: readonly T[]): Promise<void> {
    this.#waiting.push(...some)
    this.#next ??= this.#begin(this.#last)
    this.#last = this.#next.catch(() => {})
    return this.#next
  }

  async #begin(before: Promise<unknown>): Promise<void> {
    await before
    const take = (): readonly T[] => {
      const lot = this.#waiting
      this.#waiting = []
      this.#next = undefined
      return lot
    }
    let lot: readonly T[] | undefined
    try {
      await this.#work(() => (lot ??= take()))
    } finally {
      // Work that failed before it took anything fails for whoever waited for it.
      lot ??= take()
    }
  }
}
