/** Values of which the first is always at hand: a binary heap. */
export class Heap<T> {
  readonly #values: T[] = []
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore
  }

  get first(): T | undefined {
    return this.#values[0]
  }

  push(value: T): void {
    const values = this.#values
    let at = values.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(value, values[parent]!)) break
      values[at] = values[parent]!
      at = parent
    }
    values[at] = value
  }

  pop(): T | undefined {
    const values = this.#values
    const [first] = values
    const last = values.pop()
    if (last !== undefined && values.length > 0) this.#sink(last)
    return first
  }

  /** Puts a value in the first place, and from there to where it belongs. */
  #sink(value: T): void {
    const values = this.#values
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= values.length) break
      if (child + 1 < values.length && this.#isBefore(values[child + 1]!, values[child]!)) child++
      if (!this.#isBefore(values[child]!, value)) break
      values[at] = values[child]!
      at = child
    }
    values[at] = value
  }
}
