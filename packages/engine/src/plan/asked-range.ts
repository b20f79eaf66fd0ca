import { SyncError } from '@tidemark/core'
import type { Range } from '@tidemark/core/engine'
import type { DiscoveredTable } from '../discover/catalog.ts'
import { askedWindow, type WrittenWindow } from './asked-window.ts'

/** What a run of one table is restricted to, as a user writes it. */
export interface RangeOptions extends WrittenWindow {
  /** Absent: all partitions. */
  readonly partition?: string | undefined
  /** The window in positions, where a program has it so; in place of `from` and `to`. */
  readonly window?: Range | undefined
}

/** The same in positions. */
export interface AskedRange {
  /** Undefined: whatever is planned. */
  readonly window: Range | undefined
  readonly partition: string | undefined
}

/** @throws SyncError `fix-config`, code `usage`, where the table has no such range. */
export function askedRange(
  { name, table, partitions, unasked = [], failure, fed }: DiscoveredTable,
  asked: RangeOptions,
): AskedRange {
  if (fed !== undefined) throw notByWindow(name)
  const window = asked.window ?? askedWindow({ name, cursor: table.cursor }, asked)
  const { partition } = asked
  if (partition !== undefined && failure === undefined) {
    if (table.partitions === undefined)
      throw new SyncError(`table "${name}" has no partitions: leave out --partition`, 'fix-config', { code: 'usage' })
    const ids = [...partitions.map(({ id }) => id), ...unasked]
    if (!partitions.some(({ id }) => id === partition)) throw unknownPartition(name, partition, ids)
  }
  return { window, partition }
}

/** What a feed tells has no windows. */
export const notByWindow = (name: string): SyncError =>
  new SyncError(
    `table "${name}" comes from a feed and has no windows; leave out the range: all tables of its feed are synced together`,
    'fix-config',
    { code: 'usage' },
  )

const MAX_PARTITIONS_LISTED = 20

export function unknownPartition(table: string, partition: string, known: readonly string[]): SyncError {
  const more = known.length > MAX_PARTITIONS_LISTED ? ` and ${known.length - MAX_PARTITIONS_LISTED} more` : ''
  const listed = `${known.slice(0, MAX_PARTITIONS_LISTED).join(', ') || 'none'}${more}`
  return new SyncError(`table "${table}" has no partition "${partition}"; it has ${listed}`, 'fix-config', {
    code: 'usage',
  })
}
