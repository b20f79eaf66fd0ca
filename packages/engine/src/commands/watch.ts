import type { RunOptions } from '../options.ts'
import type { RunEvent } from '../report/event.ts'
import type { Report } from '../report/report.ts'
import { sync } from './sync.ts'

/** Events that were not taken in time and are not kept. */
export interface Missed {
  readonly type: 'missed'
  readonly count: number
}

/** A running run: its events, in their order, and its report. */
export interface Watched extends AsyncIterable<RunEvent | Missed> {
  /** What `sync` resolves with. It rejects as `sync` does, and so does the loop over the events. */
  readonly report: Promise<Report>
}

// A run never waits for its watcher, and a watcher that sleeps must not fill the memory.
const MAX_EVENTS_QUEUED = 10_000

export interface WatchOptions {
  /** How many events are kept for a watcher that is slower than the run. 10,000. */
  readonly kept?: number | undefined
}

/**
 * Starts a run that can be watched: `for await (const event of watch(options))`. The run continues at its own pace; events
 * that nobody takes are kept up to a limit, and what is left out is counted in a `missed` event. Leaving the loop does not
 * stop the run: that is what `signal` is for. For one consumer.
 */
export function watch(options: RunOptions, { kept = MAX_EVENTS_QUEUED }: WatchOptions = {}): Watched {
  const queue = new Queue(kept)
  const report = sync({
    ...options,
    onEvent: (event) => {
      options.onEvent?.(event)
      queue.put(event)
    },
  })
  report.then(
    () => queue.end(),
    (error: unknown) => queue.end({ error }),
  )
  return { report, [Symbol.asyncIterator]: () => queue.events() }
}

class Queue {
  #events: (RunEvent | undefined)[] = []
  #first = 0
  #missed = 0
  #ended: { readonly error?: unknown } | undefined
  #left = false
  #wake: (() => void) | undefined
  readonly #kept: number

  constructor(kept: number) {
    this.#kept = kept
  }

  put(event: RunEvent): void {
    if (this.#left) return
    this.#events.push(event)
    if (this.#events.length - this.#first > this.#kept) {
      this.#take()
      this.#missed++
    }
    this.#wake?.()
  }

  end(ended: { readonly error?: unknown } = {}): void {
    this.#ended = ended
    this.#wake?.()
  }

  async *events(): AsyncGenerator<RunEvent | Missed> {
    try {
      for (;;) {
        if (this.#missed > 0) {
          const count = this.#missed
          this.#missed = 0
          yield { type: 'missed', count }
        }
        const event = this.#take()
        if (event !== undefined) yield event
        else if (this.#ended !== undefined) break
        else await this.#more()
      }
      if ('error' in this.#ended) throw this.#ended.error
    } finally {
      this.#left = true
      this.#events = []
    }
  }

  #take(): RunEvent | undefined {
    const event = this.#events[this.#first]
    if (event === undefined) return undefined
    this.#events[this.#first++] = undefined
    // Now and then the taken ones are let go, not each time: that would be slow for a long queue.
    if (this.#first === this.#events.length || this.#first > this.#kept) {
      this.#events = this.#events.slice(this.#first)
      this.#first = 0
    }
    return event
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }
}
