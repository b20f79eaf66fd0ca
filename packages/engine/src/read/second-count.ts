import { floorTo, type Logger, type Question, type Range, type Table } from '@tidemark/core/engine'
import type { SourceWait } from '../source/source-wait.ts'
import { questionOf, type ReadRange } from './read-range.ts'

export interface CountTask {
  readonly table: Table
  readonly client: unknown
  readonly log: Logger
  /** What `read` is given. */
  readonly partition: unknown
  /** What was read; undefined: the whole partition. */
  readonly ranges: Iterable<Range | undefined>
  readonly wait: SourceWait
}

/**
 * Looks with a second eye at what a reader gave: rows that the system counts by itself and the reader did not give. A
 * reader that stops too early cannot find that out, and read again it stops at the same place.
 */
export async function unreadRows(
  { table, client, log, partition, ranges, wait }: CountTask,
  { rows, rejected, deduped }: ReadRange,
): Promise<number> {
  const { countRows } = table
  if (countRows === undefined) return 0
  const question = { client, log, partition } as Pick<Question, 'client' | 'log' | 'partition'>
  let counted = 0
  for (const range of ranges) {
    // Asked for between two values that the cursor can write, the system would count rows outside of the range.
    if (range !== undefined && !isWritten(range, table)) return 0
    const answer = await wait.answer(() => countRows(questionOf({ table, range, question }, wait.signal)))
    // Where one window cannot be counted there is no count of the whole.
    if (typeof answer !== 'number') return 0
    counted += answer
  }
  return Math.max(0, counted - rows - rejected - deduped)
}

function isWritten({ from, to }: Range, { cursor }: Table): boolean {
  const tick = cursor?.tick ?? 1n
  return floorTo(to, tick) === to && (from === undefined || floorTo(from, tick) === from)
}
