import type { Windows } from './quiet-run.ts'

/** What the testkit tells a process to do, and what the process says. */
export type Job =
  | {
      /** One run of the engine into a SQLite file. */
      readonly kind: 'sync'
      readonly config: unknown
      readonly database: string
      readonly starts: Readonly<Record<string, string>>
      readonly windows: Readonly<Record<string, Windows>>
      readonly partRows: number | undefined
      /** Where the process stands still, to be killed there. */
      readonly stop: Stop | undefined
      /** By how much its clock is ahead, in microseconds: so that every row has reached its minimum age. */
      readonly ahead: bigint
    }
  | { readonly kind: 'abort'; readonly config: unknown }

/** Behind the nth page of a table, before what came is committed; or after the nth batch of all, once it is. */
export type Stop =
  | { readonly after: 'page'; readonly table: string; readonly nth: number }
  | { readonly after: 'batch'; readonly nth: number }

export type ChildLine =
  | { readonly type: 'stopped' }
  | { readonly type: 'done'; readonly problem?: string }
  | { readonly type: 'open'; readonly resources: readonly string[] }
