/**
 * Stamps of one process, by the database's clock, each greater than the one before: what was stamped before a step
 * began compares below it even where the database counts in milliseconds.
 */
export class Clock {
  #last = 0n

  stamp(now: bigint): bigint {
    // A clock that was set back by more than a second is believed.
    this.#last = now <= this.#last && this.#last - now < 1_000_000n ? this.#last + 1n : now
    return this.#last
  }
}
