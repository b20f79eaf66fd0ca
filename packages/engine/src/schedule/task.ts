import type { Range } from '@tidemark/core/engine'

/** The place that a task at work takes among those that may run at once. */
export interface Slot {
  /** It only waits for its source: another source may have the place meanwhile. */
  lend(): void
  /** It has waited for so long that other work of its own source may have the place, too. */
  lendToAll(): void
  /** It works again. */
  takeBack(): void
}

/** The place of a task that nothing else waits for. */
export const ALONE: Slot = { lend: () => {}, lendToAll: () => {}, takeBack: () => {} }

/** Something to do: one step, or a question that leads to one. */
export interface Task {
  readonly source: string
  /** What bounds the tasks of one table; absent: its partition alone. */
  readonly table?: object | undefined
  /** Tasks of one partition run at once only where all say what they read, and none reads what another one does. */
  readonly partition: object
  /** What it reads; undefined: it may be anything. */
  readonly range?: Range | undefined
  readonly lane: 'current' | 'backfill'
  /** The end of its window: newer backfill steps go first. Undefined counts as newest. */
  readonly to: bigint | undefined
  /** Behind the other incremental tasks of its source, because it failed when it was tried last. */
  readonly comesLast?: boolean | undefined
  /** Gives a task that comes due again later, such as the next incremental step of its partition. */
  run(slot: Slot): Promise<Due | undefined>
}

export interface Due {
  /** On the monotonic clock, in milliseconds. */
  readonly dueAt: number
  readonly task: Task
}
