import type { Window } from './window.ts'

/** A position of a cursor. JavaScript orders and subtracts numbers and bigints alike, as long as they are not mixed. */
type Position = number | bigint

/** Below zero where the first starts before the second; an open start is below all. */
export function compareStarts<P extends Position>(a: P | undefined, b: P | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  return a < b ? -1 : 1
}

function byStart<P extends Position>({ from: a }: Window<P>, { from: b }: Window<P>): number {
  return a === undefined || b === undefined ? compareStarts(a, b) : a < b ? -1 : a > b ? 1 : 0
}

/** The same windows sorted, those that touch or overlap joined, without empty ones. */
export function joinWindows<P extends Position>(windows: readonly Window<P>[]): Window<P>[] {
  const sorted = windows.filter(({ from, to }) => from === undefined || from < to)
  sorted.sort(byStart)
  const joined: Window<P>[] = []
  for (const one of sorted) {
    const last = joined.at(-1)
    if (last === undefined || (one.from !== undefined && one.from > last.to)) joined.push(one)
    else if (one.to > last.to) joined[joined.length - 1] = { from: last.from, to: one.to }
  }
  return joined
}

/**
 * At most so many windows that hold all that the given ones do, and as little else as that allows: those with the
 * smallest gaps between them are joined, of equal gaps the higher ones. For a source that calls many small windows stale,
 * where each costs a request.
 *
 * @param most 1 or more.
 * @returns them sorted, those that touch or overlap joined however few there are.
 */
export function coalesceWindows<P extends Position>(windows: readonly Window<P>[], most: number): readonly Window<P>[] {
  const joined = joinWindows(windows)
  if (joined.length <= most) return joined
  const gaps = joined.slice(1).map(({ from }, at) => ((from as number) - (joined[at]!.to as number)) as P)
  const sizes = gaps.toSorted((a, b) => (a < b ? 1 : -1))
  const smallest = sizes[most - 2]
  // How many gaps of the smallest size stay open beside the larger ones.
  let open = smallest === undefined ? 0 : most - 1 - sizes.indexOf(smallest)
  const few: { from: P | undefined; to: P }[] = []
  for (const [at, { from, to }] of joined.entries()) {
    const gap = gaps[at - 1]
    const isOpen = gap === undefined || (smallest !== undefined && (gap > smallest || (gap === smallest && open-- > 0)))
    if (isOpen) few.push({ from, to })
    else few.at(-1)!.to = to
  }
  return few
}
