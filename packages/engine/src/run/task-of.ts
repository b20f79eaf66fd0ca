import { type Range, type StepRef, union } from '@tidemark/core/engine'
import { tablePlace } from '../failure/config-path.ts'
import type { Step } from '../plan/step.ts'
import { DEFAULT_PART } from '../read/part-size.ts'
import { DEFAULT_REJECT_LIMIT } from '../read/reject-suspicion.ts'
import { later } from '../report/lateness.ts'
import type { Slot } from '../schedule/task.ts'
import { patienceOf } from '../source/stall.ts'
import { mayReshape } from './reshape.ts'
import type { RunContext } from './run-context.ts'
import { completionOf } from './step-completion.ts'
import { elsewhereOf } from './step-elsewhere.ts'
import type { StepTask } from './step-task.ts'
import type { PartitionRun } from './table-run.ts'
import { isFirstRead } from './unfit-windows.ts'

/** All that reading a step needs, as its table is now. */
export function taskOf(
  step: Step,
  ref: StepRef,
  partition: PartitionRun,
  context: RunContext,
  { origin, slot }: { readonly origin: Range | undefined; readonly slot: Slot },
): StepTask {
  const { table, planned } = partition
  const { surveyed } = table
  const { options, destination, clock, signal } = context
  const { settings } = options
  if (table.prepared === undefined || table.lease === undefined) throw new Error(`table ${table.name} is not prepared`)
  return {
    step,
    ref,
    origin,
    table: surveyed.table,
    columns: surveyed.columns,
    prepared: table.prepared,
    lease: table.lease,
    destination,
    client: surveyed.use.client,
    guard: surveyed.use.guard,
    partition: planned.surveyed.value,
    mayChangeColumns: mayReshape(table),
    place: tablePlace(surveyed.use.name, surveyed.table.name),
    signal,
    log: surveyed.use.log,
    clock,
    slot,
    ...patienceOf(settings ?? {}),
    isOverTime: context.isOverTime,
    redact: options.redact ?? ((text) => text),
    part: settings?.part ?? DEFAULT_PART,
    rejectLimit: { ...(settings?.rejectLimit ?? DEFAULT_REJECT_LIMIT), first: isFirstRead(step, partition) },
    rail: () => ({
      limit: options.acceptDeletions === true ? undefined : surveyed.options.deletionLimit,
      goneBefore: table.gone,
      replaces: step.read === undefined ? undefined : union(partition.rereads, [step.read]),
      cameBack: partition.cameBack || undefined,
    }),
    olderToCome: () => partition.left > 1,
    elsewhere: elsewhereOf(step, partition, context, slot),
    completion: (last, deletions) => completionOf(step, partition, last, deletions),
    onLeft: (left) => partition.leaveOut(step, left),
    undeclared: (names) => table.takeUndeclared(names),
    onPart: (rows, late) => {
      table.add(rows)
      if ((rows.written ?? 0) > 0) partition.landed = true
      if (step.kind === 'reread' && (rows.read ?? 0) > (rows.trimmed ?? 0)) partition.cameBack = true
      if (late !== undefined) table.late = later(table.late, late)
      // A deletion that the source told is not a loss; one that is concluded from absence counts for the limit.
      if (step.kind === 'whole' || step.kind === 'reread' || surveyed.table.primaryKey.length === 0)
        table.gone += rows.deleted ?? 0
      options.onEvent?.({ type: 'part-committed', table: table.name, partition: partition.id, step: ref.step, rows })
    },
  }
}
