import { messageOf } from '@tidemark/core'
import { type Feed, type FeedState, feedKey, type State } from '@tidemark/core/engine'
import type { DiscoveredSource } from '../discover/catalog.ts'
import type { RunContext } from '../run/run-context.ts'
import { parseOffset, waitingForFeed } from './feed-work.ts'

/**
 * Ends the feeds of a source that its config does not ask for any more, or warns of what only a user of the source can end. A feed that has no
 * table now is not read by this run, and stops what harms its source. Call it before the source may be let go.
 */
export async function endFeeds(source: DiscoveredSource, { feeds }: State, context: RunContext): Promise<void> {
  // One that could not be asked may have any.
  if (source.feeds === undefined) return
  const { retired, wanted } = source.feeds
  for (const known of feeds?.values() ?? []) {
    if (known.id === '' || known.source !== source.name) continue
    const ofName = (some: readonly Feed[]): Feed | undefined => some.find(({ name }) => name === known.feed)
    const [ended, kept] = [ofName(retired), ofName(wanted)]
    const hasTables = source.tables.some(({ table }) => table.feed?.name === known.feed)
    if (ended !== undefined) await endFeed(source, ended, known, context)
    else if (kept === undefined) warnOfRest(known, context)
    else if (!hasTables) await prepareForNone(source, kept, known, context)
  }
}

/** Warns of the feeds of sources that the config does not have any more. */
export function warnOfFeeds({ feeds }: State, context: RunContext): void {
  const { options } = context
  const configured = new Set([...options.sources, ...(options.unavailable ?? [])].map(({ name }) => name))
  for (const known of feeds?.values() ?? [])
    if (known.id !== '' && !configured.has(known.source)) warnOfRest(known, context)
}

async function prepareForNone(
  source: DiscoveredSource,
  feed: Feed,
  known: FeedState,
  context: RunContext,
): Promise<void> {
  const { destination, options } = context
  const { prepare } = feed
  if (prepare === undefined || known.offset === null) return
  const { leases } = await destination.leaseFeed({ source: source.name, feed: feed.name })
  if (leases.length === 0) return
  try {
    const offset = parseOffset(known.offset, { feed, source, table: undefined })
    const { client, log } = source
    await waitingForFeed({ source, context }, (wait) =>
      wait.answer(() => prepare({ client, log, signal: wait.signal, tables: [], offset, id: known.id } as never)),
    )
  } catch (error) {
    if (context.signal.aborted) throw error
    options.log?.warn(`${feedKey(known)} has no table now, and its source could not be told so: ${messageOf(error)}`, {
      event: 'feed-not-prepared',
      source: known.source,
    })
  } finally {
    await destination.release(leases).catch(() => {})
  }
}

async function endFeed(source: DiscoveredSource, feed: Feed, known: FeedState, context: RunContext): Promise<void> {
  const { destination, options, run } = context
  const { end } = feed
  const ref = { source: source.name, feed: feed.name }
  const { leases } = await destination.leaseFeed(ref)
  // Another runner reads it, or ends it.
  if (leases.length === 0) return
  try {
    let ended: unknown
    if (end !== undefined && known.offset !== null) {
      const offset = parseOffset(known.offset, { feed, source, table: undefined })
      const { client, log } = source
      ended = await waitingForFeed({ source, context }, (wait) =>
        wait.answer(() => end({ client, log, signal: wait.signal, offset, id: known.id } as never)),
      )
    }
    await destination.recordRun(run, [{ kind: 'feed-ended', feed: ref }])
    const { removed } = (ended ?? {}) as { readonly removed?: string | null }
    if (removed !== undefined && removed !== known.backlog?.holder) return warnOfRest(known, context)
    options.log?.info(
      `${feedKey(ref)} is not in the config any more: ${known.backlog?.holder ?? 'what it had at its source'} is removed`,
      { event: 'feed-ended', source: ref.source },
    )
  } catch (error) {
    if (context.signal.aborted) throw error
    options.log?.warn(`${feedKey(ref)} is not in the config any more, and cannot be ended: ${messageOf(error)}`, {
      event: 'feed-remains',
      source: ref.source,
    })
    warnOfRest(known, context)
  } finally {
    await destination.release(leases).catch(() => {})
  }
}

/** Nobody here can end it. */
function warnOfRest(known: FeedState, { options }: RunContext): void {
  const text = restText(known)
  if (text !== undefined) options.log?.warn(text, { event: 'feed-remains', source: known.source })
}

function restText(known: FeedState): string | undefined {
  const { backlog } = known
  if (backlog === null || backlog.cleanup.length === 0) return undefined
  return `${feedKey(known)} is not in the config any more, and its source keeps its ${backlog.holder} until you run there: ${backlog.cleanup.join(' ')}`
}
