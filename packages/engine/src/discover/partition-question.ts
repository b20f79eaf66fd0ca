import type { Partition } from '@tidemark/core'
import type { Table, TableState } from '@tidemark/core/engine'
import type { Clock } from '../time/clock.ts'
import type { DiscoveredSource } from './catalog.ts'
import type { ProblemOf } from './storable-text.ts'

/**
 * Asks a source, and again where the failure may pass.
 *
 * @param what it is asked for, for people: `the end of table "orders"`.
 * @param endsItself the source ends the question itself if its system is silent for too long: it is waited for as long as it takes.
 */
export type Again = <T>(what: string, work: () => T | Promise<T>, endsItself?: 'ends itself') => Promise<T>

export interface PartitionQuestion {
  readonly table: Table
  readonly discovered: DiscoveredSource
  readonly again: Again
  readonly partition: Partition
  readonly known: TableState | undefined
  readonly schemaHash: string
  readonly options: {
    readonly signal: AbortSignal
    readonly clock: Clock
    readonly askedAt?: (() => bigint) | undefined
    readonly problemOf: ProblemOf
  }
}
