import type { PartitionState, Range, StateChange, StepRef, TableState } from '@tidemark/core/engine'
import { type Failure, redacted } from '../failure/failure.ts'
import { restAfter } from '../source/retry.ts'
import { type RunContext, recordOn } from './run-context.ts'
import type { PartitionRun, TableRun } from './table-run.ts'

// Failures of what was asked before anything is read, with their errors where people look for them.

const NOTHING = { read: 0, deduped: 0, trimmed: 0, rejected: 0 }

/** Partitions that could not be asked fail alone. */
export async function recordFailedPartitions(table: TableRun, context: RunContext): Promise<void> {
  const only = table.planned.restrictedTo?.partition
  for (const partition of table.partitions) {
    const { failure } = partition.planned.discovered
    if (failure === undefined || table.lease === undefined) continue
    const shown = redacted(failure, context.options)
    partition.failed = true
    partition.stopped = true
    // A run for another partition did what it was for.
    if (only === undefined || only === partition.id) table.fail(partition.id, shown)
    await recordUnanswered(partition, shown, context)
  }
}

/** A question about a partition failed. What failed of it before is still to be read. */
export async function recordUnanswered(partition: PartitionRun, failure: Failure, context: RunContext): Promise<void> {
  const { table, id, failedRanges } = partition
  const { window } = failedRanges
  failedRanges.isFailing = true
  failedRanges.knowTry(await recordPartitionFailure({ table, partition: id, failure, window }, context))
}

interface PartitionFailure {
  readonly table: TableRun
  readonly partition: string
  readonly failure: Failure
  /** What failed of it before and is still to be read. */
  readonly window?: Range | undefined
}

/** Records that a partition failed before anything of it was read. @returns when it is to be tried again. */
export async function recordPartitionFailure(
  { table, partition, failure, window }: PartitionFailure,
  context: RunContext,
): Promise<bigint> {
  const now = await context.destination.now()
  const nextTryAt = restUntil(now, table.known?.partitions.get(partition)?.failures, failure)
  const change: StateChange = {
    kind: 'failure',
    step: stepOf(table.name, partition, now, context),
    counts: NOTHING,
    error: failure.message,
    code: failure.code,
    remedy: failure.remedy,
    window,
    nextTryAt,
    durationMs: 0,
  }
  if (await recordOn(table, [change], context)) table.recorded = 'failing'
  return nextTryAt
}

/** A table, by its names, and how it failed before. */
export type FailingTable = Pick<TableState, 'name' | 'source' | 'table' | 'failure'>

export function failingTableOf({ name, planned, known }: TableRun): FailingTable {
  const { source, table } = planned.discovered
  return { name, source: source.name, table: table.name, failure: known?.failure }
}

/** A table that could not be asked at all, or that the destination cannot take, is failing as a whole. */
export async function tableFailure(
  { name, source, table, failure: before }: FailingTable,
  failure: Failure,
  context: RunContext,
): Promise<StateChange> {
  const now = await context.destination.now()
  return {
    kind: 'table-failure',
    source,
    table,
    step: stepOf(name, '', now, context),
    failure: {
      message: failure.message,
      code: failure.code ?? null,
      remedy: failure.remedy,
      nextTryAt: restUntil(now, before?.failures, failure),
    },
  }
}

function stepOf(table: string, partition: string, now: bigint, context: RunContext): StepRef {
  const [run, step] = [context.run, context.nextStep()]
  return { run, step, table, partition, kind: 'incremental', window: undefined, attempt: 1, beganAt: now }
}

function restUntil(now: bigint, before: PartitionState['failures'] | undefined, failure: Failure): bigint {
  return now + BigInt(Math.round(restAfter((before ?? 0) + 1, failure) * 1000))
}
