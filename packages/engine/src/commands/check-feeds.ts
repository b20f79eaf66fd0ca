import type { FeedFinding } from '@tidemark/core'
import { type FeedState, feedKey, type State } from '@tidemark/core/engine'
import type { Catalog, DiscoveredFeed, DiscoveredSource, DiscoveredTable } from '../discover/catalog.ts'
import { type Failure, failureOf } from '../failure/failure.ts'
import { parseOffset } from '../feed/feed-work.ts'
import { answered, type Patience } from '../source/answered.ts'

/** What was found of one feed. */
export interface CheckedFeed {
  readonly source: string
  readonly feed: string
  readonly findings: readonly FeedFinding[]
  /** It could not be asked. */
  readonly failure: Failure | undefined
}

/** Asks each feed of the run what is missing at its source. Changes nothing. */
export async function checkFeeds(
  { sources }: Catalog,
  { feeds }: State,
  patience: Patience,
): Promise<readonly CheckedFeed[]> {
  const all = sources.flatMap((source) => {
    const byFeed = Map.groupBy(source.tables, ({ fed }) => fed)
    return [...byFeed].flatMap(([fed, tables]) => (fed?.isWanted === true ? [{ source, fed, tables }] : []))
  })
  return await Promise.all(
    all.map(async (one): Promise<CheckedFeed> => {
      const ref = { source: one.source.name, feed: one.fed.feed.name }
      const known = feeds?.get(feedKey(ref))
      try {
        return { ...ref, findings: await askFindings(one, known, patience), failure: undefined }
      } catch (error) {
        patience.signal.throwIfAborted()
        return { ...ref, findings: [], failure: failureOf(error) }
      }
    }),
  )
}

interface Asked {
  readonly source: DiscoveredSource
  readonly fed: DiscoveredFeed
  readonly tables: readonly DiscoveredTable[]
}

async function askFindings(
  { source, fed: { feed }, tables }: Asked,
  known: FeedState | undefined,
  patience: Patience,
): Promise<readonly FeedFinding[]> {
  const { check } = feed
  if (check === undefined) return []
  const { client, log, guard, name } = source
  const begun =
    known === undefined || known.offset === null
      ? {}
      : { id: known.id, offset: parseOffset(known.offset, { feed, source: { name }, table: undefined }) }
  const context = { client, log, signal: patience.signal, tables: tables.map(({ table }) => table.name), ...begun }
  const asking = guard.run(() => Promise.try(() => check(context as never)))
  return (await answered(asking, patience)) as readonly FeedFinding[]
}
