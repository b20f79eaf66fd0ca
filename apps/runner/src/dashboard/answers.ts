import type { Estimate } from '@tidemark/engine'
import type { Fix } from '../show/fix-text.ts'
import type { ScheduleLine } from './list-answers.ts'

/** The responses of the server to the page, which are snake_case between the two. Times are milliseconds since 1970, positions are texts. */
export interface OverviewAnswer {
  readonly place: string
  readonly version: string
  /** The database's clock. */
  readonly now: number
  readonly allowsActions: boolean
  readonly totals: Totals
  readonly sources: readonly string[]
  /** Sources whose tables could not be discovered, with how to fix that. */
  readonly failingSources: readonly SourceLine[]
  /** The newest run in progress. */
  readonly running: RunLine | null
  /** When each source is read. */
  readonly schedule: readonly ScheduleLine[]
  readonly tables: readonly TableLine[]
  readonly page: number
  readonly pages: number
  /** How many tables match the filter. */
  readonly matching: number
  /** The command that syncs. */
  readonly syncCommand: string
  readonly runner: RunnerLine
  /** Who shares the windows, how many wait, and which failed, a line each; empty if no workers do. */
  readonly work: readonly string[]
  /** The command that keeps tables up to date from now on. */
  readonly againCommand: string
}

export interface Totals {
  readonly tables: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly rejects: number
  readonly runningWindows: number
  /** Tables that feeds tell at this moment. */
  readonly runningChanges: number
  readonly resyncs: number
  /** Complete, and checked within the allowed age. */
  readonly fresh: number
  readonly stale: number
  /** Failing, paused or stale. */
  readonly wrong: number
  /** Tables with an unfinished backfill, including those that fail or are paused. */
  readonly incomplete: number
  /** Up to when every tracked table is complete; null while one of them is not. */
  readonly completeTo: string | null
  /** What is left to read of all of them. */
  readonly workLeft: Estimate
}

/** Who syncs. */
export interface RunnerLine {
  readonly state: 'running' | 'waiting' | 'none'
  /** The process; null if nothing runs or waits. */
  readonly host: string | null
  readonly pid: number | null
  readonly nextRunAt: number | null
  /** A run was due then, but the process that should have started it has ended. */
  readonly missedRunAt: number | null
  /** The newest run that has ended. */
  readonly lastRun: { readonly endedAt: number | null; readonly endedBy: string | null } | null
}

export interface SourceLine {
  readonly name: string
  readonly since: number
  /** The source has not answered yet; otherwise it failed. */
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
  /** Somebody paused it, and may resume it. */
  readonly isPausedByHand: boolean
  readonly nextTryAt: number | null
  /** How to fix the problem. */
  readonly fix: Fix | null
  readonly lastSyncedAt: number | null
  readonly lastCheckedAt: number | null
  /** When its source is due to be read again; null if no runner is active. */
  readonly nextCheckAt: number | null
  readonly freshUntil: number | null
  readonly stale: boolean
  /** `seen`, `reported` or `unseen`; null: the table was never prepared. */
  readonly deletions: string | null
  readonly completeTo: string | null
  readonly lagMs: number | null
  readonly rows: number | null
  readonly rowsExact: boolean
  readonly rejects: number
  /** What is left to read; null: not known, or nothing of it is read. */
  readonly workLeft: Estimate | null
  readonly partitions: number
  readonly failing: number
  readonly resyncs: number
  readonly bar: Bar | null
  /** The feed that tells its changes; null: it is read by windows, or as a whole. */
  readonly feed: FeedLine | null
  /** Full refresh on each sync: there is no coverage to draw. */
  readonly isWhole: boolean
  readonly running: number
  /** Rows written in each of the newest runs, oldest first; null: the table was not in that run. */
  readonly spark: readonly (number | null)[]
}

export interface FeedLine {
  readonly name: string
  /** On one line and shortened; null: none is committed, or its connector keeps its own state. */
  readonly offset: string | null
  readonly committedAt: number | null
  /** How far it is behind; null: it does not say when its changes were made. */
  readonly lagMs: number | null
  readonly isComplete: boolean
  readonly keepsOwnState: boolean
  /** Why it is read again from its beginning. */
  readonly lostFor: string | null
  /** What its source kept for it when a run last looked; null: it does not say. */
  readonly backlog: BacklogLine | null
  /** How to bring the table back where its changes are left out. */
  readonly leftOut: Fix | null
}

/** Null: the source does not say. */
export interface BacklogLine {
  readonly lagBytes: number | null
  readonly heldBytes: number | null
  /** Whether the source gives the feed up before its disk is full. */
  readonly isLimited: boolean | null
  /** When it does at the present rate. */
  readonly lostAt: number | null
}

/** A coverage as fractions of the range from a table's start to now. */
export interface Bar {
  readonly from: string | null
  readonly to: string
  readonly share: number
  readonly gaps: number
  /** from, to, share */
  readonly segments: readonly (readonly [number, number, number])[]
  /** Windows that are being read. */
  readonly running: readonly (readonly [number, number])[]
  /** Whether segments were merged because there were too many to draw. */
  readonly coveredTo: number
  /** Up to here what is missing is a backfill that is still to come, and not a gap: a fraction. */
  readonly comingTo: number
  /** Both ends in milliseconds since 1970; null: its cursor is not a time. */
  readonly span: readonly [from: number, to: number] | null
}

export interface RunLine {
  readonly run: number
  readonly state: 'running' | 'ended' | 'crashed'
  readonly startedAt: number
  readonly endedAt: number | null
  readonly exitCode: number | null
  /** Why it ended early, in one word. */
  readonly endedBy: string | null
  readonly error: string | null
  readonly tables: number
  readonly steps: number
  readonly failedSteps: number
  /** The number of its steps that changed nothing and are only counted. */
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
  /** The run to continue the list from, if there are older ones. */
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
  /** The window, as texts; null: the whole partition. */
  readonly window: { readonly from: string | null; readonly to: string } | null
  /** The attempts that are folded into this line. */
  readonly attempts: number
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

/** Who looks at the page. */
export interface SessionAnswer {
  /** Empty: nobody has to log in. */
  readonly name: string
  readonly role: 'reader' | 'actor'
  /** What requests that act have to carry; null: none may, or the address has it. */
  readonly proof: string | null
  readonly canLogOut: boolean
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
  /** Oldest first. */
  readonly runs: readonly TableRunLine[]
  /** How old the newest data was: before and after each step that brought the table up to date, and now; oldest first. */
  readonly lags: readonly { readonly at: number; readonly lagMs: number }[]
  /** The age that was promised. */
  readonly allowedMs: number
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
