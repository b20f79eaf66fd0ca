import { type Coverage, type Range, union } from '@tidemark/core/engine'

/** What a coverage is drawn on: a piece of a cursor's line, from where the backfill starts to the present. */
export interface Axis {
  readonly from: bigint
  readonly to: bigint
}

/** A piece of an axis as fractions of its length, and the share of the partitions that have it. */
export interface Segment {
  readonly from: number
  readonly to: number
  readonly share: number
}

/**
 * The coverages of all partitions of a table on one axis: sorted, disjoint, and none of share 0. With several partitions
 * the share says how many of them have the piece. Pure.
 */
export function segmentsOn(axis: Axis, partitions: readonly (readonly Range[])[]): readonly Segment[] {
  const edges = new Map<bigint, number>()
  const add = (at: bigint, by: number): void => void edges.set(at, (edges.get(at) ?? 0) + by)
  for (const covered of partitions) {
    for (const { from, to } of union(covered)) {
      if (to <= axis.from) continue
      add(from ?? axis.from, 1)
      add(to, -1)
    }
  }
  const sorted = [...edges].filter(([, by]) => by !== 0).sort(([a], [b]) => (a < b ? -1 : 1))
  const segments: Segment[] = []
  let depth = 0
  for (const [at, [position, by]] of sorted.entries()) {
    depth += by
    const next = sorted[at + 1]
    if (next === undefined || depth === 0) continue
    const [from, to] = [placeOn(axis, position), placeOn(axis, next[0])]
    if (from < to) segments.push({ from, to, share: depth / partitions.length })
  }
  return segments
}

/** The place of a position on an axis: 0 at its start and below, 1 at its end and above. */
export function placeOn({ from, to }: Axis, position: bigint): number {
  if (position <= from) return 0
  return position >= to ? 1 : Number(position - from) / Number(to - from)
}

/** How much of a piece of the axis is covered: 0 to 1. */
export function shareBetween(segments: readonly Segment[], from: number, to: number): number {
  let covered = 0
  for (const segment of segments) {
    const length = Math.min(segment.to, to) - Math.max(segment.from, from)
    if (length > 0) covered += length * segment.share
  }
  return to > from ? Math.min(1, covered / (to - from)) : 0
}

/** An open start is drawn as so long before the first bound that is known, and as no less than what is known: it may be most. */
const OPEN_START = 30n * 86_400_000_000n

export interface AxisOptions {
  /** Where the backfills of its partitions start; undefined: an open start. */
  readonly starts: readonly (bigint | undefined)[]
  readonly coverages: readonly Coverage[]
  /** The present on this cursor; undefined where only the source knows it. */
  readonly present: bigint | undefined
}

/** The axis that shows a table whole; undefined where nothing is known yet. */
export function axisOf({ starts, coverages, present }: AxisOptions): Axis | undefined {
  const ranges = coverages.flat()
  const ends = [...ranges.map(({ to }) => to), ...(present === undefined ? [] : [present])]
  const bounds = [...starts, ...ranges.map(({ from }) => from)].filter((one) => one !== undefined)
  const to = most(ends, (a, b) => a > b)
  if (to === undefined) return undefined
  const isOpen = starts.includes(undefined) || ranges.some(({ from }) => from === undefined)
  const first = most([...bounds, ...(isOpen ? ranges.map((range) => range.to) : [])], (a, b) => a < b) ?? to
  const from = isOpen ? first - most([OPEN_START, to - first], (a, b) => a > b)! : first
  return from < to ? { from, to } : undefined
}

function most(positions: readonly bigint[], isMore: (a: bigint, b: bigint) => boolean): bigint | undefined {
  return positions.reduce<bigint | undefined>(
    (kept, one) => (kept === undefined || isMore(one, kept) ? one : kept),
    undefined,
  )
}
