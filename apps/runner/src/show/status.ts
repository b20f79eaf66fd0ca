import type { CommandText } from '@tidemark/core/engine'
import { unreadTexts } from '@tidemark/engine'
import type { Activity } from '../activity.ts'
import type { SourceView, StatusView, TableView } from '../overview.ts'
import { coverageBar } from './coverage-bar.ts'
import { errorAddress } from './error-address.ts'
import { leftText, shortLeftText } from './estimate.ts'
import { feedLines } from './feeds.ts'
import { fixText } from './fix-text.ts'
import { lagText } from './lag-text.ts'
import { countText, plural, roughly } from './numbers.ts'
import { oneLine } from './plain.ts'
import { textTable } from './text-table.ts'
import { type Tone, toned, tonedLabel, toneOfStatus } from './tone.ts'
import { isBusy, isShared, workLines } from './work.ts'

export interface StatusOptions {
  readonly command: CommandText
  readonly columns: number | undefined
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number
  /** Maximum number of tables: those that need attention come first. */
  readonly most?: number | undefined
  /** Lists only what needs attention; the first line is about all. */
  readonly failing?: boolean | undefined
  /** The user named tables: what is shown is about these. */
  readonly named?: boolean | undefined
}

/** The progress of all tables, for people. */
export function statusText(look: StatusView, options: StatusOptions): string {
  const { command, columns, now, most = Number.POSITIVE_INFINITY, failing = false } = options
  const { running, failing_sources: sources } = look
  const tables = failing ? look.tables.filter(needsAttention) : look.tables
  if (tables.length === 0 && (sources.length > 0 || look.tables.length > 0))
    return [headline(look, options), whoSyncs(look, now, command), ...footnotes(look, command)].join('\n')
  if (tables.length === 0)
    return [
      ...(look.work !== undefined && isShared(look.work) ? workLines(look.work) : []),
      `There are no tracked tables yet. The first sync creates them: ${command('sync')}`,
    ].join('\n')
  const busy = new Set(running.map(({ table }) => table))
  const sorted = tables.length <= most ? tables : [...tables].sort((a, b) => urgency(a, busy) - urgency(b, busy))
  const shown = sorted.slice(0, most)
  const bar = columns !== undefined && columns < 110 ? 10 : 24
  const header = ['table', 'status', 'rows', 'coverage', 'lag', 'last check', 'rejects', 'note']
  const rows = shown.map((table) => [
    table.name,
    statusWord(table, busy),
    rowsText(table),
    table.coverage === null ? '' : coverageBar(table.coverage.segments, bar),
    lagText(table.lag_ms),
    checkText(table),
    table.rejects === 0 ? '' : countText(table.rejects),
    note(table),
  ])
  const more = tables.length - shown.length
  return [
    `${headline(look, options)}${readingText(running)}`,
    whoSyncs(look, now, command),
    ...leftLine(look),
    '',
    textTable(header, rows, {
      ...{ width: 100, columns, right: ['rows', 'lag', 'rejects'], tone: toneOfCell },
      optional: ['last check', 'rows', 'coverage', 'rejects', 'note'],
    }),
    ...(more > 0 ? [`and ${countText(more)} more`] : []),
    ...(most === Number.POSITIVE_INFINITY ? [...feedLines(look.feeds, now), ...footnotes(look, command)] : []),
  ].join('\n')
}

function leftLine({ work_left }: StatusView): readonly string[] {
  const text = leftText(work_left)
  return text === undefined ? [] : [`${text[0]!.toUpperCase()}${text.slice(1)}.`]
}

function toneOfCell(text: string, name: string): Tone | undefined {
  if (name === 'status') return toneOfStatus(text)
  return name === 'rejects' ? 'warn' : undefined
}

function readingText(running: StatusView['running']): string {
  const changes = running.filter(({ kind }) => kind === 'changes').length
  const windows = running.length - changes
  return [
    ...(windows === 0 ? [] : [` ${plural(windows, 'window')} being read now.`]),
    ...(changes === 0 ? [] : [` Changes of ${plural(changes, 'table')} being read now.`]),
  ].join('')
}

