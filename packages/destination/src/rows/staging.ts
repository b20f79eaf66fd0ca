import type { Committed, Lease, Part, Reject, StepRef } from '@tidemark/core/engine'
import type { RawBuilder } from 'kysely'
import type { Target } from './target.ts'

/** A step, as far as its staging table is told apart from others. */
export type StepId = Pick<StepRef, 'run' | 'step'>

/** What was written straight into a table. */
export interface Written {
  readonly written: number
  readonly deleted: number
  readonly rejects: readonly Reject[]
  /** Of the written rows those below the part's `lateBelow`. */
  readonly late?: Committed['late']
}

/** What moving a staging table into its table did. */
export interface Moved {
  readonly written: number
  readonly unchanged: number
  readonly deduped: number
  readonly deleted: number
  readonly rejects: readonly Reject[]
  readonly held?: Committed['held']
  /** Nobody could say what is gone, so nothing was marked. */
  readonly blind?: boolean
  /** Rows that did not come back, where the deletion limit asks: nothing was moved. */
  readonly missing?: number
}

/** What is known of a step's staging table. */
export interface Staging {
  /** Its number: steps of other partitions, which run at the same time, have others. */
  readonly slot: number
  readonly table: RawBuilder<unknown>
  /** The table that its rows are for. */
  readonly target: Target
  readonly step: StepId
  /** The last part that was put into it. */
  readonly part: number
  /** The fence under which that was. */
  readonly fence: number
  /** Rows that were put into it. */
  readonly rows: number
  /** All entries in it: rows, reported deletions and keys that were only seen. */
  readonly entries: number
  readonly deletions: number
  readonly seen: number
  /** A row was refused whose key could not be kept: what is absent says nothing. */
  readonly blind: boolean
}

export interface Filling {
  readonly lease: Lease
  readonly part: Part
  readonly before: Staging | undefined
  /** The number of the staging table, where it is to be made. */
  readonly slot: number
}

export function isOf(staging: Staging, step: StepId): boolean {
  return staging.step.run === step.run && staging.step.step === step.step
}

/** @throws Error where a part came without those before it: without them the rows that they held would count as gone. */
export function checkOrder({ part, before }: Filling, target: Target): void {
  // Prepared again in between: what was staged has another shape.
  const isWhole = before !== undefined && before.target === target
  if (part.number === 1 || (isWhole && isOf(before, part.step) && before.part === part.number - 1)) return
  throw new Error(
    `table "${target.layout.name}": part ${part.number} of step ${part.step.step} came without the parts before it; nothing of it was written`,
  )
}
