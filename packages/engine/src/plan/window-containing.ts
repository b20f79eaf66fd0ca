import { type CursorType, floorTo, type Range } from '@tidemark/core/engine'
import { COLUMN_TYPE_TRAITS, coalesceWindows } from '@tidemark/core/values'

/** The smallest window around a position that every source can read. */
export function windowContaining(position: bigint, type: CursorType): Range {
  const { unit } = COLUMN_TYPE_TRAITS[type].cursor
  const from = floorTo(position, unit)
  return { from, to: from + unit }
}

/** The most windows of a partition that are resynced because of some rows in them. */
const MOST_WINDOWS = 100

/** Windows that are to be read again, so few that each can be a request. */
export function limitWindows(windows: readonly Range[]): readonly Range[] {
  return coalesceWindows(windows, MOST_WINDOWS)
}
