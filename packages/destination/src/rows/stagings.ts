import type { Lease } from '@tidemark/core/engine'
import type { Staging } from './row-writer.ts'

/** The staging tables of a connection: one a lease and partition, as a partition runs one step at a time. */
export class Stagings<S extends Staging> {
  readonly #leases = new Map<number, Map<string, S>>()
  readonly #slots = new Set<number>()

  of({ id }: Lease, partition: string): S | undefined {
    return this.#leases.get(id)?.get(partition)
  }

  /** Those that a lease left, or the same one before it was taken again. */
  under({ id, fence }: Lease): readonly (readonly [string, S])[] {
    return [...(this.#leases.get(id) ?? [])].filter(([, staging]) => staging.fence <= fence)
  }

  /** The lowest number that is free: numbers, and so statements, are as many as steps at a time. */
  freeSlot(): number {
    let slot = 0
    while (this.#slots.has(slot)) slot++
    return slot
  }

  /** What is true of a partition from now on; undefined: it has no staging table. */
  set({ id }: Lease, partition: string, staging: S | undefined): void {
    const before = this.#leases.get(id)?.get(partition)
    if (before !== undefined) this.#slots.delete(before.slot)
    if (staging !== undefined) {
      this.#slots.add(staging.slot)
      const partitions = this.#leases.get(id) ?? new Map<string, S>()
      this.#leases.set(id, partitions.set(partition, staging))
      return
    }
    const partitions = this.#leases.get(id)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#leases.delete(id)
  }
}
