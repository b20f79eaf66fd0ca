import { Line } from './line.ts'
import type { Due, Task } from './schedule.ts'

export interface May {
  /** Steps due up to this time on the monotonic clock may start; undefined: none. */
  readonly dueTo: number | undefined
  readonly history: boolean
}

/** The tasks of one source, in the order in which they should start. */
export class Queue {
  readonly #live: Line
  readonly #history: Line
  readonly #due: Line
  readonly #busy = new Set<object>()
  #tookDue = false
  /** Which start of the run its last one was. */
  lastStart = 0

  constructor(tasks: readonly Task[], due: readonly Due[]) {
    const ranked = (task: Task, rank: number) => ({ rank, task })
    this.#live = new Line(tasks.filter((task) => task.lane === 'live').map(ranked))
    const history = tasks.filter((task) => task.lane === 'history').sort(newestFirst)
    this.#history = new Line(history.map(ranked))
    this.#due = new Line(due.map(({ dueAt, task }) => ({ rank: dueAt, task })))
  }

  /** Tasks at work: one a partition. */
  get running(): number {
    return this.#busy.size
  }

  get hasHistory(): boolean {
    return !this.#history.isEmpty
  }

  /** When the next live step of a free partition comes due. */
  get dueAt(): number | undefined {
    return this.#due.rank(this.#busy)
  }

  comesDue({ dueAt, task }: Due): void {
    this.#due.add({ rank: dueAt, task })
  }

  /** Takes the next task and keeps its partition busy until the task has ended. */
  start(may: May): Task | undefined {
    const live = this.#live.take(this.#busy)
    // They alternate: what is due again as soon as it has ended would never let history begin.
    const inTurn = live ?? (this.#tookDue ? this.#takeHistory(may) : undefined)
    const due = inTurn === undefined ? this.#takeDue(may) : undefined
    const task = inTurn ?? due ?? this.#takeHistory(may)
    if (task === undefined) return undefined
    this.#tookDue = due !== undefined
    this.#busy.add(task.partition)
    return task
  }

  ended(task: Task): void {
    this.#busy.delete(task.partition)
    for (const line of [this.#live, this.#history, this.#due]) line.free(task.partition)
  }

  #takeDue({ dueTo }: May): Task | undefined {
    return dueTo === undefined ? undefined : this.#due.take(this.#busy, dueTo)
  }

  #takeHistory({ history }: May): Task | undefined {
    return history ? this.#history.take(this.#busy) : undefined
  }
}

function newestFirst({ to: a }: Task, { to: b }: Task): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  return a < b ? 1 : -1
}
