import { randomUUID } from 'node:crypto'
import { feedKey, isColumnsChanged, isFeedLost, type Lease } from '@tidemark/core/engine'
import type { DiscoveredSource, DiscoveredTable } from '../discover/catalog.ts'
import { type Failure, failureOf, isDestinationFailure, redacted } from '../failure/failure.ts'
import { recordPartitionFailure } from '../run/record-failures.ts'
import { isFenced, loseLease, type RunContext } from '../run/run-context.ts'
import type { TableRun } from '../run/table-run.ts'
import { delayBefore, LONGEST_WAIT_MS } from '../source/retry.ts'
import { endsTheTries } from '../source/stall.ts'
import { DEFAULT_RETRY } from '../time/retry-policy.ts'
import { Sequence } from '../time/sequence.ts'
import { BacklogWatch } from './backlog-watch.ts'
import { beginFeed, isLostTooOften, type TablesSoFar } from './begin-feed.ts'
import { FeedBackfill } from './feed-backfill.ts'
import { FeedReader } from './feed-reader.ts'
import { askFeed, type FeedWork, feedLabel, leftOutText, offsetOf } from './feed-work.ts'
import { FeedWriter } from './feed-writer.ts'

/** How long a feed that has told all it had is left alone, while chunks of its tables are read. */
const AGAIN_MS = 200

export interface FeedRunOptions {
  readonly source: DiscoveredSource
  readonly name: string
  /** All of its tables that are wanted, as they were taken in; those that it finds while it is read are added. */
  readonly tables: TableRun[]
  readonly context: RunContext
  /** Takes in tables that the feed has found. @returns them, leased and prepared where they can be. */
  readonly takeFound: (found: readonly DiscoveredTable[]) => Promise<readonly TableRun[]>
}

/** One feed in a run: leased, continued from its offset, read to its end or to where its source is, and released. */
export class FeedRun {
  readonly #options: FeedRunOptions

  constructor(options: FeedRunOptions) {
    this.#options = options
  }

  /** @throws what the destination threw; a failure of the source is recorded on its tables. */
  async run(): Promise<void> {
    const { source, name, tables, context } = this.#options
    const ref = { source: source.name, feed: name }
    const held = tables.find(({ heldBy }) => heldBy !== undefined)?.heldBy
    if (held !== undefined) {
      // A batch holds changes of all of them: none may be skipped.
      for (const table of tables) table.heldBy ??= { ...held, table: table.name }
      return
    }
    const ready = tables.filter(({ prepared, lease }) => prepared !== undefined && lease !== undefined)
    if (ready.length === 0) return
    const { leases, refused } = await context.destination.leaseFeed(ref)
    const [lease] = leases
    if (lease === undefined) {
      const [refusal] = refused
      if (refusal !== undefined) for (const table of tables) table.heldBy ??= { ...refusal, table: table.name }
      return
    }
    try {
      await this.#leased(lease, ready)
    } finally {
      await context.destination.release([lease]).catch(() => {})
    }
  }

