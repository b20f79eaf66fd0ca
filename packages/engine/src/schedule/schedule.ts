import { WakeUp, type WakeUpOptions } from '../time/wake-up.ts'
import { SourceQueue } from './source-queue.ts'
import type { Due, Slot, Task } from './task.ts'

/** The most tasks of one source that may lend their places to others of it, so that the source is not flooded. */
const MOST_SILENT = 16

export interface ScheduleOptions extends WakeUpOptions {
  /** Tasks at once, over all sources and in each. */
  readonly concurrency: number
  readonly perSource: number
  /** And of each table; absent: as many as of its source. */
  readonly perTable?: number | undefined
  /** What comes due again is run during any backfill, or only during one of its own source. */
  readonly keepsFresh: 'run' | 'source'
  /** Past the time budget no backfill step begins; incremental steps always do. */
  readonly mayStartHistory: () => boolean
  readonly signal: AbortSignal
  /** Stops the tasks at work: one of them threw. */
  readonly abort: (reason: unknown) => void
  /** Called when a task has ended, and what it left is in line. */
  readonly onEnded?: ((task: Task) => void) | undefined
}

/**
 * Runs tasks as they are added: in each source incremental before backfill, and the newest backfill first. During a backfill,
 * incremental steps that come due again go first, in turn with the backfill of their source. A source that waits never holds up
 * another. Ends when no more can be added and nothing is left that may start; a task that throws ends it all.
 */
export class Schedule {
  readonly #options: ScheduleOptions
  readonly #queues = new Map<string, SourceQueue>()
  readonly #wakeUp: WakeUp
  /** Tasks at work, and those of them whose place is taken by another. */
  #running = 0
  #lent = 0
  #starts = 0
  #isSealed = false
  #thrown: { readonly error: unknown } | undefined

  constructor(options: ScheduleOptions) {
    this.#options = options
    this.#wakeUp = new WakeUp(options)
  }

  add(tasks: readonly Task[], due: readonly Due[] = []): void {
    for (const [source, own] of Map.groupBy(tasks, (task) => task.source)) this.#queueOf(source).add(own)
    for (const [source, own] of Map.groupBy(due, ({ task }) => task.source)) this.#queueOf(source).comesDue(own)
    this.#wakeUp.now()
  }

  /** Nothing more will be added. */
  seal(): void {
    this.#isSealed = true
    this.#wakeUp.now()
  }

  /** Whether incremental steps of a source come due again: a run ends when nothing is left, and only a backfill keeps it from that. */
  isContinuous(source: string): boolean {
    if (this.#options.keepsFresh === 'run') return [...this.#queues.values()].some((queue) => this.#readsHistory(queue))
    const queue = this.#queues.get(source)
    return queue !== undefined && this.#readsHistory(queue)
  }

  async run(): Promise<void> {
    for (;;) {
      while (this.#startOne()) {}
      if (this.#running === 0 && (this.#isSealed || this.#isStopped)) break
      await this.#wakeUp.wait(this.#nextDueAt())
    }
    this.#wakeUp.stop()
    if (this.#thrown !== undefined) throw this.#thrown.error
  }

  get #isStopped(): boolean {
    return this.#options.signal.aborted || this.#thrown !== undefined
  }

  get #isFull(): boolean {
    return this.#running - this.#lent >= this.#options.concurrency || this.#isStopped
  }

  #mayStart({ running, silent }: SourceQueue): boolean {
    return running - Math.min(silent, MOST_SILENT) < this.#options.perSource
  }

  #queueOf(source: string): SourceQueue {
    let queue = this.#queues.get(source)
    if (queue === undefined) {
      queue = new SourceQueue(this.#options.perTable ?? Number.POSITIVE_INFINITY)
      this.#queues.set(source, queue)
    }
    return queue
  }

  #readsHistory(queue: SourceQueue): boolean {
    return queue.histories > 0 || (queue.hasHistory && this.#options.mayStartHistory())
  }

  #startOne(): boolean {
    if (this.#isFull) return false
    const { monotonic, mayStartHistory } = this.#options
    // The source with the least at work goes first, then the one that waits longest, so that none waits behind another.
    const open = [...this.#queues].filter(([, queue]) => this.#mayStart(queue))
    for (const [source, queue] of open.sort(([, a], [, b]) => a.running - b.running || a.lastStart - b.lastStart)) {
      const task = queue.start({
        dueTo: this.isContinuous(source) ? monotonic() : undefined,
        isBackfill: mayStartHistory(),
      })
      if (task === undefined) continue
      queue.lastStart = ++this.#starts
      void this.#run(queue, task)
      return true
    }
    return false
  }

  async #run(queue: SourceQueue, task: Task): Promise<void> {
    this.#running++
    const slot = this.#slot(queue)
    let due: Due | undefined
    try {
      due = await task.run(slot)
    } catch (error) {
      if (this.#thrown === undefined) {
        this.#thrown = { error }
        this.#options.abort(error)
      }
    } finally {
      slot.takeBack()
      queue.ended(task)
      if (due !== undefined) queue.comesDue([due])
      this.#running--
      if (this.#thrown === undefined) this.#options.onEnded?.(task)
      this.#wakeUp.now()
    }
  }

  #slot(queue: SourceQueue): Slot {
    const lent = { any: false, own: false }
    const set = (any: boolean, own: boolean): void => {
      if (any === lent.any && own === lent.own) return
      this.#lent += Number(any) - Number(lent.any)
      queue.silent += Number(own) - Number(lent.own)
      Object.assign(lent, { any, own })
      if (any) this.#wakeUp.now()
    }
    return {
      lend: () => set(true, lent.own),
      lendToAll: () => set(true, true),
      takeBack: () => set(false, false),
    }
  }

  /** When there is something to start though no task has ended. */
  #nextDueAt(): number | undefined {
    if (this.#isFull) return undefined
    let first: number | undefined
    for (const [source, queue] of this.#queues) {
      const { dueAt } = queue
      if (dueAt === undefined || !this.#mayStart(queue) || (first !== undefined && dueAt >= first)) continue
      if (this.isContinuous(source)) first = dueAt
    }
    return first
  }
}
