import { type Context, type FeedTable, keepTypes, type RowSchema, rowOf, SyncError, type Tracked } from '@tidemark/core'
import type { SingerClient } from './client.ts'
import { ROW_HASH } from './row-hash.ts'
import type { SelectedStream } from './selected-stream.ts'
import { tapFeed } from './singer.ts'
import { columnsOf, StreamTable } from './stream-table.ts'
import { tableNameOf } from './table-name.ts'

type Finding = Context<SingerClient> & { readonly tracked: Tracked }

/** The tables of a tap: the streams of its catalog that are read, and those that it sends beside it. */
export async function tablesOf(finding: Finding): Promise<FeedTable<SingerClient, RowSchema, readonly string[]>[]> {
  const { client, log } = finding
  const selection = await client.selection(finding)
  if (selection === undefined) await look(finding)
  const beside = undiscovered(finding).flatMap((name) => streamBeside(name, finding) ?? [])
  const streams = [...(selection?.streams ?? []), ...beside]
  const tables = streams.map((stream) => tableOf(stream, finding))
  checkTableNames(tables)
  for (const { stream, key } of tables) {
    if (key.length === 0 && stream.method === 'INCREMENTAL')
      log.warn(
        `stream "${stream.name}" has no key and is read incrementally, so rows at its bookmark arrive again and are stored twice; name its key under config.streams.${stream.name}.primaryKey, or set rowHash there`,
      )
  }
  client.tables = byMessageName(tables)
  return tables.map(({ table }) => table)
}

/** Tables by the names that messages use: the stream's name in the catalog, or its short one where that is only one stream's. */
function byMessageName(tables: readonly StreamTable[]): ReadonlyMap<string, StreamTable> {
  const all = new Map(tables.map((table) => [table.stream.name, table]))
  for (const [name, sharing = []] of Map.groupBy(tables, ({ stream }) => stream.messageNames.at(-1)!)) {
    const [only] = sharing
    if (only !== undefined && sharing.length === 1 && !all.has(name)) all.set(name, only)
  }
  return all
}

function checkTableNames(tables: readonly StreamTable[]): void {
  for (const [name, sharing = []] of Map.groupBy(tables, ({ table }) => table.name)) {
    if (sharing.length === 1) continue
    const names = sharing.map(({ stream }) => `"${stream.name}"`).join(' and ')
    throw new SyncError(
      `the streams ${names} would both be the table "${name}"; select one of them, and configure the source once more for the other`,
      'fix-config',
      { code: 'tap-stream' },
    )
  }
}

/** Runs a tap without a catalog for the schemas of streams that are not known yet. */
async function look(finding: Finding): Promise<void> {
  const { client, tracked, log } = finding
  const names = undiscovered(finding)
  const unknown = names.filter((name) => tracked.columns(tableNameOf(name)) === undefined)
  if (unknown.length > 0 || names.length === 0) await client.lookForStreams(unknown, finding)
  const missing = unknown.filter((name) => !client.found.has(name))
  for (const name of missing)
    log.warn('the tap sends no schema of this stream, so it is not a table yet', { stream: name })
}

/** Names of the streams of a tap without a catalog, and of others that a catalog lacks. */
function undiscovered({ client, tracked }: Finding): readonly string[] {
  const { catalogOption, streams, select } = client.config
  const named = [...Object.keys(streams), ...select.filter((one) => !/[!*]/.test(one))]
  const streamNames = [...named, ...client.found.keys()]
  const isNamed = (table: string): boolean => streamNames.some((name) => tableNameOf(name) === table)
  // The state knows tables, and a stream that is named says more.
  const known = (tracked.tables?.() ?? []).filter((table) => !isNamed(table))
  const declared = catalogOption === 'none' ? [...named, ...known] : []
  const inCatalog = (name: string): boolean => catalogOption !== 'none' && client.isInCatalog(name)
  return [...new Set([...declared, ...client.found.keys()])].filter(
    (name) => !inCatalog(name) && !client.isLeftOut(name),
  )
}

/** A stream beside the catalog, as the tap sent it in this run, or as the state knows it. */
function streamBeside(name: string, { client, tracked }: Finding): SelectedStream | undefined {
  const found = client.found.get(name)
  if (found !== undefined) return client.streamOf(name, found)
  const table = tableNameOf(name)
  if (tracked.columns(table) === undefined) return undefined
  const key = tracked.primaryKey?.(table) ?? []
  return client.streamOf(name, { schema: {}, key: key.filter((one) => one !== ROW_HASH) })
}

function tableOf(stream: SelectedStream, { tracked }: Finding): StreamTable {
  const { options, schema } = stream
  const name = tableNameOf(stream.name)
  const known = tracked.columns(name)
  // A tap without a catalog says what columns it has when it is read.
  const isKnown = Object.keys(schema).length === 0 && known !== undefined
  const columns = isKnown ? known : keepTypes(columnsOf(stream, schema), known)
  const fixed = new Map(known?.map((column) => [column.name, column.fixed]))
  const key = stream.key.length === 0 && options.rowHash ? [ROW_HASH] : stream.key
  const all = columns.map((column) => ({
    ...column,
    fixed: fixed.get(column.name),
    ...(key.includes(column.name) ? { nullable: false } : {}),
  }))
  const row = rowOf(all)
  const table = tapFeed.table({ name, row, ...(key.length === 0 ? {} : { primaryKey: key }) } as never)
  return new StreamTable(stream, table as never, { columns: all, key })
}
