import type { SecretStore, SharedPace } from '@tidemark/core'
import type { EventLog, State } from '@tidemark/core/engine'
import type { Settings } from '../options.ts'
import type { Clock } from '../time/clock.ts'
import type { ConfiguredSource } from './catalog.ts'
import type { OpenSources } from './open-sources.ts'
import type { ProblemOf } from './storable-text.ts'

/** What discovery needs. */
export interface DiscoverOptions {
  readonly sources: readonly ConfiguredSource[]
  readonly state: State
  readonly settings: Settings
  readonly clock: Clock
  /** The destination's clock, as far as it is known without asking. */
  readonly askedAt?: (() => bigint) | undefined
  readonly signal: AbortSignal
  readonly log: EventLog
  /** What a wanted name becomes in the destination. */
  readonly nameOf: (table: string) => string
  readonly problemOf: ProblemOf
  /** Whether names that differ only in case are one in the destination. */
  readonly names: 'exact' | 'folded'
  /** Which tables are asked for their partitions; the others are listed with none. */
  readonly wants: (use: string, table: string, name: string) => boolean
  /**
   * The one table, by its name in the destination, that is looked at, as the state has it; the rest of its source is not. Absent:
   * all tables.
   */
  readonly only?: string | undefined
  /** Of known partitions only this one is asked, unless rows may move between partitions; absent: all of them. */
  readonly partition?: string | undefined
  /** Sources that are connected already, and stay so. */
  readonly openSources?: OpenSources | undefined
  /** Stores secrets of a configured source that are issued in exchange for others. */
  readonly secretsOf?: ((use: string) => SecretStore) | undefined
  /** The pace that several processes share. */
  readonly paceOf?: ((use: string) => SharedPace) | undefined
  /** Whatever the sources no longer list may be removed. */
  readonly acceptDeletions?: boolean | undefined
  /** Called when a source leaves a question without an answer for `NOTICED_AFTER_MS`. @returns what to call when it has one. */
  readonly onSilent?: ((use: string, what: string) => () => void) | undefined
  /** Aborts when no more time is left to be asked in: what has not answered by then has failed. */
  readonly outOfTime?: AbortSignal | undefined
}
