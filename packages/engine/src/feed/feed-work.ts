import { SyncError } from '@tidemark/core'
import { type Feed, type FeedState, type Lease, quotedCommand } from '@tidemark/core/engine'
import type { DiscoveredSource } from '../discover/catalog.ts'
import type { RunContext } from '../run/run-context.ts'
import type { TableRun } from '../run/table-run.ts'
import { ALONE } from '../schedule/task.ts'
import { type SourceWait, waitingFor } from '../source/source-wait.ts'
import { patienceOf } from '../source/stall.ts'

/** A feed while it is read: its lease, and what its commits have come to. */
export interface FeedWork {
  readonly feed: Feed
  readonly source: DiscoveredSource
  readonly context: RunContext
  readonly lease: Lease
  /** Tables that its changes are written to, by their names in the source. */
  readonly tables: Map<string, TableRun>
  /** Tables whose changes are left out, by the same. */
  readonly leftOut: Set<string>
  readonly state: FeedProgress
}

/** What of a feed is committed. */
export interface FeedProgress extends Pick<FeedState, 'id'> {
  /** The number of the last commit. */
  seq: bigint
  /** JSON text; null: none is committed. */
  offset: string | null
  /** Why it is read from its beginning again, until it is read to its end; null: it is not. */
  lostFor: string | null
  /** A number that no change up to the offset is above, and every later one is. */
  offsetSeq: bigint
  /** When its system had made that, in microseconds; null: it does not say. */
  toldAt: bigint | null
  /** Tables that are recorded as left out: see `leftOutText`. */
  leftOut: string
}

/** Tables that are left out, as a text that is compared. */
export const leftOutText = (tables: Iterable<string>): string => JSON.stringify([...tables].sort())

interface FeedWaitOptions {
  /** Aborts when nothing is waited for any more. Absent: that of the run. */
  readonly signal?: AbortSignal | undefined
  /** How long it may give nothing. Absent: as the settings say. */
  readonly giveUpMs?: number | undefined
}

/** Waits for the source of a feed, outside of the slots of steps. */
export function waitingForFeed<T>(
  { source, context }: Pick<FeedWork, 'source' | 'context'>,
  work: (wait: SourceWait) => Promise<T>,
  { signal = context.signal, giveUpMs }: FeedWaitOptions = {},
): Promise<T> {
  const { clock, isOverTime, options } = context
  const patience = patienceOf(options.settings ?? {})
  const given = { ...patience, ...(giveUpMs === undefined ? {} : { giveUpMs }) }
  return waitingFor({ clock, slot: ALONE, guard: source.guard, signal, isOverTime, ...given }, work)
}

/** Asks the source a question about the feed. */
export async function askFeed(
  work: FeedWork,
  ask: ((question: never) => unknown) | undefined,
  more: object = {},
): Promise<unknown> {
  if (ask === undefined) return undefined
  const { client, log } = work.source
  return await waitingForFeed(work, (wait) =>
    wait.answer(() => ask({ client, log, signal: wait.signal, ...more } as never)),
  )
}

/** What it is called: the name of its source, and its own. */
export const feedLabel = ({ feed, source }: Pick<FeedWork, 'feed' | 'source'>): string =>
  `${source.name} (feed ${feed.name})`

/** The committed offset, as the source takes it. @throws SyncError `upgrade` where it cannot be read. */
export function offsetOf({ feed, source, state, tables }: FeedWork): unknown {
  const [table] = [...tables.values()]
  return parseOffset(state.offset, { feed, source, table: table?.name })
}

/** An offset as it is stored, as the source takes it. @throws SyncError `upgrade` where it cannot be read. */
export function parseOffset(
  offset: string | null,
  {
    feed,
    source,
    table,
  }: Pick<FeedWork, 'feed'> & { readonly source: { readonly name: string }; readonly table: string | undefined },
): unknown {
  if (offset === null) return undefined
  const problem = (why: string): SyncError =>
    new SyncError(
      `feed "${feed.name}" of "${source.name}" cannot read its stored offset: ${why}; install a version of the source that can, or read all of its tables again with ${quotedCommand('resync', [table ?? source.name])}`,
      'upgrade',
      { code: 'offset' },
    )
  let json: unknown
  try {
    json = JSON.parse(offset)
  } catch {
    throw problem('it is not JSON')
  }
  const parsed = feed.offset.safeParse(json)
  if (parsed.success) return parsed.data
  throw problem(
    parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'offset'}: ${message}`).join('; '),
  )
}
