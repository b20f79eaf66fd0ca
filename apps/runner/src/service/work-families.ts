import type { WorkStatus } from '@tidemark/destination'
import type { Family } from './exposition.ts'

/** What workers share: the queue of each source, and who works. */
export function workFamilies({ sources, workers }: WorkStatus): readonly Family[] {
  const alive = workers.filter(({ isAlive }) => isAlive).length
  return [
    {
      name: 'tidemark_queue_windows',
      type: 'gauge',
      help: 'Windows that workers share, by state: queued, being read, or failed and needing attention.',
      samples: sources.flatMap(({ source, queued, running, dead }) =>
        Object.entries({ queued, running, dead }).map(([state, value]) => ({ labels: { source, state }, value })),
      ),
    },
    {
      name: 'tidemark_source_paused_until_timestamp_seconds',
      type: 'gauge',
      help: 'Until when no worker reads from a source, as after a rate limit.',
      samples: sources.flatMap(({ source, pausedUntil }) =>
        pausedUntil === undefined ? [] : [{ labels: { source }, value: pausedUntil / 1000 }],
      ),
    },
    {
      name: 'tidemark_workers',
      type: 'gauge',
      help: 'Processes that share windows: with a heartbeat, and without one.',
      samples: [
        { labels: { state: 'alive' }, value: alive },
        { labels: { state: 'dead' }, value: workers.length - alive },
      ],
    },
  ]
}
