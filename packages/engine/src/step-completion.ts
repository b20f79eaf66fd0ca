import type { Completion } from '@tidemark/core/engine'
import type { Step } from './plan.ts'
import type { PartitionRun } from './table-run.ts'

/** What the commit of a step says beside its range. The revision comes only with the last step of a pass that failed nowhere. */
export function completionOf(
  step: Step,
  partition: PartitionRun,
  last: boolean,
  deletions: boolean,
): Omit<Completion, 'cover' | 'last'> {
  const { table, planned } = partition
  const closes = last && partition.left <= 1 && !partition.failed && partition.stoppedAt === undefined
  table.recorded = table.status(last && step.lane === 'history' ? 1 : 0)
  return {
    revision: closes ? planned.revision : undefined,
    status: table.recorded,
    failing: partition.failed || undefined,
    purge: closes && table.planned.surveyed.options.deletes === 'hard' && (step.kind !== 'live' || deletions),
  }
}
