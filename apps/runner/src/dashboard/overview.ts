import type { CommandText } from '@tidemark/core/engine'
import { type Estimate, oldestOf, type TableSummary } from '@tidemark/engine'
import { z } from 'zod'
import type { Activity } from '../activity.ts'
import { type SourceView, sourceView } from '../overview.ts'
import { isSilent, syncAgain } from '../show/status.ts'
import { isBusy, isShared, workLines } from '../show/work.ts'
import { workView } from '../work/work-view.ts'
import type { OverviewAnswer, RunnerLine, SourceLine } from './answers.ts'
import { paged } from './paged.ts'
import type { RowCounts } from './row-counts.ts'
import { millis, millisAt, runLine } from './run-line.ts'
import { scheduleOf } from './schedule.ts'
import type { Snapshot } from './snapshot.ts'
import { tableLines } from './table-line.ts'

/** The query parameters of the overview. */
export const OverviewQuestion = z.object({
  search: z.string().max(200).default(''),
  status: z.string().max(20).default(''),
  source: z.string().max(200).default(''),
  /** Everything is about this source: totals, too. */
  of: z.string().max(200).default(''),
  sort: z.enum(['attention', 'name', 'lag', 'rows', 'rejects', 'synced']).catch('attention').default('attention'),
  order: z.enum(['up', 'down']).catch('up').default('up'),
  page: z.coerce.number().int().min(1).catch(1).default(1),
})
export type OverviewQuestion = z.infer<typeof OverviewQuestion>

export interface OverviewFacts {
  readonly place: string
  readonly version: string
  readonly allowsActions: boolean
  readonly command: CommandText
}

const PAGE = 50
const NOTHING_LEFT: Estimate = {
  ...{ windows: 0, atLeast: false, unknownWindows: 0, ms: 0, requests: 0, rowsPerSecond: null },
}

/** One page of the matching tables, and totals over all of them. */
export function overview(
  question: OverviewQuestion,
  snapshot: Snapshot,
  counts: RowCounts,
  { command, ...facts }: OverviewFacts,
): OverviewAnswer {
  const { runs, history, activity, work, state } = snapshot
  const { status, rejects, underWay, stale } = ofSource(snapshot, question.of)
  const shared = work === undefined ? undefined : workView(work, state, command)
  const matching = status.tables.filter((table) => matches(table, question, snapshot))
  const tracked = status.tables.filter((table) => table.status !== 'removed')
  const { items, page, pages } = paged(sorted(matching, question, snapshot, counts), question.page, PAGE)
  const running = runs.find((run) => run.state === 'running')
  return {
    ...facts,
    now: millis(snapshot.now),
    totals: {
      tables: status.tables.length,
      byStatus: Object.fromEntries(
        [...Map.groupBy(status.tables, (table) => table.status)].map(([name, group]) => [name, group.length]),
      ),
      rejects: [...rejects.values()].reduce((sum, count) => sum + count, 0),
      runningWindows: underWay.filter(({ kind }) => kind !== 'changes').length,
      runningChanges: underWay.filter(({ kind }) => kind === 'changes').length,
      resyncs: status.tables.reduce((sum, table) => sum + table.resyncs, 0),
      fresh: tracked.filter((table) => isFresh(table, stale)).length,
      stale: stale.size,
      wrong: tracked.filter((table) => isWrong(table, stale)).length,
      incomplete: tracked.length - status.synced_tables.length,
      completeTo: status.to_timestamp,
      workLeft:
        question.of === '' ? snapshot.workLeft.all : (snapshot.workLeft.sources.get(question.of) ?? NOTHING_LEFT),
    },
    syncCommand: command('sync'),
    runner: runnerLine(activity),
    work: shared !== undefined && (isShared(shared) || isBusy(shared)) ? workLines(shared) : [],
    againCommand: syncAgain(activity, command),
    schedule: scheduleOf(snapshot, question.of),
    failingSources: status.failing_sources.map((source) => sourceLine(sourceView(source, command))),
    sources: [...new Set(snapshot.status.tables.map(({ source }) => source))].sort(),
    running: running === undefined ? null : runLine(running, history.get(running.run)?.values() ?? []),
    tables: tableLines(
      snapshot,
      items.map(({ name }) => name),
      { counts, command },
    ),
    page,
    pages,
    matching: matching.length,
  }
}

