import type { Lease } from '@tidemark/core/engine'

/** Lets the transactions of each lease wait here for each other, in order, and not with a connection at the fence. */
export class LeaseTurns {
  readonly #last = new Map<number, Promise<unknown>>()

  async take<T>({ id }: Lease, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id) ?? Promise.resolve()
    const turn = before.then(work, work)
    this.#last.set(id, turn)
    try {
      return await turn
    } finally {
      if (this.#last.get(id) === turn) this.#last.delete(id)
    }
  }
}
