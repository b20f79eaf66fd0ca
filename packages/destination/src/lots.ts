interface Lot<T> {
  readonly items: T[]
  readonly done: Promise<void>
}

/**
 * Does work for many together: what comes while one lot is at work is the next one. A transaction for each would be a flush
 * of the disk for each.
 */
export class Lots<T> {
  readonly #work: (take: () => readonly T[]) => Promise<void>
  readonly #most: number
  #last: Promise<unknown> = Promise.resolve()
  #next: Lot<T> | undefined

  /**
   * @param work `take` gives what has come by then: the later, the larger the lot.
   * @param most a lot of so many takes no more; what comes then is in the one after it.
   */
  constructor(work: (take: () => readonly T[]) => Promise<void>, most = Number.POSITIVE_INFINITY) {
    this.#work = work
    this.#most = most
  }

  /** Ends, or fails, as the work of the lot does that these are in. */
  add(some: readonly T[]): Promise<void> {
    const isFull = (this.#next?.items.length ?? 0) >= this.#most
    const lot = this.#next === undefined || isFull ? this.#begin(this.#last) : this.#next
    lot.items.push(...some)
    return lot.done
  }

  #begin(before: Promise<unknown>): Lot<T> {
    const items: T[] = []
    const take = (): readonly T[] => {
      if (this.#next?.items === items) this.#next = undefined
      return items
    }
    const work = async (): Promise<void> => {
      await before
      try {
        await this.#work(take)
      } finally {
        // Work that failed before it took anything fails for whoever waited for it.
        take()
      }
    }
    const lot = { items, done: work() }
    this.#next = lot
    this.#last = lot.done.catch(() => {})
    return lot
  }
}
