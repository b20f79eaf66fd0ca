import { type FeedBacklog, messageOf } from '@tidemark/core'
import { KnownBacklog } from '@tidemark/core/engine'
import { askFeed, type FeedWork, feedLabel, offsetOf } from './feed-work.ts'

/** How often a run looks at what the source keeps. */
const LOOK_MS = 10_000

/** What the source of a feed keeps for it, committed for `status` and monitors while a run reads the feed, and at its end. */
export class BacklogWatch {
  readonly #work: FeedWork
  readonly #over = new AbortController()
  #watching: Promise<void> | undefined

  constructor(work: FeedWork) {
    this.#work = work
  }

  /** The feed has begun. */
  watch(): void {
    if (this.#work.feed.backlog !== undefined) this.#watching ??= this.#watch()
  }

  async #watch(): Promise<void> {
    const { context } = this.#work
    const signal = AbortSignal.any([context.signal, this.#over.signal])
    while (!signal.aborted) {
      await context.clock.sleep(LOOK_MS, signal).catch(() => {})
      if (!signal.aborted) await this.#look()
    }
  }

  /** A source that cannot say fails nothing: the feed itself tells whether it can be read. */
  async #look(): Promise<void> {
    const { feed, source, state, context } = this.#work
    if (state.offset === null) return
    try {
      const answer = await askFeed(this.#work, feed.backlog, { offset: offsetOf(this.#work), id: state.id })
      const backlog = answer === undefined ? undefined : (answer as FeedBacklog)
      const at = context.destinationNow()
      if (backlog !== undefined) KnownBacklog.parse({ ...backlog, at: String(at) })
      const ref = { source: source.name, feed: feed.name }
      await context.destination.recordRun(context.run, [{ kind: 'feed-backlog', feed: ref, at, backlog }])
    } catch (error) {
      if (!context.signal.aborted)
        context.options.log?.debug(
          `${feedLabel(this.#work)}: what its source keeps for it is not known: ${messageOf(error)}`,
          { event: 'feed-backlog-unknown', source: this.#work.source.name },
        )
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    if (this.#watching === undefined) return
    await this.#watching
    if (!this.#work.context.signal.aborted) await this.#look()
  }
}
