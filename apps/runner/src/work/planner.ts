import { setTimeout as wait } from 'node:timers/promises'
import type { WindowJob, WorkQueue } from '@tidemark/destination'

export interface PlannerOptions {
  readonly queue: Pick<WorkQueue, 'claimPlanner' | 'recordPlanned' | 'releasePlanner' | 'room' | 'send'>
  readonly source: string
  /** How long after one planning the next one begins. */
  readonly everyMs: number
  readonly plan: (source: string, signal: AbortSignal) => AsyncIterable<WindowJob>
  /** Whether `plan` still finds out what is wanted: what it comes to last would never be sent if it began again. */
  readonly isListing: () => boolean
  /** How often is looked whether it is this worker's turn, and whether there is room again. */
  readonly lookMs: number
  /** Called where the windows could not be listed; the others that were sent stay. */
  readonly onFailure: (error: unknown) => void
  readonly signal: AbortSignal
}

/** How many windows are sent at once. */
const PAGE = 500
/** A page is sent after this however few are in it, so that the first window is read while the rest is still planned. */
const FLUSH_MS = 200
/** A source whose windows could not be listed is asked again after this, or when it is due if that is sooner. */
const FAILED_MS = 60_000

/** A window, how many newer ones of its table, partition and lane are before it, and whether it may be left to the next plan. */
type Ranked = Parameters<WorkQueue['send']>[0][number] & {
  /** It was listed before all that is wanted was known: begun again, a plan might never come to it. */
  readonly mustBeSent: boolean
}

/**
 * Plans one source, if no other worker does: sends the windows that are wanted, as many as the queue has room for, again and
 * again. Nothing of it is kept, so whoever takes over plans the same set.
 */
export class Planner {
  readonly #options: PlannerOptions
  #failure: { readonly error: unknown } | undefined
  /** How many windows of a table, partition and lane were listed. */
  readonly #listed = new Map<string, number>()

  constructor(options: PlannerOptions) {
    this.#options = options
  }

  /** One look: plans if it is this worker's turn and the source is due. @returns in how many milliseconds to look again. */
  async look(): Promise<number> {
    const { lookMs, everyMs, source, queue, signal, onFailure } = this.#options
    const { isOurs, dueInMs } = await this.#claim()
    if (!isOurs || dueInMs > 0) return isOurs ? Math.min(lookMs, dueInMs) : lookMs
    const beganAt = performance.now()
    const isWhole = await this.#sendAll(beganAt)
    if (this.#failure !== undefined) {
      if (!signal.aborted) onFailure(this.#failure.error)
      // What fails here may not fail elsewhere: a worker that cannot reach the source would keep all others from planning it.
      await queue.releasePlanner(source)
      return Math.min(FAILED_MS, everyMs)
    }
    if (!isWhole) return 0
    await queue.recordPlanned(source, performance.now() - beganAt)
    return 0
  }

  /**
   * Sends windows page by page. Where the queue is full it waits, and continues the same plan, until the source is due again:
   * then what is new comes first.
   *
   * @returns false if another worker took over.
   */
  async #sendAll(beganAt: number): Promise<boolean> {
    const { source, signal, everyMs } = this.#options
    this.#listed.clear()
    for await (const page of pagesOf(this.#windows())) {
      for (let rest = page; rest.length > 0; ) {
        signal.throwIfAborted()
        const room = await this.#options.queue.room(source)
        const part = rest.slice(0, room)
        await this.#options.queue.send(part)
        rest = rest.slice(part.length)
        if (rest.length === 0) break
        if (performance.now() - beganAt >= everyMs && rest[0]?.mustBeSent === false) return true
        if (!(await this.#claim()).isOurs) return false
        await wait(this.#options.lookMs, undefined, { signal })
      }
    }
    return true
  }

  /** A source that fails is no failure of the queue. */
  async *#windows(): AsyncGenerator<Ranked> {
    const { plan, source, signal } = this.#options
    this.#failure = undefined
    try {
      for await (const window of plan(source, signal)) yield this.#ranked(window)
    } catch (error) {
      this.#failure = { error }
    }
  }

  #claim(): ReturnType<WorkQueue['claimPlanner']> {
    return this.#options.queue.claimPlanner(this.#options.source, this.#options.everyMs)
  }

  #ranked(window: WindowJob): Ranked {
    const key = JSON.stringify([window.table, window.partition, window.lane])
    const rank = this.#listed.get(key) ?? 0
    this.#listed.set(key, rank + 1)
    return { window, rank, mustBeSent: this.#options.isListing() }
  }
}

/** Groups what arrives: a page is whole, or what came within a moment. */
async function* pagesOf<T>(windows: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  const iterator = windows[Symbol.asyncIterator]()
  let page: T[] = []
  let next = iterator.next()
  let isDone = false
  try {
    while (!isDone) {
      const timer = new AbortController()
      const flush = wait(FLUSH_MS, undefined, { signal: timer.signal }).catch(() => undefined)
      while (page.length < PAGE) {
        const result = await (page.length === 0 ? next : Promise.race([next, flush]))
        if (result === undefined) break
        isDone = result.done === true
        if (result.done === true) break
        page.push(result.value)
        next = iterator.next()
      }
      timer.abort()
      if (page.length > 0) yield page
      page = []
    }
  } finally {
    // What was asked for last is nobody's by now; its failure is not, where somebody still listens.
    if (!isDone) {
      next.catch(() => {})
      await iterator.return?.()
    }
  }
}
