import { type DeletionShare, feedKey, type Range, type State, type TableState } from '@tidemark/core/engine'
import { lookSettings } from '../discover/look-settings.ts'
import { withCatalog } from '../discover/with-catalog.ts'
import type { LookOptions } from '../options.ts'
import { planRun } from '../plan/plan.ts'
import { checkedConfig } from '../plan/plan-config.ts'
import type { PlannedTable } from '../plan/planned-table.ts'
import { deletesOf, type RangePlan, rangesOf } from '../plan/ranges.ts'
import type { Step } from '../plan/step.ts'
import { StepList } from '../plan/step-list.ts'
import { type TaskPlans, tasksOf } from '../plan/tasks.ts'
import { tooManyWindows } from '../plan/too-many-windows.ts'
import { type WindowText, windowText } from '../plan/window-text.ts'
import type { SourceReport } from '../report/report.ts'
import { sourceReports } from '../report/source-reports.ts'

/** What a run would do, for people and for `--json`; windows as text. */
export interface Plan extends TaskPlans {
  readonly sources: readonly SourceReport[]
  readonly tables: readonly TablePlan[]
  readonly removed: readonly string[]
}

export interface TablePlan {
  readonly name: string
  readonly source: string
  readonly table: string
  readonly tracking: 'new' | 'known' | 'returned' | 'paused' | 'failed'
  readonly pausedFor: string | undefined
  readonly failure: string | undefined
  /** Columns that would be added or widened, or that cannot be held. */
  readonly changes: readonly string[]
  readonly partitions: number
  /** The feed that tells it; null: it has none. */
  readonly feed: FeedPlan | null
  /**
   * How many windows would be read, key ranges, or whole partitions; what its source calls unchanged is not. At least so many where
   * `untilEmpty` says so.
   */
  readonly windows: number
  /** Something of it has no start: its windows are read from the end down until one is empty, and are counted as one. */
  readonly untilEmpty: boolean
  /** The same in few words: windows of one kind that follow one another are one range. At most 100, the newest. */
  readonly ranges: readonly RangePlan[]
  /** Where rows that do not come back are marked as deleted or replaced: in a table that is read whole, or in windows that are read again. */
  readonly deletes: 'full_refresh' | 'resyncs' | undefined
  /** Whether rows that are deleted at the source are found by reading it, reported by it, or not seen until a resync. */
  readonly deletions: 'seen' | 'reported' | 'unseen'
  /** The column by which only what is new could be read, where the whole is read each time although its key is a counter. */
  readonly couldBeReadBy: string | undefined
  /** The deletion limit; undefined: any number of rows. */
  readonly deletionLimit: DeletionShare | undefined
  /** What would be read; windows that are read until one is empty are one of them, without a start. */
  readonly steps: readonly StepPlan[]
  /** Steps beyond those that are listed. */
  readonly more: number
  readonly notKept: readonly WindowText[]
}

export interface FeedPlan {
  readonly name: string
  /** Whether a run reads it from its beginning; else it continues. */
  readonly isNew: boolean
  /** From which offset it continues, as JSON text; null: its connector keeps its own state, which may hold secrets. */
  readonly offset: string | null
}

export interface StepPlan {
  readonly partition: string
  readonly lane: 'current' | 'backfill'
  readonly kind: Step['kind']
  /** Undefined where the partition is read whole. */
  readonly window: WindowText | undefined
  /** The range of its key that a full refresh reads, as digits; an open end, or all of it: undefined. */
  readonly keyRange: { readonly from: string | undefined; readonly to: string | undefined } | undefined
  /** Where reading starts, when a lookback reaches under the window. */
  readonly readFrom: string | undefined
}

const MAX_STEPS_LISTED = 1000

/**
 * Discovers and plans; writes nothing and takes no lease. A source that does not answer within half a minute is in `sources`
 * with its failure. @throws like `sync`.
 */
export async function plan(given: LookOptions): Promise<Plan> {
  const options = { ...given, settings: lookSettings(given.settings) }
  const signal = options.signal ?? new AbortController().signal
  const state = await options.destination.state()
  return await withCatalog(options, state, signal, (catalog) => {
    const planned = planRun(catalog, state, checkedConfig(catalog, state, options))
    return {
      sources: sourceReports(options, catalog, state),
      tables: planned.tables.map((table) => tablePlan(table, state)),
      removed: planned.removed,
      ...tasksOf(planned.tables),
    }
  })
}

