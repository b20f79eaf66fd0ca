import type { PlannedRefresh } from '../plan/plan-key-ranges.ts'
import { lowest } from './extremes.ts'

/** How far the full refresh of a partition has come that is read in ranges of its key; of others nothing. */
export class RefreshProgress {
  /** All of its ranges are committed. */
  isComplete = false
  /** Rows that earlier runs have marked as deleted in its ranges. */
  readonly deletedBefore: number
  /** When the first of the ranges was read that earlier runs have committed. */
  readonly begunAt: bigint | undefined
  readonly #refresh: PlannedRefresh | undefined

  constructor(refresh: PlannedRefresh | undefined) {
    const committed = refresh?.committed ?? []
    this.#refresh = refresh
    this.deletedBefore = committed.reduce((sum, { deleted }) => sum + deleted, 0)
    this.begunAt = lowest(...committed.map(({ readAt }) => readAt))
  }

  /** Whether its columns changed while it was read: the ranges before do not count. */
  startsAgain(schemaHash: string | undefined): boolean {
    const before = this.#refresh?.schemaHash
    return before !== undefined && !this.isComplete && schemaHash !== undefined && schemaHash !== before
  }
}
