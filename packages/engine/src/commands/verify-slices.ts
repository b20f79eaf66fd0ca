import { type Comparison, floorTo, type Range, split, type Table } from '@tidemark/core/engine'

/** What is compared at a time. */
export interface Slice {
  readonly number: number
  readonly partition: string
  /** Undefined: the whole partition. */
  readonly window: Range | undefined
}

/** About so many rows are compared at a time. */
const ROWS = 250_000
/** The least number of slices to choose a sample from, if the table can be sliced at all. */
const SAMPLED = 100

export interface Cutting {
  readonly comparison: Comparison
  readonly table: Table
  /** A sample is chosen: the slices are smaller. */
  readonly fine: boolean
}

/** Cuts a covered range of a partition into slices of about the same length on the cursor. */
export async function cutIntoSlices(
  partition: string,
  range: Range,
  { comparison, table, fine }: Cutting,
): Promise<readonly Range[]> {
  // Each call would page from the newest row down to its window.
  if (table.ordered === 'descending' && table.window === undefined) return [range]
  const { rows, lowest } = await comparison.extent({ partition, window: range })
  const pieces = Math.max(Math.ceil(rows / ROWS), fine ? Math.min(SAMPLED, rows) : 1)
  if (pieces <= 1 || lowest === undefined) return [range]
  const from = range.from ?? lowest
  const tick = table.cursor?.tick ?? 1n
  const length = floorTo((range.to - from) / BigInt(pieces), tick)
  if (length < tick) return [range]
  const [first, ...rest] = split({ from: floorTo(from, tick), to: range.to }, length)
  return first === undefined ? [range] : [{ from: range.from, to: first.to }, ...rest]
}

/** Chooses a share of the slices, by a seed: the same seed chooses the same ones. */
export function chooseSome<T>(all: readonly T[], share: number, seed: number): readonly T[] {
  if (share >= 1 || all.length === 0) return all
  const wanted = Math.max(1, Math.round(all.length * share))
  const random = generator(seed)
  const order = all.map((_, at) => ({ at, by: random() })).sort((a, b) => a.by - b.by)
  const chosen = new Set(order.slice(0, wanted).map(({ at }) => at))
  return all.filter((_, at) => chosen.has(at))
}

/** A small generator (mulberry32), because what it gives must not change with the engine. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
