/** Lets steps of a table read side by side, and its columns change only while none of them does. */
export class ShapeGate {
  #inside = 0
  #changes = 0
  #changed: Promise<unknown> = Promise.resolve()
  #isEmpty: (() => void)[] = []

  /** Waits for a change that is under way. @returns what says that the step is done; said twice, it counts once. */
  async enter(): Promise<() => void> {
    while (this.#changes > 0) await this.#changed
    this.#inside++
    let isInside = true
    return () => {
      if (!isInside) return
      isInside = false
      this.#inside--
      if (this.#inside === 0) for (const go of this.#isEmpty.splice(0)) go()
    }
  }

  /** Waits until no step reads, and holds back those that would begin. */
  change<T>(work: () => Promise<T>): Promise<T> {
    this.#changes++
    const done = this.#changed.then(async () => {
      try {
        if (this.#inside > 0) await new Promise<void>((go) => void this.#isEmpty.push(go))
        return await work()
      } finally {
        this.#changes--
      }
    })
    this.#changed = done.catch(() => {})
    return done
  }
}