function tablePlan(planned: PlannedTable, state: State): TablePlan {
  const { discovered, pausedFor } = planned
  const known = state.tables.get(planned.name)
  const steps = new StepList(planned.partitions.flatMap((partition) => partition.steps.spans))
  const failure =
    discovered.failure ?? discovered.partitions.find((partition) => partition.failure !== undefined)?.failure
  const text = (range: Range): WindowText => windowText(range, planned)
  return {
    name: planned.name,
    source: discovered.source.name,
    table: discovered.table.name,
    tracking: pausedFor !== undefined ? 'paused' : discovered.failure !== undefined ? 'failed' : planned.tracking,
    pausedFor,
    failure:
      failure?.message ??
      missingText(planned) ??
      planned.partitions.map((one) => tooManyWindows(planned, one)?.message).find((text) => text !== undefined),
    changes: changeTexts(planned),
    partitions: discovered.partitions.length,
    feed: feedOf(planned, state),
    windows: steps.countIn(({ kind }) => kind !== 'unchanged'),
    untilEmpty: steps.untilEmpty,
    ranges: rangesOf(steps.spans, planned),
    deletes: deletesOf(steps.spans, planned),
    deletions: deletionsOf(planned, known),
    couldBeReadBy: counterOf(planned),
    deletionLimit: discovered.options.deletionLimit,
    steps: steps[Symbol.iterator]()
      .take(MAX_STEPS_LISTED)
      .map(({ partition, lane, kind, window, keyRange, read }) => ({
        partition,
        lane,
        kind,
        window: window === undefined ? undefined : text(window),
        keyRange: keyRange && { from: keyRange.from?.toString(), to: keyRange.to?.toString() },
        readFrom: read?.from === undefined || read.from === window?.from ? undefined : text(read).from,
      }))
      .toArray(),
    more: Math.max(0, steps.count - MAX_STEPS_LISTED),
    notKept: planned.partitions
      .flatMap((partition) => partition.notKept)
      .slice(0, MAX_STEPS_LISTED)
      .map(text),
  }
}

function feedOf({ discovered: { fed, source } }: PlannedTable, { feeds }: State): TablePlan['feed'] {
  if (fed === undefined) return null
  const { name } = fed.feed
  const offset = feeds?.get(feedKey({ source: source.name, feed: name }))?.offset ?? null
  return { name, isNew: offset === null, offset: fed.feed.opaque ? null : offset }
}

function deletionsOf({ discovered: { table } }: PlannedTable, known: TableState | undefined): TablePlan['deletions'] {
  if (table.feed !== undefined) return 'reported'
  if (table.cursor === undefined) return 'seen'
  return table.deletions === 'reported' || known?.reportsDeletions === true ? 'reported' : 'unseen'
}

/** A table whose key is one integer, read whole, and not asked first whether anything has changed. */
function counterOf({ discovered: { table } }: PlannedTable): string | undefined {
  const [key, ...more] = table.primaryKey
  if (
    table.feed !== undefined ||
    table.cursor !== undefined ||
    table.revision !== undefined ||
    key === undefined ||
    more.length > 0
  )
    return undefined
  return table.columns.find(({ name, type }) => name === key && type === 'integer')?.name
}

function missingText({ missingPartitions: missing, partitions }: PlannedTable): string | undefined {
  const count = missing.length
  if (count === 0) return undefined
  return partitions.length === 0
    ? `the source no longer lists any partition; ${count} are missing`
    : `the source no longer lists ${count} of its partitions`
}

function changeTexts({ changes }: PlannedTable): readonly string[] {
  if (changes === undefined) return []
  return [
    ...changes.add.map(({ name, type }) => `column "${name}" (${type}) would be added`),
    ...changes.widen.map(({ name, from, to }) => `column "${name}" would be widened from ${from} to ${to}`),
    ...changes.refuse.map(({ name, from, to }) => `column "${name}" cannot change from ${from ?? 'nothing'} to ${to}`),
  ]
}
