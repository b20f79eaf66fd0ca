import type { DiscoveredSource } from '../discover/catalog.ts'
import { rangeRead, type Step } from '../plan/step.ts'
import type { StepList, StepSpan } from '../plan/step-list.ts'
import { readAllTheSame } from '../plan/too-many-windows.ts'
import { Schedule } from '../schedule/schedule.ts'
import type { Due, Task } from '../schedule/task.ts'
import { dueAgain } from './due-again.ts'
import type { RunContext } from './run-context.ts'
import { runStep } from './run-step.ts'
import type { PartitionRun, TableRun } from './table-run.ts'
import { unfitAgain } from './unfit-windows.ts'

export const CONCURRENCY = { overall: 4, perSource: 2 }
/** A source that has not answered for so long does not keep the tables of others from being released. */
const RELEASE_AFTER_MS = 10_000

const LANES = ['current', 'backfill'] as const

/** What of a lane of a partition is not in line yet. */
interface Waiting {
  readonly partition: PartitionRun
  readonly steps: Generator<Step>
  left: number
}

export interface RunStepsOptions {
  /** A table has nothing left to do in this run: its status is recorded and it is released. */
  readonly release: (table: TableRun) => Promise<void>
  /** All tables of a source are released, and no more will come. */
  readonly leave: (source: DiscoveredSource) => void
}

/**
 * Runs the steps of tables as the tables become known, and the incremental steps that come due during a backfill. What is
 * done is released at once: a source that hangs holds nothing but its own.
 */
export class RunSteps {
  readonly #context: RunContext
  readonly #options: RunStepsOptions
  readonly #schedule: Schedule
  readonly #open = new Map<string, Set<TableRun>>()
  /** Sources that have said all they have. */
  readonly #asked = new Map<string, DiscoveredSource>()
  readonly #releasing = new Set<Promise<void>>()
  #mayRelease = false

