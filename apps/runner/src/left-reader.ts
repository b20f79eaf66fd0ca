import type { Destination, State, StepRates } from '@tidemark/core/engine'
import { averageStepRates } from '@tidemark/destination'
import { CONCURRENCY, type Concurrency, type Estimates, estimateLeft } from '@tidemark/engine'
import type { ConfigData } from './config-schema.ts'

/** How many steps the config lets run at the same time. */
export type ConcurrencyConfig = Pick<ConfigData, 'concurrency' | 'perSource' | 'perTable'>

/** What earlier steps took changes slowly, and sums up many records. */
const FRESH_MS = 30_000

/** Says of states of a destination what is left to read. */
export type LeftReader = (destination: Pick<Destination, 'query'>, state: State) => Promise<Estimates>

/** Asks at most every half minute what earlier steps took. */
export function createLeftReader(config: ConcurrencyConfig): LeftReader {
  let rates: StepRates = new Map()
  let askedAt = Number.NEGATIVE_INFINITY
  return async (destination, state) => {
    const now = performance.now()
    if (now - askedAt > FRESH_MS) {
      rates = await averageStepRates(destination)
      askedAt = now
    }
    return estimateLeft(state, { rates, concurrency: concurrencyOf(config) })
  }
}

export function concurrencyOf({ concurrency, perSource, perTable }: ConcurrencyConfig): Concurrency {
  return {
    overall: concurrency ?? CONCURRENCY.overall,
    perSource: perSource ?? CONCURRENCY.perSource,
    perTable,
  }
}
