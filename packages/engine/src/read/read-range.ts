import { type Question, type Range, windowAt } from '@tidemark/core/engine'
import { INT64_MAX } from '@tidemark/core/values'
import { rowsIn, type SourceWait } from '../source/source-wait.ts'
import type { Clock } from '../time/clock.ts'
import { orderedWindow } from './ordered-window.ts'
import { eachPage } from './page-loop.ts'
import { PageReader } from './page-reader.ts'
import type { Gathered, PageReaderOptions } from './page-reader-options.ts'
import { outOfOrder } from './step-error.ts'

export interface RangeTask extends Omit<PageReaderOptions, 'range'> {
  /** Undefined: the whole partition. */
  readonly range: Range | undefined
  /** Rows outside of the range, too, are taken. */
  readonly keeps?: 'all' | undefined
  /** What `read` is given beside the range. */
  readonly question: Pick<Question, 'client' | 'log' | 'partition'>
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Waits for the source. */
  readonly wait: SourceWait
}

/** What came of a range. */
export interface ReadRange {
  readonly rows: number
  readonly rejected: number
  /** Rows that came more than once. */
  readonly deduped: number
  /** Rows with fields that the schema does not name. */
  readonly undeclared: number
  /** A row was rejected whose key cannot be read. */
  readonly keyless: boolean
  /** Pages that held something. */
  readonly pages: number
}

const EVERYTHING: Range = { from: undefined, to: INT64_MAX }

/** Reads a range of one partition, trimmed, validated and encoded as a step would; nothing is written. */
export async function readRange(
  task: RangeTask,
  take: (gathered: Gathered) => void | Promise<void>,
): Promise<ReadRange> {
  const { table, range, signal, clock, wait } = task
  const reader = new PageReader({ ...task, range: task.keeps === 'all' ? EVERYTHING : range })
  const ordered = orderedWindow(table, range, range)
  const given = new AbortController()
  const stopped = (): void => given.abort(wait.signal.reason)
  if (wait.signal.aborted) stopped()
  wait.signal.addEventListener('abort', stopped, { once: true })
  const sums = { rows: 0, rejected: 0, deduped: 0, undeclared: 0 }
  let filled = 0
  const hand = async (): Promise<void> => {
    const gathered = reader.take()
    sums.rows += gathered.rows.length
    sums.rejected += gathered.counts.rejected
    sums.deduped += gathered.counts.deduped
    sums.undeclared += gathered.undeclared
    await take(gathered)
  }
  try {
    await eachPage({
      table,
      read: () => table.read(questionOf(task, given.signal)),
      next: (ask) => wait.page(ask, rowsIn),
      take: async (page) => {
        if (Array.isArray(page) && page.length > 0) filled++
        for (const _ of reader.add(page)) await hand()
        if (ordered === undefined) return 'more'
        if (reader.disordered) throw outOfOrder(table)
        return ordered.sawPage(reader) ? 'past' : 'more'
      },
      stop: () => given.abort(new DOMException('the range is read', 'AbortError')),
      clock,
      signal,
    })
  } finally {
    wait.signal.removeEventListener('abort', stopped)
  }
  await hand()
  return { ...sums, pages: filled, keyless: reader.keyless }
}

/** What a table is asked about a range of one partition. */
export function questionOf(
  { table, range, question }: Pick<RangeTask, 'table' | 'range' | 'question'>,
  signal: AbortSignal,
): Question {
  const bounds = table.cursor === undefined || range === undefined ? {} : windowAt(range, table.cursor)
  return { ...question, signal, ...bounds } as unknown as Question
}
