import { Heap } from '../time/heap.ts'
import type { Task } from './task.ts'

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

/** Tasks that wait, the lowest rank first. Those of one partition stand behind one another, and while it is busy, aside. */
export class PartitionQueue {
  readonly #waiting = new Heap<Own>(isBefore)
  #aside: readonly Own[] = []
  #came = 0

  get isEmpty(): boolean {
    return this.#waiting.first === undefined && this.#aside.length === 0
  }

  add(tasks: readonly Ranked[]): void {
    const byPartition = Map.groupBy(tasks, ({ task }) => task.partition)
    for (const [partition, ranked] of byPartition)
      this.#push({ partition, tasks: ranked.sort(byRank).reverse(), came: 0 })
  }

  /** The rank of the first task whose partition is free. */
  rank(busy: ReadonlySet<object>): number | undefined {
    const own = this.#firstFree(busy)
    return own === undefined ? undefined : rankOf(own)
  }

  /** Takes the first task whose partition is free, if it ranks no higher than `upTo`. */
  take(busy: ReadonlySet<object>, upTo = Number.POSITIVE_INFINITY): Task | undefined {
    const own = this.#firstFree(busy)
    if (own === undefined || rankOf(own) > upTo) return undefined
    this.#waiting.pop()
    const taken = own.tasks.pop()
    if (own.tasks.length > 0) this.#push(own)
    return taken?.task
  }

  /** A partition is no longer busy. */
  release(partition: object): void {
    const back = this.#aside.filter((own) => own.partition === partition)
    if (back.length === 0) return
    this.#aside = this.#aside.filter((own) => own.partition !== partition)
    for (const own of back) this.#waiting.push(own)
  }

  #push(own: Own): void {
    own.came = ++this.#came
    this.#waiting.push(own)
  }

  #firstFree(busy: ReadonlySet<object>): Own | undefined {
    for (;;) {
      const own = this.#waiting.first
      if (own === undefined || !busy.has(own.partition)) return own
      this.#waiting.pop()
      this.#aside = [...this.#aside, own]
    }
  }
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
