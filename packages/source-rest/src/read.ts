import { columnsChanged } from '@tidemark/core'
import {
  type BodyFormat,
  byCursor,
  byLink,
  byNextUrl,
  byOffset,
  byPageNumber,
  bySince,
  type CursorPaging,
  type CursorValue,
  compareCursors,
  type HttpAnswer,
  type HttpRequest,
  isWildcard,
  type ListPage,
  newestFirst,
  onePage,
  type PagesOptions,
  type Paging,
  pages,
  reanchored,
  streamed,
  type TotalPlace,
  totalOf,
} from '@tidemark/http'
import { names } from './check-tables.ts'
import type { ColumnWatch } from './column-watch.ts'
import { configFailure } from './config-failure.ts'
import { checkOnly, onlyPage } from './only-page.ts'
import type { ParentPartition } from './parent-partition.ts'
import type { RestClient } from './rest-client.ts'
import { rowFilter } from './row-filter.ts'
import type { RowMaker } from './row-maker.ts'
import type { RestTable } from './table-config.ts'
import { filled, filledDeep, filledPath } from './template.ts'
import { justBefore } from './time-format.ts'

export type Row = Record<string, unknown>

export interface Reading {
  readonly table: RestTable
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly partition?: ParentPartition | undefined
  readonly signal: AbortSignal
  /** Makes the table's rows of the API's. */
  readonly make: RowMaker
  /** Makes those that the filter leaves out: their cursor and key still say where the list is. */
  readonly makeOther?: RowMaker | undefined
  readonly longestWaitMs?: number | undefined
  /** How often a request is sent at most. */
  readonly attempts?: number | undefined
  /** Rows are only looked at: what is not there has no consequence. */
  readonly isGlance?: true | undefined
  /** Sees what has no column: such a list is looked at further, and begins again with more columns. */
  readonly watch?: ColumnWatch | undefined
}

/** So many pages are looked at behind the first that has more, so that few lists begin twice again. */
const MAX_PAGES_AHEAD = { whole: 100, window: 20 }

/** The rows of a table, page by page, with values of its types. @throws `columnsChanged` where `watch` saw something. */
export async function* readRows(client: RestClient, reading: Reading): AsyncGenerator<Row[]> {
  const { table, watch } = reading
  const { make, keep } = rowFilter(table, reading.make, reading.makeOther)
  let ahead = MAX_PAGES_AHEAD[table.cursor === undefined ? 'whole' : 'window']
  try {
    for await (const { rows: all, answer } of listOf(client, { ...reading, make })) {
      const rows = keep(all)
      client.clock.see(answer)
      if (watch?.hasSeen !== true) {
        if (rows.length > 0) yield rows as Row[]
      } else if (--ahead < 0) break
    }
  } catch (error) {
    throw configFailure(error, table.name)
  }
  if (watch?.hasSeen !== true) return
  client.grow(table.name, watch.kinds)
  throw columnsChanged(`rows have fields that were not found at first: ${namesOf(watch.kinds)}`)
}

const namesOf = (kinds: ReadonlyMap<string, number>): string => {
  const names = [...kinds.keys()].map((name) => `"${name}"`)
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
}

async function* listOf(client: RestClient, reading: Reading): AsyncGenerator<ListPage<unknown>> {
  const { table, make } = reading
  const list = listOptions(reading)
  const format = formatOf(table)
  if (format !== undefined && (table.pagination === undefined || table.pagination.type === 'none')) {
    const request = requestOf(reading, reading.from)
    const check = table.pagination === undefined ? (answer: HttpAnswer) => checkOnly(table.name, answer) : undefined
    yield* streamed(client.http, {
      request,
      format,
      checks: { failure: list.failure, errors: list.errors },
      map: make,
      check,
    })
    return
  }
  if (isNewestFirst(table)) {
    const own = (row: unknown) => cursorOf(row, table.cursor!)
    yield* newestFirst(client.http, {
      ...list,
      map: make,
      request: requestOf(reading, reading.from),
      from: reading.from,
      cursorOf: own,
    })
    return
  }
  if (!isReanchored(table)) {
    yield* pages(client.http, { ...list, map: make, request: requestOf(reading, reading.from) })
    return
  }
  yield* reanchored<unknown>(client.http, {
    ...list,
    from: reading.from,
    request: (since) => requestOf(reading, since as string | undefined),
    cursorOf: (row) => cursorOf(row, table.cursor!),
    keyOf: list.keyIn === undefined ? undefined : (row) => list.keyIn?.(row) ?? textOf(row),
    map: make,
  })
}

/**
 * How many rows the API counts in a list that is read whole: where the config says where, or in a header that means
 * nothing else. Undefined where it does not count, or counts what a window does not hold.
 */
