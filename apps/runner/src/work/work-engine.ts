import type { Execute, WindowFailure, WindowJob } from '@tidemark/destination'

/**
 * How a window ended. `done`: it is covered, by this worker or before. `held`: another runner has its lease. `changed`: this
 * worker reads it in another way than its planner, as another version does, so another worker must.
 */
export type WindowOutcome = 'done' | 'held' | 'changed' | FailedWindow

export interface FailedWindow extends WindowFailure {
  /** When it may be tried again; absent: after a while. */
  readonly retryAfterMs?: number | undefined
}

export interface WindowContext {
  /** Aborted when this worker is asked to stop. */
  readonly signal: AbortSignal
  /**
   * Completes the window's job inside the transaction that commits the last of it, after its fence and its rows. It may run
   * twice, where that transaction is tried again.
   */
  readonly completeWithin: (execute: Execute) => Promise<void>
}

/** What workers share between them: which windows are wanted, and reading one. */
export interface WorkEngine {
  /**
   * The windows of a source that are wanted now: current ones first, then backfills, the newest of each table, then the second newest of each. Called
   * by one worker at a time; a consumer that stops early takes the rest at another call. What feeds tell is no window: this
   * worker begins to read them.
   */
  plan(source: string, signal: AbortSignal): AsyncIterable<WindowJob>
  /** Whether `plan` still finds out which windows of a source are wanted. Absent: it knows them from the start. */
  isListing?(source: string): boolean
  /** Reads one window and commits it, under its own lease. What the job says is a hint: what is read, the state decides. */
  run(window: WindowJob, context: WindowContext): Promise<WindowOutcome>
  /** Nothing more is asked of it. */
  close?(): Promise<void>
}
