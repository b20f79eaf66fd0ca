import type { Window } from '@tidemark/core'
import { isoOf } from './moment.ts'

// Each window is a request at least, so a few wide ones are cheaper than many exact ones.
const LIMIT = 20

/** The windows that dates (seconds since 1970) lie in: one second each, those with the smallest gaps between them joined. */
export function windowsOf(dates: readonly number[]): readonly Window<string>[] {
  const sorted = [...new Set(dates)].sort((a, b) => a - b)
  const gaps = sorted.slice(1).map((date, at) => ({ at: at + 1, size: date - sorted[at]! }))
  const kept = gaps.toSorted((a, b) => b.size - a.size).slice(0, LIMIT - 1)
  const starts = sorted.length === 0 ? [] : [0, ...kept.filter(({ size }) => size > 1).map(({ at }) => at)]
  const ordered = starts.sort((a, b) => a - b)
  return ordered.map((start, nth) => ({
    from: isoOf(sorted[start]!),
    to: isoOf(sorted[(ordered[nth + 1] ?? sorted.length) - 1]! + 1),
  }))
}
