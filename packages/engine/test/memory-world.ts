import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach } from 'vitest'
import { openMemory, type Row, rowsIn, System } from './system.ts'

// One system and one destination in memory, new for each test of the files that use them.

export let system: System
export let destination: Destination

/** Gives each test of a file a new system and a new destination. Call it once, at the top of the file. */
export function useMemoryWorld(): void {
  beforeEach(async () => {
    system = new System()
    destination = await openMemory()
  })
  afterEach(() => destination.close())
}

export const row = (id: number, when: number, text = 'a'): Row => ({ id, at: when, text })

/** Puts rows into the system, `step` seconds apart. */
export function fill(count: number, step = 10, partition = ''): void {
  for (let id = 0; id < count; id++) system.put(row(id, id * step), partition)
}

/** Lets one page fail, once. */
export function once(error: unknown, page = 1): void {
  let thrown = false
  system.beforePage = (at) => {
    if (at !== page || thrown) return
    thrown = true
    throw error
  }
}

export function first<T>(values: readonly T[]): T {
  if (values[0] === undefined) throw new Error('the list is empty')
  return values[0]
}

/** Parts of four rows. */
export const small = { settings: { batch: { rows: 4, bytes: 1e6 } } }

export const ids = async (): Promise<number[]> => (await rowsIn(destination)).map((one) => one.id)
