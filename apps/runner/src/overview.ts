import {
  type CommandText,
  type Destination,
  formatInstant,
  positionText,
  type State,
  type TableState,
} from '@tidemark/core/engine'
import {
  countRejects,
  countTables,
  isAlive,
  listSteps,
  type RowCount,
  type StepRecord,
  type WorkStatus,
} from '@tidemark/destination'
import {
  type FeedOverview,
  type Overview,
  overviewOf,
  type PromiseOptions,
  promisedBy,
  type SourceSummary,
  type TableOverview,
} from '@tidemark/engine'
import { type Activity, askActivity } from './activity.ts'
import { type ConcurrencyConfig, createLeftReader } from './left-reader.ts'
import { type OtherProject, otherProjects } from './other-projects.ts'
import { selectedState } from './selected-state.ts'
import { decisionOn, feedAgain, fixOf } from './show/fix.ts'
import type { Fix } from './show/fix-text.ts'
import { type WorkView, workView } from './work/work-view.ts'

/** What `status` shows: the overview, who syncs, and what is being read at this moment by any runner. */
export interface StatusView extends Overview {
  readonly tables: readonly TableView[]
  readonly feeds: readonly FeedView[]
  readonly failing_sources: readonly SourceView[]
  readonly runner: Activity
  readonly running: readonly RunningStep[]
  /** Other projects with tables in this database; absent if this project is the only one. */
  readonly other_projects?: readonly OtherProject[] | undefined
  /** What workers share; absent if none ever did. */
  readonly work?: WorkView | undefined
}

export interface TableView extends TableOverview {
  /** When its source is due to be read again; null if no runner is active. */
  readonly next_check_at: string | null
  /** How to fix its failure, or the decision it waits for; null if it neither fails nor waits. */
  readonly fix: Fix | null
}

export interface FeedView extends FeedOverview {
  /** How to bring back the tables that are left out; null if none is. */
  readonly fix: Fix | null
}

export interface SourceView extends SourceSummary {
  readonly fix: Fix
}

/** The freshness settings of a config. */
export type FreshnessConfig = Pick<PromiseOptions, 'sources' | 'freshWithin'>

export interface RunningStep {
  readonly run: number
  readonly table: string
  readonly partition: string
  readonly kind: string
  /** The window as text; both null for a full refresh of the partition. */
  readonly from: string | null
  readonly to: string | null
  readonly attempt: number
  readonly began_at: string
  readonly rows_read: number
}

type Looking = Pick<Destination, 'state' | 'query' | 'now'>

/** Cached row counts, valid until the next sync. */
type Counted = Map<string, RowCount & { readonly at: bigint | null }>

export interface StatusReaderOptions {
  readonly config: FreshnessConfig & ConcurrencyConfig
  readonly command: CommandText
  /** Asks what workers share. Absent: they cannot share such a destination. */
  readonly askWork?: ((destination: Looking) => Promise<WorkStatus | undefined>) | undefined
  /** Names of tables and sources; absent: all. */
  readonly select?: readonly string[] | undefined
}

/** Reads the status of a destination repeatedly at little cost: counts rows again only after a sync. */
export function createStatusReader(
  destination: Looking,
  { config, command, askWork, select = [] }: StatusReaderOptions,
): () => Promise<StatusView> {
  const counted: Counted = new Map()
  const leftOf = createLeftReader(config)
  return async () => {
    const state = selectedState(await destination.state(), select)
    const steps = await listSteps(destination, { running: true, limit: 1000, isAlive })
    const running = select.length === 0 ? steps : steps.filter(({ table }) => state.tables.has(table))
    await countInto(counted, { destination, state, busy: new Set(running.map(({ table }) => table)) })
    const [now, rejects] = [await destination.now(), await countRejects(destination)]
    const runner = await askActivity(destination, isAlive)
    const promised = promisedBy({ ...config, everyMs: runner.every_ms ?? undefined })
    const work = await askWork?.(destination)
    const left = await leftOf(destination, state)
    const overview = overviewOf(state, { now, rows: counted, rejects, promised, workLeft: left })
    return {
      ...overview,
      tables: overview.tables.map((table) => tableView(table, runner, command)),
      feeds: overview.feeds.map((feed) => feedView(feed, command)),
      failing_sources: overview.failing_sources.map((source) => sourceView(source, command)),
      runner,
      running: running.map((step) => runningStep(step, state)),
      other_projects: otherProjects(state),
      ...(work === undefined ? {} : { work: workView(work, state, command) }),
    }
  }
}

