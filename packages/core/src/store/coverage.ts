import { floorTo } from '../contract/cursor.ts'
import { compareStarts, joinWindows } from '../values/coalesce-windows.ts'
import { isEmpty, type Range } from '../values/window.ts'

/**
 * Coverage: the ranges of a partition that are committed, as a set. Every function takes ranges in any order,
 * overlapping or not, and gives them sorted, disjoint and joined.
 */
export type Coverage = readonly Range[]

// Sets that `union` made: asking for their union again costs nothing, which planning a million windows needs. Looking through a
// few ranges costs less than remembering that they are joined does the collector.
const FEW = 8
const JOINED = new WeakSet<readonly Range[]>()

/** The same set, sorted, without overlaps, neighbours joined. */
export function union(...sets: readonly (readonly Range[])[]): Coverage {
  const [first, second] = sets
  if (sets.length === 1 && first !== undefined) {
    if (JOINED.has(first)) return first
    if (isJoined(first)) return remember(first.slice())
  }
  // One window beside many: each step of a run asks for it.
  if (sets.length === 2 && first !== undefined && second?.length === 1 && JOINED.has(first))
    return remember(withOne(first, second[0]!))
  return remember(joinWindows(sets.flat()))
}

function remember(joined: Range[]): Coverage {
  if (joined.length > FEW) JOINED.add(joined)
  return joined
}

/** A joined set with one more range, found by bisection. */
function withOne(joined: Coverage, one: Range): Range[] {
  if (isEmpty(one)) return [...joined]
  const start = one.from === undefined ? 0 : firstFrom(joined, one.from)
  let end = start
  let { from, to } = one
  for (
    let next = joined[end];
    next !== undefined && (next.from === undefined || next.from <= one.to);
    next = joined[end]
  ) {
    if (compareStarts(next.from, from) < 0) from = next.from
    if (next.to > to) to = next.to
    end++
  }
  return joined.toSpliced(start, end - start, { from, to })
}

/** Whether a set is already joined: sorted, none empty, a gap between any two. */
function isJoined(ranges: readonly Range[]): boolean {
  let last: bigint | undefined
  for (const one of ranges) {
    if (isEmpty(one) || (last !== undefined && (one.from === undefined || one.from <= last))) return false
    last = one.to
  }
  return true
}

/** What is in the first set and not in the second. */
export function subtract(wanted: readonly Range[], covered: readonly Range[]): Coverage {
  const holes = union(covered)
  const left: Range[] = []
  // Both are sorted, so that no hole is looked at twice but one that reaches into the next range.
  let next = 0
  for (const whole of union(wanted)) {
    let from = whole.from
    let open = true
    while (from !== undefined && next < holes.length && holes[next]!.to <= from) next++
    for (let at = next; at < holes.length; at++) {
      const hole = holes[at]!
      if (hole.from !== undefined && hole.from >= whole.to) break
      if (hole.from !== undefined && (from === undefined || from < hole.from)) left.push({ from, to: hole.from })
      next = at
      from = hole.to
      if (from >= whole.to) {
        open = false
        break
      }
    }
    if (open && (from === undefined || from < whole.to)) left.push({ from, to: whole.to })
  }
  return remember(left)
}

/** What is in both sets. */
export function intersect(a: readonly Range[], b: readonly Range[]): Coverage {
  const left = union(a)
  return subtract(left, subtract(left, b))
}

/** What is wanted and not covered: the subtraction that every plan follows from. */
export function gaps(wanted: Range, covered: readonly Range[]): Coverage {
  return subtract([wanted], covered)
}

/** Cuts a range at a position; nothing where a side is empty. */
export function cutAt(
  { from, to }: Range,
  at: bigint,
): { readonly below: Range | undefined; readonly above: Range | undefined } {
  if (at >= to) return { below: { from, to }, above: undefined }
  if (from !== undefined && at <= from) return { below: undefined, above: { from, to } }
  return { below: { from, to: at }, above: { from: at, to } }
}

/** The smallest range that holds both. */
export function hull(a: Range, b: Range | undefined): Range {
  if (b === undefined) return a
  const [{ from }] = compareStarts(a.from, b.from) < 0 ? [a] : [b]
  const [{ to }] = a.to > b.to ? [a] : [b]
  return { from, to }
}

/** Whether a position is in a range. */
export function contains({ from, to }: Range, position: bigint | number): boolean {
  return (from === undefined || position >= from) && position < to
}

export interface Lookback {
  readonly covered: readonly Range[]
  /** How far to reach, in the cursor's unit. */
  readonly lookback: bigint
  readonly tick: bigint
  /** Below this nothing is read again (`end − retention`). */
  readonly floor?: bigint | undefined
}

/**
 * Where to start reading a gap: below its start by the lookback where a covered end borders it, rounded down to the
 * tick, but not below the covered window that the lookback overlaps.
 */
export function readFrom({ from }: Range, { covered, lookback, tick, floor }: Lookback): bigint | undefined {
  if (from === undefined || lookback <= 0n) return from
  const bordering = endingAt(union(covered), from)
  if (bordering === undefined) return from
  let start = floorTo(from - lookback, tick)
  if (bordering.from !== undefined && start < bordering.from) start = bordering.from
  if (floor !== undefined && start < floor) start = floor
  return start < from ? start : from
}

/** The range of a joined set that ends at a position. */
function endingAt(joined: Coverage, end: bigint): Range | undefined {
  const found = joined[firstFrom(joined, end)]
  return found?.to === end ? found : undefined
}

/** Which range of a joined set is the first that reaches up to a position, by bisection. */
function firstFrom(joined: Coverage, position: bigint): number {
  let low = 0
  let high = joined.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (joined[middle]!.to < position) low = middle + 1
    else high = middle
  }
  return low
}

/** How far a wanted range is complete from its start; undefined if its beginning is missing. */
export function completeTo(wanted: Range, covered: readonly Range[]): bigint | undefined {
  const first = gaps(wanted, covered)[0]
  if (first === undefined) return wanted.to
  return compareStarts(first.from, wanted.from) === 0 ? undefined : first.from
}