/** Whether all is well. Nothing is called complete if a table fails, is paused, stale, or has a requested resync. */
export function headline(
  { to_timestamp, synced_tables, tables, feeds, failing_sources }: StatusView,
  { named = false }: Pick<StatusOptions, 'named'> = {},
): string {
  const each = named ? 'every named table' : 'every table'
  const tracked = tables.filter((table) => table.status !== 'removed')
  const [silent, refusing] = [failing_sources.filter(isSilent), failing_sources.filter((one) => !isSilent(one))]
  const unasked = [
    ...(refusing.length === 0 ? [] : [`the tables of ${namesOf(refusing)} could not be discovered`]),
    ...(silent.length === 0 ? [] : [`${namesOf(silent)} ${silent.length === 1 ? 'does' : 'do'} not answer`]),
  ]
  if (tracked.length === 0 && unasked.length > 0) return toned('bad', `No table can be synced: ${unasked.join('; ')}.`)
  if (tracked.length === 0) return 'There are no tracked tables any more; their rows stay.'
  const count = (is: (table: TableView) => boolean): number => tracked.filter(is).length
  const complete = new Set(synced_tables)
  const lost = new Set(feeds.flatMap((feed) => (feed.lost_for === null ? [] : feed.tables)))
  const counts: readonly (readonly [number, string])[] = [
    [count(({ status }) => status === 'failing'), 'failing'],
    [count(({ status }) => status === 'paused'), 'paused'],
    [
      count(({ name, status }) => !complete.has(name) && status !== 'failing' && status !== 'paused'),
      'not fully synced',
    ],
    [count(({ stale }) => stale), 'stale'],
    [count(({ resyncs }) => resyncs > 0), 'with a requested resync'],
    [count(({ name }) => lost.has(name)), 'told again by a feed that lost its place'],
  ]
  const wrong = counts.flatMap(([many, what]) => (many === 0 ? [] : [`${countText(many)} ${what}`]))
  const rejects = tracked.reduce((sum, table) => sum + table.rejects, 0)
  if (wrong.length > 0 || unasked.length > 0) {
    const word = synced_tables.length < tracked.length ? 'complete yet' : 'up to date'
    const many = wrong.length === 0 ? [] : [`of ${countText(tracked.length)}, ${wrong.join(', ')}`]
    return toned('bad', `Not ${each} is ${word}: ${[...many, ...unasked].join('; ')}.`)
  }
  const upTo = to_timestamp === null ? '' : ` up to ${to_timestamp}`
  const text = `${each.replace('e', 'E')} is complete${upTo}${rejects === 0 ? '' : `, except ${plural(rejects, 'rejected row')}`}.`
  return toned(rejects === 0 ? 'good' : 'warn', text)
}

/** The source has not failed, but has not answered yet. */
export const isSilent = ({ error_code: code }: SourceView): boolean => code === 'no-answer-yet'

function namesOf(sources: readonly SourceView[]): string {
  const names = sources.slice(0, NAMED).map(({ name }) => oneLine(name))
  const more = sources.length - names.length
  return `${names.join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''}`
}

/** Which processes sync, if any: workers, or a runner. */
function whoSyncs(look: StatusView, now: number, command: StatusOptions['command']): string {
  const { work, runner } = look
  if (work === undefined || !(isShared(work) || isBusy(work))) return runnerText(look, now, command)
  return [
    ...workLines(work),
    ...(isShared(work) && runner.state === 'none' ? [] : [runnerText(look, now, command)]),
  ].join('\n')
}

/** The process that syncs by itself. */
function runnerText({ runner, tables }: StatusView, now: number, command: StatusOptions['command']): string {
  const process = `process ${runner.pid} on ${oneLine(runner.host ?? '')}`
  if (runner.state === 'running') return `Run ${runner.run} is in progress (${process}).`
  if (runner.state === 'waiting') {
    const at = Date.parse(runner.next_run_at ?? '')
    const next = at > now ? `the next run is due in ${roughly(at - now)}` : 'the next run is due now'
    return `A runner is active (${process}); ${next}.`
  }
  const missed = runner.missed_run_at
  const late = missed === null ? '' : `, and the run that was due at ${missed.slice(0, 19)}Z did not start`
  const isStale = tables.some(({ stale }) => stale)
  const way = isStale || missed !== null ? ` Run: ${syncAgain(runner, command)}` : ''
  return `No runner is active; ${lastRunText(runner, now)}${late}.${way}`
}

function lastRunText({ last_run: last }: Activity, now: number): string {
  if (last === null) return 'there are no runs yet'
  const ago = last.ended_at === null ? '' : ` ${roughly(now - Date.parse(last.ended_at))} ago`
  const how = last.ended_by === null ? '' : ` (${last.ended_by})`
  return `the last run ended${ago}${how}`
}