function runnerLine({ state, host, pid, next_run_at, missed_run_at, last_run: last }: Activity): RunnerLine {
  return {
    ...{ state, host, pid, nextRunAt: millisAt(next_run_at), missedRunAt: millisAt(missed_run_at) },
    lastRun: last === null ? null : { endedAt: millisAt(last.ended_at), endedBy: last.ended_by },
  }
}

/** What of a snapshot is about one source; about all of them where it is not named. */
function ofSource(snapshot: Snapshot, source: string): Pick<Snapshot, 'status' | 'rejects' | 'underWay' | 'stale'> {
  if (source === '') return snapshot
  const { status, rejects, underWay, stale } = snapshot
  const tables = status.tables.filter((table) => table.source === source)
  const names = new Set(tables.map(({ name }) => name))
  return {
    status: {
      ...{ ...status, tables },
      synced_tables: status.synced_tables.filter((name) => names.has(name)),
      to_timestamp: status.synced_tables.length === status.tables.length ? status.to_timestamp : null,
      failing_sources: status.failing_sources.filter(({ name }) => name === source),
    },
    rejects: new Map([...rejects].filter(([name]) => names.has(name))),
    underWay: underWay.filter(({ table }) => names.has(table)),
    stale: new Set([...stale].filter((name) => names.has(name))),
  }
}

function sourceLine(source: SourceView): SourceLine {
  const { name, failing_since, last_error, fix } = source
  return { name, since: Date.parse(failing_since), isSilent: isSilent(source), problem: last_error, fix }
}

function matches(
  table: TableSummary,
  { search, status, source }: OverviewQuestion,
  { rejects, stale }: Pick<Snapshot, 'rejects' | 'stale'>,
) {
  if (source !== '' && table.source !== source) return false
  if (status === 'rejects' ? !rejects.has(table.name) : !isOf(table, status, stale)) return false
  const words = search.toLowerCase().split(/\s+/)
  const text = `${table.name} ${table.source} ${table.table}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

const isFresh = ({ name, status }: TableSummary, stale: ReadonlySet<string>): boolean =>
  status === 'complete' && !stale.has(name)

const isWrong = ({ name, status }: TableSummary, stale: ReadonlySet<string>): boolean =>
  status === 'failing' || status === 'paused' || stale.has(name)

const COMING = ['new', 'backfilling', 'returned']

function isOf(table: TableSummary, status: string, stale: ReadonlySet<string>): boolean {
  if (status === 'fresh') return isFresh(table, stale)
  if (status === 'stale') return stale.has(table.name)
  if (status === 'wrong') return isWrong(table, stale)
  return status === '' || table.status === status || (status === 'coming' && COMING.includes(table.status))
}

/** Tables that need attention come first. */
const ATTENTION = ['paused', 'failing', 'stale', 'returned', 'new', 'backfilling', 'complete', 'removed']

function attentionOf({ name, status }: TableSummary, stale: ReadonlySet<string>): number {
  const own = ATTENTION.indexOf(status)
  return stale.has(name) ? Math.min(own, ATTENTION.indexOf('stale')) : own
}

function sorted(
  tables: readonly TableSummary[],
  { sort, order }: OverviewQuestion,
  { rejects, state, stale }: Snapshot,
  counts: RowCounts,
): readonly TableSummary[] {
  const keys: Record<OverviewQuestion['sort'], (table: TableSummary) => number> = {
    name: () => 0,
    attention: (table) => attentionOf(table, stale) * 2 - (rejects.has(table.name) ? 1 : 0),
    // The oldest end lags most; tables without one come last.
    lag: (table) => {
      const oldest = table.status === 'removed' ? undefined : oldestOf(state.tables.get(table.name)!)
      return oldest === undefined ? Number.POSITIVE_INFINITY : Number(oldest)
    },
    rows: (table) => -(counts.of(state.tables.get(table.name)!)?.rows ?? -1),
    rejects: (table) => -(rejects.get(table.name) ?? 0),
    synced: (table) => -(table.last_synced_at === null ? 0 : Date.parse(table.last_synced_at)),
  }
  const keyed = tables.map((table) => ({ table, key: keys[sort](table) }))
  // The tables are ordered by name, and sorting is stable.
  keyed.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1))
  const result = keyed.map(({ table }) => table)
  return order === 'down' ? result.reverse() : result
}
