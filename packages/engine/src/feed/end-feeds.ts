import { messageOf } from '@tidemark/core'
import { type Feed, type FeedState, feedKey, type State } from '@tidemark/core/engine'
import type { DiscoveredSource } from '../discover/catalog.ts'
import type { RunContext } from '../run/run-context.ts'
import { parseOffset, waitingForFeed } from './feed-work.ts'

/** Ends the feeds that the config does not ask for any more, and warns of those that only a user of their source can end. */
export async function endFeeds(
  discovered: readonly DiscoveredSource[],
  { feeds }: State,
  context: RunContext,
): Promise<void> {
  const { options } = context
  const configured = new Set([...options.sources, ...(options.unavailable ?? [])].map(({ name }) => name))
  for (const known of feeds?.values() ?? []) {
    if (known.id === '') continue
    const source = discovered.find(({ name }) => name === known.source)
    const retired = source?.feeds?.retired.find(({ name }) => name === known.feed)
    if (source !== undefined && retired !== undefined) await endFeed(source, retired, known, context)
    else if (source?.feeds?.names.has(known.feed) === false || !configured.has(known.source)) warnOfRest(known, context)
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
    if (end !== undefined && known.offset !== null) {
      const offset = parseOffset(known.offset, { feed, source, table: undefined })
      const { client, log } = source
      await waitingForFeed({ source, context }, (wait) =>
        wait.answer(() => end({ client, log, signal: wait.signal, offset, id: known.id } as never)),
      )
    }
    await destination.recordRun(run, [{ kind: 'feed-ended', feed: ref }])
    options.log?.info(
      `${feedKey(ref)} is not in the config any more: ${known.backlog?.holder ?? 'what it had at its source'} is removed`,
    )
  } catch (error) {
    if (context.signal.aborted) throw error
    options.log?.warn(`${feedKey(ref)} is not in the config any more, and cannot be ended: ${messageOf(error)}`)
    warnOfRest(known, context)
  } finally {
    await destination.release(leases).catch(() => {})
  }
}

/** Nobody here can end it. */
function warnOfRest(known: FeedState, { options }: RunContext): void {
  const text = restText(known)
  if (text !== undefined) options.log?.warn(text)
}

function restText(known: FeedState): string | undefined {
  const { backlog } = known
  if (backlog === null || backlog.cleanup.length === 0) return undefined
  return `${feedKey(known)} is not in the config any more, and its source keeps its ${backlog.holder} until you run there: ${backlog.cleanup.join(' ')}`
}
