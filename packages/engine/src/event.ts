import type { StepKind } from '@tidemark/core/engine'
import type { Failure } from './failure.ts'
import type { Report, RowCounts } from './report.ts'

/** What happens in a run, as it happens. */
export type RunEvent =
  | { readonly type: 'run-started'; readonly run: number; readonly tables: number; readonly steps: number }
  | {
      readonly type: 'step-started'
      readonly table: string
      readonly partition: string
      readonly kind: StepKind
      readonly step: number
    }
  | {
      readonly type: 'part-committed'
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
  /** The last one, of a run that came to a report. */
  | { readonly type: 'run-ended'; readonly report: Report }
