import type { Runner } from '@tidemark/core/engine'
import type { StepCounts } from './step-record.ts'

/** Rows of a run or a step, as they were counted when they were committed. */
export type RecordedRows = StepCounts

/** A run, as stored in the state. Instants are microseconds since 1970. */
export interface RunRecord {
  readonly run: number
  readonly host: string
  readonly pid: number
  readonly startedAt: bigint
  /** For one that crashed, its last heartbeat; undefined while it is running. */
  readonly endedAt: bigint | undefined
  /** `crashed`: its runner stopped without ending it. */
  readonly state: 'running' | 'ended' | 'crashed'
  /** What ended it early; undefined: nothing did. For a running one: it was asked to stop. */
  readonly endedBy: string | undefined
  readonly exitCode: number | undefined
  readonly error: string | undefined
  readonly tables: number
  readonly steps: number
  readonly failedSteps: number
  /** Of its steps those that changed nothing and whose records are folded: of them only the sums are left. */
  readonly foldedSteps: number
  readonly rows: RecordedRows
  /** The process that ran it, as of its last heartbeat; undefined: that record was deleted. */
  readonly runner: Runner | undefined
}

/** Whether a process still runs; undefined: not known. */
export type IsAlive = (runner: Runner) => boolean | undefined
