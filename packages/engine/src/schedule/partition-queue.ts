import { Heap } from '../time/heap.ts'
import type { Task } from './task.ts'
import type { TasksAtWork } from './tasks-at-work.ts'

export interface Ranked {
  readonly rank: number
  readonly task: Task
}

/** What waits of one partition. */
interface Own {
  readonly partition: object
  /** The next at the back. */
  readonly tasks: Ranked[]
  /** When it came: among equals the first goes first. */
  came: number
}

/** Tasks that wait, the lowest rank first. Those of one partition stand behind one another; what may not start beside those at work stands aside. */
export class PartitionQueue {
  readonly #waiting = new Heap<Own>(isBefore)
  /** What reads the same as a task at work of its partition, and what its table has no place for. */
  readonly #besidePartition = new Map<object, readonly Own[]>()
  readonly #besideTable = new Map<object, Heap<Own>>()
  #came = 0

  get isEmpty(): boolean {
    return this.#waiting.first === undefined && this.#besidePartition.size === 0 && this.#besideTable.size === 0
  }

  add(tasks: readonly Ranked[]): void {
    const byPartition = Map.groupBy(tasks, ({ task }) => task.partition)
    for (const [partition, ranked] of byPartition)
      this.#push({ partition, tasks: ranked.sort(byRank).reverse(), came: 0 })
  }

  /** The rank of the first task that may start. */
  rank(atWork: TasksAtWork): number | undefined {
    const own = this.#firstFree(atWork)
    return own === undefined ? undefined : rankOf(own)
  }

  /** Takes the first task that may start, if it ranks no higher than `upTo`. */
  take(atWork: TasksAtWork, upTo = Number.POSITIVE_INFINITY): Task | undefined {
    const own = this.#firstFree(atWork)
    if (own === undefined || rankOf(own) > upTo) return undefined
    this.#waiting.pop()
    const taken = own.tasks.pop()
    if (own.tasks.length > 0) this.#push(own)
    return taken?.task
  }

  /** A task has ended: those that stood aside for its partition are looked at again, and the first that did for its table. */
  release({ partition, table }: Task): void {
    for (const own of this.#besidePartition.get(partition) ?? []) this.#waiting.push(own)
    this.#besidePartition.delete(partition)
    this.#pullOf(table)
  }

  #push(own: Own): void {
    own.came = ++this.#came
    this.#waiting.push(own)
  }

  #firstFree(atWork: TasksAtWork): Own | undefined {
    for (;;) {
      const own = this.#waiting.first
      if (own === undefined) return undefined
      const task = firstOf(own)
      if (atWork.mayJoin(task)) return own
      this.#waiting.pop()
      if (!atWork.hasPlace(task)) this.#standAside(own, task)
      else {
        const others = this.#besidePartition.get(own.partition) ?? []
        this.#besidePartition.set(own.partition, [...others, own])
        // The place in the table that it does not take is another one's.
        this.#pullOf(task.table)
      }
    }
  }

  #standAside(own: Own, { table }: Task): void {
    if (table === undefined) return
    const others = this.#besideTable.get(table) ?? new Heap<Own>(isBefore)
    others.push(own)
    this.#besideTable.set(table, others)
  }

  #pullOf(table: object | undefined): void {
    const others = table === undefined ? undefined : this.#besideTable.get(table)
    const own = others?.pop()
    if (own !== undefined) this.#waiting.push(own)
    if (table !== undefined && others?.first === undefined) this.#besideTable.delete(table)
  }
}

function firstOf({ tasks }: Own): Task {
  return tasks.at(-1)!.task
}

function rankOf({ tasks }: Own): number {
  return tasks.at(-1)!.rank
}

// Not a difference: two that are infinite would have none.
function byRank({ rank: a }: Ranked, { rank: b }: Ranked): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function isBefore(a: Own, b: Own): boolean {
  return rankOf(a) === rankOf(b) ? a.came < b.came : rankOf(a) < rankOf(b)
}
