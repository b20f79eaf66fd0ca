import type { CommandText } from '@tidemark/core/engine'
import { heldTexts, type Report, type TableReport, unreadTexts } from '@tidemark/engine'
import { type FailedThing, failureLine } from './failure.ts'
import { decisionOn } from './fix.ts'
import { fixText } from './fix-text.ts'
import { countText, durationText, plural } from './numbers.ts'
import { oneLine } from './plain.ts'
import { endedByWord } from './run-end.ts'
import { sameFailures } from './same-failures.ts'
import { sqlName } from './sql-name.ts'
import { textTable } from './text-table.ts'
import { toned, tonedLabel, toneOfStatus } from './tone.ts'

/** What a run did: one line per table; of very many tables, those with news. */
export function reportTable({ tables }: Report, columns?: number): string {
  const header = ['table', 'status', 'written', 'unchanged', 'deleted', 'rejected', 'left', 'time']
  // One line below says it for all that are held.
  const ours = tables.filter(({ heldBy }) => heldBy === undefined)
  const told = ours.length <= ALL ? ours : ours.filter(hasNews)
  const shown = told.slice(0, ALL)
  const rows = shown.map((table) => [
    table.name,
    table.status,
    table.rows.written,
    table.rows.unchanged,
    table.rows.deleted,
    table.rows.rejected,
    leftText(table),
    durationText(table.durationMs),
  ])
  const idle = ours.length - told.length
  return [
    ...(rows.length === 0
      ? []
      : [
          textTable(header, rows, {
            ...{ columns, right: ['left'], optional: ['unchanged', 'deleted', 'time', 'rejected', 'written'] },
            tone: (text, name) =>
              name === 'status' ? toneOfStatus(text) : name === 'rejected' && text !== '0' ? 'warn' : undefined,
          }),
        ]),
    ...(told.length > ALL ? [`and ${countText(told.length - ALL)} more with something new`] : []),
    ...(idle > 0 ? [`${countText(idle)} ${rows.length === 0 ? 'tables' : 'more'} with nothing new`] : []),
  ].join('\n')
}

const leftText = ({ stepsLeft, untilEmpty }: TableReport): number | string =>
  untilEmpty ? `${countText(stepsLeft)}+` : stepsLeft

// As many as a person would read.
const ALL = 50

function hasNews({ rows, failures, stepsLeft, status }: TableReport): boolean {
  const moved = rows.written + rows.deleted + rows.rejected + stepsLeft + failures.length
  return moved > 0 || status === 'paused'
}

export function reportSummary(report: Report): string {
  const sum = (count: (table: TableReport) => number): number =>
    report.tables.reduce((total, table) => total + count(table), 0)
  const left = sum((table) => table.stepsLeft)
  const isLeast = report.tables.some(({ untilEmpty }) => untilEmpty)
  const rejected = sum((table) => table.rows.rejected)
  const failed = report.tables.filter((table) => table.failures.length > 0).length
  const parts = [
    plural(report.tables.length, 'table'),
    ...(failed === 0 ? [] : [toned('bad', `${countText(failed)} failed`)]),
    `${plural(
      sum((table) => table.rows.written),
      'row',
    )} written`,
    ...(rejected === 0 ? [] : [toned('warn', `${countText(rejected)} rejected`)]),
    ...(left === 0 ? [] : [`${isLeast ? 'at least ' : ''}${plural(left, 'window')} left for the next run`]),
    `in ${durationText(report.durationMs)}`,
  ]
  const word = endedByWord(report.endedBy)
  return `${parts.join(', ')}${word === undefined ? '' : ` (${word})`}`
}

/** What the sources have and the tables do not, although nothing failed: one line each. */
export function unreadLines({ tables }: Report): readonly string[] {
  const lines = tables.flatMap(({ name, unread }) =>
    unreadTexts(unread).map((text) => `${oneLine(name)}: ${oneLine(text)}`),
  )
  const more = lines.length - MAX_TABLES_SHOWN
  return more > 0
    ? [...lines.slice(0, MAX_TABLES_SHOWN), `and ${countText(more)} more such lines: status --json has them`]
    : lines
}

/** The command that lists rejected rows, if this run rejected any. */
export function rejectsLine({ tables }: Report, command: CommandText): string | undefined {
  const rejecting = tables.filter(({ rows }) => rows.rejected > 0).map(({ name }) => name)
  if (rejecting.length === 0) return undefined
  const named = rejecting.length === 1 ? rejecting : []
  return `To see why rows were rejected: ${command('rejects list', named)}`
}

/** Each failure; a partition that fails in several tables for the same reason is listed once. */
function failedThings(report: Report): readonly FailedThing[] {
  const sources = report.sources.flatMap(({ name, failure }) =>
    failure === undefined ? [] : [{ thing: `source ${name}`, source: name, failure }],
  )
  const tables = report.tables.flatMap(({ name, source, failures }) =>
    failures.map(({ partition, failure }) => ({ table: name, source, partition, failure })),
  )
  const whole = report.failure === undefined ? [] : [{ thing: 'the run', failure: report.failure }]
  return [...sources, ...sameFailures(tables), ...whole]
}

export function failureLines(report: Report, command: CommandText): readonly string[] {
  const things = failedThings(report)
  const lines = things.slice(0, MAX_TABLES_SHOWN).map((one) => failureLine(one, command))
  const more = things.length - MAX_TABLES_SHOWN
  const paused = report.tables.flatMap(({ name, pausedFor }) =>
    pausedFor === undefined
      ? []
      : [`paused: table ${name}: ${oneLine(pausedFor)} (${fixText(decisionOn({ name, pausedFor }, command))})`],
  )
  return [
    ...lines,
    ...paused,
    ...(more > 0 ? [`failed: ${countText(more)} more; all of them: ${command('sync', [], '--json')}`] : []),
  ].map(tonedLabel)
}

/** Tables that another runner holds: a line for each runner. */
export function heldLines({ tables }: Report): readonly string[] {
  return heldTexts(tables.flatMap(({ heldBy }) => heldBy ?? [])).map((text) => tonedLabel(`held: ${oneLine(text)}`))
}

// Thousands of partitions may fail for the same reason.
const MAX_TABLES_SHOWN = 50

/** The command that queries the table that got the most rows. */
export function lookCommand({ tables }: Report, command: CommandText): string | undefined {
  const [most] = [...tables].filter(hasRows).sort((a, b) => b.rows.written - a.rows.written)
  if (most === undefined) return undefined
  return command('query', [`select * from ${sqlName(most.name)} limit 10`])
}

const hasRows = ({ status, failures, heldBy, rows }: TableReport): boolean =>
  rows.written + rows.unchanged > 0 || (status !== 'paused' && failures.length === 0 && heldBy === undefined)