  constructor(context: RunContext, options: RunStepsOptions) {
    const { clock, signal, stop } = context
    const { settings, keepsFresh = 'run' } = context.options
    this.#context = context
    this.#options = options
    this.#schedule = new Schedule({
      concurrency: settings?.concurrency ?? CONCURRENCY.overall,
      perSource: settings?.perSource ?? CONCURRENCY.perSource,
      perTable: settings?.perTable,
      keepsFresh,
      monotonic: () => clock.monotonic(),
      sleep: (ms, stopped) => clock.sleep(ms, stopped),
      mayStartHistory: () => !context.isOverTime(),
      signal,
      abort: stop,
      onEnded: (task) => this.#ended(task),
    })
  }

  /** A table is still to come: its source is not left before. */
  expect(table: TableRun): void {
    const source = sourceOf(table)
    this.#open.set(source, (this.#open.get(source) ?? new Set()).add(table))
  }

  add(table: TableRun): void {
    const { options } = this.#context
    const source = sourceOf(table)
    this.expect(table)
    if (options.handOut !== undefined) this.#handOut(table)
    else if (table.prepared !== undefined) {
      for (const partition of table.partitions) {
        const { steps } = partition.planned
        const wanted = options.only === undefined ? steps : steps.only((span) => isWantedAgain(span, partition))
        for (const lane of LANES) this.#begin(wanted, partition, lane)
      }
      const due = this.#comesAgain ? table.partitions.flatMap((one) => this.#dueAgain(one) ?? []) : []
      this.#schedule.add([], due)
    }
    this.#releaseDone([source])
  }

  /** A table that others are reading is known to them as it is. */
  #handOut(table: TableRun): void {
    const isReadBeside = table.heldBy !== undefined && table.known?.schema != null
    if (table.prepared === undefined && !isReadBeside) return
    for (const partition of table.partitions) {
      const { id, planned } = partition
      const most = mostRead(partition)
      this.#context.options.handOut?.({ table: table.planned.discovered, partition: id, steps: planned.steps, most })
    }
  }

  /** The feed of tables is read: nothing is left of them. */
  fed(tables: readonly TableRun[]): void {
    for (const table of tables) table.fed.isAwaited = false
    for (const [source, own] of Map.groupBy(tables, sourceOf)) this.#releaseDone([source], own)
  }

  /** Waits until what is done is released. */
  async released(): Promise<void> {
    await Promise.allSettled(this.#releasing)
  }

  /** A source has said all it has. */
  asked(source: DiscoveredSource): void {
    this.#asked.set(source.name, source)
    this.#releaseDone([source.name])
  }

  /** All sources have. */
  seal(): void {
    this.#mayRelease = true
    this.#releaseDone(this.#open.keys())
    this.#schedule.seal()
  }

  /** Ends when no step is left that may start, and what is done is released. */
  async run(): Promise<void> {
    const { clock } = this.#context
    const done = new AbortController()
    const startedAt = clock.monotonic()
    const overdue = (): void => {
      if (clock.monotonic() - startedAt < RELEASE_AFTER_MS) return
      this.#mayRelease = true
      this.#releaseDone(this.#open.keys())
    }
    clock.sleep(RELEASE_AFTER_MS, done.signal, 'limit').then(overdue, () => {})
    try {
      await this.#schedule.run()
    } finally {
      done.abort()
      await this.released()
    }
  }

  #begin(steps: StepList, partition: PartitionRun, lane: Step['lane']): void {
    const { table } = partition
    const count = steps.countIn((span) => span.lane === lane)
    const left = Math.min(count, mostRead(partition) ?? count)
    table.tasksLeft += left
    this.#addNext({ partition, steps: steps.inLane(lane), left })
  }

  /** The next step of a lane comes into line when the one before it begins, so that there is never more than one of them. */
  #addNext(waiting: Waiting): void {
    const { partition, steps } = waiting
    if (partition.stopped) {
      partition.table.tasksLeft -= waiting.left
      waiting.left = 0
    }
    const next = waiting.left === 0 ? undefined : steps.next()
    if (next === undefined || next.done === true) return
    waiting.left--
    partition.handOut(next.value)
    this.#schedule.add([this.#taskOf(next.value, partition, (step) => this.#begun(step, waiting))])
  }

  /** A step of a lane begins. @returns it as it is to be read by now. */
  #begun(planned: Step, waiting: Waiting): Step {
    const { step, more } = waiting.partition.begin(planned)
    waiting.left += more
    waiting.partition.table.tasksLeft += more
    this.#addNext(waiting)
    return step
  }

  #taskOf(planned: Step, partition: PartitionRun, onBegun: (step: Step) => Step = (step) => step): Task {
    const { table } = partition
    return {
      source: sourceOf(table),
      table,
      partition,
      // By the lease of a window one step is written at a time.
      range: table.windowLeases.size > 0 ? undefined : rangeRead(planned),
      lane: planned.lane,
      to: planned.window?.to,
      comesLast: table.known?.status === 'failing',
      run: async (slot) => {
        table.tasksLeft--
        table.atWork++
        const step = onBegun(planned)
        if (partition.stopped) return undefined
        if (!(await runStep(step, partition, this.#context, slot))) return undefined
        if (step.lane === 'backfill') return undefined
        return this.#comesAgain ? this.#dueAgain(partition) : undefined
      },
    }
  }

  /** Whether incremental steps come due again: not where only a part of the plan is done. */
  get #comesAgain(): boolean {
    const { only, range, handOut } = this.#context.options
    return only === undefined && range === undefined && handOut === undefined
  }

  #dueAgain(partition: PartitionRun): Due | undefined {
    const due = dueAgain(partition, this.#context)
    return due === undefined ? undefined : this.#counted(due)
  }

  /** Counts, as planned steps are counted, what comes due again and again. */
  #counted({ dueAt, task }: Due): Due {
    const { table } = task.partition as PartitionRun
    const run: Task['run'] = async (slot) => {
      table.atWork++
      const next = await task.run(slot)
      return next === undefined ? undefined : this.#counted(next)
    }
    return { dueAt, task: { ...task, run } }
  }

  #ended({ partition, source, lane }: Task): void {
    const { table } = partition as PartitionRun
    table.atWork--
    if (isDone(table)) this.#tryUnfit(table)
    // When the last backfill ends, nothing is kept fresh beside it any more.
    if (lane === 'backfill' && !this.#schedule.isContinuous(source)) this.#releaseDone(this.#open.keys())
    else this.#releaseDone([source], [table])
  }

  /** Windows whose rows did not fit before the table held any are tried once more, when nothing else of it is left. */
  #tryUnfit(table: TableRun): void {
    if (table.triedUnfit) return
    table.triedUnfit = true
    const tasks = table.partitions.flatMap((one) => unfitAgain(one).map((step) => this.#taskOf(step, one)))
    table.tasksLeft += tasks.length
    if (tasks.length > 0) this.#schedule.add(tasks)
  }

  #releaseDone(sources: Iterable<string>, only?: readonly TableRun[]): void {
    if (this.#context.signal.aborted) return
    const perSource = this.#context.options.keepsFresh === 'source'
    for (const source of sources) {
      const open = this.#open.get(source)
      // Before all is known of a source, or of the run, a backfill may come beside which its tables are kept fresh.
      const isKnown = this.#mayRelease || (perSource && this.#asked.has(source))
      for (const table of only ?? [...(open ?? [])]) {
        if (
          !isDone(table) ||
          (this.#comesAgain && comesDue(table) && (!isKnown || this.#schedule.isContinuous(source)))
        )
          continue
        if (open?.delete(table) === true) this.#release(table)
      }
      this.#leaveIfDone(source)
    }
  }

  #release(table: TableRun): void {
    const source = sourceOf(table)
    const work = this.#options
      .release(table)
      .catch((error: unknown) => this.#context.stop(error))
      .finally(() => {
        this.#releasing.delete(work)
        this.#leaveIfDone(source)
      })
    table.isReleased = true
    this.#releasing.add(work)
  }

  #leaveIfDone(source: string): void {
    const use = this.#asked.get(source)
    if (use === undefined || (this.#open.get(source)?.size ?? 0) > 0) return
    this.#asked.delete(source)
    this.#options.leave(use)
  }
}

/** How many windows of a partition with too many of them are read in each lane; undefined: it has not too many. */
const mostRead = ({ hasTooMany, table }: PartitionRun): number | undefined =>
  hasTooMany ? readAllTheSame(table.partitions.length) : undefined
const sourceOf = ({ planned }: TableRun): string => planned.discovered.source.name
const isDone = ({ tasksLeft, atWork, isLocked, fed }: TableRun): boolean =>
  tasksLeft === 0 && atWork === 0 && !isLocked && !fed.isAwaited
const comesDue = ({ planned, prepared }: TableRun): boolean =>
  prepared !== undefined && planned.discovered.table.cursor !== undefined

/** The partition of a table read whole is read with every run; here only where that was asked for. */
function isWantedAgain({ kind }: StepSpan, { table, id }: PartitionRun): boolean {
  return kind === 'resync' || (kind === 'full_refresh' && (table.known?.partitions.get(id)?.resyncs.length ?? 0) > 0)
}
