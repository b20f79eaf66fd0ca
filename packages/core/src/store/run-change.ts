import type { FeedBacklog } from '../contract/feed-backlog.ts'
import type { StepKind } from './batch.ts'
import type { FeedRef } from './feed-state.ts'
import type { RunLogLine } from './run-log.ts'
import type { SourceFact } from './state.ts'

/** What is recorded of a run, or of no table. */
export type RunChange =
  | {
      readonly kind: 'ended'
      readonly exitCode: number
      readonly error: string | undefined
      /** What ended it before its end, such as a signal. */
      readonly endedBy?: string | undefined
    }
  /** Tables whose source was asked for all of their partitions, and had no more than what is read by now. */
  | { readonly kind: 'checked'; readonly tables: ReadonlyMap<string, bigint> }
  | SourceFact
  /** It was asked to stop, and is about to. */
  | { readonly kind: 'stopping'; readonly endedBy: string }
  /** The process waits for its next run, due at this time by the destination's clock; null: it does not run again. */
  | { readonly kind: 'waiting'; readonly everyMs: number; readonly dueAt: bigint | null }
  | { readonly kind: 'removed'; readonly table: string }
  /** What the source of a feed was seen to keep for it. */
  | {
      readonly kind: 'feed-backlog'
      readonly feed: FeedRef
      readonly at: bigint
      readonly backlog: FeedBacklog | undefined
    }
  /** What a feed had at its source is removed there: its offset is forgotten, and its tables are read again should it return. */
  | { readonly kind: 'feed-ended'; readonly feed: FeedRef }
  /** What the run logged since the last such change. @param from the first line that stays; earlier ones are dropped. */
  | { readonly kind: 'logged'; readonly lines: readonly RunLogLine[]; readonly from: number }
  /** How many pages steps have read since the last such change. */
  | { readonly kind: 'pages'; readonly pages: readonly PageCount[] }
  | { readonly kind: 'runner-gone' }

/** Pages that steps of one kind have read of a table. */
export interface PageCount {
  readonly table: string
  readonly kind: StepKind
  readonly steps: number
  readonly pages: number
}
