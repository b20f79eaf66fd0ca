import { SyncError } from '@tidemark/core'
import type { Destination, StateChange } from '@tidemark/core/engine'
import { type Failure, failureOf, redacted } from '../failure/failure.ts'
import type { RunOptions } from '../options.ts'
import type { Clock } from '../time/clock.ts'
import type { PageCounter } from './page-counter.ts'
import type { TableRun } from './table-run.ts'

/** What all steps of a run share. */
export interface RunContext {
  readonly run: number
  readonly destination: Destination
  readonly options: RunOptions
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Aborts `signal`: the run cannot continue. */
  readonly stop: (reason: unknown) => void
  /** When the run began, on the monotonic clock. */
  readonly startedAt: number
  /** The destination's clock, as far as it is known without asking. */
  readonly destinationNow: () => bigint
  /** Whether the time that the run may take has passed, and how much of it is left. */
  readonly isOverTime: () => boolean
  readonly timeLeftMs: () => number
  /** Sources that left the run waiting beyond its time: nothing more of them is read. */
  readonly lateTables: Set<string>
  /** Counts the pages that steps read. */
  readonly pages: PageCounter
  /** Numbers the steps. */
  nextStep(): number
}

/** Whether another runner took the table over. */
export const isFenced = (error: unknown): boolean => SyncError.is(error) && error.code === 'fenced'

/** Another runner took the table over: this one stops touching it, and only it. */
export function loseLease(table: TableRun, failure: Failure): void {
  // Each of its steps at work notices it.
  if (table.lease === undefined) return
  table.lease = undefined
  table.fail('', failure)
}

/** Records state changes of a table, by its lease or by that of a step. @returns false if another runner took it over. */
export async function recordOn(
  table: TableRun,
  changes: readonly StateChange[],
  { destination, options }: RunContext,
  lease = table.lease,
): Promise<boolean> {
  if (table.lease === undefined || lease === undefined) return false
  try {
    await destination.record(lease, changes)
    return true
  } catch (error) {
    if (!isFenced(error)) throw error
    loseLease(table, redacted(failureOf(error), options))
    return false
  }
}
