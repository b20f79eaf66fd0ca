import { coverageBar } from './coverage-bar.ts'
import { countText, durationText, plural, roughly } from './numbers.ts'
import { oneLine } from './plain.ts'
import type { RunningTable, RunView } from './run-view.ts'
import { cutToned, type Tone, toned } from './tone.ts'
import { cut, widthOf } from './width.ts'

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
  const all = linesIn(view.tables) <= height
  const sorted = all ? view.tables : [...view.tables].sort(order)
  const shown = all ? sorted : sorted.slice(0, fitting(sorted, height - 1))
  const more = sorted.length - shown.length
  return [
    ...tableLines(shown, width),
    ...(more > 0 ? [cut(`and ${countText(more)} more`, width)] : []),
    cutToned(totalLine(view), width),
  ]
}

const linesOf = ({ problem }: RunningTable): number => (problem === undefined ? 1 : 2)
const linesIn = (tables: readonly RunningTable[]): number => tables.reduce((sum, table) => sum + linesOf(table), 0)

/** How many of the tables fit so many lines. */
function fitting(tables: readonly RunningTable[], height: number): number {
  let left = height
  const at = tables.findIndex((table) => {
    left -= linesOf(table)
    return left < 0
  })
  return at === -1 ? tables.length : at
}

/** Active, failed, waiting, done: an order in which lines rarely move. */
function order(a: RunningTable, b: RunningTable): number {
  const more = a.state === 'done' ? b.rows - a.rows : 0
  return RANK[a.state] - RANK[b.state] || more || (a.name < b.name ? -1 : 1)
}

interface Cells {
  readonly name: string
  readonly bar: string
  readonly place: string
  readonly rows: string
  readonly rate: string
  readonly end: string
}

type Cell = keyof Cells

/** What is left out first where a screen is narrow; the name, the status and the time left stay. */
const OPTIONAL: readonly Cell[] = ['rate', 'bar', 'rows']
const CELLS: readonly Cell[] = ['name', 'bar', 'place', 'rows', 'end']

/** As much of each table as fits: its name, coverage, window, rows, remaining time; below it why it fails. */
function tableLines(tables: readonly RunningTable[], width: number): readonly string[] {
  const barWidth = Math.min(24, Math.floor(width / 5))
  const cells = tables.map((table) => cellsOf(table, barWidth))
  const widths = new Map<Cell, number>()
  for (const name of [...CELLS, 'rate'] as const)
    widths.set(
      name,
      cells.reduce((most, row) => Math.max(most, widthOf(row[name])), 0),
    )
  widths.set('name', Math.min(widths.get('name')!, Math.max(12, Math.floor(width * 0.35))))
  const shown = new Set<Cell>([...CELLS, 'rate'])
  const total = (): number =>
    [...shown].reduce(
      (sum, name) => sum + (widths.get(name) === 0 ? 0 : widths.get(name)! + (name === 'rate' ? 0 : 2)),
      -2,
    )
  for (const name of OPTIONAL) if (total() > width) shown.delete(name)
  return tables.flatMap((table, at) => {
    const row = cells[at]!
    const texts = CELLS.filter((name) => shown.has(name)).flatMap((name) => {
      const full = name === 'rows' && shown.has('rate') ? row.rows + row.rate : row[name]
      const most = widths.get(name)! + (name === 'rows' && shown.has('rate') ? widths.get('rate')! : 0)
      return most === 0 ? [] : [paddedToned(full, most, toneOf(name, table))]
    })
    const line = cutToned(texts.join('  ').trimEnd(), width)
    return table.problem === undefined ? [line] : [line, toned('bad', cut(`  ${oneLine(table.problem)}`, width))]
  })
}

function cellsOf(table: RunningTable, barWidth: number): Cells {
  return {
    name: oneLine(table.name),
    bar: table.segments === undefined ? '' : coverageBar(table.segments, barWidth),
    place: placeText(table),
    rows: plural(table.rows, 'row'),
    rate: rateText(table),
    end: endText(table),
  }
}

function toneOf(name: Cell, { state, wait }: RunningTable): Tone | undefined {
  if (name === 'place') return state === 'failed' ? 'bad' : undefined
  if (name !== 'end') return undefined
  return wait !== undefined ? 'warn' : state === 'done' ? 'good' : undefined
}

function paddedToned(text: string, width: number, tone: Tone | undefined): string {
  const shown = cut(text, width)
  return toned(tone, shown) + ' '.repeat(width - widthOf(shown))
}

function placeText({ state, isFed, index: place, of, untilEmpty, done }: RunningTable): string {
  if (state === 'failed') return 'failed'
  if (isFed) return 'changes'
  if (state === 'done') return plural(done, 'window')
  if (place === 0) return untilEmpty ? `${countText(of)}+ windows` : plural(of, 'window')
  return `window ${countText(place)}${untilEmpty ? '' : ` of ${countText(of)}`}`
}

function rateText({ rate, state }: RunningTable): string {
  return rate === undefined || state === 'done' ? '' : `, ${countText(Math.round(rate))}/s`
}

function endText({ state, wait, leftMs }: RunningTable): string {
  if (wait !== undefined) return `waits ${roughly(wait.ms)} (${wait.why})`
  if (state === 'done') return 'done'
  return leftMs === undefined ? '' : `about ${roughly(leftMs)} left`
}

function totalLine({ tables, idle, done, failed, rows, elapsedMs, leftMs }: RunView): string {
  const texts = [
    `${countText(done)} of ${plural(tables.length, 'table')} done`,
    ...(failed === 0 ? [] : [toned('bad', `${countText(failed)} failed`)]),
    ...(idle === 0 ? [] : [`${countText(idle)} with nothing to do`]),
    `${plural(rows, 'row')} read in ${elapsedText(elapsedMs)}`,
    ...(leftMs === undefined ? [] : [`about ${roughly(leftMs)} left`]),
  ]
  return texts.join(', ')
}

/** The progress of a table, for a log. */
export function tableText(table: RunningTable): string {
  const { problem } = table
  const texts = [placeText(table), `${plural(table.rows, 'row')}${rateText(table)}`, endText(table)]
  const text = texts.filter((one) => one !== '').join(', ')
  return `${oneLine(table.name)}: ${text}${problem === undefined ? '' : `: ${oneLine(problem)}`}`
}

function elapsedText(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)} s` : durationText(ms)
}
