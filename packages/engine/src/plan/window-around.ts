import { type CursorType, floorTo, type Range } from '@tidemark/core/engine'
import { coalesceWindows } from '@tidemark/core/values'

/** A whole second is a window that every source can be asked for, whatever it compares. */
const UNIT: Readonly<Record<CursorType, bigint>> = {
  timestamp: 1_000_000n,
  local_timestamp: 1_000_000n,
  date: 86_400_000_000n,
  integer: 1n,
}

/** The smallest window that every source can be asked for in which a position lies. */
export function windowAround(position: bigint, type: CursorType): Range {
  const from = floorTo(position, UNIT[type])
  return { from, to: from + UNIT[type] }
}

/** So many windows of a partition are asked for again because of some rows in them. */
const MOST_WINDOWS = 100

/** Windows that are to be read again, so few that each can be a request. */
export function fewWindows(windows: readonly Range[]): readonly Range[] {
  return coalesceWindows(windows, MOST_WINDOWS)
}
