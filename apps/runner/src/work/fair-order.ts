/** Gives one value of each sequence, then the second of each, and so on: no sequence waits for the end of another. */
export class FairOrder<T> {
  /** Those that have their turn in this round, from `#at` on. */
  #round: Iterator<T>[] = []
  #at = 0
  #next: Iterator<T>[] = []

  add(sequence: Iterator<T>): void {
    this.#next.push(sequence)
  }

  /** The next value; undefined: none is left. */
  next(): T | undefined {
    while (this.#at < this.#round.length || this.#next.length > 0) {
      if (this.#at === this.#round.length) [this.#round, this.#at, this.#next] = [this.#next, 0, []]
      const sequence = this.#round[this.#at++]!
      const { done, value } = sequence.next()
      if (done === true) continue
      this.#next.push(sequence)
      return value
    }
    return undefined
  }
}
