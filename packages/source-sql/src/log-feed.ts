import type { Change, Checkpoint, Context, Feed, FeedSpec, FeedTable, RowSchema } from '@tidemark/core'
import { LogChunk } from './postgres/log/log-chunk.ts'
import type { LogItem } from './postgres/log/log-item.ts'
import { isPast, LogOffset } from './postgres/log/log-offset.ts'
import type { LoggedTable } from './postgres/log/logged-table.ts'
import type { PostgresLog } from './postgres/log/postgres-log.ts'
import { type Client, sql } from './source.ts'

/** A table whose changes are read from the log, and its rows. */
export interface TableOfLog extends LoggedTable {
  readonly row: RowSchema
}

type FedTable = FeedTable<Client, RowSchema, readonly string[]>
type Told = Change<Client> | Checkpoint<LogOffset>

export const draft = sql.feed({ name: 'log', offset: LogOffset })

/** How a log is read. */
export const LOG_SPEC: FeedSpec<Client, Parameters<typeof draft.checkpoint>[0]> = {
  begin: ({ client, ...asked }) => logOf(client).begin(asked),
  lost: ({ client, ...asked }) => logOf(client).lost(asked),
  prepare: ({ client, ...asked }) => logOf(client).prepare(asked),
  isPast,
  head: ({ client, ...asked }) => logOf(client).head(asked),
  acknowledge: ({ client, offset }) => logOf(client).acknowledge(offset),
  end: ({ client, ...asked }) => logOf(client).end(asked),
  check: ({ client, ...asked }) => logOf(client).check(asked),
  backlog: ({ client, ...asked }) => logOf(client).backlog(asked),
  repeatable: true,
  async *read({ client, offset, ...asked }): AsyncGenerator<Told> {
    if (offset === undefined) throw new Error('a log is read from an offset on')
    for await (const item of logOf(client).read({ ...asked, offset })) yield told(item)
  },
}

/** The log of a database as the engine reads it. */
export const logFeed = (tables: readonly TableOfLog[]): Feed<Client> => draft.of(tables.map(fedTable), LOG_SPEC)

/** Where the config does not ask for the log: what an earlier run made is removed. */
export const retiredLogFeed: Feed<Client> = draft.of([], { ...LOG_SPEC, retired: true })

function logOf({ log }: Client): PostgresLog {
  if (log === undefined) throw new Error('the source was not connected to read a log')
  return log
}

const MADE = new WeakMap<LoggedTable, FedTable>()

function fedTable(table: TableOfLog): FedTable {
  const { name, row, key } = table
  const fed = draft.table({
    name,
    row,
    primaryKey: key as never,
    backfill: {
      chunks: ({ client, ...asked }) => logOf(client).chunks.cut(name, asked) as never,
      read: ({ client, chunk, ...asked }) => logOf(client).chunks.read(name, LogChunk.parse(chunk), asked),
      ...(key.length === 0
        ? {}
        : { rows: ({ client, keys, ...asked }: ByKeys) => logOf(client).chunks.rows(name, keys, asked) }),
    },
  }) as FedTable
  MADE.set(table, fed)
  return fed
}

type ByKeys = Context<Client> & {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
  readonly asOf: LogOffset
}

function told(item: LogItem): Told {
  if (item.kind === 'checkpoint') {
    const { offset, at, isLast } = item
    return draft.checkpoint(offset, { at: new Date(Number(at / 1000n)), ...(isLast ? { lost: true } : {}) })
  }
  const table = MADE.get(item.table)!
  if (item.kind === 'upserted') return table.upserted(item.rows, item.before && { before: item.before })
  if (item.kind === 'deleted') return table.deleted(item.keys)
  return item.kind === 'truncated' ? table.truncated() : table.schemaChanged((item.table as TableOfLog).row)
}
