import { createHash } from 'node:crypto'
import {
  type Column,
  type Context,
  columnsChanged,
  defineSource,
  knownShape,
  milliseconds,
  rowOf,
  SyncError,
  suggestion,
  type Table,
  type Tracked,
} from '@tidemark/core'
import { revisionOf } from '@tidemark/http'
import { ColumnWatch } from './column-watch.ts'
import { columnsOf, type Look, lookAt, NEW_PATIENCE_MS } from './columns.ts'
import { RestConfig } from './config.ts'
import { kindsOf } from './kind.ts'
import { checkPart, type ParentPartition } from './parent-partition.ts'
import { listParts } from './parts.ts'
import { countRows, isNewestFirst, type Reading, readRows, requestOf } from './read.ts'
import { RestClient } from './rest-client.ts'
import { rowMaker } from './row-maker.ts'
import type { RestTable } from './table-config.ts'

export const rest = defineSource({
  name: 'rest',
  config: RestConfig,
  connect: (config, { log, secrets, pace, clock }) =>
    new RestClient(config, log, { secretStore: secrets, pace, clock }),
  identity: ({ client }) => client.host,
})

/** The configured tables, with the columns that their rows have now. */
export async function tablesOf(
  context: Context<RestClient> & { readonly tracked: Tracked },
): Promise<Table<RestClient>[]> {
  const { client, tracked, log, signal } = context
  const look = (table: RestTable) => lookAt({ client, log, signal, table, known: tracked.columns(table.name) })
  const looks = await Promise.all(client.tables.map(look))
  // The tables are asked for again where one of them is late.
  const warn = (message: string, table: string): void =>
    void client.once(`${table}: ${message}`, async () => log.warn(message, { table }))
  for (const [at, table] of client.tables.entries()) warnOfSlips(table, looks[at]!, tracked, warn)
  return client.tables.flatMap((table, at) => {
    const one = madeOf(table, looks[at]!, client.grown(table.name), tracked)
    if (one === undefined) warn('the table has no columns yet, because the API returned no rows', table.name)
    return one ?? []
  })
}

/** The table, or one that only tells what is wrong; undefined where nothing is known yet. */
function madeOf(
  table: RestTable,
  { kinds, error, isLate }: Look,
  grown: ReadonlyMap<string, number>,
  tracked: Tracked,
): Table<RestClient> | undefined {
  const known = tracked.columns(table.name)
  if (isLate && known === undefined && table.infer) return lateTable(table)
  if (error !== undefined && known === undefined && table.infer) return brokenTable(table, error, tracked)
  const columns = columnsOf(table, kindsOf(kinds, grown), known)
  if (columns.length === 0) return undefined
  const problem = problemIn(table, columns)
  if (problem === undefined) return tableOf(table, columns)
  return kinds.size > 0 || known !== undefined ? brokenTable(table, problem, tracked) : undefined
}

/** What the config names and the rows do not have. */
function problemIn({ name, primaryKey = [], cursor }: RestTable, columns: readonly Column[]): SyncError | undefined {
  const types = new Map(columns.map((column) => [column.name, column.type]))
  const fail = (path: string, problem: string): SyncError =>
    new SyncError(`tables.${name}.${path} ${problem}`, 'fix-config')
  const missing = primaryKey.find((column) => !types.has(column))
  const absent = (column: string): string =>
    `names "${column}", which is not in any row; ${suggestion(column, [...types.keys()], 'columns')}`
  if (missing !== undefined) return fail('primaryKey', absent(missing))
  const json = primaryKey.find((column) => types.get(column) === 'json')
  if (json !== undefined)
    return fail('primaryKey', `names "${json}", which is json; name a column that is a text or a number`)
  if (cursor === undefined) return undefined
  const type = types.get(cursor)
  if (type === undefined) return fail('cursor', absent(cursor))
  if (type === 'timestamp' || type === 'date') return undefined
  const way = {
    integer: 'set "unix_seconds" or "unix_milliseconds"',
    double: 'set "unix_seconds" or "unix_milliseconds"',
    local_timestamp: 'set "timestamp" if it is in UTC; a time of an unknown zone cannot be a cursor',
  }[type as string]
  return fail(
    'cursor',
    `names "${cursor}", which is ${type} and not a time; under columns.${cursor} ${way ?? 'set its type, or name another column'}`,
  )
}

type Warn = (message: string, table: string) => void

/** A declared column that no row has may come later. One that is nearly called as theirs is a slip, and stays NULL. */
function warnOfSlips({ name: table, columns }: RestTable, { kinds }: Look, tracked: Tracked, warn: Warn): void {
  const known = new Set(tracked.columns(table)?.map(({ name }) => name))
  for (const name of Object.keys(columns)) {
    const near = kinds.has(name) || known.has(name) ? undefined : suggestion(name, [...kinds.keys()], 'columns')
    if (near?.startsWith('did you mean') === true)
      warn(`tables.${table}.columns names "${name}", which is not in any row; ${near}`, table)
  }
}

