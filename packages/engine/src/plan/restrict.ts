import type { AskedRange } from './asked-range.ts'
import type { PlannedPartition, PlannedTable } from './planned-table.ts'
import { StepList } from './step-list.ts'

/**
 * A planned table, restricted to a range: only what is planned inside is done, and the rest is kept as `outside`, so that
 * the table does not count as complete without it. No revision is committed, and what the source no longer lists is not
 * marked, because a run that looks at a part knows neither. Pure.
 */
export function restrict(planned: PlannedTable, asked: AskedRange): PlannedTable {
  return {
    ...planned,
    restrictedTo: asked,
    removedPartitions: [],
    missingPartitions: [],
    partitions: planned.partitions.map((partition) => ({
      ...partition,
      ...divided(partition, asked),
      revision: undefined,
    })),
  }
}

function divided(
  { steps, discovered }: PlannedPartition,
  { window, partition }: AskedRange,
): Pick<PlannedPartition, 'steps' | 'outside'> {
  const none = new StepList()
  if (partition !== undefined && partition !== discovered.id) return { steps: none, outside: steps }
  if (window === undefined) return { steps, outside: none }
  const { inside, outside } = steps.divide(window)
  return { steps: inside, outside }
}
