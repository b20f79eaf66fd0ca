import { type ElsewhereTask, findAhead, findByKey } from './elsewhere.ts'
import { DEFAULT_PART } from './part-size.ts'
import type { Step } from './plan.ts'
import type { RunContext } from './run-step.ts'
import { silenceOf } from './stall.ts'
import type { StepTask } from './step-task.ts'
import type { PartitionRun } from './table-run.ts'
import { readingOf } from './unread-ranges.ts'

/** How rows are looked for that did not come back with their window. Undefined: what is absent is gone. */
export function elsewhereOf(
  { window }: Step,
  partition: PartitionRun,
  { options, clock, signal }: RunContext,
): StepTask['elsewhere'] {
  const { table } = partition
  const { surveyed } = table.planned
  const { prepared } = table
  if (window === undefined || prepared === undefined || surveyed.table.primaryKey.length === 0) return undefined
  return async (missing, take) => {
    const places = surveyed.table.globalKey ? table.partitions : [partition]
    const task: ElsewhereTask = {
      surveyed,
      encoder: prepared.encoder,
      above: window.to,
      places: places.map((one) => ({ partition: one.planned.surveyed, reading: readingOf(one) })),
      part: options.settings?.part ?? DEFAULT_PART,
      redact: options.redact ?? ((text) => text),
      signal,
      clock,
      silenceMs: silenceOf(options.settings ?? {}),
    }
    if (await findByKey(missing, task, ({ alive }) => take(alive))) return true
    return !(await findAhead(task, ({ alive }) => take(alive))).keyless
  }
}
