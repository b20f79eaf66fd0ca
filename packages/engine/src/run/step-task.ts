import type {
  Completion,
  DeletionGuard,
  Destination,
  EncodedKey,
  Execute,
  Lease,
  Logger,
  Prepared,
  Range,
  RejectLimit,
  RejectShare,
  StepRef,
  Table,
  TableColumn,
} from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'
import type { Lateness } from '../report/lateness.ts'
import type { RowCounts } from '../report/report.ts'
import type { Slot } from '../schedule/task.ts'
import type { SourceGuard } from '../source/source-guard.ts'
import type { Clock } from '../time/clock.ts'

type NamedKeys = readonly Readonly<Record<string, unknown>>[]
/** Keys of rows that did not come back. */
type Missing = AsyncIterable<NamedKeys> | Iterable<NamedKeys>

/** What came and was not kept, by no reject. */
export interface LeftOut {
  /** Rows above the step's window. */
  readonly above: number
  readonly withoutCursor: number
  /** Names of fields that no column holds. */
  readonly undeclared: ReadonlySet<string>
}

/** All that reading one step needs; decided by the schedule, which alone knows what else is left. */
export interface StepTask {
  readonly step: Step
  readonly ref: StepRef
  /** The window of the first attempt; after a retry the step's own is what is left of it. */
  readonly wholeWindow: Range | undefined
  readonly table: Table
  readonly columns: readonly TableColumn[]
  readonly prepared: Prepared
  readonly lease: Lease
  readonly destination: Destination
  readonly client: unknown
  /** Guards what its source does. */
  readonly guard: SourceGuard
  readonly partition: unknown
  /** The path of the table in the config: `sources.shop.tables.orders`. */
  readonly place: string
  /** Its source may say that rows have other columns than were found. */
  readonly mayChangeColumns: boolean
  readonly signal: AbortSignal
  readonly log: Logger
  readonly clock: Clock
  /** Its place among the steps that may run at once. */
  readonly slot: Slot
  /** No page for so long, or no answer to a question, and the step is given up. */
  readonly giveUpMs: number
  readonly silenceMs: number
  readonly isOverTime: () => boolean
  readonly redact: (text: string) => string
  readonly batchLimit: { readonly rows: number; readonly bytes: number }
  readonly rejectLimit: RejectShare & Pick<RejectLimit, 'first'>
  /** Looks for rows that did not come back with their window. @returns whether it is known which of them are deleted. */
  readonly elsewhere:
    | ((missing: Missing, take: (alive: readonly EncodedKey[]) => void | Promise<void>) => Promise<boolean>)
    | undefined
  /** The partition whose step it is. */
  readonly owner: StepOwner
}

/** What the partition of a step knows of the rest of its run, and hears of what the step commits. */
export interface StepOwner {
  /** What the deletion limit knows of the run so far. */
  readonly deletionGuard: Omit<DeletionGuard, 'markDeleted'>
  /** Does what marks or replaces rows after what other steps of the table do of that kind, where the limit must know what came back with them. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  /** Older versions may still come from other windows of the partition. */
  readonly hasOlderSteps: boolean
  /** What a batch commits beside its range, the last one or one before. @param deletions whether the source has reported any. */
  completion(last: boolean, deletions: boolean): Omit<Completion, 'cover' | 'last'>
  /** All fields that no column holds, with those of a batch, where they are others than the state has. */
  undeclaredWith(names: Iterable<string>): readonly string[] | undefined
  /** What else is to be true with the last commit of all; undefined: nothing, or others follow. */
  readonly within: ((execute: Execute) => Promise<void>) | undefined
  /** A batch is committed. */
  committed(part: CommittedPart): void
  /** The step is read to its end. */
  ended(left: LeftOut): void
}

export interface CommittedPart {
  readonly rows: Partial<RowCounts>
  readonly lateRows: Lateness | undefined
  /** What it completed; undefined if it did not, or if deletions were withheld. */
  readonly completes: Completion | undefined
  /** The full refresh is complete, of which it was the last key range. */
  readonly isRefreshed: boolean
  /** Whether the source has reported deletions so far. */
  readonly deletions: boolean
}
