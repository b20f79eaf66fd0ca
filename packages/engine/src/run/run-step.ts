import { isColumnsChanged, type Lease, type StateChange, type StepRef } from '@tidemark/core/engine'
import { failureOf, isDestinationFailure, redacted } from '../failure/failure.ts'
import type { RunOptions } from '../options.ts'
import type { Step } from '../plan/step.ts'
import type { Slot } from '../schedule/task.ts'
import { delayBefore, LONGEST_WAIT_MS, restAfter } from '../source/retry.ts'
import { endsTheTries, OVER_TIME, overTime } from '../source/stall.ts'
import { DEFAULT_RETRY } from '../time/retry-policy.ts'
import { StepReader } from './read-step.ts'
import { recordStepStarted } from './record-step-started.ts'
import { mayReshape, reshape } from './reshape.ts'
import { isFenced, loseLease, type RunContext, recordOn } from './run-context.ts'
import { passCompleted } from './step-completion.ts'
import type { PartitionRun, TableRun } from './table-run.ts'
import { placeOf } from './table-work.ts'
import { taskOf } from './task-of.ts'
import { tracedStep } from './telemetry.ts'
import { giveUp } from './unfit-windows.ts'
import { withinPresent } from './within-present.ts'
import { withoutDropped } from './without-dropped.ts'

/** Runs one step to its end, trying again what may pass. @returns whether its window is committed. */
export async function runStep(step: Step, partition: PartitionRun, context: RunContext, slot: Slot): Promise<boolean> {
  const { table } = partition
  const { clock, signal, destination, options } = context
  // A thousand small steps of a source without I/O must not keep signals and heartbeats waiting.
  await clock.turn()
  const policy = options.settings?.retry ?? DEFAULT_RETRY
  const startedAt = clock.monotonic()
  let current = step
  let whole: Step | undefined
  let hasRows = false
  let reshaped: StepRef | undefined
  const place = ++table.stepsBegun
  const lease = await leaseFor(partition, context)
  if (lease === undefined) return false
  try {
    for (let attempt = 1, tried = 1; ; attempt++, tried++) {
      if (table.heldBy !== undefined || table.lease === undefined) return false
      const beganAt = await destination.now()
      const within = withinPresent(withoutDropped(current, partition, context), partition, beganAt)
      if (within === undefined) {
        partition.countDone(step)
        return await finished(step, partition, context)
      }
      if (table.beganAt === undefined || beganAt < table.beganAt) table.beganAt = beganAt
      current = within
      whole ??= within
      const leave = await table.gate.enter()
      const { discovered } = table
      const attemptedAt = clock.monotonic()
      const fresh = () => referTo(current, { attempt: tried, beganAt }, partition, context)
      const ref = reshaped === undefined ? fresh() : { ...reshaped, beganAt, window: current.read }
      reshaped = undefined
      const reader = new StepReader(
        taskOf(current, ref, partition, context, { wholeWindow: whole.window, slot, lease }),
      )
      options.onEvent?.({
        type: 'step-started',
        table: table.name,
        partition: partition.id,
        kind: step.kind,
        step: ref.step,
        attempt: tried,
        ...placeOf(step, partition, place),
      })
      const quiet = recordStepStarted(() => destination.record(lease, [{ kind: 'started', step: ref }]))
      try {
        const source = table.planned.discovered.source.name
        const traced = { ref, source, rows: () => reader.progress.rows }
        const isLate = context.isOverTime() && context.lateTables.has(source)
        const read = isLate ? () => Promise.reject(overTime()) : () => reader.run()
        await tracedStep(traced, options, read).finally(() => {
          quiet()
          hasRows ||= reader.hasRows
        })
        partition.stepDone(step, hasRows)
        context.pages.add({ table: table.name, kind: step.kind, pages: reader.progress.pages })
        options.onEvent?.({
          type: 'step-ended',
          table: table.name,
          partition: partition.id,
          step: ref.step,
          failure: undefined,
        })
        return await finished(step, partition, context)
      } catch (error) {
        if (signal.aborted || isDestinationFailure(error)) throw error
        const failure = redacted(failureOf(error), options)
        if (failure.code === OVER_TIME) context.lateTables.add(table.planned.discovered.source.name)
        options.onEvent?.({ type: 'step-ended', table: table.name, partition: partition.id, step: ref.step, failure })
        if (isFenced(error)) {
          loseLease(table, failure)
          return false
        }
        if (!(await salvaged(reader, table, options))) return false
        leave()
        const rest = remaining(current, reader)
        if (isColumnsChanged(error) && mayReshape(table)) {
          options.log?.info(`${labelOf(partition)}: ${failure.message}; Tidemark checks its columns again`, {
            event: 'step-adjusted',
            table: table.name,
            partition: partition.id,
            step: ref.step,
          })
          await reshape(table, discovered, context)
          // It has not failed: the same step continues with other columns.
          reshaped = ref
          attempt--
          tried--
          current = rest
          continue
        }
        // A step that makes progress may be retried as often as it takes. Attempts of the source itself count.
        if (reader.remaining !== undefined) attempt = 1
        attempt += (failure.attempts ?? 1) - 1
        const delayMs = delayBefore(attempt, failure, policy, clock.random)
        const givesUp =
          failure.remedy !== 'retry' ||
          endsTheTries(failure.code) ||
          attempt >= policy.attempts ||
          delayMs > LONGEST_WAIT_MS ||
          // Nothing could be done after the wait.
          delayMs >= context.timeLeftMs()
        const restMs = givesUp ? restAfter(failuresOf(partition) + tried, failure) : delayMs
        const nextTryAt = (await destination.now()) + BigInt(Math.round(restMs * 1000))
        const durationMs = Math.round(clock.monotonic() - attemptedAt)
        partition.failedRanges.add(step, rest, nextTryAt)
        const change: StateChange = {
          kind: 'failure',
          step: ref,
          counts: reader.uncommittedCounts,
          error: failure.message,
          code: failure.code,
          remedy: failure.remedy,
          window: partition.failedRanges.window,
          nextTryAt,
          durationMs,
        }
        if (!(await recordOn(table, [change], context, lease))) return false
        table.recorded = 'failing'
        if (givesUp) {
          partition.failedRanges.leaveTo(rest, step)
          giveUp(failure, partition, rest, reader.progress)
          return false
        }
        options.onEvent?.({ type: 'retry', table: table.name, partition: partition.id, attempt, delayMs, failure })
        options.log?.warn(`${labelOf(partition)}: ${failure.message}; trying again in ${Math.ceil(delayMs / 1000)} s`, {
          event: 'step-retried',
          table: table.name,
          partition: partition.id,
          step: ref.step,
          attempt,
          code: failure.code,
        })
        current = rest
        // A waiting step takes no place from others.
        slot.lend()
        await clock.sleep(delayMs, signal).finally(() => slot.takeBack())
      } finally {
        leave()
      }
    }
  } finally {
    table.stepLeases.release(lease)
    table.durationMs += clock.monotonic() - startedAt
  }
}

