import type { RunEvent } from '@tidemark/engine'
import { countText, plural } from './numbers.ts'

const EVERY_MS = 30_000

/** Says every half minute how far a long run is, a line a table that moved: for logs, where nothing can be drawn over. */
export function followProgress(say: (line: string) => void): {
  readonly onEvent: (event: RunEvent) => void
  stop(): void
} {
  const moved = new Map<string, { rows: number; windows: number }>()
  const tick = (): void => {
    for (const [table, { rows, windows }] of moved)
      say(`${table}: ${countText(rows)} rows in ${plural(windows, 'window')} so far`)
    moved.clear()
  }
  const totals = new Map<string, { rows: number; windows: number }>()
  const timer = setInterval(tick, EVERY_MS)
  timer.unref()
  return {
    onEvent(event) {
      if (event.type !== 'part-committed' && event.type !== 'step-ended') return
      const before = totals.get(event.table) ?? { rows: 0, windows: 0 }
      const rows = event.type === 'part-committed' ? (event.rows.read ?? 0) : 0
      const windows = event.type === 'step-ended' && event.failure === undefined ? 1 : 0
      const total = { rows: before.rows + rows, windows: before.windows + windows }
      totals.set(event.table, total)
      moved.set(event.table, total)
    },
    stop: () => clearInterval(timer),
  }
}
