import {
  ALL_KEYS,
  type KeyRangeRef,
  keysBetween,
  openEnded,
  type PartitionState,
  type Range,
  type RefreshedRange,
  subtract,
  union,
} from '@tidemark/core/engine'
import type { DiscoveredPartition, DiscoveredTable } from '../discover/catalog.ts'

/** A full refresh that is read in ranges of its key. */
export interface PlannedRefresh {
  /** Of the columns that were found. */
  readonly schemaHash: string
  readonly generation: string | undefined
  /** What was read up to then does not count: a resync was requested. */
  readonly after: bigint | undefined
  /** Ranges that earlier runs have committed, and that count. */
  readonly committed: readonly RefreshedRange[]
  /** Those that are left to read. */
  readonly ranges: readonly KeyRangeRef[]
}

/** What ranges must have been read as so that they make one full refresh. */
export function versionOf(schemaHash: string, generation: string | undefined): string {
  return generation === undefined ? schemaHash : `${schemaHash} ${generation}`
}

/**
 * Cuts a full refresh where its source says; undefined: it is one read. What the last runs have committed of it is not read
 * again, however long ago that was: the full refresh is as old as its oldest range, and the next one follows it.
 */
export function planKeyRanges(
  { table }: DiscoveredTable,
  { keyRanges, generation }: DiscoveredPartition,
  { refreshed, resyncs, failures, errorCode }: PartitionState,
): PlannedRefresh | undefined {
  if (keyRanges === undefined || table.keyRanges === undefined) return undefined
  const { schemaHash, bounds } = keyRanges
  const { column } = table.keyRanges.column
  // Rows of one range that did not fit are judged with those of all others, which are to be as new as they are.
  const isJudgedAgain = failures > 0 && errorCode === 'reject-limit'
  const after = latest([
    ...resyncs.map(({ askedAt }) => askedAt),
    ...(isJudgedAgain ? refreshed.map(({ readAt }) => readAt) : []),
  ])
  const version = versionOf(schemaHash, generation?.text)
  const committed = refreshed.filter((one) => one.version === version && (after === undefined || one.readAt > after))
  const left = subtract([ALL_KEYS], union(committed.map(keysBetween)))
  const ranges = left.flatMap((range) => cutBy(range, bounds)).map((range) => ({ column, ...openEnded(range) }))
  return { schemaHash, generation: generation?.text, after, committed, ranges }
}

const latest = (times: readonly bigint[]): bigint | undefined =>
  times.reduce<bigint | undefined>((last, at) => (last === undefined || at > last ? at : last), undefined)

/** Cuts a range at sorted positions. */
function cutBy({ from, to }: Range, bounds: readonly bigint[]): readonly Range[] {
  const within = bounds.filter((bound) => (from === undefined || bound > from) && bound < to)
  return [from, ...within].map((start, at) => ({ from: start, to: within[at] ?? to }))
}
