/** Lends a few connections: opened when first needed, kept for the next, and never more than the limit. */
export class Lending<T> {
  readonly #limit: number
  readonly #open: () => Promise<T>
  readonly #end: (one: T) => unknown
  readonly #idle: T[] = []
  readonly #waiting: (() => void)[] = []
  #lent = 0
  #closed = false

  constructor(limit: number, open: () => Promise<T>, end: (one: T) => unknown) {
    this.#limit = limit
    this.#open = open
    this.#end = end
  }

  /** Gives work a connection. After a failure it is not used again: nobody knows in what state it is. */
  async lend<R>(signal: AbortSignal | undefined, work: (one: T) => Promise<R>): Promise<R> {
    const one = await this.take(signal)
    let result: R
    try {
      result = await work(one)
    } catch (error) {
      this.discard(one)
      throw error
    }
    this.giveBack(one)
    return result
  }

  async take(signal: AbortSignal | undefined): Promise<T> {
    while (this.#lent >= this.#limit) await this.#turn(signal)
    signal?.throwIfAborted()
    this.#lent++
    try {
      return this.#idle.pop() ?? (await this.#open())
    } catch (error) {
      this.#next()
      throw error
    }
  }

  giveBack(one: T): void {
    if (this.#closed) this.#end(one)
    else this.#idle.push(one)
    this.#next()
  }

  discard(one: T): void {
    this.#end(one)
    this.#next()
  }

  /** A connection that broke while it was idle. */
  forget(one: T): void {
    const at = this.#idle.indexOf(one)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#idle.splice(0).map((one) => this.#end(one)))
  }

  #next(): void {
    this.#lent--
    this.#waiting.shift()?.()
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const stop = (): void => {
        const at = this.#waiting.indexOf(go)
        if (at >= 0) this.#waiting.splice(at, 1)
        reject(signal?.reason)
      }
      const go = (): void => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.#waiting.push(go)
    })
  }
}
