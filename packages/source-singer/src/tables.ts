import { type Context, type FeedTable, keepTypes, type RowSchema, rowOf, type Tracked } from '@tidemark/core'
import type { FoundStream, SingerClient } from './client.ts'
import { ROW_HASH } from './row-hash.ts'
import type { SelectedStream } from './selected-stream.ts'
import { tapFeed } from './singer.ts'
import { columnsOf, StreamTable } from './stream-table.ts'

type Finding = Context<SingerClient> & { readonly tracked: Tracked }

/** The tables of a tap: the streams of its catalog that are read, and those that it sends beside it. */
export async function tablesOf(finding: Finding): Promise<FeedTable<SingerClient, RowSchema, readonly string[]>[]> {
  const { client, log } = finding
  const selection = await client.selection(finding)
  const streams = [...(selection?.streams ?? []), ...undiscovered(finding)].map((stream) => withFound(stream, client))
  const tables = streams.map((stream) => tableOf(stream, finding))
  for (const { stream, key } of tables) {
    if (key.length === 0 && stream.method === 'INCREMENTAL')
      log.warn(
        `stream "${stream.name}" has no key and is read incrementally, so rows at its bookmark arrive again and are stored twice; name its key under config.streams.${stream.name}.primaryKey, or set rowHash there`,
      )
  }
  client.tables = new Map(
    tables.flatMap((one) => one.stream.messageNames.map((name) => [name, one] as const)).reverse(),
  )
  for (const one of tables) (client.tables as Map<string, StreamTable>).set(one.stream.name, one)
  return tables.map(({ table }) => table)
}

/** Streams of a tap without a catalog, and others that a catalog lacks: those of earlier runs, and of this one. */
function undiscovered({ client, tracked }: Finding): readonly SelectedStream[] {
  const known = client.config.catalogOption === 'none' ? (tracked.tables?.() ?? []) : []
  const names = new Set([...known, ...client.found.keys()])
  return [...names]
    .filter((name) => !client.isLeftOut(name))
    .map((name) => {
      const key = tracked.primaryKey?.(name)?.filter((one) => one !== ROW_HASH)
      return client.streamOf(name, client.found.get(name) ?? { schema: {}, key: key ?? [] })
    })
}

/** What the tap said of a stream when it sent it counts, where its catalog says less. */
function withFound(stream: SelectedStream, client: SingerClient): SelectedStream {
  const found: FoundStream | undefined = client.found.get(stream.name)
  return found === undefined ? stream : { ...stream, key: stream.options.primaryKey ?? found.key }
}

function tableOf(stream: SelectedStream, { tracked }: Finding): StreamTable {
  const { name, options, schema } = stream
  const known = tracked.columns(name)
  const now = keepTypes(columnsOf(stream, schema), known)
  const names = new Set(now.map((column) => column.name))
  // A tap without a catalog says what columns it has when it is read.
  const columns =
    Object.keys(schema).length > 0 ? now : [...now, ...(known ?? []).filter((one) => !names.has(one.name))]
  const fixed = new Map(known?.map((column) => [column.name, column.fixed]))
  const all = columns.map((column) => ({ ...column, fixed: fixed.get(column.name) }))
  const key = stream.key.length === 0 && options.rowHash ? [ROW_HASH] : stream.key
  const row = rowOf(all)
  const table = tapFeed.table({ name, row, ...(key.length === 0 ? {} : { primaryKey: key }) } as never)
  return new StreamTable(stream, table as never, { columns: all, key })
}
