import { PartitionQueue } from './partition-queue.ts'
import type { Due, Task } from './task.ts'
import { TasksAtWork } from './tasks-at-work.ts'

export interface StartLimits {
  /** Steps due up to this time on the monotonic clock may start; undefined: none. */
  readonly dueTo: number | undefined
  readonly isBackfill: boolean
}

/** The tasks of one source, in the order in which they should start. */
export class SourceQueue {
  readonly #live = new PartitionQueue()
  readonly #history = new PartitionQueue()
  readonly #due = new PartitionQueue()
  readonly #atWork: TasksAtWork
  #tookDue = false
  /** Backfill tasks at work. */
  histories = 0
  /** Tasks at work that have lent their places, also to others of this source. */
  silent = 0
  /** Which start of the run its last one was. */
  lastStart = 0

  constructor(perTable: number) {
    this.#atWork = new TasksAtWork(perTable)
  }

  /** Tasks at work. */
  get running(): number {
    return this.#atWork.count
  }

  get hasHistory(): boolean {
    return !this.#history.isEmpty
  }

  /** When the next incremental step that may start comes due. */
  get dueAt(): number | undefined {
    return this.#due.rank(this.#atWork)
  }

  add(tasks: readonly Task[]): void {
    const live = tasks.filter((task) => task.lane === 'current')
    this.#live.add(live.map((task) => ({ rank: task.comesLast === true ? 1 : 0, task })))
    const history = tasks.filter((task) => task.lane === 'backfill')
    this.#history.add(history.map((task) => ({ rank: newestFirst(task), task })))
  }

  comesDue(due: readonly Due[]): void {
    this.#due.add(due.map(({ dueAt, task }) => ({ rank: dueAt, task })))
  }

  /** Takes the next task, which is at work until it has ended. */
  start(may: StartLimits): Task | undefined {
    const live = this.#live.take(this.#atWork)
    // They alternate: what is due again as soon as it has ended would never let a backfill begin.
    const inTurn = live ?? (this.#tookDue ? this.#takeHistory(may) : undefined)
    const due = inTurn === undefined ? this.#takeDue(may) : undefined
    const task = inTurn ?? due ?? this.#takeHistory(may)
    if (task === undefined) return undefined
    this.#tookDue = due !== undefined
    this.#atWork.add(task)
    if (task.lane === 'backfill') this.histories++
    return task
  }

  ended(task: Task): void {
    this.#atWork.delete(task)
    if (task.lane === 'backfill') this.histories--
    for (const line of [this.#live, this.#history, this.#due]) line.release(task)
  }

  #takeDue({ dueTo }: StartLimits): Task | undefined {
    return dueTo === undefined ? undefined : this.#due.take(this.#atWork, dueTo)
  }

  #takeHistory({ isBackfill: history }: StartLimits): Task | undefined {
    return history ? this.#history.take(this.#atWork) : undefined
  }
}

/** Exact for times; integers beyond 2^53 that count as equal keep the order in which they were planned. */
function newestFirst({ to }: Task): number {
  return to === undefined ? Number.NEGATIVE_INFINITY : -Number(to)
}
