import type { Window } from '@tidemark/core'
import { isoOf } from './time.ts'

// Reading one window walks the whole history, so a few wide windows are cheaper than many exact ones.
const LIMIT = 20
const BATCH = 4096

interface Seconds {
  readonly from: number
  readonly to: number
}

/** Gathers dates and gives the windows they lie in: one second each, those with the smallest gaps joined. */
export class Stale {
  #windows: readonly Seconds[] = []
  #dates = new Set<number>()

  add(seconds: number): void {
    this.#dates.add(seconds)
    // However many dates come, only so many are held.
    if (this.#dates.size >= BATCH) this.#fold()
  }

  windows(): readonly Window<string>[] {
    this.#fold()
    return this.#windows.map(({ from, to }) => ({ from: isoOf(from), to: isoOf(to) }))
  }

  #fold(): void {
    const added = [...this.#dates].map((date) => ({ from: date, to: date + 1 }))
    this.#windows = widened(joined([...this.#windows, ...added]))
    this.#dates.clear()
  }
}

/** Joins windows that touch or overlap. */
function joined(windows: readonly Seconds[]): readonly Seconds[] {
  const result: Seconds[] = []
  for (const window of windows.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last === undefined || window.from > last.to) result.push(window)
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, window.to) }
  }
  return result
}

/** Closes the smallest gaps until there are no more windows than the limit. */
function widened(windows: readonly Seconds[]): readonly Seconds[] {
  if (windows.length <= LIMIT) return windows
  const gaps = windows.slice(1).map((window, at) => ({ at: at + 1, size: window.from - windows[at]!.to }))
  const kept = gaps.toSorted((a, b) => b.size - a.size).slice(0, LIMIT - 1)
  const starts = [0, ...kept.map(({ at }) => at).sort((a, b) => a - b)]
  return starts.map((start, nth) => ({
    from: windows[start]!.from,
    to: windows[(starts[nth + 1] ?? windows.length) - 1]!.to,
  }))
}
