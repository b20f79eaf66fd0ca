import { type KeyRangeRef, keysBetween, type Range, type StepKind } from '@tidemark/core/engine'

/** One table, one partition, one window: what a run does at a time. */
export interface Step {
  readonly table: string
  readonly partition: string
  readonly lane: 'current' | 'backfill'
  readonly kind: StepKind
  /** What it covers; undefined where the partition has no cursor. */
  readonly window: Range | undefined
  /** The range of its key that a full refresh reads; steps with other ranges touch none of its rows. Absent: all of it. */
  readonly keyRange?: KeyRangeRef | undefined
  /** What is read: the window, and the lookback under it. */
  readonly read: Range | undefined
}

/** Steps whose ranges do not overlap may run at the same time; undefined: it may read anything of its partition. */
export const rangeRead = ({ read, keyRange }: Step): Range | undefined =>
  keyRange === undefined ? read : keysBetween(keyRange)

/** What a step covers; the step of a whole partition reads all of it. */
export const rangeOfStep = ({ window, keyRange }: Step): Range =>
  window ?? (keyRange === undefined ? { from: undefined, to: 2n ** 64n } : keysBetween(keyRange))
