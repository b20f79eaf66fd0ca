import { intersect } from '@tidemark/core/engine'
import type { Task } from './task.ts'

/** The tasks of a source that are at work, and which others may join them. */
export class TasksAtWork {
  readonly #perTable: number
  readonly #partitions = new Map<object, Set<Task>>()
  readonly #tables = new Map<object, number>()
  count = 0

  constructor(perTable: number) {
    this.#perTable = perTable
  }

  /** Whether a task may start: what its table may run at once is not reached, and it reads what no other of its partition does. */
  mayJoin(task: Task): boolean {
    return this.hasPlace(task) && [...(this.#partitions.get(task.partition) ?? [])].every((one) => areApart(one, task))
  }

  /** Whether fewer tasks of its table are at work than may be. */
  hasPlace({ table }: Task): boolean {
    return table === undefined || (this.#tables.get(table) ?? 0) < this.#perTable
  }

  add(task: Task): void {
    this.count++
    const own = this.#partitions.get(task.partition) ?? new Set()
    this.#partitions.set(task.partition, own.add(task))
    this.#countTable(task, 1)
  }

  delete(task: Task): void {
    this.count--
    const own = this.#partitions.get(task.partition)
    own?.delete(task)
    if (own?.size === 0) this.#partitions.delete(task.partition)
    this.#countTable(task, -1)
  }

  #countTable({ table }: Task, more: number): void {
    if (table === undefined) return
    const count = (this.#tables.get(table) ?? 0) + more
    if (count === 0) this.#tables.delete(table)
    else this.#tables.set(table, count)
  }
}

function areApart({ range: a }: Task, { range: b }: Task): boolean {
  return a !== undefined && b !== undefined && intersect([a], [b]).length === 0
}
