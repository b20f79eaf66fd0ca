import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Column, SyncError, type Table, type Tracked } from '@tidemark/core'
import mysql from 'mysql2'
import pg from 'pg'
import { inject, onTestFinished } from 'vitest'
import { SqlConfig } from '../src/config.ts'
import { type Client, connect } from '../src/source.ts'
import { tablesOf } from '../src/tables.ts'

export type Row = Record<string, unknown>

/** A database of a test's own, and how statements run in it. */
export interface World {
  readonly system: 'postgres' | 'mysql' | 'sqlite'
  readonly url: string
  /** Runs statements one after the other; values only for one. */
  run(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** A second session, for transactions that stay open. */
  session(): Promise<(sql: string) => Promise<Row[]>>
}

export const hasMariaDb: boolean = inject('mariadb') !== undefined
let counter = 0
const uniqueName = (): string => `t${process.pid}_${counter++}`

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'source-sql-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function postgres(): Promise<World> {
  const server = inject('postgres')
  const name = uniqueName()
  await withPostgres(server, (client) => client.query(`CREATE DATABASE ${name}`))
  onTestFinished(() =>
    withPostgres(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)).then(() => {}),
  )
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).toString()
  const session = async (): Promise<(sql: string, values?: readonly unknown[]) => Promise<Row[]>> => {
    const client = new pg.Client(url)
    client.on('error', () => {})
    await client.connect()
    onTestFinished(() => client.end())
    return async (sql, values) => {
      const result = values === undefined ? await client.query(sql) : await client.query(sql, [...values])
      return [result].flat().at(-1)!.rows as Row[]
    }
  }
  return { system: 'postgres', url, run: await session(), session }
}

async function withPostgres<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

export async function mariadb(): Promise<World> {
  const server = inject('mariadb')!
  const name = uniqueName()
  const open = (url: string): ((sql: string, values?: readonly unknown[]) => Promise<Row[]>) => {
    const connection = mysql.createConnection({ uri: url, multipleStatements: true, charset: 'utf8mb4' })
    connection.on('error', () => {})
    onTestFinished(() => connection.destroy())
    return (sql, values = []) =>
      new Promise((resolve, reject) => {
        connection.query(sql, [...values], (error, rows) =>
          error === null ? resolve(rows as unknown as Row[]) : reject(error),
        )
      })
  }
  await open(server)(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
  const url = `${server}/${name}`
  onTestFinished(() => open(server)(`DROP DATABASE IF EXISTS ${name}`).then(() => {}))
  return { system: 'mysql', url, run: open(url), session: async () => open(url) }
}

export async function sqlite(): Promise<World> {
  const path = join(temporaryFolder(), 'source.db')
  const open = (): ((sql: string, values?: readonly unknown[]) => Promise<Row[]>) => {
    const db = new DatabaseSync(path)
    onTestFinished(() => db.close())
    return async (sql, values) => {
      if (values === undefined && !/^\s*(select|pragma)/i.test(sql)) {
        db.exec(sql)
        return []
      }
      return db.prepare(sql).all(...((values ?? []) as never[])) as Row[]
    }
  }
  const run = open()
  return { system: 'sqlite', url: path, run, session: async () => open() }
}

/** What the state would say of tables in the next run. */
export interface Known {
  readonly columns: readonly Column[]
  readonly cursor: string | null
  readonly primaryKey?: readonly string[]
}

export interface Opened {
  readonly client: Client
  readonly tables: readonly Table<Client>[]
  readonly warnings: readonly string[]
  table(name?: string): Table<Client>
  types(name?: string): Record<string, string>
  end(name?: string): Promise<unknown>
  read(name?: string, window?: { from?: unknown; to?: unknown }): Promise<Row[]>
  known(): Record<string, Known>
}

export type ConfigInput = Record<string, unknown>

/** Opens the source as the engine does. */
export async function open(
  world: Pick<World, 'url'>,
  config: ConfigInput = {},
  known: Record<string, Known> = {},
): Promise<Opened> {
  const warnings: string[] = []
  const log = { debug() {}, info() {}, warn: (message: string) => void warnings.push(message) }
  const client = connect(SqlConfig.parse({ url: world.url, ...config }), log)
  onTestFinished(() => client.close())
  const { signal } = new AbortController()
  const tracked: Tracked = {
    tables: () => Object.keys(known),
    columns: (name) => known[name]?.columns,
    cursor: (name) => known[name]?.cursor,
    primaryKey: (name) => known[name]?.primaryKey,
  }
  const tables = (await tablesOf({ client, signal, log, tracked })).filter((one) => one.kind === 'table')
  const table = (name?: string): Table<Client> => {
    const one = name === undefined ? tables[0] : tables.find((candidate) => candidate.name === name)
    if (one === undefined) throw new Error(`no table ${name}; there are ${tables.map(({ name }) => name).join(', ')}`)
    return one
  }
  const end = async (name?: string): Promise<unknown> => table(name).end?.({ client, signal, log } as never)
  return {
    client,
    tables,
    warnings,
    table,
    end,
    types: (name) => Object.fromEntries(table(name).columns.map((column) => [column.name, column.type])),
    async read(name, window) {
      const one = table(name)
      const bounds = one.cursor === undefined ? {} : { to: window?.to ?? (await end(name)), from: window?.from }
      const rows: Row[] = []
      for await (const page of one.read({ client, signal, log, ...bounds } as never)) rows.push(...(page as Row[]))
      return rows
    },
    known: () =>
      Object.fromEntries(
        tables.map(({ name, columns, cursor, primaryKey }) => [
          name,
          {
            primaryKey,
            columns: columns.map((column) => ({ name: column.name, type: column.type })),
            cursor: cursor?.column ?? null,
          },
        ]),
      ),
  }
}

/** The error that work must end in. */
export async function errorOf(work: Promise<unknown>): Promise<SyncError> {
  const error = await work.then(
    () => undefined,
    (problem: unknown) => problem,
  )
  if (!SyncError.is(error)) throw new Error('no SyncError', { cause: error })
  return error
}
