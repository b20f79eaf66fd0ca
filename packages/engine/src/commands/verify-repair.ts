import { intersect, type StateChange, type TableState } from '@tidemark/core/engine'
import { withTables } from '../lease/with-tables.ts'
import type { RunOptions } from '../options.ts'
import { limitWindows, windowContaining } from '../plan/window-containing.ts'
import type { Report } from '../report/report.ts'
import { resync } from './resync.ts'
import { sync } from './sync.ts'

/**
 * Requests a resync of the places that differ, and reads them through the ordinary commit: equal rows are left alone,
 * deleted rows are marked, within the deletion limit. A resync requested here and not done stays requested: the next sync does it.
 *
 * @param places positions of rows that differ, by partition.
 * @throws SyncError where another runner holds the table; nothing is asked for then.
 */
export async function repair(
  options: RunOptions,
  table: TableState,
  places: ReadonlyMap<string, ReadonlySet<bigint>>,
): Promise<Report> {
  const { destination } = options
  // Its feed alone knows how to read rows: all of its chunks are read again.
  if (table.fed !== undefined) return await resync(options, { table: table.name })
  const changes = [...places].flatMap(([partition, positions]) => resyncsOf(table, partition, positions))
  return await withTables(destination, [table.name], async (held) => {
    for (const lease of held) await destination.record(lease, changes)
    return await sync({ ...options, select: [table.name], only: 'resyncs', leases: held })
  })
}

function resyncsOf(
  { schema: recorded, partitions }: TableState,
  partition: string,
  positions: ReadonlySet<bigint>,
): readonly StateChange[] {
  const type = recorded?.cursor?.type
  const reason = 'verify --repair'
  if (type === undefined) return [{ kind: 'resync', partition, window: undefined, reason }]
  const around = limitWindows([...positions].map((position) => windowContaining(position, type)))
  return intersect(around, partitions.get(partition)?.covered ?? []).map((window) => ({
    kind: 'resync',
    partition,
    window,
    reason,
  }))
}
