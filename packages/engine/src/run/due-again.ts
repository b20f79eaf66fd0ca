import { floorTo, type Range, readFrom } from '@tidemark/core/engine'
import { INT64_MAX } from '@tidemark/core/values'
import { askEnd } from '../discover/discover-partition.ts'
import { failureOf, redacted } from '../failure/failure.ts'
import type { Step } from '../plan/step.ts'
import type { Due, Slot } from '../schedule/task.ts'
import { waitingFor } from '../source/source-wait.ts'
import { patienceOf } from '../source/stall.ts'
import { recordPartitionChecked } from './record-checks.ts'
import { recordUnanswered } from './record-failures.ts'
import type { RunContext } from './run-context.ts'
import { labelOf, runStep } from './run-step.ts'
import type { PartitionRun } from './table-run.ts'

/**
 * The next incremental step of a partition, `every` after its last or after now: the engine asks for its end only when it is due. None
 * while a planned incremental step is left, so that each partition waits once.
 */
export function dueAgain(partition: PartitionRun, context: RunContext): Due | undefined {
  const { table, source, options } = partition.table.planned.discovered
  if (table.cursor === undefined || partition.coveredTo === undefined) return undefined
  if (partition.failed || partition.liveStepsRemaining > 0) return undefined
  const task = {
    source: source.name,
    table: partition.table,
    partition,
    range: { from: lowestRead(partition, partition.coveredTo), to: INT64_MAX },
    lane: 'current',
    to: undefined,
    run: (slot: Slot) => runNext(partition, context, slot),
  } as const
  // Never at once, even with `every: 0s`: steps that find nothing would never let anything else have its turn.
  return { dueAt: context.clock.monotonic() + Math.max(1, options.everyMs), task }
}

/**
 * What it may read begins where the last one ended. Rows with a key that it looks back for take nothing from a step that reads
 * them as well; without a key they are replaced, and two steps would do so at once.
 */
function lowestRead({ table }: PartitionRun, coveredTo: bigint): bigint {
  const { primaryKey } = table.planned.discovered.table
  return primaryKey.length > 0 ? coveredTo : coveredTo - table.planned.discovered.options.lookback
}

async function runNext(partition: PartitionRun, context: RunContext, slot: Slot): Promise<Due | undefined> {
  if (partition.failed) return undefined
  // A question that fails now is asked again when it is due again; it must not end this run.
  const gap = await gapOf(partition, context, slot).catch((error: unknown) => warnOf(error, partition, context))
  if (gap === undefined) return dueAgain(partition, context)
  partition.asked = { at: gap.askedAt, to: gap.to }
  partition.isChecked = false
  if (gap.from >= gap.to) {
    // Nothing is new: that is an answer, too.
    await recordPartitionChecked(partition, context)
    return dueAgain(partition, context)
  }
  const window = oldestOf(gap, partition.table.planned.discovered.table.window)
  partition.stepsRemaining++
  partition.liveStepsRemaining++
  partition.stoppedAt = undefined
  const step = stepOf(window, partition)
  if (!(await runStep(step, partition, context, slot))) return undefined
  const { stoppedAt = window.to } = partition
  // Stopped below where it began, it has covered nothing.
  partition.coveredTo = window.from
  if (stoppedAt > window.from) partition.coveredTo = stoppedAt
  const due = dueAgain(partition, context)
  // More of the gap is left: it must not fall behind further.
  return due !== undefined && partition.coveredTo === window.to && window.to < gap.to
    ? { ...due, dueAt: context.clock.monotonic() }
    : due
}

async function warnOf(error: unknown, partition: PartitionRun, context: RunContext): Promise<undefined> {
  const { options, signal } = context
  if (signal.aborted) throw error
  const failure = redacted(failureOf(error), options)
  options.log?.warn(`${labelOf(partition)}: ${failure.message}`, {
    event: 'partition-failed',
    table: partition.table.name,
    partition: partition.id,
  })
  await recordUnanswered(partition, failure, context)
}

interface Gap extends Range {
  readonly from: bigint
  /** By the destination's clock. */
  readonly askedAt: bigint
}

/** What is new since the last incremental step; nothing if it does not end above its start. */
async function gapOf(
  partition: PartitionRun,
  { clock, signal, options, isOverTime, destinationNow }: RunContext,
  slot: Slot,
): Promise<Gap | undefined> {
  const { table, source } = partition.table.planned.discovered
  const { cursor } = table
  const from = partition.coveredTo
  if (cursor === undefined || from === undefined) return undefined
  const question = {
    client: source.client as never,
    log: source.log,
    partition: partition.planned.discovered.value as never,
  }
  const patience = { clock, signal, slot, isOverTime, guard: source.guard, ...patienceOf(options.settings ?? {}) }
  const askedAt = destinationNow()
  const end = await waitingFor(patience, (wait) =>
    askEnd(table, { ...question, signal: wait.signal }, clock, (_what, ask) => wait.answer(ask)),
  )
  return { from, to: end === undefined ? from : floorTo(end - table.minAge, cursor.tick), askedAt }
}

/** The oldest of the windows that a gap splits into. */
function oldestOf({ from, to }: Gap, size: bigint | undefined): Window {
  return { from, to: size === undefined || to - from < size ? to : from + size }
}

type Window = Pick<Gap, 'from' | 'to'>

function stepOf(window: Window, partition: PartitionRun): Step {
  const { name, table, options } = partition.table.planned.discovered
  // All below counts as covered here: what was committed a moment ago borders the window.
  const covered = [{ from: partition.planned.wanted?.from, to: window.from }]
  const from = readFrom(window, { covered, lookback: options.lookback, tick: table.cursor?.tick ?? 1n })
  return {
    table: name,
    partition: partition.id,
    lane: 'current',
    kind: 'incremental',
    window,
    read: { from, to: window.to },
  }
}
