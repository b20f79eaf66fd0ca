/** What the harness tells a process to do. */
export interface VictimOptions {
  /** The destination. */
  readonly url: string
  /** How far the source has come, in minutes after its start. */
  readonly until: number
  /** Reads the log of the crash system by its feed, and not its tables by windows: `until` counts its transactions. */
  readonly fed?: boolean | undefined
  /** In its place a table that was there before its log, and is read by chunks beside it. */
  readonly chunked?: { readonly growth: number; readonly showsEarly?: boolean | undefined } | undefined
  /** `sync`, or the table that is read again. */
  readonly resync?: string | undefined
  /** With `resync`: forgets its rows first. */
  readonly full?: boolean | undefined
  readonly pageMs?: number | undefined
  readonly leaseMs?: number | undefined
  /** Steps at a time. */
  readonly concurrency?: number | undefined
  readonly busyMs?: number | undefined
  /** The host that it says it runs on; absent: this one, where a dead process can be seen. */
  readonly host?: string | undefined
  /** Waits for a line on stdin: before it opens the destination, or before it begins the run. */
  readonly waitsBefore?: 'open' | 'run' | undefined
  /** The negative control. */
  readonly withoutTransactions?: boolean | undefined
}

/** What it says, a line each. */
export type VictimLine =
  | { readonly type: 'waiting' | 'running' | 'stopping' }
  | { readonly type: 'acknowledged'; readonly at: number }
  | { readonly type: 'chunk'; readonly phase: 'reading' | 'waiting' }
  | { readonly type: 'batch'; readonly run: number; readonly step: number; readonly table: string }
  | {
      readonly type: 'report'
      readonly exitCode: number
      readonly run: number | undefined
      readonly tables: readonly VictimTable[]
      readonly failure: string | undefined
    }
  | { readonly type: 'error'; readonly message: string; readonly code: string | undefined }

export interface VictimTable {
  readonly name: string
  readonly written: number
  readonly stepsDone: number
  readonly failures: readonly { readonly message: string; readonly code: string | undefined }[]
  readonly heldBy:
    | { readonly host: string; readonly pid: number; readonly since: number; readonly until: number }
    | undefined
}
