import type { StepKind } from '@tidemark/core/engine'
import type { Failure } from '../failure/failure.ts'
import type { WindowText } from '../plan/window-text.ts'
import type { SilentQuestion } from '../time/silent-question.ts'
import type { Report, RowCounts } from './report.ts'
import type { Segment } from './timeline.ts'

/** The events of a run, as they happen. */
export type RunEvent =
  | {
      readonly type: 'run-started'
      readonly run: number
    }
  | {
      /** Some tables became known: each source's as soon as it answers. */
      readonly type: 'tables-planned'
      /** What is planned for each of them, also for those with nothing to read. */
      readonly work: readonly TableWork[]
    }
  | {
      readonly type: 'step-started'
      readonly table: string
      readonly partition: string
      readonly kind: StepKind
      readonly step: number
      /** 1, or more where it is tried again. */
      readonly attempt: number
      /** Undefined where the partition is read whole. */
      readonly window: WindowText | undefined
      /** The window on the line of the table's `coverage`, as fractions. */
      readonly span: { readonly from: number; readonly to: number } | undefined
      /** The index of this step among the table's steps in this run, and their total: steps that come due again are added as they come. */
      readonly index: number
      readonly of: number
      /** There may be more steps than that: windows are read until one is empty, and none was so far. */
      readonly untilEmpty: boolean
    }
  | {
      readonly type: 'batch-committed'
      readonly table: string
      readonly partition: string
      readonly step: number
      readonly rows: Partial<RowCounts>
    }
  | {
      readonly type: 'step-ended'
      readonly table: string
      readonly partition: string
      readonly step: number
      readonly failure: Failure | undefined
    }
  | {
      readonly type: 'retry'
      readonly table: string
      readonly partition: string
      readonly attempt: number
      readonly delayMs: number
      readonly failure: Failure
    }
  | {
      /** A source does not answer a question, long before it is given up; undefined: it has answered. */
      readonly type: 'source-silent'
      readonly source: string
      readonly question: SilentQuestion | undefined
    }
  /** All work of a source in this run is done, or it could not be called: none of its tables is leased any more. */
  | { readonly type: 'source-ended'; readonly source: string }
  /** The last one, of a run that came to a report. */
  | { readonly type: 'run-ended'; readonly report: Report }

/** What a run has to do for one table, and how far it is. */
export interface TableWork {
  readonly table: string
  /** The configured source that it comes from. */
  readonly source: string
  readonly partitions: number
  readonly steps: number
  /** There may be more steps than that: windows are read until one is empty. */
  readonly untilEmpty: boolean
  /** What was covered when the run began, on a line from its start to its end. Undefined: read whole, or the end is not known. */
  readonly coverage: (WindowText & { readonly segments: readonly Segment[] }) | undefined
}
