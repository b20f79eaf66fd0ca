import type { Feed, FeedState, Lease } from '@tidemark/core/engine'
import type { DiscoveredSource } from '../discover/catalog.ts'
import type { RunContext } from '../run/run-context.ts'
import type { TableRun } from '../run/table-run.ts'

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
export interface FeedProgress extends Pick<FeedState, 'id' | 'seq' | 'offset'> {
  id: string
  seq: bigint
  /** JSON text; null: none is committed. */
  offset: string | null
}

/** What it is called: the name of its source, and its own. */
export const labelOf = ({ feed, source }: Pick<FeedWork, 'feed' | 'source'>): string =>
  `${source.name} (feed ${feed.name})`
