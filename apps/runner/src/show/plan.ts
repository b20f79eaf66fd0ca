import type { Plan, StepPlan, TablePlan, WindowText } from '@tidemark/engine'
import { countText, plural } from './numbers.ts'

/** What a run would do, for people: a paragraph a table. */
export function planText(plan: Plan): string {
  const tables = plan.tables.map(tableText)
  const removed = plan.removed.map((name) => `${name}: removed, its rows stay`)
  const steps = plan.tables.reduce((sum, table) => sum + toRead(table), 0)
  return [
    ...tables,
    ...removed,
    `${plural(steps, 'window')} to read in ${plural(plan.tables.length, 'table')}; nothing was written.`,
  ].join('\n')
}

function tableText(table: TablePlan): string {
  const lines = [
    headline(table),
    ...table.changes.map((change) => `  ${change}`),
    ...table.steps.slice(0, SHOWN).map(stepText),
    ...rest(table),
    ...table.notKept.slice(0, SHOWN).map((window) => `  no longer kept by the source: ${windowText(window)}`),
  ]
  return lines.join('\n')
}

const SHOWN = 8

/** What its source says is unchanged is covered without being read. */
function toRead({ steps, more }: Pick<TablePlan, 'steps' | 'more'>): number {
  return steps.filter((step) => step.kind !== 'unchanged').length + more
}

function headline({ name, sight, pausedFor, failure, steps, more, partitions }: TablePlan): string {
  if (pausedFor !== undefined) return `${name}: paused, ${pausedFor}`
  if (failure !== undefined) return `${name}: failing, ${failure}`
  const among = partitions > 1 ? ` in ${plural(partitions, 'partition')}` : ''
  const windows = toRead({ steps, more })
  const work = windows === 0 ? 'nothing to read' : `${plural(windows, 'window')}${among}`
  return sight === 'known' ? `${name}: ${work}` : `${name}: ${sight}, ${work}`
}

function stepText({ partition, kind, lane, window, readFrom }: StepPlan): string {
  const what = window === undefined ? 'as a whole' : windowText(window)
  const lookback = readFrom === undefined ? '' : `, read from ${readFrom}`
  const of = partition === '' ? '' : ` of ${partition}`
  return `  ${kind === 'history' || kind === 'live' ? lane : kind}: ${what}${of}${lookback}`
}

function windowText({ from, to }: WindowText): string {
  return `${from ?? 'the beginning'} to ${to}`
}

function rest({ steps, more }: TablePlan): readonly string[] {
  const hidden = Math.max(0, steps.length - SHOWN) + more
  return hidden === 0 ? [] : [`  and ${countText(hidden)} more`]
}
