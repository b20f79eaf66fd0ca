import type { TableState } from '@tidemark/core/engine'
import type { TableSummary } from '@tidemark/engine'
import { z } from 'zod'
import type { OverviewAnswer } from './answers.ts'
import { paged } from './paged.ts'
import type { RowCounts } from './row-counts.ts'
import { millis, runLine } from './run-line.ts'
import type { Snapshot } from './snapshot.ts'
import { tableLines } from './table-line.ts'

/** What the address of the overview says. */
export const OverviewQuestion = z.object({
  search: z.string().max(200).default(''),
  status: z.string().max(20).default(''),
  source: z.string().max(200).default(''),
  sort: z.enum(['attention', 'name', 'lag', 'rows', 'rejects', 'synced']).catch('attention').default('attention'),
  order: z.enum(['up', 'down']).catch('up').default('up'),
  page: z.coerce.number().int().min(1).catch(1).default(1),
})
export type OverviewQuestion = z.infer<typeof OverviewQuestion>

export interface OverviewFacts {
  readonly place: string
  readonly version: string
  readonly allowsActions: boolean
  readonly syncCommand: string
}

const PAGE = 50

/** One page of the tables that are asked for, and what is to be said of all of them. */
export function overview(
  question: OverviewQuestion,
  snapshot: Snapshot,
  counts: RowCounts,
  facts: OverviewFacts,
): OverviewAnswer {
  const { status, rejects, runs, history, underWay } = snapshot
  const matching = status.tables.filter((table) => matches(table, question, rejects))
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
      runningWindows: underWay.length,
      rereads: status.tables.reduce((sum, table) => sum + table.rereads, 0),
      completeTo: status.to_timestamp,
    },
    sources: [...new Set(status.tables.map(({ source }) => source))].sort(),
    running: running === undefined ? null : runLine(running, history.get(running.run)?.values() ?? []),
    tables: tableLines(
      snapshot,
      items.map(({ name }) => name),
      counts,
      snapshot.now,
    ),
    page,
    pages,
    matching: matching.length,
  }
}

function matches(
  table: TableSummary,
  { search, status, source }: OverviewQuestion,
  rejects: ReadonlyMap<string, number>,
) {
  if (source !== '' && table.source !== source) return false
  if (status === 'rejects' ? !rejects.has(table.name) : !isOf(table, status)) return false
  const words = search.toLowerCase().split(/\s+/)
  const text = `${table.name} ${table.source} ${table.table}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  fresh: ['live'],
  coming: ['new', 'history', 'returned'],
  wrong: ['failing', 'paused'],
}

function isOf(table: TableSummary, status: string): boolean {
  return status === '' || table.status === status || GROUPS[status]?.includes(table.status) === true
}

/** What asks for someone comes first. */
const ATTENTION = ['paused', 'failing', 'returned', 'new', 'history', 'live', 'removed']

function sorted(
  tables: readonly TableSummary[],
  { sort, order }: OverviewQuestion,
  { rejects, state }: Snapshot,
  counts: RowCounts,
): readonly TableSummary[] {
  const keys: Record<OverviewQuestion['sort'], (table: TableSummary) => number> = {
    name: () => 0,
    attention: (table) => ATTENTION.indexOf(table.status) * 2 - (rejects.has(table.name) ? 1 : 0),
    // The oldest end lags most; what has none comes last.
    lag: (table) => latestOf(state.tables.get(table.name)!) ?? Number.POSITIVE_INFINITY,
    rows: (table) => -(counts.of(state.tables.get(table.name)!)?.rows ?? -1),
    rejects: (table) => -(rejects.get(table.name) ?? 0),
    synced: (table) => -(table.last_synced_at === null ? 0 : Date.parse(table.last_synced_at)),
  }
  const keyed = tables.map((table) => ({ table, key: keys[sort](table) }))
  // The tables come by name, and sorting keeps that order among equals.
  keyed.sort((a, b) => (a.key === b.key ? 0 : a.key < b.key ? -1 : 1))
  const result = keyed.map(({ table }) => table)
  return order === 'down' ? result.reverse() : result
}

/** The newest that all partitions have, as the lag is counted from; undefined where there is none. */
function latestOf({ facts, partitions, status }: TableState): number | undefined {
  if (status === 'removed' || facts === null || facts.cursor?.type === 'integer') return undefined
  const present = [...partitions.values()].filter(({ goneAt }) => goneAt === null)
  const ends = present.map(({ covered, completedAt }) =>
    facts.cursor === null ? Number(completedAt ?? 0) : covered.reduce((last, { to }) => Math.max(last, Number(to)), 0),
  )
  return ends.length === 0 ? undefined : Math.min(...ends)
}
