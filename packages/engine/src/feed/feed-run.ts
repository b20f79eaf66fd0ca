import { randomUUID } from 'node:crypto'
import { SyncError } from '@tidemark/core'
import { type FeedState, feedKey, isColumnsChanged, isFeedLost, type Lease } from '@tidemark/core/engine'
import type { DiscoveredSource, DiscoveredTable } from '../discover/catalog.ts'
import { type Failure, failureOf, isDestinationFailure, redacted } from '../failure/failure.ts'
import { recordPartitionFailure } from '../run/record-failures.ts'
import { isFenced, loseLease, type RunContext } from '../run/run-context.ts'
import type { TableRun } from '../run/table-run.ts'
import { delayBefore, LONGEST_WAIT_MS } from '../source/retry.ts'
import { endsTheTries } from '../source/stall.ts'
import { DEFAULT_RETRY } from '../time/retry-policy.ts'
import { Sequence } from '../time/sequence.ts'
import { FeedBackfill } from './feed-backfill.ts'
import { offsetText } from './feed-item.ts'
import { FeedReader } from './feed-reader.ts'
import { type FeedWork, feedLabel, offsetOf, waitingForFeed } from './feed-work.ts'
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
        id: known?.id ?? randomUUID(),
        seq: known?.seq ?? 0n,
        offset: known?.offset ?? null,
        offsetSeq: known?.offsetSeq ?? known?.seq ?? 0n,
        lostFor: known?.lostFor ?? null,
        toldAt: known?.toldAt ?? null,
      },
    }
    const policy = context.options.settings?.retry ?? DEFAULT_RETRY
    let isBegun = false
    const joined = new Set<TableRun>()
    for (let attempt = 1; ; attempt++) {
      const commits = new Sequence()
      const backfill = new FeedBackfill(work, commits)
      const writer = new FeedWriter(work, backfill, commits)
      let hasProgress = false
      try {
        if (!isBegun) await this.#begin(work, known, joined)
        isBegun = true
        await backfill.begin()
        const askedAt = context.destinationNow()
        const head = await this.#ask(work, work.feed.head)
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
        if (isColumnsChanged(error) && (await this.#findMore(work))) {
          writer.end(undefined)
          attempt = 0
          continue
        }
        if (isFeedLost(error)) {
          // What was lost is asked for once more, and read again.
          isBegun = false
          if (hasProgress || attempt === 1) {
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
          delayMs >= context.timeLeftMs()
        if (givesUp) {
          await this.#fail(work, failure)
          return
        }
        context.options.log?.warn(
          `${feedLabel(work)}: ${failure.message}; trying again in ${Math.ceil(delayMs / 1000)} s`,
        )
        await context.clock.sleep(delayMs, context.signal)
      } finally {
        await backfill.end()
      }
    }
  }

  /** Records what the state does not know yet of the feed and of its tables, and lets the source begin. */
  async #begin(work: FeedWork, known: FeedState | undefined, joined: Set<TableRun>): Promise<void> {
    const { feed, source, context, lease, state, tables, leftOut } = work
    const { log } = context.options
    const lost = await this.#lost(work)
    const lostFor = typeof lost === 'string' ? lost : undefined
    const lostTables = typeof lost === 'string' ? {} : lost
    const joins = [...tables].flatMap(([name, table]) => {
      const isNew = table.known?.fed === undefined && !joined.has(table)
      return lostFor !== undefined || Object.hasOwn(lostTables, name) || leftOut.has(name) || isNew ? [table] : []
    })
    for (const [name] of tables) leftOut.delete(name)
    for (const [name, why] of Object.entries(lostTables)) {
      const table = tables.get(name)
      if (table !== undefined) log?.warn(`${table.name} is read again: ${why}; its rows stay readable meanwhile`)
    }
    if (known === undefined || joins.length > 0 || lostFor !== undefined) {
      if (lostFor !== undefined) {
        log?.warn(`${feedLabel(work)} is read again from the beginning: ${lostFor}; rows stay readable meanwhile`)
        for (const table of joins) table.fed.isReadToEnd = false
      }
      const committed = await context.destination.commitFeed(lease, {
        source: source.name,
        feed: feed.name,
        seq: state.seq + 1n,
        begins: { id: state.id, identity: joins[0]?.discovered.identity, opaque: feed.opaque },
        joins: joins.map((table) => ({ lease: table.lease!, table: table.name })),
        tables: [],
        checkpoint: lostFor === undefined ? undefined : { offset: null, toldAt: undefined },
        leftOut: [...leftOut].sort(),
        lostFor,
      })
      state.seq = committed.seq
      state.offsetSeq = committed.seq
      for (const table of joins) {
        table.fed.epochSeq = committed.seq
        joined.add(table)
      }
      if (lostFor !== undefined) {
        state.offset = null
        state.toldAt = null
        state.lostFor = lostFor
      }
    }
    const backfilled = [...tables.values()].find(({ discovered }) => discovered.table.feed?.backfill !== undefined)
    if (backfilled !== undefined && (feed.begin === undefined || feed.isPast === undefined))
      throw new SyncError(
        `feed "${feed.name}": ${backfilled.name} has a backfill, so the feed needs begin() and isPast(): a chunk is read as of an offset, and shown when the feed has passed another`,
        'fix-source',
      )
    if (state.offset !== null || feed.begin === undefined) return
    const names = [...tables.keys()]
    const offset = await this.#ask(work, feed.begin, { tables: names, id: state.id })
    const text = offsetText(offset)
    const { seq } = await context.destination.commitFeed(lease, {
      source: source.name,
      feed: feed.name,
      seq: state.seq + 1n,
      tables: [],
      checkpoint: { offset: text, toldAt: undefined },
    })
    state.seq = seq
    state.offset = text
    state.offsetSeq = seq
    state.toldAt = null
  }

  /** The feed has changes of tables that were not known. @returns whether it has such tables now. */
  async #findMore(work: FeedWork): Promise<boolean> {
    const { source, name, tables, takeFound } = this.#options
    const found = await source.findFed?.(name)
    if (found === undefined || found.tables.length + found.leftOut.length === 0) return false
    const taken = await takeFound(found.tables)
    tables.push(...taken)
    const { lease, state, context, leftOut } = work
    for (const one of found.leftOut) leftOut.add(one)
    const joins: { readonly lease: Lease; readonly table: string }[] = []
    for (const table of taken) {
      const { prepared, lease: own } = table
      if (prepared === undefined || own === undefined) leftOut.add(table.discovered.table.name)
      else {
        work.tables.set(table.discovered.table.name, table)
        joins.push({ lease: own, table: table.name })
      }
    }
    const { seq } = await context.destination.commitFeed(lease, {
      source: source.name,
      feed: name,
      seq: state.seq + 1n,
      joins,
      tables: [],
      leftOut: [...leftOut].sort(),
    })
    state.seq = seq
    state.offsetSeq = seq
    return true
  }

  /** Why the feed does not continue from its offset; else why tables are read again, by their names in the source. */
  async #lost(work: FeedWork): Promise<string | Readonly<Record<string, string>>> {
    const { feed, state, tables, leftOut, context, source } = work
    if (state.offset === null) return {}
    if (context.options.restartFeed === feedKey({ source: source.name, feed: feed.name }))
      return 'a resync was requested'
    const hasBackfill = (table: TableRun): boolean => table.discovered.table.feed?.backfill !== undefined
    const missed = [...tables].find(([name, table]) => leftOut.has(name) && !hasBackfill(table))
    if (missed !== undefined) return `changes of ${missed[1].name} were left out so far`
    if (feed.lost === undefined) return {}
    const reason = await this.#ask(work, feed.lost, { offset: offsetOf(work) })
    if (typeof reason === 'string') return reason
    const byTable = typeof reason === 'object' && reason !== null ? (reason as Readonly<Record<string, string>>) : {}
    // Only the feed itself tells what such a table held.
    const alone = Object.entries(byTable).find(([name]) => tables.has(name) && !hasBackfill(tables.get(name)!))
    return alone === undefined ? byTable : `${tables.get(alone[0])!.name}: ${alone[1]}`
  }

  /** Asks the source a question about the feed. */
  async #ask(work: FeedWork, ask: ((question: never) => unknown) | undefined, more: object = {}): Promise<unknown> {
    if (ask === undefined) return undefined
    const { client, log } = work.source
    return await waitingForFeed(work, (wait) =>
      wait.answer(() => ask({ client, log, signal: wait.signal, ...more } as never)),
    )
  }

  async #fail(work: FeedWork, failure: Failure): Promise<void> {
    for (const table of work.tables.values()) {
      if (table.lease === undefined) continue
      table.fail('', failure)
      await recordPartitionFailure({ table, partition: '', failure }, work.context)
    }
  }
}
