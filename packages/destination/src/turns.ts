/** Lets so many do their work at once; the others wait for their turn, in order and for as long as it takes. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #available: number

  constructor(atOnce: number) {
    this.#available = atOnce
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#available > 0) this.#available--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#available++
      else next()
    }
  }
}
