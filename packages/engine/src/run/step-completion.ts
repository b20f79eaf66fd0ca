import type { Completion, StateChange, TableStatus } from '@tidemark/core/engine'
import { versionOf } from '../plan/plan-key-ranges.ts'
import type { Step } from '../plan/step.ts'
import type { PartitionRun, TableRun } from './table-run.ts'

/** What the commit of a step says beside its range. The revision comes only with the last step of a pass that failed nowhere. */
export function completionOf(
  step: Step,
  partition: PartitionRun,
  last: boolean,
  deletions: boolean,
): Omit<Completion, 'cover' | 'last'> {
  const { table, planned } = partition
  const closes = last && closesPass(partition)
  const done = last && step.lane === 'backfill' ? 1 : 0
  const overcomes = last && partition.failedRanges.isOvercomeBy(step)
  const refresh = step.keyRange === undefined || !last ? undefined : planned.refresh
  return {
    // The state knows when a full refresh is complete whose ranges several runs have read.
    refresh: refresh && {
      version: versionOf(table.schemaHash ?? refresh.schemaHash, refresh.generation),
      after: refresh.after,
      unfinished: table.ownStatus(),
    },
    revision:
      (closes || refresh !== undefined) && planned.revision !== undefined
        ? revisionOf(planned.revision, table)
        : undefined,
    status: refresh === undefined ? table.ownStatus(done) : table.ownStatus(partition.historyStepsRemaining, partition),
    checkedAt:
      (refresh !== undefined && !table.isRestricted) || (last && partition.reachesEnd(step))
        ? partition.asked.at
        : undefined,
    failing: (partition.failedRanges.isFailing && !overcomes) || undefined,
    overcomes: last ? partition.failedRanges.tries : undefined,
    // What a restricted run leaves out may still bring older versions.
    purge:
      (closes || refresh !== undefined) &&
      partition.historyOutside === 0 &&
      table.planned.discovered.options.deletes === 'hard' &&
      (step.kind !== 'incremental' || deletions),
  }
}

/** Whether the step that is committed now is the last of a pass that failed nowhere. */
export function closesPass({ stepsRemaining, failed, stoppedAt }: PartitionRun): boolean {
  return stepsRemaining <= 1 && !failed && stoppedAt === undefined
}

/** What no commit said of a pass, because its last steps were committed at the same time. */
export function passCompleted(partition: PartitionRun): StateChange | undefined {
  const { table, planned, stepsRemaining, failed, stoppedAt, isClosed, mayPurge } = partition
  // The commit of a key range knows whether it was the last one.
  if (planned.refresh !== undefined) return undefined
  if (isClosed || stepsRemaining > 0 || failed || stoppedAt !== undefined) return undefined
  const revision = planned.revision === undefined ? undefined : revisionOf(planned.revision, table)
  const purge = mayPurge && partition.historyOutside === 0 && table.planned.discovered.options.deletes === 'hard'
  return revision === undefined && !purge
    ? undefined
    : { kind: 'pass-completed', partition: partition.id, revision, purge }
}

/**
 * What the pass of a partition is known to have come to before anything of it is read here: others have read its last windows.
 * What was stale is a requested resync, so a pass with none is complete.
 */
export function passReadBefore(partition: PartitionRun): StateChange | undefined {
  const { table, planned, stepsRemaining, id } = partition
  const known = table.known?.partitions.get(id)
  const { revision } = planned
  if (known === undefined || stepsRemaining > 0 || known.resyncs.length > 0 || known.failures > 0) return undefined
  if (revision === undefined || known.revision?.text === revision.text) return undefined
  const purge = table.planned.discovered.options.deletes === 'hard'
  return { kind: 'pass-completed', partition: id, revision: revisionOf(revision, table), purge }
}

/** The status that the state has after a commit that completes a step, or one batch of it: what it said, unless something fails. */
export function statusAfter(
  step: Step,
  partition: PartitionRun,
  { last, status, refresh }: Completion,
  isRefreshed: boolean,
): TableStatus {
  const overcomes = isRefreshed || (last && partition.failedRanges.isOvercomeBy(step))
  const now = partition.table.status(0, overcomes ? partition : undefined)
  if (now === 'failing') return now
  return isRefreshed ? status : (refresh?.unfinished ?? status)
}

/** It holds for the columns that the table has by now. */
const revisionOf = (revision: { readonly text: string; readonly schemaHash: string }, { schemaHash }: TableRun) =>
  schemaHash === undefined ? revision : { ...revision, schemaHash }
