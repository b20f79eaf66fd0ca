import { type CursorType, floorTo, type Range } from '@tidemark/core/engine'

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

/** So many windows of a partition are asked for. */
const MOST = 100

/** Joins windows where the gaps between them are smallest, until there are no more than so many. */
export function fewWindows(windows: readonly Range[], most = MOST): readonly Range[] {
  const sorted = windows.toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
  const gaps = sorted
    .slice(1)
    .map((window, at) => startOf(window) - sorted[at]!.to)
    .toSorted((a, b) => (a < b ? 1 : -1))
  const smallest = gaps[most - 2] ?? 0n
  const result: { from: bigint | undefined; to: bigint }[] = []
  for (const { from, to } of sorted) {
    const last = result.at(-1)
    if (last !== undefined && startOf({ from, to }) - last.to <= (smallest > 0n ? smallest : 0n)) {
      if (to > last.to) last.to = to
    } else result.push({ from, to })
  }
  return result
}

const LOWEST = -(2n ** 63n)

/** Where a range begins, an open one below all others. */
export function startOf({ from }: Range): bigint {
  return from ?? LOWEST
}