/** The command that keeps tables up to date from now on. */
export function syncAgain({ every_ms: everyMs }: Activity, command: CommandText): string {
  return command('sync', [], '--every', everyMs === null ? '5m' : lengthText(everyMs))
}

/** A duration as the command accepts it: `90s`, `5m`, `1h`. */
function lengthText(ms: number): string {
  const units = [
    [3_600_000, 'h'],
    [60_000, 'm'],
  ] as const
  const [unit, name] = units.find(([one]) => ms >= one && ms % one === 0) ?? [1000, 's']
  return `${Math.max(1, Math.round(ms / unit))}${name}`
}

/** Whether a table fails, waits for a decision, or is older than promised. */
export function needsAttention({ status, stale }: Pick<TableView, 'status' | 'stale'>): boolean {
  return status === 'failing' || status === 'paused' || stale
}

const URGENCY = { paused: 0, failing: 1, new: 3, backfilling: 3, returned: 3, complete: 4, removed: 5 } as const

function urgency({ name, status, stale }: TableView, busy: ReadonlySet<string>): number {
  return busy.has(name) ? 2 : stale && status !== 'failing' ? Math.min(1, URGENCY[status]) : URGENCY[status]
}

function statusWord(
  { name, status, stale, partitions, partitions_failing: failing }: TableView,
  busy: ReadonlySet<string>,
): string {
  const word = failing > 0 && partitions > 1 ? `${status}, ${failing} of ${partitions} failing` : status
  return [word, ...(stale ? ['stale'] : []), ...(busy.has(name) ? ['reading'] : [])].join(', ')
}

function rowsText({ rows, rows_exact }: TableView): string {
  if (rows === null) return ''
  return rows_exact ? countText(rows) : `${countText(rows)}+`
}

function note(table: TableView): string {
  if (table.paused_for !== null) return table.paused_for
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
  const fed = table.feed === null ? [] : [`from the feed ${oneLine(table.feed)}`]
  const left = table.work_left === null ? undefined : shortLeftText(table.work_left)
  return [
    ...fed,
    ...(left === undefined ? [] : [left]),
    ...gapText,
    ...(table.resyncs === 0 ? [] : ['resync requested']),
    ...unread,
  ].join('; ')
}

/** To the minute: the row has to fit a terminal. */
function checkText({ last_checked_at: at }: TableView): string {
  return at === null ? '' : `${at.slice(0, 16).replace('T', ' ')}Z`
}

function nextTry({ next_try_at: at }: TableView): string {
  return at === null ? '' : `next try ${at.slice(11, 19)}Z: `
}

/** Below the table: how to fix what fails or is paused, and which deletions are not detected. */
function footnotes(look: StatusView, command: StatusOptions['command']): readonly string[] {
  const { tables, failing_sources: sources } = look
  const ofSources = sources.map(
    (source) =>
      `${isSilent(source) ? 'silent' : 'failing'}: source ${oneLine(source.name)}: ${oneLine(source.last_error)} (${fixText(source.fix)})`,
  )
  const ofTables = tables.flatMap(({ name, status, paused_for, last_error, fix }) =>
    fix === null
      ? []
      : [`${status}: table ${oneLine(name)}: ${oneLine(paused_for ?? last_error ?? '')} (${fixText(fix)})`],
  )
  const fixes = [...ofSources, ...ofTables]
  const unseen = tables.filter(({ deletions, status }) => deletions === 'unseen' && status !== 'removed')
  return [
    ...(fixes.length === 0 ? [] : ['']),
    ...fixes.slice(0, MAX_TABLES_SHOWN).map(tonedLabel),
    ...(fixes.length > MAX_TABLES_SHOWN
      ? [`and ${countText(fixes.length - MAX_TABLES_SHOWN)} more; all of them: ${command('status', [], '--json')}`]
      : []),
    ...(unseen.length === 0 ? [] : ['', deletionsText(unseen, command)]),
  ]
}

const MAX_TABLES_SHOWN = 20
const NAMED = 3

function deletionsText(unseen: readonly TableView[], command: StatusOptions['command']): string {
  const names = unseen.slice(0, NAMED).map(({ name }) => oneLine(name))
  const more = unseen.length - names.length
  const which = `${names.join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''}`
  const see = errorAddress({ code: 'deletions-unseen', remedy: 'fix-config' })
  return `Deletions are not detected in ${which}: synced by a cursor, from a source that does not report them. To find them${unseen.length === 1 ? '' : ' in one'}: ${command('resync', [unseen[0]!.name])}; see ${see}`
}
