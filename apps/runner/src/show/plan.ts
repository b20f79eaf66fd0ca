import { type CommandText, feedKey } from '@tidemark/core/engine'
import type { Estimate, FeedPlan, Plan, RangePlan, TablePlan, WindowText } from '@tidemark/engine'
import { errorAddress } from './error-address.ts'
import { estimateText, leftText } from './estimate.ts'
import { decisionOn } from './fix.ts'
import { countText, plural } from './numbers.ts'
import { offsetText } from './offset-text.ts'
import { oneLine } from './plain.ts'

/** A plan, and the rows that it may delete. */
export interface PlanLook extends Plan {
  readonly tables: readonly TablePlanView[]
  /** What the run takes. */
  readonly estimate: Estimate
  /** What is left to read of these tables: the figure of `status`. */
  readonly work_left: Estimate
}

export interface TablePlanView extends TablePlan {
  /** What reading it takes in the run. Null: nothing is read of it, or nobody knows how much. */
  readonly estimate: Estimate | null
  /** What is left to read of it: the figure of `status`. */
  readonly work_left: Estimate | null
  /** How many rows it has, if the run may mark or replace some of them, and the limit above which the run withholds that. */
  readonly atRisk: AtRisk | undefined
}

/** The rows that a table may lose in the run. */
export interface AtRisk {
  readonly rows: number
  /** Whether the count is exact: counting stops at a million. */
  readonly isExact: boolean
  /** The deletion limit; undefined: the config sets `'none'`. */
  readonly deletionLimit: { readonly share: number; readonly above: number } | undefined
}

/** What a run would do, for people: one paragraph per table. */
export function planText({ tables, removed }: PlanLook, command: CommandText): string {
  const windows = tables.reduce((sum, table) => sum + table.windows, 0)
  const isLeast = tables.some(({ untilEmpty }) => untilEmpty)
  const counts = [...Map.groupBy(tables, ({ tracking }) => tracking)].map(
    ([tracking, found]) => `${countText(found.length)} ${tracking}`,
  )
  const all = [...counts, ...(removed.length === 0 ? [] : [`${countText(removed.length)} removed`])]
  return [
    ...tables.map((table) => tableText(table, command)),
    ...removed.map((name) => `${word('removed')}${oneLine(name)}: no longer tracked; its rows stay`),
    `${isLeast ? 'at least ' : ''}${plural(windows, 'window')}${feedsText(tables)} to read in ${plural(tables.length, 'table')}${all.length === 0 ? '' : ` (${all.join(', ')})`}; nothing was written.`,
  ].join('\n')
}

/** What the run takes, and what of it was left over. */
export function estimateLines({ estimate, work_left }: Pick<PlanLook, 'estimate' | 'work_left'>): readonly string[] {
  const rest = leftText(work_left)
  return [
    ...(estimate.windows === 0 ? [] : [`Estimate of the run: ${estimateText(estimate)}.`]),
    ...(rest === undefined ? [] : [`Before every table is complete: ${rest}.`]),
  ]
}

function estimates({ estimate, work_left }: TablePlanView): readonly string[] {
  const rest = work_left === null ? undefined : leftText(work_left)
  return [
    ...(estimate === null || estimate.windows === 0 ? [] : [`estimate: ${estimateText(estimate)}`]),
    ...(rest === undefined ? [] : [`before it is complete: ${rest}`]),
  ]
}

function feedsText(tables: readonly TablePlanView[]): string {
  const read = tables.flatMap(({ source, feed, pausedFor }) =>
    feed === null || pausedFor !== undefined ? [] : [feedKey({ source, feed: feed.name })],
  )
  const count = new Set(read).size
  return count === 0 ? '' : ` and ${plural(count, 'feed')}`
}

const MAX_RANGES_SHOWN = 8
const INDENT = '            '

const word = (tracking: string): string => tracking.toUpperCase().padEnd(10)

function tableText(table: TablePlanView, command: CommandText): string {
  const { tracking, changes, ranges, notKept } = table
  const hidden = ranges.length - MAX_RANGES_SHOWN
  return [
    `${word(tracking)}${headline(table, command)}`,
    ...changes.map((change) => `${INDENT}${oneLine(change)}`),
    ...ranges.slice(0, MAX_RANGES_SHOWN).map((range) => `${INDENT}${rangeText(range)}`),
    ...(hidden > 0 ? [`${INDENT}and ${countText(hidden)} more ranges`] : []),
    ...estimates(table).map((text) => `${INDENT}${text}`),
    ...risk(table).map((text) => `${INDENT}${text}`),
    ...hints(table, command).map((text) => `${INDENT}${text}`),
    ...notKept
      .slice(0, MAX_RANGES_SHOWN)
      .map((window) => `${INDENT}no longer available at the source: ${windowText(window)}`),
  ].join('\n')
}

