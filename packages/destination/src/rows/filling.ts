import type { Batch, Committed, Lease, Reject } from '@tidemark/core/engine'
import { isOf, type Staging } from '../dialects/staging.ts'
import type { Target } from '../dialects/target.ts'

/** What was written straight into a table. */
export interface Written {
  readonly written: number
  /** Rows of a key that another of the batch has. */
  readonly deduped: number
  readonly deleted: number
  readonly rejects: readonly Reject[]
  /** Of the written rows those below the batch's `lateBelow`. */
  readonly lateRows?: Committed['lateRows']
}

/** What moving a staging table into its table did. */
export interface Moved {
  readonly written: number
  readonly unchanged: number
  readonly deduped: number
  readonly deleted: number
  readonly rejects: readonly Reject[]
  readonly withheld?: Committed['withheld']
  /** It is unknown which rows were deleted, so nothing was marked. */
  readonly deletionsUnknown?: boolean
  /** Rows that did not come back, where the deletion limit asks: nothing was moved. */
  readonly missing?: number
}

export interface Filling {
  readonly lease: Lease
  readonly batch: Batch
  readonly before: Staging | undefined
  /** The number of the staging table, where it is to be made. */
  readonly slot: number
}

/** @throws Error if a batch arrives without those before it: without them the rows that they held would count as deleted. */
export function checkOrder({ batch, before }: Filling, target: Target): void {
  // Prepared again in between: what was staged has another shape.
  const isWhole = before !== undefined && before.target === target
  if (batch.number === 1 || (isWhole && isOf(before, batch.step) && before.lastBatch === batch.number - 1)) return
  throw new Error(
    `table "${target.layout.name}": batch ${batch.number} of step ${batch.step.step} arrived without the batches before it; nothing of it was written`,
  )
}
