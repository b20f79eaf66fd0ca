import type { Destination, Lease } from '@tidemark/core/engine'

/**
 * The leases by which the steps of a table write: that of the table for one of them, and further ones beside it for those that
 * run at the same time. Each is lent to one step after another, and all end with the table's.
 */
export class StepLeases {
  #table: Lease | undefined
  #idle: Lease[] = []

  /** @throws SyncError code `fenced`. */
  async acquire(table: Lease, destination: Destination): Promise<Lease> {
    if (this.#table !== table) {
      this.#table = table
      this.#idle = [table]
    }
    return this.#idle.pop() ?? (await destination.leaseBeside(table))
  }

  release(lease: Lease): void {
    const { id, fence } = this.#table ?? {}
    // One of a lease that is over by now is of no use.
    if (this.#table !== undefined && lease.id === id && lease.fence === fence) this.#idle.push(lease)
  }
}
