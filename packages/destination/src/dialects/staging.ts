import type { StepRef } from '@tidemark/core/engine'
import type { RawBuilder } from 'kysely'
import type { Target } from './target.ts'

/** What distinguishes a step's staging table from others. */
export type StepId = Pick<StepRef, 'run' | 'step'>

/** What is known of a step's staging table. */
export interface Staging {
  /** Its number: steps of other partitions, which run at the same time, have others. */
  readonly slot: number
  readonly table: RawBuilder<unknown>
  /** The table that its rows are for. */
  readonly target: Target
  readonly step: StepId
  /** The last batch that was put into it. */
  readonly lastBatch: number
  /** The fence under which that was. */
  readonly fence: number
  /** Rows that were put into it. */
  readonly rows: number
  /** All entries in it: rows, reported deletions and keys that were only seen. */
  readonly entries: number
  readonly deletions: number
  readonly presentKeys: number
  /** The entries before which a slice ends whose rows have many bytes. */
  readonly cuts: readonly number[]
  /** What came since the last of them. */
  readonly sinceCut: { readonly rows: number; readonly bytes: number }
  /** A row was refused whose key could not be kept: what is absent says nothing. */
  readonly deletionsUnknown: boolean
}

export function isOf(staging: Pick<Staging, 'step'>, step: StepId): boolean {
  return staging.step.run === step.run && staging.step.step === step.step
}