export async function countRows(client: RestClient, reading: Omit<Reading, 'make'>): Promise<number | undefined> {
  const { table } = reading
  const { pagination, cursor, single, total = pagination?.type === 'offset' ? pagination.total : undefined } = table
  const isOther = single || table.filter !== undefined || isWildcard(table.rows) || table.format !== 'json'
  if (cursor !== undefined || isOther || total === false || pagination?.type === 'none') return undefined
  const request = pagingOf(table).first(requestOf(reading, undefined))
  const checks = { rows: table.rows, success: table.success, failure: table.failure, errors: table.errors }
  const answer = await client.http.request({ ...request, checks })
  return totalOf(total === undefined ? { ...answer, body: undefined } : answer, table.rows, total)
}

/** A cursor without a position, such as NULL, does not say where its row stands. */
function cursorOf(row: unknown, name: string): CursorValue | undefined {
  const value = (row as Row | null)?.[name]
  return typeof value === 'string' && compareCursors(value, value) === 0 ? value : undefined
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner))

/** Whether pages are asked for by the last cursor seen. A cursor that the server keeps does not move, all else may. */
export function isReanchored(table: RestTable): boolean {
  if (table.cursor === undefined || table.ordered !== 'ascending' || !names(table, 'from')) return false
  return table.reanchor ?? !['none', 'cursor'].includes(table.pagination?.type ?? 'none')
}

/** Whether the list is read from its newest row to the first known one, its pages by nothing but their place. */
export function isNewestFirst({ cursor, ordered, pagination }: RestTable): boolean {
  return cursor !== undefined && ordered === 'descending' && isByPlace(pagination)
}

const isByPlace = (pagination: RestTable['pagination']): boolean =>
  pagination?.type === 'page' || pagination?.type === 'offset'

/** What a table's request is, for a bound that may be another than the window's. */
export function requestOf(
  { table, to, partition, signal, longestWaitMs, attempts }: Omit<Reading, 'make'>,
  from: string | undefined,
): HttpRequest {
  const isExclusive = table.since === 'exclusive' && from !== undefined
  const fill = { from: isExclusive ? justBefore(from) : from, to, partition }
  const query = Object.entries(table.params).map(([name, value]) => [
    name,
    Array.isArray(value)
      ? value.map((one) => (typeof one === 'string' ? filled(one, fill) : one)).filter((one) => one !== undefined)
      : typeof value === 'string'
        ? filled(value, fill)
        : value,
  ])
  return {
    path: filledPath(table.path, fill, table.name),
    query: Object.fromEntries(query) as HttpRequest['query'],
    headers: table.headers,
    method: table.method,
    ...(table.method === 'POST' ? { body: filledDeep(table.body ?? {}, fill), idempotent: true as const } : {}),
    empty: table.statuses?.empty,
    format: formatOf(table),
    signal,
    longestWaitMs,
    attempts,
  }
}

/** How the answers of a table write their rows; undefined: JSON. */
function formatOf({ format, none }: RestTable): BodyFormat | undefined {
  if (format === 'json') return undefined
  if (format === 'ndjson') return { type: 'ndjson' }
  const csv = format === 'csv' ? { type: 'csv' as const } : format
  return { ...csv, mayBeEmpty: none === 'absent' ? true : undefined }
}

function listOptions({ table, isGlance }: Reading): Omit<PagesOptions, 'request'> {
  return {
    paging: pagingOf(table),
    rows: table.rows,
    none: table.none,
    keyedBy: table.keyedBy,
    single: table.single ? true : undefined,
    success: table.success,
    failure: table.failure,
    total: totalPlace(table),
    keyIn: keyOf(table),
    recheck: isGlance !== true && isRechecked(table) ? true : undefined,
    errors: table.errors,
    empty: table.statuses?.empty,
    end: table.statuses?.end,
  }
}

/**
 * What is not there in a list that is read whole counts as deleted, and what a list from the newest row misses is never
 * asked for again: so neither must have moved meanwhile.
 */
function isRechecked(table: RestTable): boolean {
  const { pagination, primaryKey, cursor } = table
  if (pagination?.type !== 'page' && pagination?.type !== 'offset') return false
  return pagination.recheck !== false && primaryKey !== undefined && (cursor === undefined || isNewestFirst(table))
}

/** Where the rows are counted; nowhere in a list that is meant to be one page of more. */
function totalPlace({ total, pagination }: RestTable): TotalPlace | undefined {
  return total ?? (pagination?.type === 'none' ? false : undefined)
}

/** What identifies a row within a list; undefined of one without its key. */
function keyOf({ primaryKey }: RestTable): ((row: unknown) => string | undefined) | undefined {
  if (primaryKey === undefined) return undefined
  return (row) => {
    const key = primaryKey.map((name) => (row as Row | null)?.[name])
    return key.some((value) => value === undefined || value === null) ? undefined : textOf(key)
  }
}

function pagingOf({ name, pagination }: RestTable): Paging {
  if (pagination === undefined) return onlyPage(name)
  switch (pagination.type) {
    case 'none':
      return onePage()
    case 'link':
      return byLink(pagination.rel)
    case 'next_url':
      return byNextUrl(pagination.at)
    case 'cursor':
      return byCursor(pagination as CursorPaging)
    case 'page':
      return byPageNumber(pagination)
    case 'offset':
      return byOffset(pagination)
    case 'since':
      return bySince(pagination)
  }
}