function headline(
  { name, pausedFor, failure, windows, untilEmpty, partitions, feed }: TablePlan,
  command: CommandText,
): string {
  const shown = oneLine(name)
  if (pausedFor !== undefined) {
    const { what, when, command: way, see } = decisionOn({ name, pausedFor }, command)
    return `${shown}: ${oneLine(pausedFor)}; ${what} (see ${see}); ${when}: ${way}`
  }
  const among = partitions > 1 ? ` in ${plural(partitions, 'partition')}` : ''
  const failing = failure === undefined ? '' : `; failing, ${oneLine(failure)}`
  if (feed !== null) return `${shown}: from the feed ${oneLine(feed.name)}; a run ${fedFrom(feed)}${failing}`
  const least = untilEmpty ? 'at least ' : ''
  return `${shown}: ${windows === 0 ? 'nothing to read' : `${least}${plural(windows, 'window')}${among}`}${failing}`
}

function fedFrom({ isNew, offset }: FeedPlan): string {
  if (isNew) return 'reads it from its beginning'
  return offset === null
    ? 'continues it from the state that its connector keeps'
    : `continues it from ${offsetText(offset)}`
}

function rangeText({ kind, window, readFrom, windows, untilEmpty, partitions }: RangePlan): string {
  const what = KINDS[kind]
  const among = partitions > 1 ? ` in ${plural(partitions, 'partition')}` : ''
  if (window === undefined) {
    const ranges = windows > partitions ? ` in ${plural(windows, 'key range')}` : ''
    return `${what}${ranges}${among}`
  }
  const many = untilEmpty ? 'newest window first until one is empty, then the rest' : plural(windows, 'window')
  const count = kind === 'unchanged' ? 'the source reports no change' : `${many}${among}`
  return `${what}: ${windowText(window)}, ${count}${readFrom === undefined ? '' : `, read from ${readFrom}`}`
}

const KINDS = {
  incremental: 'incremental',
  backfill: 'backfill',
  full_refresh: 'full refresh',
  resync: 'resync',
  unchanged: 'unchanged',
  changes: 'changes',
} as const

function windowText({ from, to }: WindowText): string {
  return `${from ?? 'the beginning'} to ${to}`
}

/** What runs cannot see of the table, and what they read needlessly. */
function hints(
  { name, tracking, deletions, couldBeReadBy, atRisk }: TablePlanView,
  command: CommandText,
): readonly string[] {
  if (tracking === 'paused' || tracking === 'failed') return []
  const see = errorAddress({ code: 'deletions-unseen', remedy: 'fix-config' })
  const column = couldBeReadBy
  return [
    ...(deletions === 'unseen'
      ? [
          `deletions are not detected: the table is synced by a cursor, and its source does not report them; to find them: ${command('resync', [name])}; see ${see}`,
        ]
      : []),
    ...(column !== undefined && atRisk !== undefined && atRisk.rows >= MANY_ROWS
      ? [
          `all of its ${countText(atRisk.rows)}${atRisk.isExact ? '' : '+'} rows are read on every sync; if rows are only added and "${oneLine(column)}" only grows, a cursor on it reads only the new ones`,
        ]
      : []),
  ]
}

/** Reading fewer rows than this takes no time. */
const MANY_ROWS = 1000

/** Which rows the run may mark or replace, and when it withholds that. */
function risk({ deletes, atRisk }: TablePlanView): readonly string[] {
  if (deletes === undefined || atRisk === undefined || atRisk.rows === 0) return []
  const { rows, isExact, deletionLimit: held } = atRisk
  const many = `${countText(rows)}${isExact ? '' : '+'} ${rows === 1 ? 'row' : 'rows'}`
  const where = deletes === 'full_refresh' ? `of its ${many}` : `of its ${many}, in the windows that are read again`
  const limit =
    held === undefined
      ? 'no deletion limit is set'
      : rows <= held.above
        ? `the run withholds all deletions if the source returns none of the rows; above ${plural(held.above, 'row')} also if more than ${Math.round(held.share * 100)} % are missing`
        : `the run withholds all deletions if more than ${Math.round(held.share * 100)} % are missing`
  return [`may delete rows that are missing at the source, ${where}; ${limit}`]
}
