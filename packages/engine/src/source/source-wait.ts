import { isBinaryPage, rowsOfBinary } from '@tidemark/core/engine'
import { abortable } from '@tidemark/core/values'
import { asked, type SourceGuard } from './source-guard.ts'
import { type StallOptions, StallWatch } from './stall.ts'

export interface SourceWaitOptions extends Omit<StallOptions, 'giveUp'> {
  readonly guard: SourceGuard
  /** Aborts when the run is stopped. */
  readonly signal: AbortSignal
  /** How long a question may stay without an answer. */
  readonly silenceMs: number
}

/**
 * Waits for a source on behalf of a task, whatever it asks: the task's place goes to others meanwhile, silence is bounded,
 * the time limit of the run ends it, and what the source throws where nobody can catch it is its own.
 */
export class SourceWait {
  readonly #options: SourceWaitOptions
  readonly #given = new AbortController()
  readonly #watch: StallWatch
  readonly #stopped: () => void

  constructor(options: SourceWaitOptions) {
    this.#options = options
    const { guard, signal } = options
    this.#stopped = () => this.#given.abort(signal.aborted ? signal.reason : guard.signal.reason)
    // Not AbortSignal.any: a million steps must leave nothing behind on the signal of the run.
    if (signal.aborted || guard.signal.aborted) this.#stopped()
    for (const one of [signal, guard.signal]) one.addEventListener('abort', this.#stopped, { once: true })
    this.#watch = new StallWatch({ ...options, giveUp: (reason) => this.#given.abort(reason) })
  }

  /** For the source: aborts when the wait is given up or over, so that it stops whatever it still does for it. */
  get signal(): AbortSignal {
    return this.#given.signal
  }

  /** Asks for the next page. @param rowsOf how many rows it has, which is how far the source gets. */
  page<T>(ask: () => Promise<T>, rowsOf: (page: T) => number): Promise<T> {
    return this.#ask(ask, undefined, rowsOf)
  }

  /** Asks a question. */
  answer<T>(ask: () => T | Promise<T>): Promise<T> {
    return this.#ask(ask, this.#options.silenceMs, () => 0)
  }

  /** Asks no more; the source's signal aborts, so that it stops whatever it still does. */
  end(): void {
    const { guard, signal } = this.#options
    this.#watch.end()
    for (const one of [signal, guard.signal]) one.removeEventListener('abort', this.#stopped)
    this.#given.abort(new DOMException('the step is over', 'AbortError'))
  }

  async #ask<T>(ask: () => T | Promise<T>, silenceMs: number | undefined, rowsOf: (answer: T) => number): Promise<T> {
    this.#watch.asks(silenceMs)
    let rows = 0
    try {
      const answer = await abortable(asked(this.#options.guard.run(() => Promise.try(ask))), this.signal)
      rows = rowsOf(answer)
      return answer
    } finally {
      this.#watch.gives(rows)
    }
  }
}

/** Waits for a source in some work, and stops waiting with it. */
export async function waitingFor<T>(options: SourceWaitOptions, work: (wait: SourceWait) => Promise<T>): Promise<T> {
  const wait = new SourceWait(options)
  try {
    return await work(wait)
  } finally {
    wait.end()
  }
}

/** Rows of what a page's iterator gave. */
export function rowsIn({ value }: IteratorResult<unknown>): number {
  if (isBinaryPage(value)) return rowsOfBinary(value)
  return Array.isArray(value) ? value.length : 0
}
