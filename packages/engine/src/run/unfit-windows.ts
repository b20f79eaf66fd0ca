import type { Failure } from '../failure/failure.ts'
import type { Step } from '../plan/step.ts'
import type { Progress } from './read-step.ts'
import type { PartitionRun } from './table-run.ts'

/** The most rows of windows that did not fit that a run reads before it leaves their partition alone. */
const WASTED = 1000

/**
 * The partition fails. Where the rows of one window did not fit, or none of them came back, its others are read all the
 * same: one bad row in the newest window must not keep out a whole backfill, and what one window is to be judged by may come
 * with another. Where nothing fits, not all of it is read in vain.
 */
export function giveUp(failure: Failure, partition: PartitionRun, step: Step, { rows, empties }: Progress): void {
  const isUnfit = (failure.code === 'reject-limit' || empties) && (step.window ?? step.keyRange) !== undefined
  if (isUnfit) partition.unfit.push({ step, failure })
  partition.wasted += rows.rejected
  partition.stopped = !isUnfit || partition.wasted >= WASTED
  // Of many such windows one speaks for all.
  if (!isUnfit || partition.unfit.length === 1) partition.table.fail(partition.id, failure)
  partition.failed = true
  // Whatever its last commit was to say of the table, it did not come to it.
  partition.table.recorded = undefined
}

/** Whether a step is part of the first read of its partition, which is judged as one: its backfill, below the backfill end. */
export function isFirstRead(step: Step, { id, planned, table }: PartitionRun): true | undefined {
  const known = table.known?.partitions.get(id)
  const backfillEnd = planned.backfillEnd ?? known?.backfillEnd
  const isFirst =
    step.window === undefined
      ? (known?.completedAt ?? null) === null
      : step.kind === 'backfill' && backfillEnd != null && step.window.to <= backfillEnd
  return isFirst || undefined
}

/**
 * Takes back that windows failed which were judged before rows of their partition landed or came back: few bad rows are
 * not an obstacle by now, and windows without rows are not a sign that all of it was deleted.
 *
 * @returns their steps, to be run once more.
 */
export function unfitAgain(partition: PartitionRun): readonly Step[] {
  const { unfit, stopped, landed, cameBack, table } = partition
  if (unfit.length === 0 || stopped || !(landed || cameBack)) return []
  for (const { failure } of unfit) table.unfail(failure)
  partition.unfit = []
  partition.failed = false
  return unfit.map(({ step }) => step)
}
