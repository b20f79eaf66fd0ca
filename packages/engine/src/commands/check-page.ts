import { floorTo, type Range } from '@tidemark/core/engine'
import { type Failure, failureOf, isDestinationFailure } from '../failure/failure.ts'
import type { LookOptions } from '../options.ts'
import type { PlannedPartition, PlannedTable } from '../plan/planned-table.ts'
import { type FirstPage, firstPage } from '../read/first-page.ts'
import { shapeOf } from '../run/shape-of.ts'
import { silenceOf } from '../source/stall.ts'
import type { Clock } from '../time/clock.ts'

/** What reading one page of a table came to; neither: there is nothing to read. */
export interface CheckedPage {
  readonly page: FirstPage | undefined
  readonly failure: Failure | undefined
}

/** Windows that are tried until one has a row. */
const MAX_WINDOWS = 5

/** Reads one page of a table, of what the next sync would read first. @throws what the destination threw. */
export async function checkPage(
  { discovered, partitions }: PlannedTable,
  options: LookOptions & { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<CheckedPage> {
  const { destination, clock, signal, settings = {}, redact = (text: string) => text } = options
  try {
    const { encoder } = await destination.preview(shapeOf(discovered))
    // A feed is not asked: that it is read is noticed at its source.
    if (discovered.fed !== undefined) return { page: undefined, failure: undefined }
    const asked = partitions.filter((one) => one.discovered.failure === undefined)
    const partition = asked.find((one) => nextRanges(one).length > 0) ?? asked[0]
    if (partition === undefined) return { page: undefined, failure: undefined }
    const ranges = nextRanges(partition)
    const task = {
      discovered,
      partition: partition.discovered,
      encoder,
      signal,
      clock,
      redact,
      ms: silenceOf(settings),
    }
    const known = ranges.length > 0 ? ranges : newestRanges(discovered.table, partition)
    return { page: await firstPage({ ...task, ranges: known }), failure: undefined }
  } catch (error) {
    if (signal.aborted || isDestinationFailure(error)) throw error
    return { page: undefined, failure: failureOf(error) }
  }
}

/** What the next sync reads of a partition, in its order. */
function nextRanges({ steps }: PlannedPartition): readonly (Range | undefined)[] {
  const next = steps.only(({ kind }) => kind !== 'unchanged')[Symbol.iterator]()
  return [...next.take(MAX_WINDOWS)].map(({ read }) => read)
}

/** If nothing is to be read: the newest of what exists. */
function newestRanges(
  { cursor, window, lookback }: PlannedTable['discovered']['table'],
  { discovered, continuesFrom, wanted }: PlannedPartition,
): readonly (Range | undefined)[] {
  if (cursor === undefined) return [undefined]
  const to = discovered.end ?? continuesFrom
  if (to === undefined) return []
  const few = cursor.tick * 1000n
  const from = floorTo(to - (window ?? (lookback > few ? lookback : few)), cursor.tick)
  const start = wanted?.from
  return [{ from: start !== undefined && start > from ? start : from, to }]
}
