import type { TableState } from '@tidemark/core/engine'
import type { PlannedTable } from '../plan/planned-table.ts'
import { isBackfilling } from '../report/completeness.ts'

/** How those partitions of a table stand that a run for another one did not ask. */
export interface OtherPartitions {
  readonly isFailing: boolean
  readonly isBackfilling: boolean
}

/** As far as the state knows, which knows all of them. */
export function otherPartitions(
  { discovered: { unasked = [] } }: PlannedTable,
  known: TableState | undefined,
): OtherPartitions {
  return {
    isFailing: unasked.some((id) => (known?.partitions.get(id)?.failures ?? 0) > 0),
    isBackfilling: unasked.some((id) => isBackfilling(known, id)),
  }
}
