import { floorTo } from './cursor.ts'
import { isEmpty, type Range } from './window.ts'

/**
 * Coverage: the ranges of a partition that are committed, as a set. Every function takes ranges in any order,
 * overlapping or not, and gives them sorted, disjoint and joined.
 */
export type Coverage = readonly Range[]

/** Compares two starts; an open one is below all. */
function compareStarts(a: bigint | undefined, b: bigint | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  return a < b ? -1 : 1
}

// Sets that `union` made: asking for their union again costs nothing, which planning a million windows needs.
const JOINED = new WeakSet<readonly Range[]>()

/** The same set, sorted, without overlaps, neighbours joined. */
export function union(...sets: readonly (readonly Range[])[]): Coverage {
  const [first] = sets
  if (sets.length === 1 && first !== undefined) {
    if (JOINED.has(first)) return first
    if (isJoined(first)) return remember(first.slice())
  }
  const sorted = sets.flat().filter((one) => !isEmpty(one))
  sorted.sort((a, b) => compareStarts(a.from, b.from))
  const joined: Range[] = []
  for (const one of sorted) {
    const last = joined.at(-1)
    if (last === undefined || (one.from !== undefined && one.from > last.to)) joined.push(one)
    else if (one.to > last.to) joined[joined.length - 1] = { from: last.from, to: one.to }
  }
  return remember(joined)
}

function remember(joined: Range[]): Coverage {
  JOINED.add(joined)
  return joined
}

/** Whether a set is joined as it stands: sorted, none empty, a gap between any two. */
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
  for (const whole of union(wanted)) {
    let from = whole.from
    let open = true
    for (const hole of holes) {
      if (from !== undefined && hole.to <= from) continue
      if (hole.from !== undefined && hole.from >= whole.to) break
      if (hole.from !== undefined && (from === undefined || from < hole.from)) left.push({ from, to: hole.from })
      from = hole.to
      if (from >= whole.to) {
        open = false
        break
      }
    }
    if (open && (from === undefined || from < whole.to)) left.push({ from, to: whole.to })
  }
  return left
}

/** What is in both sets. */
export function intersect(a: readonly Range[], b: readonly Range[]): Coverage {
  const left = union(a)
  return subtract(left, subtract(left, b))
}

/** What is wanted and not covered: the one subtraction that everything follows from. */
export function gaps(wanted: Range, covered: readonly Range[]): Coverage {
  return subtract([wanted], covered)
}

/** Cuts a range into windows of at most `size`, counted from its start; one with an open start is not cut. */
export function split(whole: Range, size: bigint | undefined): readonly Range[] {
  if (isEmpty(whole)) return []
  if (size === undefined || whole.from === undefined) return [whole]
  const windows: Range[] = []
  let { from } = whole
  for (; whole.to - from > size; from += size) windows.push({ from, to: from + size })
  windows.push({ from, to: whole.to })
  return windows
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

/** Whether a position lies in a range. */
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
 * tick, but not below the covered window that is looked back into.
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

/** The range of a joined set that ends at a position, by bisection. */
function endingAt(joined: Coverage, end: bigint): Range | undefined {
  let low = 0
  let high = joined.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (joined[middle]!.to < end) low = middle + 1
    else high = middle
  }
  return joined[low]?.to === end ? joined[low] : undefined
}

/** How far a wanted range is complete from its start; undefined where its first part is missing. */
export function completeTo(wanted: Range, covered: readonly Range[]): bigint | undefined {
  const first = gaps(wanted, covered)[0]
  if (first === undefined) return wanted.to
  return compareStarts(first.from, wanted.from) === 0 ? undefined : first.from
}
