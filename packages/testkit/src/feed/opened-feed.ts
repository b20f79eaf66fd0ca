import { setTimeout as wait } from 'node:timers/promises'
import type { Logger, Source } from '@tidemark/core'
import { asChange, asCheckpoint, type Feed, silent, type Table } from '@tidemark/core/engine'
import { closeClient, type OpenOptions, parsedConfig } from '../source/opened.ts'
import { cut, textOf } from '../source/row-text.ts'
import type { ToldItem } from './told-rows.ts'

/** A feed that says nothing for so long waits for what comes. */
const QUIET_MS = 5000
const SHORT_QUIET_MS = 500

export type FeedOpenOptions = Omit<OpenOptions, 'signal'>

type Ask = ((question: never) => unknown) | undefined

/** A feed of a source that is connected, as the engine has it in one run. */
export class OpenedFeed implements AsyncDisposable {
  readonly feed: Feed
  readonly tables: readonly Table[]
  readonly #client: unknown
  readonly #log: Logger
  readonly #ended = new AbortController()

  private constructor(feed: Feed, tables: readonly Table[], client: unknown, log: Logger) {
    this.feed = feed
    this.tables = tables
    this.#client = client
    this.#log = log
  }

  static async open(source: Source, feed: Feed, config: unknown, options: FeedOpenOptions = {}): Promise<OpenedFeed> {
    const { log = silent, clock } = options
    const { signal } = new AbortController()
    const client = await source.connect?.(parsedConfig(source, config) as never, { signal, log, clock })
    try {
      await source.identity?.({ client: client as never })
      const tracked = { columns: () => undefined }
      const tables =
        typeof feed.tables === 'function'
          ? [...(await feed.tables({ client, signal, log, tracked } as never))].map(({ table }) => table)
          : feed.tables
      return new OpenedFeed(feed, tables, client, log)
    } catch (error) {
      await closeClient(client)
      throw error
    }
  }

  /** Asks the source a question about the feed; undefined where the feed has no such function. */
  async ask(question: Ask, more: object = {}): Promise<unknown> {
    return await question?.({ client: this.#client, log: this.#log, signal: this.#ended.signal, ...more } as never)
  }

  /** Where a first read begins. @param id names this use of the feed. */
  async start(id: string): Promise<unknown> {
    return await this.ask(this.feed.begin, { tables: this.tables.map(({ name }) => name), id })
  }

  items(offset: unknown, signal: AbortSignal = this.#ended.signal): AsyncIterator<unknown> {
    return this.feed.read({ client: this.#client, log: this.#log, signal, offset } as never)[Symbol.asyncIterator]()
  }

  /**
   * What it tells from an offset on, to its end or to where the system is. @throws where it comes to neither.
   *
   * @param ends `quiet`: where it says nothing more, so that it shows nothing of `isPast` and `head`.
   */
  async told(offset: unknown, ends: 'head' | 'quiet' = 'head'): Promise<readonly ToldItem[]> {
    const { isPast } = this.feed
    const head = ends === 'head' ? await this.ask(this.feed.head) : undefined
    const isThere = (at: unknown): boolean =>
      head !== undefined && at !== undefined && isPast?.(at as never, head as never) === true
    const told: ToldItem[] = []
    if (isThere(offset)) return told
    const controller = new AbortController()
    const iterator = this.items(offset, controller.signal)
    try {
      for (;;) {
        const next = await this.#next(iterator, ends)
        if (next === undefined || next.done === true) return told
        const item = toldItem(next.value)
        told.push(item)
        // Nothing else would have it continue.
        if (item.checkpoint?.options.waits === true)
          await this.ask(this.feed.acknowledge, { offset: item.checkpoint.offset })
        if (item.checkpoint !== undefined && isThere(item.checkpoint.offset)) return told
      }
    } finally {
      controller.abort(new Error('the test has read enough'))
      void Promise.try(() => iterator.return?.()).catch(() => {})
    }
  }

  /** Undefined: it says nothing more. */
  async #next(iterator: AsyncIterator<unknown>, ends: 'head' | 'quiet'): Promise<IteratorResult<unknown> | undefined> {
    const stop = new AbortController()
    try {
      const next = await Promise.race([
        iterator.next(),
        wait(ends === 'head' ? QUIET_MS : SHORT_QUIET_MS, undefined, { signal: stop.signal }),
      ])
      if (next !== undefined || ends === 'quiet') return next
    } finally {
      stop.abort()
    }
    throw new Error(
      this.feed.head === undefined
        ? 'read() does not end and says nothing for 5 seconds; end it where nothing more is there, or give the feed head() and isPast()'
        : 'read() said nothing for 5 seconds before a checkpoint that isPast(checkpoint, head()); yield a checkpoint where the system has nothing more',
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new Error('the test is over'))
    await closeClient(this.#client)
  }
}

function toldItem(value: unknown): ToldItem {
  const checkpoint = asCheckpoint(value)
  if (checkpoint !== undefined) return { checkpoint }
  const change = asChange(value)
  if (change !== undefined) return { change }
  throw new Error(
    `read() yielded ${cut(textOf(value), 100)}; it yields changes of its tables, such as orders.upserted([…]), and checkpoint(offset)`,
  )
}
