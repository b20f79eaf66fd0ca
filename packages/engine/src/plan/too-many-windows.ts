import { SyncError } from '@tidemark/core'
import { type Cursor, textAt, union } from '@tidemark/core/engine'
import { tablePlace } from '../config/config-path.ts'
import { durationText } from '../time/duration-text.ts'
import type { PlannedPartition, PlannedTable } from './planned-table.ts'

/** The most windows of a plausible backfill of a partition; at a request a second they take more than a day. More are a mistake. */
export const MOST_WINDOWS = 100_000
/** Of a table with more, each run still reads this many of the newest, */
const READ_IN_TABLE = 1000
/** and this many of each of its partitions. */
const READ_AT_LEAST = 10

export function hasTooMany({ steps }: Pick<PlannedPartition, 'steps'>): boolean {
  return steps.count > MOST_WINDOWS
}

/** Whether there are too many of them together with those that a run leaves out. */
export function hasTooManyInAll({ steps, outside }: Pick<PlannedPartition, 'steps' | 'outside'>): boolean {
  return steps.count + outside.count > MOST_WINDOWS
}

/** How many windows of a partition with too many of them a run reads in each lane. */
export function readAllTheSame(partitions: number): number {
  return Math.max(READ_AT_LEAST, Math.ceil(READ_IN_TABLE / partitions))
}

/** Why a partition cannot be read to its end; undefined where it can. */
export function tooManyWindows(
  { name, discovered, partitions }: Pick<PlannedTable, 'name' | 'discovered' | 'partitions'>,
  partition: PlannedPartition,
): SyncError | undefined {
  const { source, table } = discovered
  const { cursor, window } = table
  if (!hasTooMany(partition) || cursor === undefined || window === undefined) return undefined
  const { id } = partition.discovered
  const ranges = union(partition.steps.ranges())
  const [oldest, newest] = [ranges[0]!, ranges.at(-1)!]
  const what = `${name}${id === '' ? '' : ` (${id})`}: the range to read, ${textOf(oldest.from, cursor)} to ${textAt(newest.to, cursor)}, has ${countText(partition.steps.count)} windows of ${sizeText(window, cursor)}`
  const read = countText(readAllTheSame(partitions.length))
  const place = tablePlace(source.name, table.name)
  return new SyncError(
    `${what}, and more than ${countText(MOST_WINDOWS)} would never finish; each run reads the newest ${read}. Set ${place}.initialSyncStart to where its rows begin, or give the table a longer "window", or none`,
    'fix-config',
    { code: 'too-many-windows' },
  )
}

const textOf = (position: bigint | undefined, cursor: Cursor): string =>
  position === undefined ? 'the beginning' : textAt(position, cursor)
const sizeText = (size: bigint, { type }: Cursor): string => (type === 'integer' ? countText(size) : durationText(size))
/** A count as a message shows it: `1,000`. */
export const countText = (count: number | bigint): string => count.toLocaleString('en-US')
