import { SyncError } from '@tidemark/core'
import { AnswerSize, isDeleted, type Table, windowAt } from '@tidemark/core/engine'
import type { DiscoveredPartition, DiscoveredSource, DiscoveredTable } from '../discover/catalog.ts'
import { unknownTable } from '../discover/selection.ts'
import { withCatalog } from '../discover/with-catalog.ts'
import type { LookOptions } from '../options.ts'
import { eachPage } from '../read/page-loop.ts'
import { ALONE } from '../schedule/task.ts'
import { rowsIn, waitingFor } from '../source/source-wait.ts'
import { patienceOf } from '../source/stall.ts'
import { systemClock } from '../time/clock.ts'

export interface Sample {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

export interface ShowOptions {
  readonly table: string
  /** How many rows. */
  readonly limit: number
  /** How many bytes the rows may have. */
  readonly mostBytes: number
}

/**
 * Reads the first rows of a table from its source, newest window first, as the source gives them; writes nothing.
 *
 * @throws SyncError code `query` where they do not fit.
 */
export async function show(options: LookOptions, { table: wanted, limit, mostBytes }: ShowOptions): Promise<Sample> {
  const stop = new AbortController()
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
  const state = await options.destination.state()
  const asked = { ...options, select: [wanted] }
  return await withCatalog(asked, state, signal, async (catalog) => {
    const tables = catalog.sources.flatMap((source) => source.tables)
    const found = tables.find((one) => one.name === wanted) ?? tables.find((one) => one.table.name === wanted)
    if (found === undefined) throw missing(wanted, catalog.sources, tables)
    if (found.failure !== undefined)
      throw new SyncError(found.failure.message, found.failure.remedy, { code: found.failure.code })
    if (found.fed !== undefined)
      throw new SyncError(
        `table "${found.name}" comes from a feed, which is not read only to look at it; sync it, then query it`,
        'fix-config',
        { code: 'query' },
      )
    const rows: Record<string, unknown>[] = []
    const size = new AnswerSize(mostBytes)
    const add = (row: Record<string, unknown>): void => {
      size.add(Object.values(row ?? {}))
      rows.push(row)
    }
    for (const partition of found.partitions) {
      if (rows.length >= limit) break
      await take(found, partition, { remaining: limit - rows.length, add, signal, options })
    }
    return { table: found.name, columns: found.columns.map((column) => column.name), rows }
  }).finally(() => stop.abort())
}

function missing(wanted: string, sources: readonly DiscoveredSource[], tables: readonly DiscoveredTable[]): SyncError {
  const failed = sources.find((source) => source.failure !== undefined)?.failure
  if (failed !== undefined && tables.length === 0)
    return new SyncError(failed.message, failed.remedy, { code: failed.code })
  return unknownTable(
    wanted,
    tables.map((table) => table.name),
  )
}

interface Taking {
  /** How many more rows are wanted. */
  readonly remaining: number
  readonly add: (row: Record<string, unknown>) => void
  readonly signal: AbortSignal
  readonly options: LookOptions
}

async function take(
  found: DiscoveredTable,
  partition: DiscoveredPartition,
  { remaining: left, add, signal, options }: Taking,
): Promise<void> {
  const { table, source } = found
  if (partition.failure !== undefined) throw new SyncError(partition.failure.message, partition.failure.remedy)
  if (table.cursor !== undefined && partition.unsettledEnd === undefined) return
  const question = { client: source.client as never, log: source.log, partition: partition.value as never }
  const bounds = boundsOf(table, found, partition)
  const { clock = systemClock, settings = {} } = options
  const waiting = { clock, signal, ...patienceOf(settings), guard: source.guard, slot: ALONE, isOverTime: () => false }
  let wanted = left
  await waitingFor(waiting, (wait) =>
    eachPage({
      table,
      read: () => source.guard.run(() => table.read({ ...question, signal: wait.signal, ...bounds })),
      next: (ask) => wait.page(ask, rowsIn),
      take: (page) => {
        if (Array.isArray(page)) {
          const rows = page.slice(0, wanted) as Record<string, unknown>[]
          for (const row of rows) add(row)
          wanted -= rows.length
        } else if (!isDeleted(page))
          throw new SyncError(
            'read() yielded something that is not a page; a page is an array of rows, or deleted([…])',
            'fix-source',
          )
        return wanted > 0 ? 'more' : 'enough'
      },
      stop: () => wait.end(),
      clock,
      signal,
    }),
  )
}

/** The whole range there is, as the table would be asked for it when first seen; a table with a window is asked for its newest. */
function boundsOf(table: Table, { options }: DiscoveredTable, { start, unsettledEnd }: DiscoveredPartition): object {
  if (table.cursor === undefined || unsettledEnd === undefined) return {}
  const configured = options.start ?? start
  const newest = table.window === undefined ? configured : unsettledEnd - table.window
  const from = newest !== undefined && configured !== undefined && newest < configured ? configured : newest
  return windowAt({ from, to: unsettledEnd }, table.cursor)
}