/** A step is committed: the partition knows it, and says what no commit said. @returns false where the table was taken over. */
async function finished(step: Step, partition: PartitionRun, context: RunContext): Promise<boolean> {
  partition.finish(step)
  partition.table.stepsDone++
  const change = passCompleted(partition)
  if (change === undefined) return true
  partition.isClosed = true
  return await recordOn(partition.table, [change], context)
}

/** The lease by which a step writes; undefined where the table is not this runner's any more. */
async function leaseFor({ table, id }: PartitionRun, { destination, options }: RunContext): Promise<Lease | undefined> {
  if (table.heldBy !== undefined || table.lease === undefined) return undefined
  if (table.windowLeases.size > 0) return table.windowLeases.get(id)
  try {
    return await table.stepLeases.acquire(table.lease, destination)
  } catch (error) {
    if (!isFenced(error)) throw error
    loseLease(table, redacted(failureOf(error), options))
    return undefined
  }
}

/** How often it had failed in a row before this run. */
const failuresOf = ({ table, id }: PartitionRun): number => table.known?.partitions.get(id)?.failures ?? 0

/** Commits what a failed attempt had read. @returns false where another runner took the table over. */
async function salvaged(reader: StepReader, table: TableRun, options: RunOptions): Promise<boolean> {
  try {
    await reader.commitPartial()
    return true
  } catch (error) {
    if (!isFenced(error)) throw error
    loseLease(table, redacted(failureOf(error), options))
    return false
  }
}

/** A table and, where it has some, its partition, for people. */
export function labelOf({ table, id }: PartitionRun): string {
  return id === '' ? table.name : `${table.name} (${id})`
}

/** What is left of a step after an attempt: that of an ordered table continues where it stopped. */
function remaining(step: Step, { remaining: window }: StepReader): Step {
  if (window === undefined || step.window === undefined) return step
  // Where the start is still to be read, so is what lies under it for the lookback.
  const from = window.from === step.window.from ? step.read?.from : window.from
  return { ...step, window, read: { from, to: window.to } }
}

function referTo(
  step: Step,
  { attempt, beganAt }: Pick<StepRef, 'attempt' | 'beganAt'>,
  partition: PartitionRun,
  context: RunContext,
): StepRef {
  return {
    run: context.run,
    step: context.nextStep(),
    table: partition.table.name,
    partition: partition.id,
    kind: step.kind,
    window: step.read,
    ...(step.keyRange === undefined ? {} : { keyRange: step.keyRange }),
    attempt,
    beganAt,
  }
}
