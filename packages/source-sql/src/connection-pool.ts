import { abortable } from '@tidemark/core/values'

/** Lends a few connections: opened when first needed, kept for the next, and never more than the limit. */
export class ConnectionPool<T> {
  readonly #limit: number
  readonly #open: (signal: AbortSignal) => Promise<T>
  readonly #end: (one: T) => unknown
  readonly #idle: T[] = []
  readonly #busy = new Set<T>()
  readonly #waiting: (() => void)[] = []
  readonly #closed = new AbortController()
  #lent = 0

  /** @param open lets go of what it has begun where the signal aborts. */
  constructor(limit: number, open: (signal: AbortSignal) => Promise<T>, end: (one: T) => unknown) {
    this.#limit = limit
    this.#open = open
    this.#end = end
  }

  /** Gives work a connection. After a failure it is not used again: nobody knows in what state it is. */
  async use<R>(signal: AbortSignal | undefined, work: (one: T) => Promise<R>): Promise<R> {
    const one = await this.acquire(signal)
    let result: R
    try {
      result = await work(one)
    } catch (error) {
      this.destroy(one)
      throw error
    }
    this.release(one)
    return result
  }

  async acquire(signal: AbortSignal | undefined): Promise<T> {
    while (this.#lent >= this.#limit) await this.#turn(signal)
    signal?.throwIfAborted()
    this.#lent++
    try {
      const one = this.#idle.pop() ?? (await this.#opened(signal))
      this.#busy.add(one)
      return one
    } catch (error) {
      this.#next()
      throw error
    }
  }

  /** Opens one, no longer than anybody waits for it. */
  async #opened(signal: AbortSignal | undefined): Promise<T> {
    const wanted = AbortSignal.any([this.#closed.signal, ...(signal === undefined ? [] : [signal])])
    const opening = this.#open(wanted)
    try {
      return await abortable(opening, wanted)
    } catch (error) {
      opening.then(this.#end, () => {})
      throw error
    }
  }

  release(one: T): void {
    if (this.#closed.signal.aborted) this.#let(one)
    else if (this.#busy.delete(one)) this.#idle.push(one)
    this.#next()
  }

  destroy(one: T): void {
    this.#let(one)
    this.#next()
  }

  /** Ends a connection, once. */
  #let(one: T): void {
    if (this.#busy.delete(one)) this.#end(one)
  }

  /** A connection that broke while it was idle. */
  forget(one: T): void {
    const at = this.#idle.indexOf(one)
    if (at >= 0) this.#idle.splice(at, 1)
  }

  /** Ends all connections, also those whose work hangs: nobody waits for it any more. */
  async close(): Promise<void> {
    this.#closed.abort(new DOMException('the connections are closed', 'AbortError'))
    const all = [...this.#idle.splice(0), ...this.#busy]
    this.#busy.clear()
    await Promise.all(all.map((one) => this.#end(one)))
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
