import type { Range, StepKind } from '@tidemark/core/engine'

/** One table, one partition, one window: what a run does at a time. */
export interface Step {
  readonly table: string
  readonly partition: string
  readonly lane: 'current' | 'backfill'
  readonly kind: StepKind
  /** What it covers; undefined where the partition is read whole. */
  readonly window: Range | undefined
  /** What is read: the window, and the lookback under it. */
  readonly read: Range | undefined
}

/** What a step reads; the step of a whole partition reads all of it. */
export const rangeOfStep = ({ window }: Step): Range => window ?? { from: undefined, to: 2n ** 64n }
