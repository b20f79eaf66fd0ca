import { dueAgain } from './due-again.ts'
import type { Step } from './plan.ts'
import { type RunContext, runStep } from './run-step.ts'
import { schedule, type Task } from './schedule.ts'
import type { PartitionRun, TableRun } from './table-run.ts'

const CONCURRENCY = { overall: 4, perSource: 2 }

/**
 * Runs the planned steps of a run, and the live steps that come due while its history goes on.
 *
 * @returns whether history was left because the time for it was up.
 */
export async function runSteps(tables: readonly TableRun[], context: RunContext): Promise<boolean> {
  const { options, clock, signal, stop } = context
  const { settings } = options
  const startedAt = clock.monotonic()
  const partitions = tables.filter((table) => table.prepared !== undefined).flatMap((table) => table.partitions)
  const tasks = partitions.flatMap((partition) =>
    partition.planned.steps
      .filter((step) => options.only === undefined || isWantedAgain(step, partition))
      .map((step) => taskOf(step, partition, context)),
  )
  // A run without history ends before anything comes due.
  const lasts = options.only === undefined && partitions.some((partition) => partition.historyLeft > 0)
  const mayStartHistory = (): boolean =>
    settings?.maxTimeMs === undefined || clock.monotonic() - startedAt < settings.maxTimeMs
  await schedule(tasks, {
    due: lasts ? partitions.flatMap((partition) => dueAgain(partition, context) ?? []) : [],
    concurrency: settings?.concurrency ?? CONCURRENCY.overall,
    perSource: settings?.perSource ?? CONCURRENCY.perSource,
    monotonic: () => clock.monotonic(),
    sleep: (ms, stopped) => clock.sleep(ms, stopped),
    mayStartHistory,
    signal,
    abort: stop,
  })
  return !mayStartHistory() && partitions.some(({ historyLeft, failed }) => historyLeft > 0 && !failed)
}

/** The partition of a table read whole is read with every run; here only where that was asked for. */
function isWantedAgain({ kind }: Step, { table, id }: PartitionRun): boolean {
  return kind === 'reread' || (kind === 'whole' && (table.known?.partitions.get(id)?.rereads.length ?? 0) > 0)
}

function taskOf(step: Step, partition: PartitionRun, context: RunContext): Task {
  return {
    source: partition.table.planned.surveyed.use.name,
    partition,
    lane: step.lane,
    to: step.window?.to,
    run: async () => {
      if (partition.failed) return undefined
      if (!(await runStep(step, partition, context))) return undefined
      partition.left--
      partition.table.stepsDone++
      if (step.lane === 'history') {
        partition.historyLeft--
        return undefined
      }
      partition.liveLeft--
      return context.options.only === undefined ? dueAgain(partition, context) : undefined
    },
  }
}
