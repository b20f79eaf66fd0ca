import { messageOf } from '@tidemark/core'
import type { EventLog } from '@tidemark/core/engine'
import type { Report, RunOptions } from '@tidemark/engine'
import { feedFailureOf, unreadFeedText } from '../feed-failure.ts'

export interface WorkFeedsOptions {
  readonly sync: (more: Partial<RunOptions>) => Promise<Report>
  readonly log: EventLog | undefined
}

/**
 * Reads the feeds of sources beside their windows, outside of the queue: a feed is one stream, so one process reads it, by the
 * feed's lease. Others that try find it held, and one of them continues from its offset when that process ends.
 */
export class WorkFeeds {
  readonly #options: WorkFeedsOptions
  /** By source: what this process reads now. */
  readonly #reading = new Map<string, Promise<void>>()
  readonly #closed = new AbortController()

  constructor(options: WorkFeedsOptions) {
    this.#options = options
  }

  /** Reads the feeds of these tables of a source to where it is now, unless this process does. Does not wait for it. */
  read(source: string, tables: readonly string[], signal: AbortSignal): void {
    if (tables.length === 0 || this.#reading.has(source) || this.#closed.signal.aborted) return
    const stopped = AbortSignal.any([signal, this.#closed.signal])
    const reading = this.#read(source, tables, stopped).finally(() => this.#reading.delete(source))
    this.#reading.set(source, reading)
  }

  /** Stops what is being read: what is committed stays, and the next process continues from there. */
  async close(): Promise<void> {
    this.#closed.abort(new DOMException('the worker ends', 'AbortError'))
    await Promise.all(this.#reading.values())
  }

  async #read(source: string, select: readonly string[], signal: AbortSignal): Promise<void> {
    const { sync, log } = this.#options
    const warn = (message: string): void => log?.warn(unreadFeedText(source, message), { event: 'feed-failed', source })
    try {
      const report = await sync({ select, signal })
      if (signal.aborted) return
      // Held by another worker it is read there.
      const failure = feedFailureOf(report, source)
      if (failure !== undefined) warn(failure)
    } catch (error) {
      if (!signal.aborted) warn(messageOf(error))
    }
  }
}
