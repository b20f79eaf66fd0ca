import type { Window } from '@tidemark/core'
import { coalesceWindows } from '@tidemark/core/values'
import { isoOf } from './time.ts'

// Reading one window walks the whole history, so a few wide windows are cheaper than many exact ones.
const LIMIT = 20
const BATCH = 4096

/** Gathers dates and gives the windows they lie in: one second each, those with the smallest gaps joined. */
export class StaleWindows {
  #windows: readonly Window<number>[] = []
  #dates = new Set<number>()

  add(seconds: number): void {
    this.#dates.add(seconds)
    // However many dates come, only so many are held.
    if (this.#dates.size >= BATCH) this.#fold()
  }

  windows(): readonly Window<string>[] {
    this.#fold()
    return this.#windows.map(({ from, to }) => ({ from: isoOf(from!), to: isoOf(to) }))
  }

  #fold(): void {
    const added = [...this.#dates].map((date) => ({ from: date, to: date + 1 }))
    this.#windows = coalesceWindows([...this.#windows, ...added], LIMIT)
    this.#dates.clear()
  }
}
