import type { Windows } from './quiet-run.ts'

/** What the testkit tells a process to do, and what the process says. */
export type Job =
  | {
      /** Runs of the engine, one after another: starting a process costs more than most runs. */
      readonly kind: 'sync'
      readonly config: unknown
      readonly runs: readonly JobRun[]
      readonly starts: Readonly<Record<string, string>>
      readonly windows: Readonly<Record<string, Windows>>
      /** By how much its clock is ahead, in microseconds: so that every row has reached its minimum age. */
      readonly ahead: bigint
    }
  | { readonly kind: 'abort'; readonly config: unknown }

/** A run of the engine into a SQLite file of its own. */
export interface JobRun {
  readonly database: string
  readonly partRows: number | undefined
  /** The one table that it reads; undefined: all. */
  readonly only: string | undefined
  /** Where it stands still, for the process to be killed once all of its runs do. */
  readonly stop: Stop | undefined
}

/** Behind the nth page of a table, before what came is committed; or after the nth batch of all, once it is. */
export type Stop =
  | { readonly after: 'page'; readonly table: string; readonly nth: number }
  | { readonly after: 'batch'; readonly nth: number }

/** A stop, in words. */
export function whenOf(stop: Stop): string {
  return stop.after === 'batch' ? `after batch ${stop.nth}` : `behind page ${stop.nth} of ${stop.table}`
}

export type ChildLine =
  | { readonly type: 'stopped' }
  | { readonly type: 'done'; readonly problem?: string }
  | { readonly type: 'open'; readonly resources: readonly string[] }