  async #leased(lease: Lease, ready: readonly TableRun[]): Promise<void> {
    const { source, name, tables, context } = this.#options
    const { fed } = tables[0]!.discovered
    const known = (await context.destination.state()).feeds?.get(feedKey({ source: source.name, feed: name }))
    const unready = tables.filter((table) => !ready.includes(table)).map(({ discovered }) => discovered.table.name)
    const work: FeedWork = {
      feed: fed!.feed,
      source,
      context,
      lease,
      tables: new Map(ready.map((table) => [table.discovered.table.name, table])),
      leftOut: new Set([...(known?.leftOut ?? []), ...fed!.leftOut, ...unready]),
      state: {
        id: known?.id || randomUUID(),
        seq: known?.seq ?? 0n,
        offset: known?.offset ?? null,
        offsetSeq: known?.offsetSeq ?? known?.seq ?? 0n,
        lostFor: known?.lostFor ?? null,
        toldAt: known?.toldAt ?? null,
        leftOut: leftOutText(known?.leftOut ?? []),
      },
    }
    const policy = context.options.settings?.retry ?? DEFAULT_RETRY
    let isBegun = false
    const soFar: TablesSoFar = { joined: new Set(), lost: new Map(), isRestarted: false }
    await using backlog = new BacklogWatch(work)
    for (let attempt = 1; ; attempt++) {
      const commits = new Sequence()
      const backfill = new FeedBackfill(work, commits)
      const writer = new FeedWriter(work, backfill, commits)
      let hasProgress = false
      try {
        // Each table may lose what it is read from: the one after the other is no failure of the same.
        if (!isBegun) hasProgress = await beginFeed(work, known, soFar)
        isBegun = true
        backlog.watch()
        await backfill.begin()
        const askedAt = context.destinationNow()
        const head = await askFeed(work, work.feed.head)
        for (let isOver = false; !isOver; ) {
          const reader = new FeedReader(work, writer, backfill)
          const end = await reader.run(offsetOf(work), head, askedAt).finally(() => {
            hasProgress ||= reader.hasProgress
          })
          isOver = end !== 'more'
          // It told all it had, and a chunk may wait for what it tells next.
          if (!isOver) await Promise.race([context.clock.sleep(AGAIN_MS, context.signal), backfill.done])
        }
        writer.end(undefined)
        return
      } catch (error) {
        if (context.signal.aborted || isDestinationFailure(error)) throw error
        // Its chunks take numbers of commits, too.
        await backfill.end()
        if (isColumnsChanged(error) && (await this.#findMore(work, soFar))) {
          writer.end(undefined)
          attempt = 0
          continue
        }
        const isLostAgain = isFeedLost(error) && isLostTooOften(soFar)
        if (isFeedLost(error)) {
          // What was lost is asked for once more, and read again.
          isBegun = false
          if (!isLostAgain && (hasProgress || attempt === 1)) {
            writer.end(undefined)
            attempt = hasProgress ? 0 : attempt
            continue
          }
        }
        const failure = redacted(failureOf(error), context.options)
        writer.end(failure)
        if (isFenced(error)) {
          for (const table of work.tables.values()) loseLease(table, failure)
          return
        }
        if (hasProgress) attempt = 1
        attempt += (failure.attempts ?? 1) - 1
        const delayMs = delayBefore(attempt, failure, policy, context.clock.random)
        const givesUp =
          failure.remedy !== 'retry' ||
          endsTheTries(failure.code) ||
          attempt >= policy.attempts ||
          delayMs > LONGEST_WAIT_MS ||
          delayMs >= context.timeLeftMs() ||
          isLostAgain
        if (givesUp) {
          await this.#fail(work, failure)
          return
        }
        context.options.log?.warn(
          `${feedLabel(work)}: ${failure.message}; trying again in ${Math.ceil(delayMs / 1000)} s`,
          { event: 'feed-retried', source: work.source.name },
        )
        await context.clock.sleep(delayMs, context.signal)
      } finally {
        await backfill.end()
      }
    }
  }

  /** The feed has changes of tables that were not known. @returns whether it has such tables now. */
  async #findMore(work: FeedWork, { joined }: TablesSoFar): Promise<boolean> {
    const { source, name, tables, takeFound } = this.#options
    const found = await source.findFed?.(name)
    if (found === undefined || found.tables.length + found.leftOut.length === 0) return false
    const taken = await takeFound(found.tables)
    tables.push(...taken)
    const { lease, state, context, leftOut } = work
    for (const one of found.leftOut) leftOut.add(one)
    const joins: { readonly one: TableRun; readonly lease: Lease }[] = []
    for (const table of taken) {
      const { prepared, lease: own } = table
      if (prepared === undefined || own === undefined) leftOut.add(table.discovered.table.name)
      else {
        work.tables.set(table.discovered.table.name, table)
        joins.push({ one: table, lease: own })
      }
    }
    const { seq } = await context.destination.commitFeed(lease, {
      source: source.name,
      feed: name,
      seq: state.seq + 1n,
      joins: joins.map(({ one, lease }) => ({ lease, table: one.name })),
      tables: [],
      leftOut: [...leftOut].sort(),
    })
    state.seq = seq
    state.offsetSeq = seq
    state.leftOut = leftOutText(leftOut)
    for (const { one } of joins) {
      one.fed.epochSeq = seq
      joined.add(one)
    }
    return true
  }

  async #fail(work: FeedWork, failure: Failure): Promise<void> {
    for (const table of work.tables.values()) {
      if (table.lease === undefined) continue
      table.fail('', failure)
      await recordPartitionFailure({ table, partition: '', failure }, work.context)
    }
  }
}
