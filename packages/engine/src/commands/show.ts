import { SyncError } from '@tidemark/core'
import { AnswerSize, isDeleted, type Table, windowAt } from '@tidemark/core/engine'
import { abortable } from '@tidemark/core/values'
import type { SurveyedPartition, SurveyedTable, SurveyedUse } from '../discover/catalog.ts'
import { unknownTable } from '../discover/selection.ts'
import { survey } from '../discover/survey.ts'
import type { LookOptions } from '../options.ts'
import { closeAll, surveyOptions } from './sync.ts'

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
  const catalog = await survey(surveyOptions({ ...options, select: [wanted] }, state, signal))
  try {
    const tables = catalog.uses.flatMap((use) => use.tables)
    const found = tables.find((one) => one.name === wanted) ?? tables.find((one) => one.table.name === wanted)
    if (found === undefined) throw missing(wanted, catalog.uses, tables)
    if (found.failure !== undefined)
      throw new SyncError(found.failure.message, found.failure.remedy, { code: found.failure.code })
    const rows: Record<string, unknown>[] = []
    const size = new AnswerSize(mostBytes)
    const add = (row: Record<string, unknown>): void => {
      size.add(Object.values(row ?? {}))
      rows.push(row)
    }
    for (const partition of found.partitions) {
      if (rows.length >= limit) break
      await take(found, partition, { left: limit - rows.length, add, signal })
    }
    return { table: found.name, columns: found.columns.map((column) => column.name), rows }
  } finally {
    stop.abort()
    await closeAll(catalog)
  }
}

function missing(wanted: string, uses: readonly SurveyedUse[], tables: readonly SurveyedTable[]): SyncError {
  const failed = uses.find((use) => use.failure !== undefined)?.failure
  if (failed !== undefined && tables.length === 0)
    return new SyncError(failed.message, failed.remedy, { code: failed.code })
  return unknownTable(
    wanted,
    tables.map((table) => table.name),
  )
}

interface Taking {
  /** How many more rows are wanted. */
  readonly left: number
  readonly add: (row: Record<string, unknown>) => void
  readonly signal: AbortSignal
}

async function take(found: SurveyedTable, partition: SurveyedPartition, { left, add, signal }: Taking): Promise<void> {
  const { table } = found
  if (partition.failure !== undefined) throw new SyncError(partition.failure.message, partition.failure.remedy)
  if (table.cursor !== undefined && partition.unsettledEnd === undefined) return
  const question = {
    client: found.use.client as never,
    signal,
    log: found.use.log,
    partition: partition.value as never,
    ...boundsOf(table, found, partition),
  }
  const iterator = table.read(question)[Symbol.asyncIterator]()
  try {
    for (let missing = left; missing > 0; ) {
      const next = await abortable(iterator.next(), signal)
      if (next.done === true) return
      if (Array.isArray(next.value)) {
        const page = next.value.slice(0, missing) as Record<string, unknown>[]
        for (const row of page) add(row)
        missing -= page.length
      } else if (!isDeleted(next.value))
        throw new SyncError('read() yielded what is no page; a page is an array of rows, or deleted([…])', 'fix-source')
    }
  } finally {
    void Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

/** The whole range there is, as the table would be asked for it at first sight; a table with a window is asked for its newest. */
function boundsOf(table: Table, { options }: SurveyedTable, { start, unsettledEnd }: SurveyedPartition): object {
  if (table.cursor === undefined || unsettledEnd === undefined) return {}
  const configured = options.start ?? start
  const newest = table.window === undefined ? configured : unsettledEnd - table.window
  const from = newest !== undefined && configured !== undefined && newest < configured ? configured : newest
  return windowAt({ from, to: unsettledEnd }, table.cursor)
}
