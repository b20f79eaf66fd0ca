import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Column, Context, FeedTable, RowSchema, Tracked } from '@tidemark/core'
import {
  asChange,
  asCheckpoint,
  columnsOf,
  type Feed,
  isColumnsChanged,
  type Table,
  type TableChange,
  UNCHANGED,
} from '@tidemark/core/engine'
import source from '../src/index.ts'

/** A connector.py of a folder of its own, with other files beside it. */
export function connectorOf(code: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-connector-'))
  const all = { 'connector.py': `${IMPORTS}\n${code}`, ...files }
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const IMPORTS = `from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op
`

/** A copy of a connector of this folder, which a test may change. */
export function copyOf(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-connector-'))
  cpSync(join(import.meta.dirname, 'connectors', name), folder, { recursive: true })
  return folder
}

type Row = Readonly<Record<string, unknown>>
interface StoredTable {
  row: RowSchema
  readonly primaryKey: readonly string[]
  columns: readonly Column[]
  rows: Map<string, Row>
}
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn'
  readonly message: string
  readonly fields: object | undefined
}

/**
 * What an engine does with a feed, in memory: rows and offset change together at a checkpoint, or not at all. It keeps a connector's
 * tables from one run to the next.
 */
export class Runner {
  offset: unknown
  readonly tables = new Map<string, StoredTable>()
  readonly rejected: { readonly table: string; readonly row: Row; readonly message: string }[] = []
  readonly log: LogLine[] = []
  /** Offsets in the order of their commits. */
  readonly commits: unknown[] = []
  /** How often the connector's tables were asked for. */
  asked = 0
  /** Called before a commit; it fails where this throws. */
  beforeCommit: () => void = () => {}

  /** One run, as the engine does it. */
  async sync(connector: string, more: object = {}, stop: AbortSignal = new AbortController().signal): Promise<void> {
    const config = source.config!.parse({ connector, ...more })
    const log = Object.fromEntries(
      (['debug', 'info', 'warn'] as const).map((level) => [
        level,
        (message: string, fields?: object) => this.log.push({ level, message, fields }),
      ]),
    ) as unknown as Context<unknown>['log']
    const client = (await source.connect!(config as never, { signal: stop, log })) as { close(): Promise<void> }
    try {
      await this.#read({ client, signal: stop, log })
    } finally {
      await client.close()
    }
  }

  /** The rows of a table, without what Python's hash of them is. */
  rows(table: string): readonly Row[] {
    return [...(this.tables.get(table)?.rows.values() ?? [])].map(({ _fivetran_id: _, ...row }) => row)
  }

  types(table: string): Readonly<Record<string, string>> {
    return Object.fromEntries((this.tables.get(table)?.columns ?? []).map(({ name, type }) => [name, type]))
  }

  said(level: LogLine['level']): readonly string[] {
    return this.log.filter((line) => line.level === level).map(({ message }) => message)
  }

  async #read(context: Context<unknown>): Promise<void> {
    const feed = (source.tables as readonly Feed[])[0]!
    for (;;) {
      await this.#find(feed, context)
      try {
        await this.#readOnce(feed, context)
        return
      } catch (error) {
        if (!isColumnsChanged(error)) throw error
      }
    }
  }

  async #find(feed: Feed, context: Context<unknown>): Promise<void> {
    this.asked++
    const tracked: Tracked = {
      columns: (name) => this.tables.get(name)?.columns,
      tables: () => [...this.tables.keys()],
      primaryKey: (name) => this.tables.get(name)?.primaryKey,
    }
    const ask = feed.tables as (context: object) => Promise<readonly FeedTable<unknown, RowSchema, readonly string[]>[]>
    for (const { table } of await ask({ ...context, tracked })) this.#prepare(table as Table)
  }

  #prepare({ name, row, primaryKey, columns }: Pick<Table, 'name' | 'row' | 'primaryKey' | 'columns'>): void {
    const rows = this.tables.get(name)?.rows ?? new Map<string, Row>()
    this.tables.set(name, {
      row: row as RowSchema,
      primaryKey,
      columns: columns.map(({ name, type }) => ({ name, type })),
      rows,
    })
  }

  async #readOnce(feed: Feed, context: Context<unknown>): Promise<void> {
    const offset = this.offset === undefined ? undefined : feed.offset.parse(JSON.parse(JSON.stringify(this.offset)))
    let gathered: TableChange[] = []
    const read = feed.read as (context: object) => AsyncIterable<unknown>
    for await (const one of read({ ...context, offset })) {
      const [change, checkpoint] = [asChange(one), asCheckpoint(one)]
      if (change !== undefined) gathered.push(change)
      if (checkpoint === undefined) continue
      this.beforeCommit()
      for (const each of gathered) this.#apply(each)
      gathered = []
      this.offset = checkpoint.offset
      this.commits.push(checkpoint.offset)
      await (feed.acknowledge as ((context: object) => unknown) | undefined)?.({
        ...context,
        offset: checkpoint.offset,
      })
    }
    if (gathered.length > 0) throw new Error('changes without a checkpoint at the end')
  }

  #apply(change: TableChange): void {
    const table = this.tables.get(change.table)
    if (table === undefined) throw new Error(`table ${change.table} was not found before its changes`)
    const idOf = (row: Row): string => JSON.stringify(table.primaryKey.map((name) => String(row[name])))
    if (change.kind === 'truncated') table.rows.clear()
    else if (change.kind === 'deleted') for (const key of change.keys) table.rows.delete(idOf(key))
    else if (change.kind === 'schema-changed') {
      table.row = change.row
      table.columns = columnsOf(change.row).map(({ name, type }) => ({ name, type }))
    } else if (change.kind === 'upserted')
      for (const row of change.rows) this.#upsert(change.table, table, row, idOf(row))
  }

  #upsert(name: string, table: StoredTable, row: Row, id: string): void {
    const before = table.rows.get(id)
    const told = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== UNCHANGED))
    const isPart = Object.keys(told).length < Object.keys(row).length
    const parsed = (isPart ? table.row.partial() : table.row).strict().safeParse(told)
    if (!parsed.success) {
      const message = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
      this.rejected.push({ table: name, row, message })
    } else table.rows.set(id, isPart ? { ...before, ...parsed.data } : parsed.data)
  }
}
