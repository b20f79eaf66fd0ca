import type { Lease } from '@tidemark/core/engine'
import type { Staging } from '../dialects/staging.ts'
import { leaseKey } from '../state/lease-turns.ts'

/** In place of a partition: what a feed keeps beside a table, while a step reads a chunk of it with the same lease. */
export const OF_FEED = '\0feed'

/** The staging tables of a connection: one a lease and partition, as a lease is for one step of a partition at a time. */
export class Stagings {
  readonly #leases = new Map<string, Map<string, Staging>>()
  readonly #slots = new Set<number>()
  readonly #reusesNames: boolean
  #next = 0

  /** @param reusesNames see `Dialect.reusesStagingNames`. */
  constructor(reusesNames: boolean) {
    this.#reusesNames = reusesNames
  }

  of(lease: Lease, partition: string): Staging | undefined {
    return this.#leases.get(leaseKey(lease))?.get(partition)
  }

  /** Those that a lease left, or the same one before it was taken again. */
  under(lease: Lease): readonly (readonly [string, Staging])[] {
    return [...(this.#leases.get(leaseKey(lease)) ?? [])].filter(([, staging]) => staging.fence <= lease.fence)
  }

  /** Takes the lowest number that is free: numbers, and so statements, are as many as steps at a time. @param taken gets it. */
  takeSlot(taken: number[]): number {
    if (!this.#reusesNames) return this.#next++
    let slot = 0
    while (this.#slots.has(slot)) slot++
    this.#slots.add(slot)
    taken.push(slot)
    return slot
  }

  /** Gives a number back whose staging table was not kept. */
  freeSlot(slot: number): void {
    this.#slots.delete(slot)
  }

  /** What is true of a partition from now on; undefined: it has no staging table. */
  set(lease: Lease, partition: string, staging: Staging | undefined): void {
    const id = leaseKey(lease)
    const before = this.#leases.get(id)?.get(partition)
    if (before !== undefined) this.#slots.delete(before.slot)
    if (staging !== undefined) {
      this.#slots.add(staging.slot)
      const partitions = this.#leases.get(id) ?? new Map<string, Staging>()
      this.#leases.set(id, partitions.set(partition, staging))
      return
    }
    const partitions = this.#leases.get(id)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#leases.delete(id)
  }
}
