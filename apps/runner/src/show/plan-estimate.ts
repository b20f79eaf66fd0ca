import type { StepTimes } from '@tidemark/destination'
import type { TablePlan } from '@tidemark/engine'
import { plural, roughly } from './numbers.ts'

/** How long a planned run takes, by what such windows took before. */
export interface PlanEstimate {
  /** Of the windows that are known, in milliseconds. */
  readonly ms: number
  /** Windows that are estimated, and those that nothing is known of. */
  readonly windows: number
  readonly unknownWindows: number
}

export interface Limits {
  /** Steps at the same time, over all sources and of each. */
  readonly concurrency: number
  readonly perSource: number
}

type Planned = Pick<TablePlan, 'name' | 'source' | 'windows' | 'ranges' | 'pausedFor'>

/** Estimates a run. Undefined where no such window was ever read, or nothing is to be read. Pure. */
export function estimateOf(
  tables: readonly Planned[],
  times: StepTimes,
  { concurrency, perSource }: Limits,
): PlanEstimate | undefined {
  const msOf = new Map<string, number>()
  let [windows, all, longest] = [0, 0, 0]
  for (const { name, source, windows: planned, ranges, pausedFor } of tables) {
    if (pausedFor !== undefined) continue
    all += planned
    for (const range of ranges) {
      const ms = range.kind === 'unchanged' ? undefined : times.get(name)?.get(range.kind)
      if (ms === undefined) continue
      windows += range.windows
      longest = Math.max(longest, ms)
      msOf.set(source, (msOf.get(source) ?? 0) + ms * range.windows)
    }
  }
  if (windows === 0) return undefined
  const sums = [...msOf.values()]
  const total = sums.reduce((sum, ms) => sum + ms, 0)
  const ms = Math.max(longest, total / concurrency, Math.max(...sums) / Math.min(perSource, concurrency))
  return { ms: Math.round(ms), windows, unknownWindows: Math.max(0, all - windows) }
}

/** An estimate for people. */
export function estimateText({ ms, unknownWindows }: PlanEstimate): string {
  const unknown =
    unknownWindows === 0
      ? ''
      : `; ${plural(unknownWindows, 'window')} of a kind that was never read before not included`
  return `Estimate: about ${roughly(ms)}, by the time that earlier windows took${unknown}.`
}
