import type { CommandText } from '@tidemark/core/engine'
import { type TableOverview, unreadTexts } from '@tidemark/engine'
import type { Look } from '../overview.ts'
import { coverageBar } from './coverage-bar.ts'
import { countText, plural, roughly } from './numbers.ts'
import { textTable } from './text-table.ts'

export interface StatusOptions {
  readonly command: CommandText
  readonly columns: number | undefined
  /** At most so many tables: those that want something first. */
  readonly most?: number | undefined
}

/** How far everything is, for people. */
export function statusText(look: Look, options: StatusOptions): string {
  const { command, columns, most = Number.POSITIVE_INFINITY } = options
  const { tables, running } = look
  if (tables.length === 0) return `No table is tracked yet. The first sync does it: ${command('sync')}`
  const busy = new Set(running.map(({ table }) => table))
  const sorted = tables.length <= most ? tables : [...tables].sort((a, b) => urgency(a, busy) - urgency(b, busy))
  const shown = sorted.slice(0, most)
  const bar = columns !== undefined && columns < 110 ? 10 : 24
  const header = ['table', 'status', 'rows', 'coverage', 'lag', 'last success', 'rejects', 'note']
  const rows = shown.map((table) => [
    table.name,
    statusWord(table, busy),
    rowsText(table),
    table.coverage === null ? '' : coverageBar(table.coverage.segments, bar),
    table.lag_ms === null ? '' : roughly(table.lag_ms),
    table.last_synced_at?.slice(0, 19).replace('T', ' ') ?? '',
    table.rejects === 0 ? '' : countText(table.rejects),
    note(table, command),
  ])
  const more = tables.length - shown.length
  return [
    `${headline(look)}${running.length === 0 ? '' : ` ${plural(running.length, 'window')} being read now.`}`,
    '',
    textTable(header, rows, { width: 100, columns, right: ['rows', 'lag', 'rejects'] }),
    ...(more > 0 ? [`and ${countText(more)} more`] : []),
  ].join('\n')
}

function headline({ to_timestamp, tables }: Look): string {
  if (!tables.some((table) => table.status !== 'removed')) return 'No table is tracked any more; the rows stay.'
  return to_timestamp === null ? 'Not every table is complete yet.' : `Every table is complete up to ${to_timestamp}.`
}

const URGENCY = { paused: 0, failing: 1, new: 3, history: 3, returned: 3, live: 4, removed: 5 } as const

function urgency({ name, status }: TableOverview, busy: ReadonlySet<string>): number {
  return busy.has(name) ? 2 : URGENCY[status]
}

function statusWord(
  { name, status, partitions, partitions_failing: failing }: TableOverview,
  busy: ReadonlySet<string>,
): string {
  const word = failing > 0 && partitions > 1 ? `${status}, ${failing} of ${partitions} failing` : status
  return busy.has(name) ? `${word}, reading` : word
}

function rowsText({ rows, rows_exact }: TableOverview): string {
  if (rows === null) return ''
  return rows_exact ? countText(rows) : `${countText(rows)}+`
}

function note(table: TableOverview, command: CommandText): string {
  if (table.paused_for !== null) return `${table.paused_for}; ${command('resync', [table.name], '--full')}`
  if (table.last_error !== null) return `${nextTry(table)}${table.last_error}`
  if (table.removed_at !== null) return `removed ${table.removed_at.slice(0, 10)}, its rows stay`
  const [gap] = table.coverage?.gaps ?? []
  const gaps = table.coverage?.gaps_in_all ?? 0
  const gapText =
    gap === undefined
      ? []
      : [`${plural(gaps, 'gap')}${gaps > 1 ? ', the newest' : ':'} ${gap.from ?? 'the beginning'} to ${gap.to}`]
  const { too_young: tooYoung, without_cursor: withoutCursor, undeclared } = table
  const unread = unreadTexts({ tooYoung, withoutCursor, undeclared })
  return [...gapText, ...(table.rereads === 0 ? [] : ['to be read again']), ...unread].join('; ')
}

function nextTry({ next_try_at: at }: TableOverview): string {
  return at === null ? '' : `next try ${at.slice(11, 19)}: `
}
