import type { FeedState, KnownBacklog, State, TableState } from '@tidemark/core/engine'
import { instantText } from './instant-text.ts'

/** How far a feed is, from the state alone. The field names are those of `status --json`, a promise to scripts. */
export interface FeedSummary {
  readonly name: string
  readonly source: string
  /**
   * The committed offset, as JSON text. Null: none is committed, so that it is read from its beginning, or its connector keeps its own
   * state, which may hold secrets that nobody else knows.
   */
  readonly offset: string | null
  /** When its last checkpoint was committed, and when its system had made what that covers, as far as it says. */
  readonly last_committed_at: string | null
  readonly told_at: string | null
  /** When it was last read to its end, or to where its source was as a run began. */
  readonly last_checked_at: string | null
  /** It was read to its end since it began, or since it was lost: its tables hold what they held before. */
  readonly history_complete: boolean
  /** Why it could not continue from its offset: all of its tables are read again. Null: it continues. */
  readonly lost_for: string | null
  /** Its connector keeps a state of its own in the offset, one for all of its tables. */
  readonly keeps_own_state: boolean
  /** What its source kept for it when a run last looked. Null: it does not say, or no run has looked. */
  readonly backlog: BacklogSummary | null
  /** Its tables, and those of them whose changes are left out until it is read again, sorted. */
  readonly tables: readonly string[]
  readonly left_out: readonly string[]
}

export interface BacklogSummary {
  /** When a run looked. */
  readonly at: string
  /** What keeps it at the source, such as `replication slot "shop"`. */
  readonly holder: string
  /** What the source had written since the committed offset, and what it kept because of the feed. Null: it does not say. */
  readonly lag_bytes: number | null
  readonly held_bytes: number | null
  /** How much more it keeps before it gives the feed up. Null: it does not say, or keeps all, see `is_limited`. */
  readonly safe_bytes: number | null
  /** Whether the source gives the feed up before its disk is full. Null: it does not say. */
  readonly is_limited: boolean | null
  readonly bytes_per_second: number | null
  /** When the source gives the feed up at that rate, if nobody reads it. Null: never, or it does not say. */
  readonly lost_at: string | null
  /** Statements that remove it at the source, where it is not configured any more. */
  readonly cleanup: readonly string[]
}

function backlogSummary(backlog: KnownBacklog | null): BacklogSummary | null {
  if (backlog === null) return null
  const { at, holder, lagBytes, heldBytes, safeBytes, bytesPerSecond, cleanup } = backlog
  const isKnown = safeBytes != null && bytesPerSecond !== undefined && (bytesPerSecond > 0 || safeBytes === 0)
  const lostInS = isKnown ? safeBytes / Math.max(bytesPerSecond, 1) : undefined
  return {
    at: instantText(BigInt(at)),
    holder,
    lag_bytes: lagBytes ?? null,
    held_bytes: heldBytes ?? null,
    safe_bytes: safeBytes ?? null,
    is_limited: safeBytes === undefined ? null : safeBytes !== null,
    bytes_per_second: bytesPerSecond ?? null,
    lost_at:
      lostInS === undefined || lostInS > FAR_S ? null : instantText(BigInt(at) + BigInt(Math.round(lostInS * 1e6))),
    cleanup,
  }
}

/** What is more than a century away is never. */
const FAR_S = 100 * 366 * 86_400

/** The feeds of a state that have something at their source, sorted. Pure. */
export function feedSummaries({ feeds, tables }: State): readonly FeedSummary[] {
  return [...(feeds?.values() ?? [])]
    .filter(({ id }) => id !== '')
    .toSorted((a, b) => compare(a.source, b.source) || compare(a.feed, b.feed))
    .map((feed) => {
      const own = [...tables.values()].filter((table) => isToldBy(feed, table))
      const left = new Set(feed.leftOut)
      return {
        name: feed.feed,
        source: feed.source,
        offset: feed.opaque ? null : feed.offset,
        last_committed_at: textOrNull(feed.committedAt),
        told_at: textOrNull(feed.toldAt),
        last_checked_at: textOrNull(feed.completedAt),
        history_complete: feed.completedAt !== null,
        lost_for: feed.lostFor,
        keeps_own_state: feed.opaque,
        backlog: backlogSummary(feed.backlog),
        tables: own.map(({ name }) => name).sort(),
        // What the config leaves out is not tracked, so nobody misses it.
        left_out: own
          .filter(({ table }) => left.has(table))
          .map(({ name }) => name)
          .sort(),
      }
    })
}

/**
 * How far a feed is behind: when its system had made what was committed last; where it was read to its end since then, when
 * that was. Null where it does not say when its changes were made.
 */
export function feedLag({ toldAt, completedAt }: FeedState, now: bigint): number | null {
  if (toldAt === null) return null
  const upTo = completedAt !== null && completedAt > toldAt ? completedAt : toldAt
  return upTo > now ? 0 : Number((now - upTo) / 1000n)
}

const isToldBy = ({ source, feed }: FeedState, table: TableState): boolean =>
  table.source === source && table.fed?.feed === feed && table.status !== 'removed'

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const textOrNull = (position: bigint | null): string | null => (position === null ? null : instantText(position))
