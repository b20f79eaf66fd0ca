import { type StepRef, union } from '@tidemark/core/engine'
import { tablePlace } from '../config/config-path.ts'
import type { RunOptions } from '../options.ts'
import type { Step } from '../plan/step.ts'
import { DEFAULT_PART } from '../read/part-size.ts'
import { DEFAULT_REJECT_LIMIT } from '../read/reject-suspicion.ts'
import { later } from '../report/lateness.ts'
import { patienceOf } from '../source/stall.ts'
import { mayReshape } from './reshape.ts'
import type { RunContext } from './run-context.ts'
import { closesPass, completionOf, statusAfter } from './step-completion.ts'
import { elsewhereOf } from './step-elsewhere.ts'
import type { CommittedPart, LeftOut, StepOwner, StepTask } from './step-task.ts'
import type { PartitionRun } from './table-run.ts'
import { isFirstRead } from './unfit-windows.ts'

/** All that reading a step needs, as its table is now. */
export function taskOf(
  step: Step,
  ref: StepRef,
  partition: PartitionRun,
  context: RunContext,
  { wholeWindow, slot, lease }: Pick<StepTask, 'wholeWindow' | 'slot' | 'lease'>,
): StepTask {
  const { table, planned } = partition
  const { discovered } = table
  const { options, destination, clock, signal } = context
  const { settings } = options
  if (table.prepared === undefined) throw new Error(`table ${table.name} is not prepared`)
  return {
    step,
    ref,
    wholeWindow,
    table: discovered.table,
    columns: discovered.columns,
    prepared: table.prepared,
    lease,
    destination,
    client: discovered.source.client,
    guard: discovered.source.guard,
    partition: planned.discovered.value,
    mayChangeColumns: mayReshape(table),
    place: tablePlace(discovered.source.name, discovered.table.name),
    signal,
    log: discovered.source.log,
    clock,
    slot,
    ...patienceOf(settings ?? {}),
    isOverTime: context.isOverTime,
    redact: options.redact ?? ((text) => text),
    batchLimit: settings?.batch ?? DEFAULT_PART,
    rejectLimit: { ...(settings?.rejectLimit ?? DEFAULT_REJECT_LIMIT), first: isFirstRead(step, partition) },
    elsewhere: elsewhereOf(step, partition, context, slot),
    owner: new PartitionStep(step, ref, partition, options),
  }
}

/** A partition of a run, for one of its steps. */
class PartitionStep implements StepOwner {
  readonly #step: Step
  readonly #ref: StepRef
  readonly #partition: PartitionRun
  readonly #options: RunOptions
  #closes = false

  constructor(step: Step, ref: StepRef, partition: PartitionRun, options: RunOptions) {
    this.#step = step
    this.#ref = ref
    this.#partition = partition
    this.#options = options
  }

  get deletionGuard(): StepOwner['deletionGuard'] {
    const { table, resyncs, cameBack } = this.#partition
    const { read } = this.#step
    return {
      limit: this.#options.acceptDeletions === true ? undefined : table.discovered.options.deletionLimit,
      deletedBefore: table.deletedBefore,
      since: table.beganAt,
      replaces: read === undefined ? undefined : union(resyncs, [read]),
      cameBack: cameBack || undefined,
    }
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    // What a key range may delete, the commit decides from the state.
    return this.#step.keyRange === undefined ? this.#partition.table.deleting.take(work) : work()
  }

  get within(): StepOwner['within'] {
    const { partitions } = this.#partition.table
    return partitions.reduce((sum, one) => sum + one.stepsRemaining, 0) > 1 ? undefined : this.#options.within
  }

  get hasOlderSteps(): boolean {
    return this.#partition.stepsRemaining > 1 || this.#partition.historyOutside > 0
  }

  completion(last: boolean, deletions: boolean): ReturnType<StepOwner['completion']> {
    this.#closes = last && closesPass(this.#partition)
    return completionOf(this.#step, this.#partition, last, deletions)
  }

  undeclaredWith(names: Iterable<string>): readonly string[] | undefined {
    return this.#partition.table.undeclaredWith(names)
  }

  committed({ rows, lateRows: late, completes, isRefreshed, deletions }: CommittedPart): void {
    const partition = this.#partition
    const { table } = partition
    const { kind } = this.#step
    if (isRefreshed) partition.refresh.isComplete = true
    table.add(rows)
    if (deletions) table.reportsDeletions = true
    if (completes !== undefined) table.recorded = statusAfter(this.#step, partition, completes, isRefreshed)
    if (completes?.last === true) {
      partition.countDone(this.#step)
      partition.isClosed = this.#closes
      partition.mayPurge ||= kind !== 'incremental' || deletions
    }
    if (completes?.undeclared !== undefined) table.recordedUndeclared = completes.undeclared
    if ((rows.written ?? 0) > 0) partition.landed = true
    if (kind === 'resync' && (rows.read ?? 0) > (rows.trimmed ?? 0)) partition.cameBack = true
    if (late !== undefined) table.lateness = later(table.lateness, late)
    const { step } = this.#ref
    this.#options.onEvent?.({ type: 'batch-committed', table: table.name, partition: partition.id, step, rows })
  }

  ended(left: LeftOut): void {
    this.#partition.leaveOut(this.#step, left)
  }
}
