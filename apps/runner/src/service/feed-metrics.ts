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
  /** What its source kept for it when a run last looked; each undefined where it does not say. */
  readonly lagBytes: number | undefined
  readonly heldBytes: number | undefined
  readonly safeBytes: number | undefined
  readonly secondsToLoss: number | undefined
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
    lagBytes: one.backlog?.lag_bytes ?? undefined,
    heldBytes: one.backlog?.held_bytes ?? undefined,
    safeBytes: one.backlog?.safe_bytes ?? undefined,
    secondsToLoss: secondsTo(one.backlog?.lost_at ?? null, now),
  }))
}

function secondsTo(time: string | null, now: bigint): number | undefined {
  return time === null ? undefined : Math.max(0, (Date.parse(time) - Number(now / 1000n)) / 1000)
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
    each(
      'tidemark_feed_lag_bytes',
      'What the source of a feed had written since its committed offset when a run last looked.',
      (one) => one.lagBytes,
    ),
    each(
      'tidemark_feed_held_bytes',
      'What the source of a feed kept because of it when a run last looked.',
      (one) => one.heldBytes,
    ),
    each(
      'tidemark_feed_safe_bytes',
      'How much more the source keeps before it gives the feed up; absent where it keeps all.',
      (one) => one.safeBytes,
    ),
    each(
      'tidemark_feed_loss_seconds',
      'In how long the source gives the feed up at its rate of writing, if nobody reads it.',
      (one) => one.secondsToLoss,
    ),
  ]
}