/** Adds when each table is due, if a runner is active, and how to fix what fails. */
export function tableView(table: TableOverview, { state, next_run_at }: Activity, command: CommandText): TableView {
  const { last_checked_at: last, every_ms: everyMs, paused_for, removed_at } = table
  const isDue = state !== 'none' && paused_for === null && removed_at === null
  const at = last === null || everyMs === null ? next_run_at : new Date(Date.parse(last) + everyMs).toISOString()
  return {
    ...table,
    next_try_at: isDue ? table.next_try_at : null,
    next_check_at: isDue ? (at !== null && next_run_at !== null && at < next_run_at ? next_run_at : at) : null,
    fix: fixFor(table, command),
  }
}

/** Adds how to bring back the tables that are left out: all of them with one command. */
export function feedView(feed: FeedOverview, command: CommandText): FeedView {
  const [first] = feed.left_out
  return { ...feed, fix: first === undefined ? null : feedAgain(first, command) }
}

export function sourceView(source: SourceSummary, command: CommandText): SourceView {
  const { name, last_error: message, error_code: code, error_remedy: remedy } = source
  const failed = { source: name, message, code: code ?? undefined, remedy: remedy ?? 'retry' }
  return { ...source, fix: fixOf(failed, command) }
}

function fixFor(table: TableOverview, command: CommandText): Fix | null {
  const { name, paused_for, last_error, error_code, error_remedy } = table
  if (paused_for !== null) return decisionOn({ name, pausedFor: paused_for }, command)
  if (last_error === null) return null
  // An older state has no remedy: its message says how to fix it, and the next run stores one.
  return fixOf(
    { table: name, message: last_error, code: error_code ?? undefined, remedy: error_remedy ?? 'retry' },
    command,
  )
}

/** The user must not wait long: the more tables there are, the sooner counting stops in each. */
const COUNTED_IN_ALL = 20_000_000
const MAX_ROWS_COUNTED = 1_000_000
const LEAST = 20_000

interface Counting {
  readonly destination: Looking
  readonly state: State
  readonly busy: ReadonlySet<string>
}

async function countInto(counted: Counted, { destination, state, busy }: Counting): Promise<void> {
  const most = Math.min(MAX_ROWS_COUNTED, Math.max(LEAST, Math.floor(COUNTED_IN_ALL / Math.max(1, state.tables.size))))
  const again: TableState[] = []
  for (const table of state.tables.values()) {
    const { name, lastSyncedAt: at, present } = table
    const known = counted.get(name)
    if (known !== undefined && known.at === at && !busy.has(name)) continue
    counted.delete(name)
    if (present === 'empty') counted.set(name, { at, rows: 0, isExact: true })
    if (present === 'rows') again.push(table)
  }
  // A table that was just dropped, or whose columns were modified outside Tidemark, is shown without a count.
  const names = again.map(({ name }) => name)
  const counts = await countTables(destination, names, { most })
  for (const { name, lastSyncedAt: at } of again) {
    const count = counts.get(name)
    if (count !== undefined) counted.set(name, { at, ...count })
  }
}

function runningStep(step: StepRecord, state: State): RunningStep {
  const text = (position: bigint | undefined): string | null =>
    position === undefined ? null : (positionText(state.tables.get(step.table), position) ?? null)
  return {
    run: step.run,
    table: step.table,
    partition: step.partition,
    kind: step.kind,
    from: text(step.window?.from),
    to: text(step.window?.to),
    attempt: step.attempt,
    began_at: formatInstant(step.beganAt, 'Z', 3),
    rows_read: step.rows.read,
  }
}
