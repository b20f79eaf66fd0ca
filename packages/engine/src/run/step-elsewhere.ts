import type { Destination, TableState } from '@tidemark/core/engine'
import { laterStart } from '../plan/plan-windows.ts'
import type { Step } from '../plan/step.ts'
import { DEFAULT_PART } from '../read/part-size.ts'
import type { Slot } from '../schedule/task.ts'
import { waitingFor } from '../source/source-wait.ts'
import { patienceOf } from '../source/stall.ts'
import { type ElsewhereTask, findAhead, findByKey, type Place } from './elsewhere.ts'
import type { RunContext } from './run-context.ts'
import type { StepTask } from './step-task.ts'
import type { PartitionRun, TableRun } from './table-run.ts'
import { readingOf } from './unread-ranges.ts'

/** How rows are looked for that did not come back with their window. Undefined: what is absent counts as deleted. */
export function elsewhereOf(
  { window, read }: Step,
  partition: PartitionRun,
  { destination, options, clock, signal, isOverTime }: RunContext,
  slot: Slot,
): StepTask['elsewhere'] {
  const { table } = partition
  const { discovered } = table.planned
  const { prepared } = table
  if (window === undefined || prepared === undefined || discovered.table.primaryKey.length === 0) return undefined
  return async (missing, take) => {
    const places = discovered.table.globalKey ? table.partitions : [partition]
    const known = await recordedOf(table, destination)
    const placeOf = (one: PartitionRun): Place => {
      const { discovered: asked, wanted } = one.planned
      const resyncs = known?.partitions.get(one.id)?.resyncs
      if (one === partition) return { partition: asked, reading: readingOf(one, { resyncs }), above: window.to }
      // Their own was read just now; another may have them beside it, in what is not read yet or was read too early.
      const reading = readingOf(one, { resyncs, trustedTo: window.to })
      return { partition: asked, reading, above: laterStart(read?.from, wanted?.from) }
    }
    const settings = options.settings ?? {}
    const task: Omit<ElsewhereTask, 'wait'> = {
      discovered,
      encoder: prepared.encoder,
      places: places.map(placeOf),
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

/**
 * A table as the state has it now, where this run found that a clock had been ahead: what that clock covered was asked for
 * again only after the table was planned.
 */
async function recordedOf({ name, partitions }: TableRun, destination: Destination): Promise<TableState | undefined> {
  if (partitions.every(({ planned }) => planned.aheadOf === undefined)) return undefined
  return (await destination.state()).tables.get(name)
}
