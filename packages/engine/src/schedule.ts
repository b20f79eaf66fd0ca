import { Queue } from './queue.ts'
import { WakeUp, type WakeUpOptions } from './wake-up.ts'

/** Something to do: one step, or a question that leads to one. */
export interface Task {
  readonly source: string
  /** Tasks of one partition never run at once: each may stand on what the one before committed. */
  readonly partition: object
  readonly lane: 'live' | 'history'
  /** The end of its window: newer history goes first. Undefined counts as newest. */
  readonly to: bigint | undefined
  /** Gives a task that comes due again later, such as the next live step of its partition. */
  run(): Promise<Due | undefined>
}

export interface Due {
  /** On the monotonic clock, in milliseconds. */
  readonly dueAt: number
  readonly task: Task
}

export interface ScheduleOptions extends WakeUpOptions {
  /** What comes due while history goes on, beside what the tasks give. */
  readonly due?: readonly Due[]
  /** Tasks at once, over all sources and in each. */
  readonly concurrency: number
  readonly perSource: number
  /** Past the time budget no history begins; live always does. */
  readonly mayStartHistory: () => boolean
  readonly signal: AbortSignal
  /** Stops the tasks at work: one of them threw. */
  readonly abort: (reason: unknown) => void
}

/**
 * Runs tasks: in each source live before history and the newest history first. While any history is read, also in
 * another source, live steps that come due again go first, in turn with the history of their source. Ends when nothing
 * is left that may start; a task that throws ends it all.
 */
export async function schedule(tasks: readonly Task[], options: ScheduleOptions): Promise<void> {
  const { concurrency, perSource, monotonic, mayStartHistory, signal, abort } = options
  const queues = queuesOf(tasks, options.due ?? [])
  const wakeUp = new WakeUp(options)
  let running = 0
  let histories = 0
  let starts = 0
  let thrown: { readonly error: unknown } | undefined

  const run = async (queue: Queue, task: Task): Promise<void> => {
    running++
    if (task.lane === 'history') histories++
    try {
      const due = await task.run()
      if (due !== undefined) queue.comesDue(due)
    } catch (error) {
      if (thrown !== undefined) return
      thrown = { error }
      abort(error)
    } finally {
      queue.ended(task)
      running--
      if (task.lane === 'history') histories--
      wakeUp.now()
    }
  }

  /** A run ends when nothing is left; only while it goes on for history does anything come due again. */
  const goesOn = (): boolean => histories > 0 || (mayStartHistory() && queues.some((queue) => queue.hasHistory))
  const isFull = (): boolean => running >= concurrency || signal.aborted || thrown !== undefined

  const startOne = (): boolean => {
    if (isFull()) return false
    const may = { dueTo: goesOn() ? monotonic() : undefined, history: mayStartHistory() }
    // The source with the least at work goes first, then the one that waits longest, so that none waits behind another.
    const open = queues.filter((queue) => queue.running < perSource)
    for (const queue of open.sort((a, b) => a.running - b.running || a.lastStart - b.lastStart)) {
      const task = queue.start(may)
      if (task === undefined) continue
      queue.lastStart = ++starts
      void run(queue, task)
      return true
    }
    return false
  }

  /** When there is something to start though no task has ended. */
  const nextDueAt = (): number | undefined => {
    if (isFull() || !goesOn()) return undefined
    const dueAt = queues.map((queue) => (queue.running < perSource ? queue.dueAt : undefined))
    return dueAt.reduce(
      (first, at) => (first === undefined || (at !== undefined && at < first) ? at : first),
      undefined,
    )
  }

  for (;;) {
    while (startOne()) {}
    if (running === 0) break
    await wakeUp.wait(nextDueAt())
  }
  wakeUp.stop()
  if (thrown !== undefined) throw thrown.error
}

function queuesOf(tasks: readonly Task[], due: readonly Due[]): readonly Queue[] {
  const tasksOf = Map.groupBy(tasks, (task) => task.source)
  const dueOf = Map.groupBy(due, ({ task }) => task.source)
  const sources = new Set([...tasksOf.keys(), ...dueOf.keys()])
  return [...sources].map((source) => new Queue(tasksOf.get(source) ?? [], dueOf.get(source) ?? []))
}
