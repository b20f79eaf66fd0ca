import type { Activity } from '../activity.ts'
import type { Fix } from '../show/fix-text.ts'

/** What the server answers and the page reads. Times are milliseconds since 1970, positions are texts. */
export interface OverviewAnswer {
  readonly place: string
  readonly version: string
  /** The database's clock. */
  readonly now: number
  readonly allowsActions: boolean
  readonly totals: Totals
  readonly sources: readonly string[]
  /** Sources that could not be asked for their tables, with what to do. */
  readonly failingSources: readonly SourceLine[]
  /** A run that goes on, the newest. */
  readonly running: RunLine | null
  readonly tables: readonly TableLine[]
  readonly page: number
  readonly pages: number
  /** How many tables the filter leaves. */
  readonly matching: number
  /** The command that syncs. */
  readonly syncCommand: string
  readonly runner: Activity
  /** The command that keeps tables fresh from now on. */
  readonly againCommand: string
}

export interface Totals {
  readonly tables: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly rejects: number
  readonly runningWindows: number
  readonly resyncs: number
  /** Complete, kept up, and checked as lately as promised. */
  readonly fresh: number
  readonly stale: number
  /** Failing, paused or stale. */
  readonly wrong: number
  /** Whose history is not read to the end, also where they fail or wait. */
  readonly incomplete: number
  /** Up to when every tracked table has all that its source had; null while one of them has not. */
  readonly completeTo: string | null
}

export interface SourceLine {
  readonly name: string
  readonly since: number
  /** It was asked and has not answered so far; else it failed. */
  readonly isSilent: boolean
  readonly problem: string
  readonly fix: Fix
}

export interface TableLine {
  readonly name: string
  readonly source: string
  readonly status: string
  /** Why it is paused, else its last error. */
  readonly problem: string | null
  readonly nextTryAt: number | null
  /** What to do about the problem. */
  readonly fix: Fix | null
  readonly lastSyncedAt: number | null
  readonly lastCheckedAt: number | null
  /** When its source is to be asked again; null: nobody is there to do it. */
  readonly nextCheckAt: number | null
  readonly freshUntil: number | null
  readonly stale: boolean
  /** `seen`, `reported` or `unseen`; null: it was never prepared. */
  readonly deletions: string | null
  readonly completeTo: string | null
  readonly lagMs: number | null
  readonly rows: number | null
  readonly rowsExact: boolean
  readonly rejects: number
  readonly partitions: number
  readonly failing: number
  readonly resyncs: number
  readonly bar: Bar | null
  /** Read whole each time: there is no coverage to draw. */
  readonly isWhole: boolean
  readonly running: number
  /** Rows written in each of the newest runs, the oldest first; null: it was not in that run. */
  readonly spark: readonly (number | null)[]
}

/** A coverage as fractions of the way from a table's start to now. */
export interface Bar {
  readonly from: string | null
  readonly to: string
  readonly share: number
  readonly gaps: number
  /** from, to, share */
  readonly segments: readonly (readonly [number, number, number])[]
  /** Windows that are being read. */
  readonly running: readonly (readonly [number, number])[]
  /** Whether pieces were joined because there were too many to draw. */
  readonly coveredTo: number
}

export interface RunLine {
  readonly run: number
  readonly state: 'running' | 'ended' | 'crashed'
  readonly startedAt: number
  readonly endedAt: number | null
  readonly exitCode: number | null
  /** What ended it before its end, in a word. */
  readonly endedBy: string | null
  readonly error: string | null
  readonly tables: number
  readonly steps: number
  readonly failedSteps: number
  /** Of its steps those that changed nothing and are only counted. */
  readonly foldedSteps: number
  readonly written: number
  readonly read: number
  readonly rejected: number
  readonly deleted: number
  /** Of all steps together. */
  readonly readingMs: number
  readonly writingMs: number
}

export interface RunsAnswer {
  readonly now: number
  readonly runs: readonly RunLine[]
  /** The run to go on from, where there are older ones. */
  readonly before: number | null
}

export interface TableRunLine {
  readonly run: number
  readonly table: string
  readonly startedAt: number
  readonly steps: number
  readonly failedSteps: number
  readonly read: number
  readonly written: number
  readonly unchanged: number
  readonly rejected: number
  readonly deleted: number
  readonly readingMs: number
  readonly writingMs: number
}

export interface StepAnswer {
  readonly run: number
  readonly step: number
  readonly table: string
  readonly partition: string
  readonly kind: string
  /** What was read, as texts; null: the whole partition. */
  readonly window: { readonly from: string | null; readonly to: string } | null
  readonly attempt: number
  readonly beganAt: number
  readonly endedAt: number | null
  readonly written: number
  readonly rejected: number
  readonly durationMs: number
  readonly error: string | null
}

export interface RunAnswer {
  readonly now: number
  readonly run: RunLine
  readonly tables: readonly TableRunLine[]
  readonly page: number
  readonly pages: number
  readonly failures: readonly StepAnswer[]
  readonly underWay: readonly StepAnswer[]
}

export interface TableAnswer {
  readonly now: number
  readonly table: TableLine
  readonly key: readonly string[]
  readonly cursor: { readonly column: string; readonly type: string } | null
  readonly columns: readonly { readonly name: string; readonly column: string; readonly type: string }[]
  readonly changes: readonly { readonly change: string; readonly at: number }[]
  readonly gaps: readonly { readonly from: string | null; readonly to: string }[]
  readonly failures: readonly StepAnswer[]
  readonly underWay: readonly StepAnswer[]
  /** The oldest first. */
  readonly runs: readonly TableRunLine[]
  /** How old the newest was when it was read, at the end of each live step; the oldest first. */
  readonly lags: readonly { readonly at: number; readonly lagMs: number }[]
  readonly firstSeenAt: number
  readonly removedAt: number | null
  readonly query: string
  readonly commands: { readonly query: string; readonly resync: string; readonly retry: string }
  readonly deletionsSee: string
}

export interface PartitionLine {
  readonly partition: string
  readonly bar: Bar | null
  readonly completeTo: string | null
  readonly failures: number
  readonly nextTryAt: number | null
  readonly error: string | null
  readonly fix: Fix | null
  readonly isGone: boolean
}

export interface PartitionsAnswer {
  readonly partitions: readonly PartitionLine[]
  readonly page: number
  readonly pages: number
  readonly count: number
}

export interface RejectsAnswer {
  readonly rejects: readonly {
    readonly id: number
    readonly partition: string
    readonly key: string | null
    readonly code: string
    readonly message: string
    readonly payload: string
    readonly at: number
    /** How many rows it stands for. */
    readonly times: number
  }[]
  readonly count: number
}

export interface RowsAnswer {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number | boolean | null)[])[]
  readonly isNewest: boolean
}

export interface ActionAnswer {
  readonly verb: string
  readonly table: string | null
  readonly startedAt: number
  readonly endedAt: number | null
  readonly exitCode: number | null
  readonly lines: readonly string[]
}

export interface TroubleAnswer {
  readonly message: string
  readonly remedy: string | null
  readonly code: string | null
}
