import { SyncError } from '@tidemark/core'
import { isPastRejectLimit, isPausedBy, type State } from '@tidemark/core/engine'
import type { Catalog, DiscoveredTable } from '../discover/catalog.ts'
import { type Failure, failureOf, redacted } from '../failure/failure.ts'
import { EMPTIED, MISSING } from '../failure/lost-table.ts'
import type { LookOptions } from '../options.ts'
import type { PlannedTable } from '../plan/planned-table.ts'
import type { FirstPage } from '../read/first-page.ts'
import { DEFAULT_REJECT_LIMIT } from '../read/reject-suspicion.ts'
import { EXIT, type PartitionFailure, type SourceReport } from '../report/report.ts'
import { sourceReports } from '../report/source-reports.ts'
import type { CheckedFeed } from './check-feeds.ts'
import type { CheckedPage } from './check-page.ts'

export interface CheckOptions extends LookOptions {
  /** Asks what there is, and reads no page. */
  readonly quick?: boolean | undefined
}

export interface CheckReport {
  readonly sources: readonly (SourceReport & { readonly tables: number })[]
  readonly tables: readonly CheckedTable[]
  readonly failures: readonly CheckFailure[]
  /** What else was found of feeds, which does not keep them from being read. */
  readonly findings: readonly CheckFinding[]
  readonly exitCode: number
}

export interface CheckFinding {
  readonly source: string
  readonly feed: string
  readonly level: 'warning' | 'note'
  readonly message: string
}

export interface CheckFailure extends Failure {
  readonly table: string
  readonly source: string
  /** '' where the table has none, or all of it failed. */
  readonly partition: string
}

export interface CheckedTable {
  readonly name: string
  readonly source: string
  readonly table: string
  /** `listed`: nothing of it was read. */
  readonly state: 'ok' | 'listed' | 'failed' | 'paused'
  readonly pausedFor: string | undefined
  /** The feed that tells its changes: nothing of it is read to check it; null: it has none. */
  readonly feed: string | null
  /** What the first page came to; undefined: none was read. */
  readonly page: FirstPage | undefined
}

interface Checked {
  readonly catalog: Catalog
  readonly state: State
  readonly planned: readonly PlannedTable[]
  readonly pages: ReadonlyMap<PlannedTable, CheckedPage>
  readonly feeds: readonly CheckedFeed[]
  readonly options: CheckOptions
}

/** Puts together what was found. */
export function checkReport({ catalog, state, planned, pages, feeds, options }: Checked): CheckReport {
  const failures: CheckFailure[] = []
  const tables = planned.map((table): CheckedTable => {
    const { discovered, name, pausedFor } = table
    const outcome = pages.get(table)
    const page = outcome?.page
    const own = [
      ...failuresOf(discovered),
      ...(outcome?.failure === undefined ? [] : [{ partition: '', failure: outcome.failure }]),
      ...rejectFailure(name, page, state, options),
      ...feedFailures(discovered, feeds),
    ]
    for (const { partition, failure } of own) {
      failures.push({ table: name, source: discovered.source.name, partition, ...redacted(failure, options) })
    }
    const isRead = options.quick !== true && discovered.fed === undefined
    const word = own.length > 0 ? 'failed' : isRead ? 'ok' : 'listed'
    return {
      name,
      source: discovered.source.name,
      table: discovered.table.name,
      state: pausedFor !== undefined ? 'paused' : word,
      pausedFor,
      feed: discovered.fed?.feed.name ?? null,
      page,
    }
  })
  const sources = sourceReports(options, catalog, state).map((source) => ({
    ...source,
    tables: tables.filter((table) => table.source === source.name).length,
  }))
  const { redact = (text: string) => text } = options
  const findings = feeds.flatMap(({ source, feed, findings: found }) =>
    found.flatMap(({ level, message }) =>
      level === 'error' ? [] : [{ source, feed, level, message: redact(message) }],
    ),
  )
  return { sources, tables, failures, findings, exitCode: exitCodeOf({ sources, tables, failures }) }
}

function failuresOf({ failure, partitions }: DiscoveredTable): readonly PartitionFailure[] {
  if (failure !== undefined) return [{ partition: '', failure }]
  return partitions.flatMap((one) => (one.failure === undefined ? [] : [{ partition: one.id, failure: one.failure }]))
}

/** What keeps the feed of a table, or the table in it, from being read. */
function feedFailures(
  { fed, source, table }: DiscoveredTable,
  feeds: readonly CheckedFeed[],
): readonly PartitionFailure[] {
  const checked = fed && feeds.find((one) => one.source === source.name && one.feed === fed.feed.name)
  if (checked === undefined) return []
  if (checked.failure !== undefined) return [{ partition: '', failure: checked.failure }]
  return checked.findings.flatMap(({ level, message, code, table: of = table.name }) =>
    level !== 'error' || of !== table.name
      ? []
      : [{ partition: '', failure: failureOf(new SyncError(message, 'fix-config', { code })) }],
  )
}

/** Rows that do not fit, where a sync would not count the window as read. */
function rejectFailure(
  name: string,
  page: FirstPage | undefined,
  state: State,
  { settings }: LookOptions,
): readonly PartitionFailure[] {
  if (page === undefined) return []
  const step = { rows: page.rows, rejected: page.rejected }
  const holdsRows = state.tables.get(name)?.present === 'rows'
  if (!isPastRejectLimit({ step, holdsRows }, settings?.rejectLimit ?? DEFAULT_REJECT_LIMIT)) return []
  return [{ partition: '', failure: failureOf(new SyncError(pageText(page), 'fix-config', { code: 'reject-limit' })) }]
}

/** What a page with rejected rows came to, for people. */
export function pageText({ rows, rejected, why }: FirstPage): string {
  return `the first page: ${rows === 1 ? '1 row' : `${rows} rows`}, ${rejected} rejected: ${why ?? 'the database refuses them'}`
}

function exitCodeOf({ sources, tables, failures }: Pick<CheckReport, 'sources' | 'tables' | 'failures'>): number {
  const isLost = ({ pausedFor }: CheckedTable): boolean => pausedFor === MISSING || pausedFor === EMPTIED
  if (tables.some(isLost) || failures.some(({ code }) => code === 'table-changed')) return EXIT.destination
  const unreachable = sources.filter(({ failure }) => failure !== undefined)
  if (unreachable.length > 0) return unreachable.length === sources.length ? EXIT.noSource : EXIT.someFailed
  if (tables.some(({ state, pausedFor }) => state === 'paused' && !isPausedBy(pausedFor ?? ''))) return EXIT.someFailed
  if (failures.length === 0) return EXIT.ok
  return failures.every(({ code }) => code === 'reject-limit') ? EXIT.rejects : EXIT.someFailed
}
