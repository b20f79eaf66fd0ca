import { SyncError } from '@tidemark/core'
import { isDeleted, type Prepared, type Range } from '@tidemark/core/engine'
import type { SurveyedPartition, SurveyedTable } from '../discover/catalog.ts'
import { answered } from '../source/answered.ts'
import { ofSource } from '../source/source-guard.ts'
import type { Clock } from '../time/clock.ts'
import { PageReader } from './page-reader.ts'
import { questionOf } from './read-range.ts'
import { notPages } from './step-error.ts'

export interface FirstPageTask {
  readonly surveyed: SurveyedTable
  readonly partition: SurveyedPartition
  readonly encoder: Prepared['encoder']
  /** What the next sync reads first, the first of it first; one undefined: the whole partition. */
  readonly ranges: readonly (Range | undefined)[]
  readonly signal: AbortSignal
  readonly clock: Clock
  /** How long all of it may take. */
  readonly ms: number
  readonly redact: (text: string) => string
}

/** What one page of a table came to. */
export interface FirstPage {
  readonly rows: number
  readonly rejected: number
  /** Why most of the rejected ones do not fit. */
  readonly why: string | undefined
}

/** Of more rows no more is learned. */
const MAX_ROWS = 1000
/** Pages without a row of the window, as of a source that knows no bounds. */
const MAX_PAGES = 10

/**
 * Reads the first page that has a row, trimmed, validated and encoded as a step would, and no further. Nothing is written.
 *
 * @throws what the source threw; SyncError code `timeout` where it takes too long.
 */
export async function firstPage(task: FirstPageTask): Promise<FirstPage> {
  const { surveyed, signal, clock, ms } = task
  const { guard } = surveyed.use
  const given = new AbortController()
  const stop = AbortSignal.any([signal, guard.signal, given.signal])
  try {
    return await answered(read(task, stop), { clock, signal: stop, ms })
  } catch (error) {
    throw ofSource(error)
  } finally {
    given.abort(new DOMException('the page is read', 'AbortError'))
  }
}

async function read(task: FirstPageTask, signal: AbortSignal): Promise<FirstPage> {
  const { table } = task.surveyed
  let pages = 0
  for (const range of task.ranges) {
    const { reader, iterator } = open(task, range, signal)
    let ended = false
    try {
      while (!ended && pages < MAX_PAGES && !signal.aborted) {
        const next = await task.surveyed.use.guard.run(() => iterator.next())
        // A source without I/O would let no timer have its turn.
        await task.clock.turn()
        ended = next.done === true
        if (ended || isDeleted(next.value)) continue
        const page: unknown = Array.isArray(next.value) ? next.value.slice(0, MAX_ROWS) : next.value
        for (const _ of reader.add(page)) break
        if (Array.isArray(page) && page.length > 0) pages++
        const found = pageOf(task, reader, page)
        if (found !== undefined) return found
      }
    } finally {
      if (!ended) void Promise.try(() => iterator.return?.()).catch(() => {})
    }
    if (table.cursor === undefined) break
  }
  return { rows: 0, rejected: 0, why: undefined }
}

function open({ surveyed, partition, encoder, redact }: FirstPageTask, range: Range | undefined, signal: AbortSignal) {
  const { table, columns, use } = surveyed
  const part = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
  const reader = new PageReader({ table, columns, encoder, range, part, redact })
  const question = { client: use.client as never, log: use.log, partition: partition.value as never }
  const pages = use.guard.run(() => table.read(questionOf({ table, range, question }, signal)))
  if (typeof pages?.[Symbol.asyncIterator] !== 'function') throw notPages(table)
  return { reader, iterator: pages[Symbol.asyncIterator]() }
}

/** What a page came to; undefined where none of its rows is of the window. */
function pageOf({ surveyed, redact }: FirstPageTask, reader: PageReader, page: unknown): FirstPage | undefined {
  const { read: all, trimmed, rejected } = reader.counts
  const rows = all - trimmed
  if (rows > 0) return { rows, rejected, why: reader.reasons.text(surveyed.columns, redact) }
  const { cursor, name } = surveyed.table
  if (cursor === undefined || !Array.isArray(page) || page.length === 0) return undefined
  const withCursor = page.some((row) => (row as Record<string, unknown> | null)?.[cursor.column] != null)
  if (withCursor) return undefined
  throw new SyncError(
    `none of the ${page.length} rows of the first page has the cursor "${cursor.column}", so table "${name}" would stay empty; name the column that they have as the cursor`,
    'fix-source',
    { code: 'no-cursor' },
  )
}