/** A new table whose columns are not known yet: its other tables are read meanwhile, and it is found once more when they are. */
function lateTable(table: RestTable): Table<RestClient> {
  const { name } = table
  const partitions = rest.partitions(async (context) => {
    const { error } = await lookAt({ ...context, table, known: undefined }, NEW_PATIENCE_MS)
    if (error !== undefined) throw error
    throw columnsChanged(`the columns of "${name}" are known now`)
  })
  const read = (): never => {
    throw columnsChanged(`the columns of "${name}" are not known yet`)
  }
  return rest.table({ name, row: rowOf([]), partitions, read } as unknown as Parameters<typeof rest.table>[0])
}

/** A table that cannot be read: its failure is its own, not the source's, and what is known of it stays. */
function brokenTable(table: RestTable, problem: unknown, tracked: Tracked): Table<RestClient> {
  const refuse = (): never => {
    throw problem
  }
  const { name, globalKey } = table
  const known = knownShape(name, tracked)
  const shape = { name, ...known, ...(globalKey && known !== undefined ? { globalKey } : {}), read: refuse }
  const failing =
    known === undefined || table.parent !== undefined
      ? { row: rowOf([]), ...shape, partitions: rest.partitions(refuse) }
      : { ...shape, revision: refuse, ...(known.cursor === undefined ? {} : { end: refuse }) }
  return rest.table(failing as unknown as Parameters<typeof rest.table>[0])
}

/** Asks for a page, for what its answer tells beside the rows. */
async function firstPage(client: RestClient, reading: Omit<Reading, 'isGlance'>): Promise<void> {
  const to = new Date().toISOString()
  for await (const _ of readRows(client, { ...reading, to, isGlance: true })) return
}

const length = (text: string | undefined) => (text === undefined ? undefined : milliseconds(msOf(text)))

function tableOf(table: RestTable, columns: readonly Column[]): Table<RestClient> {
  const { parent, cursor, primaryKey } = table
  const make = rowMaker(table, columns)
  const words = createHash('sha256').update(JSON.stringify(table)).digest('hex').slice(0, 16)
  const base = {
    name: table.name,
    row: rowOf(columns.map((column) => (primaryKey?.includes(column.name) ? { ...column, nullable: false } : column))),
    primaryKey,
    globalKey: table.globalKey ? (true as const) : undefined,
    cursor,
    immutable: table.immutable ? (true as const) : undefined,
    // An API that says what it removed is read by a source of its own.
    deletions: cursor === undefined ? undefined : ('unseen' as const),
    // Of a list by place no page says that those before it were whole: it is covered when it has been read.
    ordered: isNewestFirst(table) ? undefined : table.ordered,
    nullCursor: table.nullCursor,
    window: length(table.window),
    lookback: length(table.lookback),
    minAge: length(table.minAge),
    retention: length(table.retention),
  }
  interface Asked {
    readonly client: RestClient
    readonly partition?: ParentPartition
    readonly from?: unknown
    readonly to?: unknown
    readonly signal: AbortSignal
    readonly mayChangeColumns?: true | undefined
  }
  const read = async function* ({ client, partition, from, to, signal, mayChangeColumns }: Asked) {
    checkPart(partition)
    const window = { from: from as string | undefined, to: to as string | undefined }
    const watch = mayChangeColumns === true && table.infer ? new ColumnWatch(columns) : undefined
    const making = watch === undefined ? make : rowMaker(table, columns, watch.see)
    yield* readRows(client, { table, ...window, partition, signal, make: making, makeOther: make, watch })
  }
  const count = ({ client, partition, signal }: Asked) => {
    checkPart(partition)
    return countRows(client, { table, partition, signal })
  }
  // An answer of any table tells it; where none was asked for yet, one is.
  const clock = ({ client, partition, signal }: Asked) =>
    client.clock.now(() =>
      client.once('time', () =>
        client.clock.isInBody ? firstPage(client, { table, partition, signal, make }) : client.http.askTime(signal),
      ),
    )
  const asked = cursor === undefined ? { countRows: count } : { clock }
  const etag = async ({ client, partition, signal, previous }: Asked & { readonly previous: string | undefined }) => {
    checkPart(partition)
    const before = previous?.startsWith(`${words}:`) === true ? previous.slice(words.length + 1) : undefined
    const request = requestOf({ table, partition, signal, longestWaitMs: 60_000 }, undefined)
    const revision = await revisionOf(client.http, request, before)
    return revision === undefined ? undefined : `${words}:${revision}`
  }
  const revision = table.revision === undefined ? undefined : etag
  if (parent === undefined) return rest.table({ ...base, ...asked, revision, read } as Parameters<typeof rest.table>[0])
  return rest.table({
    ...base,
    ...asked,
    partitions: rest.partitions((context) => listParts(context, table)),
    revision:
      revision ??
      (typeof parent.revision === 'string'
        ? ({ partition }: { partition: ParentPartition }) =>
            partition.revision === undefined ? undefined : `${words}:${partition.revision}`
        : undefined),
    read,
  } as unknown as Parameters<typeof rest.table>[0])
}

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** The milliseconds of a length of time that the config was checked to hold. */
function msOf(text: string): number {
  const [, count, unit] = /^([\d.]+)\s*([a-z]+)$/.exec(text)!
  return Number(count) * UNITS[unit as keyof typeof UNITS]
}
