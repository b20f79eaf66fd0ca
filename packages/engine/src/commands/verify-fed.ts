import { SyncError } from '@tidemark/core'
import { type Comparison, type Feed, type FeedState, feedKey, type ReadOnlyDestination } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import { cutChunks } from '../feed/cut-chunks.ts'
import { parseOffset } from '../feed/feed-work.ts'
import { passOffset } from '../feed/pass-offset.ts'
import { readPages } from '../feed/read-pages.ts'
import { TableChanges } from '../feed/table-changes.ts'
import type { SourceWait } from '../source/source-wait.ts'
import type { Clock } from '../time/clock.ts'

/** How often the committed offset is asked for, while it may be moving. */
const LOOK_MS = 200
/** Not moved at so many looks, it is taken for one that no run moves: longer than a run takes from commit to commit. */
const STILL_LOOKS = 15

export interface FedLook {
  readonly discovered: DiscoveredTable
  readonly comparison: Comparison
  readonly destination: Pick<ReadOnlyDestination, 'state'>
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly batchLimit: { readonly rows: number; readonly bytes: number }
  readonly redact: (text: string) => string
  /** Called with how many rows were read. */
  readonly onRows: (count: number) => void
}

/** What was read of the source. */
export interface FedRead {
  readonly rows: number
  readonly rejected: number
  /** A row was rejected whose key cannot be read. */
  readonly keyless: boolean
}

/** What of a feed is committed. */
interface Committed {
  readonly offset: unknown
  readonly seq: bigint
}

/**
 * Reads a table of a feed by its backfill into a comparison that is begun with `asOf`, and returns when the feed has passed what
 * was read: a row that has not changed since then is the same in the destination. Each chunk is read as of the offset that is
 * committed by then, by a run beside this one. Where no run reads the feed, this reads on from its offset, for the keys that
 * have changed.
 */
export async function readFed(look: FedLook, begun: Committed, wait: SourceWait): Promise<FedRead> {
  const { discovered, comparison, signal, batchLimit: limit, redact } = look
  const { source, table } = discovered
  const { encoder } = comparison
  const { feed } = discovered.fed!
  const backfill = table.feed!.backfill!
  const all = { rows: 0, rejected: 0, keyless: false }
  const { client, log } = source
  const lost =
    feed.lost &&
    (await wait.answer(() => feed.lost!({ client, log, signal: wait.signal, offset: begun.offset } as never)))
  const why = typeof lost === 'string' ? lost : (lost as Readonly<Record<string, string>> | undefined)?.[table.name]
  if (typeof why === 'string')
    throw new SyncError(
      `the feed "${feed.name}" of ${discovered.name} cannot continue from its offset: ${why}; sync it, then compare it again`,
      'fix-config',
      { code: 'not-readable' },
    )
  let high: { readonly offset: unknown } | undefined
  for (const label of await cutChunks({ table, source }, wait, signal)) {
    const asOf = (await committedOf(look)) ?? begun
    const fresh = () => new TableChanges({ discovered, encoder, seq: asOf.seq, redact })
    let changes = fresh()
    const hand = (): void => {
      const { rows, rejects, counts } = changes.take()
      const presentKeys = rejects.flatMap(({ encodedKey }) => (encodedKey === undefined ? [] : [encodedKey]))
      comparison.add({ rows, deletions: [], presentKeys })
      all.rows += rows.length
      look.onRows(rows.length)
      all.rejected += counts.rejected
      all.keyless ||= presentKeys.length < rejects.length
      changes = fresh()
    }
    const watermark = await readPages({ source, backfill, asOf: asOf.offset, label }, wait, (page) => {
      changes.upsert(page, undefined)
      if (changes.size >= limit.rows || changes.bytes >= limit.bytes) hand()
    })
    hand()
    if (high === undefined || isPast(feed, watermark, high.offset)) high = { offset: watermark }
  }
  if (high !== undefined) await passed(look, { begun, high: high.offset }, wait)
  return all
}

/** Returns when the feed has passed an offset: by what a run commits, or by what is read here. */
async function passed(
  look: FedLook,
  { begun, high }: { readonly begun: Committed; readonly high: unknown },
  wait: SourceWait,
): Promise<void> {
  const { discovered, comparison, clock } = look
  const { source, table, name } = discovered
  const { feed } = discovered.fed!
  let last = begun.seq
  for (let looks = 0; looks < STILL_LOOKS; looks++) {
    const now = (await committedOf(look)) ?? begun
    if (isPast(feed, now.offset, high)) return
    if (now.seq !== last) looks = 0
    last = now.seq
    await clock.sleep(LOOK_MS, wait.signal)
  }
  const { encoder } = comparison
  const asked = { feed, source, table: table.name, name, encoder, clock, wait }
  await passOffset(begun.offset, { ...asked, isPast: (offset) => isPast(feed, offset, high) }, (changedKeys) =>
    comparison.add({ rows: [], deletions: [], presentKeys: [], changedKeys }),
  )
}

const isPast = (feed: Feed, offset: unknown, other: unknown): boolean =>
  feed.isPast?.(offset as never, other as never) === true

/** The offset that is committed now; undefined: none is. */
export async function committedOf({
  discovered,
  destination,
}: Pick<FedLook, 'discovered' | 'destination'>): Promise<Committed | undefined> {
  const { source, name: table } = discovered
  const { feed } = discovered.fed!
  const known = (await destination.state([table])).feeds?.get(feedKey({ source: source.name, feed: feed.name }))
  return known === undefined ? undefined : committedIn(known, discovered)
}

function committedIn(
  { offset, offsetSeq }: FeedState,
  { source, fed, name: table }: DiscoveredTable,
): Committed | undefined {
  const { feed } = fed!
  const parsed = parseOffset(offset, { feed, source, table })
  return parsed === undefined || offsetSeq === null ? undefined : { offset: parsed, seq: offsetSeq }
}
