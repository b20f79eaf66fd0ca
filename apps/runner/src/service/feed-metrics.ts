import type { State } from '@tidemark/core/engine'
import { overviewOf } from '@tidemark/engine'
import type { Family, Sample } from './exposition.ts'

/** How far a feed is, as numbers for a monitor. */
export interface FeedMetrics {
  readonly name: string
  readonly source: string
  /** Undefined: it does not say when its changes were made. */
  readonly lagSeconds: number | undefined
  /** Seconds since 1970; undefined: nothing was committed. */
  readonly lastCommit: number | undefined
  readonly isComplete: boolean
  /** How many of its tables it tells and no run writes. */
  readonly leftOut: number
}

/** Reads a state for a monitor. Pure. */
export function feedMetrics(state: State, now: bigint): readonly FeedMetrics[] {
  return overviewOf(state, { now }).feeds.map((one) => ({
    name: one.name,
    source: one.source,
    lagSeconds: one.lag_ms === null ? undefined : one.lag_ms / 1000,
    lastCommit: one.last_committed_at === null ? undefined : Date.parse(one.last_committed_at) / 1000,
    isComplete: one.history_complete,
    leftOut: one.left_out.length,
  }))
}

export function feedFamilies(feeds: readonly FeedMetrics[]): readonly Family[] {
  const each = (name: string, help: string, value: (one: FeedMetrics) => number | undefined): Family => ({
    name,
    help,
    type: 'gauge',
    samples: feeds.flatMap((one): readonly Sample[] => {
      const number = value(one)
      return number === undefined ? [] : [{ labels: { source: one.source, feed: one.name }, value: number }]
    }),
  })
  return [
    each(
      'tidemark_feed_lag_seconds',
      'How long ago the system of a feed had made what was committed last.',
      (one) => one.lagSeconds,
    ),
    each(
      'tidemark_feed_last_commit_timestamp_seconds',
      'When a checkpoint of a feed was last committed.',
      (one) => one.lastCommit,
    ),
    each('tidemark_feed_complete', 'Whether a feed was read to its end since it began or was lost.', (one) =>
      Number(one.isComplete),
    ),
    each('tidemark_feed_tables_left_out', 'Tables of a feed whose changes are left out.', (one) => one.leftOut),
  ]
}
