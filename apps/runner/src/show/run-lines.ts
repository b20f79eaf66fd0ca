import { coverageBar } from './coverage-bar.ts'
import { countText, durationText, plural, roughly } from './numbers.ts'
import { oneLine } from './plain.ts'
import type { RunningTable, RunView } from './run-view.ts'
import { cut, padded, widthOf } from './width.ts'

export interface ScreenSize {
  readonly columns: number
  readonly rows: number
}

const RANK = { working: 0, failed: 1, waiting: 2, done: 3 } as const

/** A run in progress, in as many lines as the screen has: active tables first, then as many others as fit. */
export function runLines(view: RunView, { columns, rows }: ScreenSize): readonly string[] {
  // The last column stays empty: some terminals wrap the line when it is used.
  const width = Math.max(10, columns - 1)
  const height = Math.max(1, rows - 3)
  // If all fit they keep their order; else active tables come first.
  const all = view.tables.length <= height
  const sorted = all ? view.tables : [...view.tables].sort(order)
  const fits = all ? sorted : sorted.slice(0, Math.max(0, height - 1))
  const more = sorted.length - fits.length
  return [
    ...tableLines(fits, width),
    ...(more > 0 ? [cut(`and ${countText(more)} more`, width)] : []),
    cut(totalLine(view), width),
  ]
}

/** Active, failed, waiting, done: an order in which lines rarely move. */
function order(a: RunningTable, b: RunningTable): number {
  const more = a.state === 'done' ? b.rows - a.rows : 0
  return RANK[a.state] - RANK[b.state] || more || (a.name < b.name ? -1 : 1)
}

/** As much of each table as fits: its name, coverage, window, rows, remaining time. */
function tableLines(tables: readonly RunningTable[], width: number): readonly string[] {
  const barWidth = width < 70 ? 0 : Math.min(24, Math.floor(width / 5))
  const cells = tables.map((table) => [
    oneLine(table.name),
    ...(barWidth === 0 ? [] : [table.segments === undefined ? '' : coverageBar(table.segments, barWidth)]),
    placeText(table),
    rowsText(table),
  ])
  const widest = (at: number): number => cells.reduce((most, row) => Math.max(most, widthOf(row[at] ?? '')), 0)
  const widths = (cells[0] ?? []).map((_, at) =>
    at === 0 ? Math.min(widest(0), Math.max(12, Math.floor(width * 0.35))) : widest(at),
  )
  return cells.map((row, at) => {
    const columns = row.map((text, column) => padded(text, widths[column] ?? 0))
    return cut([...columns, ...endText(tables[at]!)].join('  ').trimEnd(), width)
  })
}

function placeText({ state, isFed, index: place, of, untilEmpty, done }: RunningTable): string {
  if (state === 'failed') return 'failed'
  if (isFed) return 'changes'
  if (state === 'done') return plural(done, 'window')
  if (place === 0) return untilEmpty ? `${countText(of)}+ windows` : plural(of, 'window')
  return `window ${countText(place)}${untilEmpty ? '' : ` of ${countText(of)}`}`
}

function rowsText({ rows, rate, state }: RunningTable): string {
  const pace = rate === undefined || state === 'done' ? '' : `, ${countText(Math.round(rate))}/s`
  return `${plural(rows, 'row')}${pace}`
}

function endText({ state, wait, leftMs }: RunningTable): readonly string[] {
  if (wait !== undefined) return [`waits ${roughly(wait.ms)} (${wait.why})`]
  if (state === 'done') return ['done']
  return leftMs === undefined ? [] : [`about ${roughly(leftMs)} left`]
}

function totalLine({ tables, idle, done, failed, rows, elapsedMs, leftMs }: RunView): string {
  const texts = [
    `${countText(done)} of ${plural(tables.length, 'table')} done`,
    ...(failed === 0 ? [] : [`${countText(failed)} failed`]),
    ...(idle === 0 ? [] : [`${countText(idle)} with nothing to do`]),
    `${plural(rows, 'row')} read in ${elapsedText(elapsedMs)}`,
    ...(leftMs === undefined ? [] : [`about ${roughly(leftMs)} left`]),
  ]
  return texts.join(', ')
}

/** The progress of a table, for a log. */
export function tableText(table: RunningTable): string {
  return `${oneLine(table.name)}: ${[placeText(table), rowsText(table), ...endText(table)].join(', ')}`
}

function elapsedText(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)} s` : durationText(ms)
}
