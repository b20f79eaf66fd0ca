import type { Step } from '../plan/step.ts'
import type { RunContext } from './run-context.ts'
import type { PartitionRun } from './table-run.ts'

/**
 * A step that replaces or marks reads no further back than the system still keeps when it begins: time has passed since
 * discovery, and what the system dropped since then is not deleted, only old.
 */
export function withoutDropped(step: Step, { table, planned }: PartitionRun, { clock, startedAt }: RunContext): Step {
  const { retention, cursor, primaryKey } = table.planned.discovered.table
  const present = planned.discovered.unsettledEnd
  const replaces = step.kind === 'resync' || primaryKey.length === 0
  if (
    retention === undefined ||
    present === undefined ||
    cursor?.type === 'integer' ||
    !replaces ||
    step.read === undefined
  )
    return step
  const passed = BigInt(Math.ceil((clock.monotonic() - startedAt) * 1000))
  const keptFrom = present + passed - retention
  if (step.read.from !== undefined && step.read.from >= keptFrom) return step
  return keptFrom >= step.read.to ? step : { ...step, read: { from: keptFrom, to: step.read.to } }
}
