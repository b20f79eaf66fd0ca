import { abortable } from '@tidemark/core/values'
import type { LogConnection } from './log-connection.ts'
import type { LogItem } from './log-item.ts'
import type { LogOffset } from './log-offset.ts'

/** How long the server has to end a stream. */
const CLOSE_MS = 2000

interface OpenStreamOptions {
  readonly connection: LogConnection
  readonly items: AsyncGenerator<LogItem>
  /** Where it begins. */
  readonly offset: LogOffset
  /** Which tables it is read for, and what they are like. */
  readonly readFor: string
  /** Ends what is asked beside it, and its connection. */
  readonly end: () => Promise<void>
}

/**
 * A stream that stays open from one read to the next: opened again, the server would decode once more all that it keeps, each time.
 * What comes meanwhile waits in its connection.
 */
export class OpenStream {
  readonly #options: OpenStreamOptions
  /** The checkpoint that was handed on last, where nothing was after it. */
  #at: string | undefined
  #pending: Promise<IteratorResult<LogItem>> | undefined
  #isBroken = false

  constructor(options: OpenStreamOptions) {
    this.#options = options
    this.#at = options.offset.lsn
  }

  /** Whether it continues exactly from an offset. */
  continues(offset: LogOffset, readFor: string): boolean {
    const { offset: first, readFor: known } = this.#options
    return !this.#isBroken && offset.id === first.id && offset.lsn === this.#at && readFor === known
  }

  /** Reads on until the signal; what was being waited for then is handed on by the next read. */
  async *read(signal: AbortSignal): AsyncGenerator<LogItem> {
    for (;;) {
      this.#pending ??= this.#next()
      const { done, value } = await abortable(this.#pending, signal)
      this.#pending = undefined
      if (done === true) return
      this.#at = value.kind === 'checkpoint' && !value.isLast ? value.offset.lsn : undefined
      yield value
    }
  }

  #next(): Promise<IteratorResult<LogItem>> {
    const next = this.#options.items.next()
    next.catch(() => {
      this.#isBroken = true
    })
    return next
  }

  get connection(): LogConnection {
    return this.#options.connection
  }

  async close(): Promise<void> {
    this.#isBroken = true
    const { connection, items, end } = this.#options
    await connection.close(CLOSE_MS)
    items.return(undefined).catch(() => {})
    await end()
  }
}
