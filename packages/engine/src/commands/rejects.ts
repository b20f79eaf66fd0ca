import { SyncError } from '@tidemark/core'
import {
  type CursorType,
  type Destination,
  quotedCommand,
  type Range,
  type StateChange,
  type TableState,
} from '@tidemark/core/engine'
import { unknownTable } from '../discover/selection.ts'
import { withTables } from '../lease/with-tables.ts'
import type { RunOptions } from '../options.ts'
import { limitWindows, windowContaining } from '../plan/window-containing.ts'
import type { Report } from '../report/report.ts'
import { sync } from './sync.ts'

/** The position of a rejected row. */
export interface RejectPlace {
  readonly id: number
  readonly table: string
  readonly partition: string
  readonly position: bigint | undefined
  /** What the step read that rejected it. */
  readonly window: Range | undefined
}

/**
 * Requests a resync of the windows with rejected rows, then syncs their tables: a row that fits now is written, one that
 * does not is rejected again in its old place. Asking twice requests the same.
 *
 * @throws SyncError where another runner holds one of the tables; nothing is asked for then.
 */
export async function retryRejects(options: RunOptions, rejects: readonly RejectPlace[]): Promise<Report> {
  const { destination } = options
  const { tables } = await destination.state()
  const byTable = Map.groupBy(rejects, ({ table }) => table)
  const names = [...byTable.keys()]
  const fed = names.find((name) => tables.get(name)?.fed !== undefined)
  if (fed !== undefined)
    throw new SyncError(
      `rejected rows of "${fed}" come from a feed and cannot be requested by themselves; correct them at the source, which then sends them again, or read all again with ${quotedCommand('resync', [fed])}`,
      'fix-config',
      { code: 'usage' },
    )
  return await withTables(destination, names, async (held) => {
    for (const lease of held) {
      const table = tables.get(lease.table)
      if (table === undefined) throw unknownTable(lease.table, [...tables.keys()])
      await destination.record(lease, resyncsOf(table, byTable.get(lease.table) ?? []))
    }
    return await sync({ ...options, select: names, leases: held })
  })
}

/** Drops rejected rows for good. The record of a run of its own says so. */
export async function dropRejects(destination: Destination, rejects: readonly RejectPlace[]): Promise<void> {
  const byTable = Map.groupBy(rejects, ({ table }) => table)
  await withTables(destination, [...byTable.keys()], async (leases) => {
    const run = await destination.startRun()
    const dropped: string[] = []
    try {
      for (const lease of leases) {
        const ids = (byTable.get(lease.table) ?? []).map(({ id }) => id)
        await destination.record(lease, [{ kind: 'drop-rejects', ids }])
        dropped.push(
          `${ids.length} of ${lease.table} (${ids.slice(0, MAX_IDS_SHOWN).join(', ')}${ids.length > MAX_IDS_SHOWN ? ', …' : ''})`,
        )
      }
    } finally {
      const error = `rejected rows dropped by a user: ${dropped.join('; ') || 'none'}`
      await destination.recordRun(run, [{ kind: 'ended', exitCode: 0, error }])
    }
  })
}

const MAX_IDS_SHOWN = 20

function resyncsOf(
  { schema: recorded, partitions }: TableState,
  rejects: readonly RejectPlace[],
): readonly StateChange[] {
  return [...Map.groupBy(rejects, ({ partition }) => partition)].flatMap(([partition, own]) => {
    // A partition that the source no longer lists cannot be read.
    if (partitions.get(partition)?.removedAt !== null) return []
    const type = recorded?.cursor?.type
    const windows = type === undefined ? [undefined] : limitWindows(own.flatMap((one) => windowOf(one, type)))
    return windows.map((window) => ({ kind: 'resync' as const, partition, window, reason: 'rejects retry' }))
  })
}

/** The position of a row, or all that was read if it is unknown. */
function windowOf({ position, window }: RejectPlace, type: CursorType): readonly Range[] {
  if (position === undefined) return window === undefined ? [] : [window]
  return [windowContaining(position, type)]
}
