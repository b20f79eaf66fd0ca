import type { Lease } from '@tidemark/core/engine'

/** What distinguishes a lease from others: those of windows count by themselves. */
export const leaseKey = ({ id, window }: Lease): string => (window === undefined ? `${id}` : `${id}/${window}`)

/** Lets the transactions of each lease wait here for each other, in order, and not with a connection at the fence. */
export class LeaseTurns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** The turns of several leases, taken one after another in their order: whoever takes several takes them in one order. */
  async takeAll<T>([lease, ...others]: readonly Lease[], work: () => Promise<T>): Promise<T> {
    return lease === undefined ? await work() : await this.take(lease, () => this.takeAll(others, work))
  }

  async take<T>(lease: Lease, work: () => Promise<T>): Promise<T> {
    const key = leaseKey(lease)
    const before = this.#last.get(key) ?? Promise.resolve()
    const turn = before.then(work, work)
    this.#last.set(key, turn)
    try {
      return await turn
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
  }
}
