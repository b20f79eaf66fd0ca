import type { Step } from '../plan/step.ts'
import { DEFAULT_PART } from '../read/part-size.ts'
import type { Slot } from '../schedule/task.ts'
import { waitingFor } from '../source/source-wait.ts'
import { patienceOf } from '../source/stall.ts'
import { type ElsewhereTask, findAhead, findByKey } from './elsewhere.ts'
import type { RunContext } from './run-context.ts'
import type { StepTask } from './step-task.ts'
import type { PartitionRun } from './table-run.ts'
import { readingOf } from './unread-ranges.ts'

/** How rows are looked for that did not come back with their window. Undefined: what is absent is gone. */
export function elsewhereOf(
  { window }: Step,
  partition: PartitionRun,
  { options, clock, signal, isOverTime }: RunContext,
  slot: Slot,
): StepTask['elsewhere'] {
  const { table } = partition
  const { discovered } = table.planned
  const { prepared } = table
  if (window === undefined || prepared === undefined || discovered.table.primaryKey.length === 0) return undefined
  return async (missing, take) => {
    const places = discovered.table.globalKey ? table.partitions : [partition]
    const settings = options.settings ?? {}
    const task: Omit<ElsewhereTask, 'wait'> = {
      discovered,
      encoder: prepared.encoder,
      above: window.to,
      places: places.map((one) => ({ partition: one.planned.discovered, reading: readingOf(one) })),
      batchLimit: settings.batch ?? DEFAULT_PART,
      redact: options.redact ?? ((text) => text),
      signal,
      clock,
    }
    const { guard } = discovered.source
    return await waitingFor({ clock, signal, slot, guard, isOverTime, ...patienceOf(settings) }, async (wait) => {
      const waiting = { ...task, wait }
      if (await findByKey(missing, waiting, ({ alive }) => take(alive))) return true
      return !(await findAhead(waiting, ({ alive }) => take(alive))).keyless
    })
  }
}
