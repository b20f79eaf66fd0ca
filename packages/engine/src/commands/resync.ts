import { SyncError } from '@tidemark/core'
import {
  feedKey,
  intersect,
  listedPartitions,
  type Range,
  type State,
  type StateChange,
  type TableState,
} from '@tidemark/core/engine'
import { otherProject } from '../discover/other-project.ts'
import { unknownTable } from '../discover/selection.ts'
import { withCatalog } from '../discover/with-catalog.ts'
import { withTables } from '../lease/with-tables.ts'
import type { RunOptions } from '../options.ts'
import { notByWindow } from '../plan/asked-range.ts'
import { askedWindow } from '../plan/asked-window.ts'
import type { Report } from '../report/report.ts'
import { coverageFacts, lateNames } from '../run/added-columns.ts'
import { sync } from './sync.ts'

export interface ResyncOptions {
  readonly table: string
  /** Cursor values as text; absent: the whole coverage. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Forgets the table's rows and coverage first; the only way out of a changed key, cursor or source system. */
  readonly full?: boolean | undefined
}

/**
 * Requests a resync of a table: its covered windows become resyncs, which replace what changed and mark what was deleted, or with
 * `full` everything of it is forgotten first. Then the table is synced. The feed of a table that has one is read again from its
 * beginning, with all of its tables.
 *
 * @throws SyncError `fix-config` where the table is not known, has no source here, is held by another runner, or the window
 * is empty.
 */
export async function resync(options: RunOptions, wanted: ResyncOptions): Promise<Report> {
  const { destination } = options
  const state = await destination.state()
  const table = knownTable(state, wanted.table)
  if (table.fed !== undefined && (wanted.from !== undefined || wanted.to !== undefined)) throw notByWindow(table.name)
  const there = [...options.sources, ...(options.unavailable ?? [])]
  if (!there.some(({ name }) => name === table.source)) throw unlisted(table)
  if (wanted.full === true) await checkReadable(options, state, table)
  return await withTables(destination, [table.name], async (held) => {
    for (const lease of held) {
      if (wanted.full === true) await destination.reset(lease, table.name)
      else if (table.fed === undefined) await destination.record(lease, resyncsOf(table, windowOf(table, wanted)))
    }
    const restartFeed = table.fed && feedKey({ source: table.source, feed: table.fed.feed })
    return await sync({ ...options, select: [table.name], leases: held, restartFeed })
  })
}

/** A tracked table by its name in the destination, or in its source where that is one of a kind. @throws SyncError `fix-config`. */
export function knownTable(state: State, name: string): TableState {
  const exact = state.tables.get(name)
  if (exact !== undefined) return exact
  const same = [...state.tables.values()].filter((table) => table.table === name)
  if (same.length === 1 && same[0] !== undefined) return same[0]
  const foreign = same.length === 0 ? state.others?.get(name) : undefined
  if (foreign !== undefined) throw otherProject(foreign)
  throw unknownTable(name, [...state.tables.keys()])
}

const unlisted = ({ name, source }: Pick<TableState, 'name' | 'source'>): SyncError =>
  new SyncError(
    `table "${name}" was not changed: its source "${source}" is not installed or no longer lists it`,
    'fix-config',
    { code: 'not-readable' },
  )

/** Nothing is forgotten that could not be read again: its source must answer, list the table and say what there is. */
async function checkReadable(options: RunOptions, state: State, { name, source }: TableState): Promise<void> {
  const signal = options.signal ?? new AbortController().signal
  await withCatalog({ ...options, select: [name] }, state, signal, (catalog) => {
    const use = catalog.sources.find((one) => one.name === source)
    const table = use?.tables.find((one) => one.name === name)
    const failure =
      use?.failure ?? table?.failure ?? table?.partitions.find((one) => one.failure !== undefined)?.failure
    if (failure !== undefined) {
      throw new SyncError(
        `table "${name}" was not changed, because its source cannot be read: ${failure.message}`,
        failure.remedy,
        { code: 'not-readable' },
      )
    }
    if (table === undefined) throw unlisted({ name, source })
  })
}

const windowOf = ({ name, schema: recorded }: TableState, wanted: ResyncOptions): Range | undefined =>
  askedWindow({ name, cursor: recorded?.cursor }, wanted)

/** Only what is covered now is resynced: the rest is a gap, which is read anyway. */
function resyncsOf(table: TableState, window: Range | undefined): readonly StateChange[] {
  const { schema: recorded } = table
  if (recorded?.cursor != null && window === undefined)
    return [...coverageFacts(table, 'resync', 'assumed'), { kind: 'columns-read', columns: lateNames(recorded) }]
  const listed = listedPartitions(table)
  return listed.flatMap(({ partition, covered }) => {
    const windows = recorded?.cursor == null || window === undefined ? [undefined] : intersect([window], covered)
    return windows.map((one) => ({ kind: 'resync' as const, partition, window: one, reason: 'resync' }))
  })
}
