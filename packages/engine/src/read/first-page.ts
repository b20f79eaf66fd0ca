import { SyncError } from '@tidemark/core'
import { isDeleted, type Prepared, type Range } from '@tidemark/core/engine'
import type { DiscoveredPartition, DiscoveredTable } from '../discover/catalog.ts'
import { answered } from '../source/answered.ts'
import { ofSource } from '../source/source-guard.ts'
import type { Clock } from '../time/clock.ts'
import { eachPage } from './page-loop.ts'
import { PageReader } from './page-reader.ts'
import { questionOf } from './read-range.ts'

export interface FirstPageTask {
  readonly discovered: DiscoveredTable
  readonly partition: DiscoveredPartition
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
  const { discovered, signal, clock, ms } = task
  const { guard } = discovered.source
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
  const { table, columns, source } = task.discovered
  const part = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
  const question = { client: source.client as never, log: source.log, partition: task.partition.value as never }
  let pages = 0
  let found: FirstPage | undefined
  for (const range of task.ranges) {
    const reader = new PageReader({
      table,
      columns,
      encoder: task.encoder,
      range,
      batchLimit: part,
      redact: task.redact,
    })
    await eachPage({
      table,
      read: () => source.guard.run(() => table.read(questionOf({ table, range, question }, signal))),
      next: (ask) => source.guard.run(ask),
      take: (given) => {
        if (isDeleted(given)) return 'more'
        const page = Array.isArray(given) ? given.slice(0, MAX_ROWS) : given
        for (const _ of reader.add(page)) break
        if (Array.isArray(page) && page.length > 0) pages++
        found = pageOf(task, reader, page)
        return found === undefined && pages < MAX_PAGES ? 'more' : 'enough'
      },
      stop: () => {},
      clock: task.clock,
      signal,
    })
    if (found !== undefined) return found
    if (table.cursor === undefined || pages >= MAX_PAGES) break
  }
  return { rows: 0, rejected: 0, why: undefined }
}

/** What a page came to; undefined where none of its rows is of the window. */
function pageOf({ discovered, redact }: FirstPageTask, reader: PageReader, page: unknown): FirstPage | undefined {
  const { read: all, trimmed, rejected } = reader.counts
  const rows = all - trimmed
  if (rows > 0) return { rows, rejected, why: reader.reasons.text(discovered.columns, redact) }
  const { cursor, name } = discovered.table
  if (cursor === undefined || !Array.isArray(page) || page.length === 0) return undefined
  const withCursor = page.some((row) => (row as Record<string, unknown> | null)?.[cursor.column] != null)
  if (withCursor) return undefined
  throw new SyncError(
    `none of the ${page.length} rows of the first page has the cursor "${cursor.column}", so table "${name}" would stay empty; name a column that these rows have as the cursor`,
    'fix-source',
    { code: 'no-cursor' },
  )
}
