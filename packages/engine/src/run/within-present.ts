import { floorTo } from '@tidemark/core/engine'
import type { Step } from '../plan/step.ts'
import type { PartitionRun } from './table-run.ts'

/**
 * A step of a table that ends at the runner's clock goes no further than the destination's when it begins: that clock may
 * have been set ahead since the run began, and what has not come yet must not be covered.
 *
 * @returns undefined where nothing of the step has come.
 */
export function withinPresent(step: Step, partition: PartitionRun, destinationNow: bigint): Step | undefined {
  const { end, minAge, cursor } = partition.table.planned.discovered.table
  const { window, read } = step
  if (end !== undefined || cursor === undefined || window === undefined || read === undefined) return step
  const present = floorTo(destinationNow - minAge, cursor.tick)
  if (window.to <= present) return step
  partition.stopAt(present)
  if (window.from !== undefined && window.from >= present) return undefined
  return { ...step, window: { from: window.from, to: present }, read: { from: read.from, to: present } }
}
