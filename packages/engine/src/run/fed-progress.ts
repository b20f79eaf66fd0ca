import type { TableState } from '@tidemark/core/engine'
import type { PlannedTable } from '../plan/planned-table.ts'

/** How far a table of a feed is. */
export class FedProgress {
  /** Its feed is still to be read. */
  isAwaited = false
  /** What it held before its feed began is read, or its feed yields that too. */
  isBackfilled: boolean
  /** The number of its feed at which its present life began. */
  epochSeq: bigint
  /** Its feed was read to its end, or to where its source was. */
  isReadToEnd: boolean

  constructor({ discovered }: PlannedTable, known: TableState | undefined) {
    const { fed } = known ?? {}
    this.epochSeq = fed?.epochSeq ?? 0n
    const isCut = discovered.table.feed?.backfill !== undefined
    this.isBackfilled = !isCut || (fed?.backfilledSeq != null && fed.backfilledSeq >= fed.epochSeq)
    this.isReadToEnd = known?.partitions.get('')?.completedAt != null
  }

  get isComplete(): boolean {
    return this.isReadToEnd && this.isBackfilled
  }
}
