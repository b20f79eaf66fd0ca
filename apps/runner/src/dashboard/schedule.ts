import type { TableState } from '@tidemark/core/engine'
import { freshUntil } from '@tidemark/engine'
import type { ScheduleLine } from './list-answers.ts'
import { millis } from './run-line.ts'
import type { Snapshot } from './snapshot.ts'

/** When each source was checked last, and when it is due again. */
export function scheduleOf({ state, promised, activity, now }: Snapshot, source: string): readonly ScheduleLine[] {
  const tracked = [...state.tables.values()].filter(
    (table) => table.status !== 'removed' && (source === '' || table.source === source),
  )
  return [...Map.groupBy(tracked, (table) => table.source)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, tables]): ScheduleLine => {
      const read = tables.filter(({ pausedFor }) => pausedFor === null)
      const intervals = read.flatMap((table) => promised(table).everyMs ?? [])
      const checks = read.map(({ lastCheckedAt }) => lastCheckedAt)
      const oldest = checks.reduce<bigint | null>(
        (low, at) => (low === null || (at !== null && at < low) ? at : low),
        null,
      )
      return {
        source: name,
        tables: tables.length,
        paused: tables.length - read.length,
        everyMs: intervals.length === 0 ? null : Math.min(...intervals),
        lastCheckedAt: oldest === null || checks.includes(null) ? null : millis(oldest),
        nextCheckAt: activity.state === 'none' ? null : nextOf(read, { promised, activity }),
        freshUntil: read.reduce<number | null>((soonest, table) => {
          const until = millis(freshUntil(table, promised) ?? now)
          return soonest === null || until < soonest ? until : soonest
        }, null),
      }
    })
}

/** When the first of its tables is due: not before the next run. */
function nextOf(
  tables: readonly TableState[],
  { promised, activity }: Pick<Snapshot, 'promised' | 'activity'>,
): number | null {
  const run = activity.next_run_at === null ? null : Date.parse(activity.next_run_at)
  const due = tables.flatMap((table) => {
    const { everyMs } = promised(table)
    return everyMs === undefined || table.lastCheckedAt === null ? [] : [millis(table.lastCheckedAt) + everyMs]
  })
  if (tables.length === 0) return null
  if (due.length === 0) return run
  const first = Math.min(...due)
  return run === null ? first : Math.max(first, run)
}
