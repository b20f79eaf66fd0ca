import { randomUUID } from 'node:crypto'
import { messageOf, SyncError } from '@tidemark/core'
import { type FeedState, feedKey } from '@tidemark/core/engine'
import type { TableRun } from '../run/table-run.ts'
import { offsetText } from './feed-item.ts'
import { askFeed, type FeedWork, feedLabel, leftOutText, offsetOf } from './feed-work.ts'

/** What has happened to the tables of a feed in a run. */
export interface TablesSoFar {
  /** They have joined it. */
  readonly joined: Set<TableRun>
  /** How often they were lost alone, by their names in the source; by `WHOLE` how often the feed was. */
  readonly lost: Map<string, number>
  /** All of them are read again as it was requested. */
  isRestarted: boolean
}

/** No name of a table. */
const WHOLE = ''

/** A source that loses its place again and again would be read from the beginning for ever. */
const MOST_LOSSES = 5

/** Whether a run should leave to the next what its source has lost again. */
export function isLostTooOften({ lost }: TablesSoFar): boolean {
  return [...lost.values()].some((times) => times >= MOST_LOSSES)
}

/**
 * Records what the state does not know yet of the feed and of its tables, and lets the source begin.
 *
 * @returns whether a table is lost that was not before in this run.
 */
export async function beginFeed(work: FeedWork, known: FeedState | undefined, soFar: TablesSoFar): Promise<boolean> {
  const { joined, lost } = soFar
  const { feed, source, context, lease, state, tables, leftOut } = work
  const { log } = context.options
  const loss = await lossOf(work, soFar)
  const { whole: lostFor, tables: lostTables = {} } = loss
  const joins = [...tables].flatMap(([name, table]) => {
    const isNew = table.known?.fed === undefined && !joined.has(table)
    return lostFor !== undefined || Object.hasOwn(lostTables, name) || leftOut.has(name) || isNew ? [table] : []
  })
  for (const [name] of tables) leftOut.delete(name)
  const isMoreLost = Object.keys(lostTables).some((name) => tables.has(name) && !lost.has(name))
  for (const name of lostFor === undefined ? Object.keys(lostTables) : [WHOLE])
    lost.set(name, (lost.get(name) ?? 0) + 1)
  for (const [name, why] of Object.entries(lostTables)) {
    const table = tables.get(name)
    if (table !== undefined)
      log?.warn(`${table.name} is read again: ${why}; its rows stay readable meanwhile`, {
        event: 'feed-restarted',
        source: source.name,
        table: table.name,
      })
  }
  if (known === undefined || joins.length > 0 || lostFor !== undefined) {
    if (lostFor !== undefined) {
      if (loss.isAtSource) await letGoOf(work, lostFor)
      log?.warn(`${feedLabel(work)} is read again from the beginning: ${lostFor}; rows stay readable meanwhile`, {
        event: 'feed-restarted',
        source: source.name,
      })
      for (const table of joins) table.fed.isReadToEnd = false
    }
    const committed = await context.destination.commitFeed(lease, {
      source: source.name,
      feed: feed.name,
      seq: state.seq + 1n,
      begins: { id: state.id, identity: [...tables.values()][0]?.discovered.identity, opaque: feed.opaque },
      joins: joins.map((table) => ({ lease: table.lease!, table: table.name })),
      tables: [],
      checkpoint: lostFor === undefined ? undefined : { offset: null, toldAt: undefined },
      leftOut: [...leftOut].sort(),
      lostFor,
    })
    state.seq = committed.seq
    state.offsetSeq = committed.seq
    state.leftOut = leftOutText(leftOut)
    for (const table of joins) {
      table.fed.epochSeq = committed.seq
      joined.add(table)
    }
    if (lostFor !== undefined) {
      soFar.isRestarted = true
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
  const names = [...tables.keys()]
  if (state.offset === null && feed.begin !== undefined) await beginAtSource(work, names)
  if (state.offset !== null && feed.prepare !== undefined)
    await askFeed(work, feed.prepare, { tables: names, offset: offsetOf(work), id: state.id })
  return isMoreLost
}

/**
 * Removes what was begun at the source, where that is still only this destination's, and takes another id: what was lost because a copy of this
 * destination reads it is the copy's from here on.
 */
async function letGoOf(work: FeedWork, lostFor: string): Promise<void> {
  const { feed, state, context } = work
  try {
    await askFeed(work, feed.end, { id: state.id, offset: offsetOf(work), lostFor })
  } catch (error) {
    if (context.signal.aborted) throw error
    context.options.log?.warn(`${feedLabel(work)}: what it had at its source is not removed: ${messageOf(error)}`, {
      event: 'feed-remains',
      source: work.source.name,
    })
  }
  state.id = randomUUID()
}

/** Lets the source begin, and commits the offset from which on it tells every change. */
async function beginAtSource(work: FeedWork, names: readonly string[]): Promise<void> {
  const { feed, source, context, lease, state } = work
  const offset = await askFeed(work, feed.begin, { tables: names, id: state.id })
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

/** Why a feed does not continue from its offset. */
interface Loss {
  /** All of its tables are read again; absent: it continues. */
  readonly whole?: string | undefined
  /** Its source says so. */
  readonly isAtSource: boolean
  /** Else why tables are read again, by their names in the source. */
  readonly tables?: Readonly<Record<string, string>> | undefined
}

async function lossOf(work: FeedWork, { isRestarted }: TablesSoFar): Promise<Loss> {
  const { feed, state, tables, leftOut, context, source } = work
  const isAtStart = state.offset === null
  const isRequested = context.options.restartFeed === feedKey({ source: source.name, feed: feed.name })
  if (!isAtStart && isRequested && !isRestarted) return { whole: 'a resync was requested', isAtSource: false }
  const hasBackfill = (table: TableRun): boolean => table.discovered.table.feed?.backfill !== undefined
  // Where it begins again, what it has told before it ended is still there.
  const missed = [...tables].find(
    ([name, table]) => leftOut.has(name) && !hasBackfill(table) && (!isAtStart || table.known?.fed !== undefined),
  )
  if (missed !== undefined) return { whole: `changes of ${missed[1].name} were left out so far`, isAtSource: false }
  if (isAtStart || feed.lost === undefined) return { isAtSource: false }
  const reason = await askFeed(work, feed.lost, { offset: offsetOf(work) })
  if (typeof reason === 'string') return { whole: reason, isAtSource: true }
  const byTable = typeof reason === 'object' && reason !== null ? (reason as Readonly<Record<string, string>>) : {}
  // Only the feed itself tells what such a table held.
  const alone = Object.entries(byTable).find(([name]) => tables.has(name) && !hasBackfill(tables.get(name)!))
  if (alone === undefined) return { tables: byTable, isAtSource: true }
  return { whole: `${tables.get(alone[0])!.name}: ${alone[1]}`, isAtSource: false }
}
