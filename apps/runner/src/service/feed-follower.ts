import { setTimeout as wait } from 'node:timers/promises'
import { messageOf } from '@tidemark/core'
import type { Destination, EventLog } from '@tidemark/core/engine'
import { OpenSources, type Report, type RunOptions } from '@tidemark/engine'
import { feedFailureOf, unreadFeedText } from '../feed-failure.ts'
import { RunLogWriter } from '../run-log/run-log-writer.ts'

export interface FeedFollowerOptions {
  /** Lends the destination for as long as a source is followed. */
  readonly withDestination: (work: (destination: Destination) => Promise<void>) => Promise<void>
  readonly sync: (destination: Destination, more: Partial<RunOptions>) => Promise<Report>
  readonly log: EventLog | undefined
}

/** How long a feed that was read to where its source was is left alone: changes arrive within two seconds. */
const AGAIN_MS = 500
/** And one that could not be read, or that another runner reads. */
const LATER_MS = 10_000
/** What is read in between belongs to one run; then it ends, and another one begins. */
const RUN_MS = 3_600_000

interface Following {
  readonly stop: AbortController
  readonly done: Promise<void>
}

/**
 * Reads logs between the rounds of a process that keeps running: feeds for which their source keeps what was not read yet, to where each source is, over and
 * over. The source stays connected, and its tables are free for other runners in between.
 */
export class FeedFollower {
  readonly #options: FeedFollowerOptions
  readonly #following = new Map<string, Following>()
  /** Sources that were followed: they stay connected, also over a round. */
  readonly #kept = new Set<string>()
  readonly openSources = new OpenSources((source) => this.#kept.has(source), Number.POSITIVE_INFINITY)

  constructor(options: FeedFollowerOptions) {
    this.#options = options
  }

  /** Follows the feeds that the state knows of a source, until the signal or `pause`. Does not wait for it. */
  follow(source: string, signal: AbortSignal): void {
    if (this.#following.has(source) || signal.aborted) return
    const stop = new AbortController()
    const stopped = AbortSignal.any([signal, stop.signal])
    const done = this.#follow(source, stopped).finally(() => {
      if (this.#following.get(source)?.stop === stop) this.#following.delete(source)
    })
    this.#following.set(source, { stop, done })
  }

  /** Lets go of a source, so that a round reads it: what is committed stays. */
  async pause(source: string): Promise<void> {
    const following = this.#following.get(source)
    following?.stop.abort(new DOMException('a round reads it', 'AbortError'))
    await following?.done
    if (this.#kept.has(source)) this.openSources.refresh(source)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#following.keys()].map((source) => this.pause(source)))
    await this.openSources.close()
  }

  async #follow(source: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#options.withDestination(async (destination) => {
          const tables = await fedTables(destination, source)
          if (tables.length === 0) return
          this.#kept.add(source)
          await this.#readOnAndOn(destination, { source, tables, signal })
        })
        return
      } catch (error) {
        if (!signal.aborted) this.#warn(source, messageOf(error))
        await wait(LATER_MS, undefined, { signal }).catch(() => {})
      }
    }
  }

  async #readOnAndOn(
    destination: Destination,
    { source, tables: select, signal }: { source: string; tables: readonly string[]; signal: AbortSignal },
  ): Promise<void> {
    const { sync } = this.#options
    while (!signal.aborted) {
      const run = await destination.startRun()
      const log = new RunLogWriter(destination, run)
      const endsAt = performance.now() + RUN_MS
      let steps = 0
      try {
        while (!signal.aborted && performance.now() < endsAt) {
          const partOf = { run, nextStep: () => ++steps }
          const more = { select, signal, partOf, openSources: this.openSources }
          const report = await log.within(() => sync(destination, more))
          if (signal.aborted) break
          const failure = feedFailureOf(report, source)
          if (failure !== undefined) await log.within(async () => this.#warn(source, failure))
          const isHeld = report.tables.some(({ heldBy }) => heldBy !== undefined)
          await wait(failure !== undefined || isHeld ? LATER_MS : AGAIN_MS, undefined, { signal }).catch(() => {})
        }
      } finally {
        await log.end()
        await destination.recordRun(run, [{ kind: 'ended', exitCode: 0, error: undefined }]).catch(() => {})
      }
    }
  }

  #warn(source: string, message: string): void {
    this.#options.log?.warn(unreadFeedText(source, message), { event: 'feed-failed', source })
  }
}

async function fedTables(destination: Destination, source: string): Promise<readonly string[]> {
  const { feeds, tables } = await destination.state()
  const logs = [...(feeds?.values() ?? [])].filter((feed) => feed.source === source && feed.backlog !== null)
  return [...tables.values()]
    .filter((table) => table.source === source && logs.some(({ feed }) => feed === table.fed?.feed))
    .filter(({ status }) => status !== 'removed' && status !== 'paused' && status !== 'failing')
    .map(({ name }) => name)
}
