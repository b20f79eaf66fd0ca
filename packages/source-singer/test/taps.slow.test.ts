import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SyncError } from '@tidemark/core'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type MariaDbServer, startMariaDb } from '../../source-sql/test/mariadb-server.ts'
import { type Config, emptyFolder, type Opened, open } from './harness.ts'

// Taps as they are on PyPI. They are installed once, into the cache of the user; without a registry their tests say that they are skipped.

const TAPS = {
  meltano: 'meltanolabs-tap-postgres==0.10.0',
  pipelinewise: 'pipelinewise-tap-postgres==1.8.4',
  mysql: 'tap-mysql==1.17.7',
  spreadsheets: 'tap-spreadsheets==1.1.2',
  rest: 'tap-rest-api-msdk==1.4.2',
}
const INSTALL_MS = 600_000

/** Undefined, and a word about it: there is no Python, or no registry. */
async function openTap(tap: keyof typeof TAPS, config: Config): Promise<Opened | undefined> {
  try {
    return await open({ tap: TAPS[tap], command: undefined, ...config })
  } catch (error) {
    if (!SyncError.is(error) || !['network', 'no-python'].includes(error.code ?? '')) throw error
    console.warn(`skipped: the tests of ${TAPS[tap]}, because it could not be installed: ${error.message}`)
    return undefined
  }
}

type Row = Readonly<Record<string, unknown>>
/** The rows of a table that a read told, and the state that it ended with. */
function outcome(told: readonly unknown[], table: string): { readonly rows: readonly Row[]; readonly state: string } {
  const rows = told.flatMap((one) => {
    const value = (one as Record<string, unknown>)[table]
    return Array.isArray(value) ? (value as Row[]) : []
  })
  return { rows, state: (told.at(-1) as { readonly state: string }).state }
}

describe('taps of Postgres', () => {
  let server: PostgresServer
  let database: string
  beforeAll(async () => {
    server = await startPostgres()
    database = await server.newDatabase()
    await server.rows(
      `create table orders (id bigint primary key, total numeric(38,10), at timestamptz not null, day date, doc jsonb,
       double double precision, tags text[], ok boolean)`,
      database,
    )
    await server.rows(
      `insert into orders values
       (9223372036854775807, 1234567890123456789012345678.0123456789, '2024-01-01T00:00:00.123456Z', '2024-01-01', '{"a": [1]}', 0.1, '{a,b}', true),
       (2, 0.5, '2024-01-02T00:00:00Z', null, null, null, null, null)`,
      database,
    )
  }, INSTALL_MS)
  afterAll(() => server.stop())

  const connection = (more: object): Config => {
    const { username, password, port, hostname } = new URL(server.urlOf(database))
    const user = decodeURIComponent(username)
    return {
      config: { host: hostname, port: Number(port), user, ...more },
      secrets: { password: decodeURIComponent(password) },
    }
  }
  const melted = () => connection({ database, filter_schemas: ['public'] })
  const piped = () => connection({ dbname: database, filter_schemas: 'public' })
  const FIRST = {
    id: 9223372036854775807n,
    total: '1234567890123456789012345678.0123456789',
    double: 0.1,
    tags: ['a', 'b'],
    ok: true,
  }

  it('bring every digit, as a snapshot where they read whole: meltanolabs-tap-postgres', {
    timeout: INSTALL_MS,
  }, async () => {
    const opened = await openTap('meltano', melted())
    if (opened === undefined) return
    expect(opened.tables.map(({ name, primaryKey }) => [name, primaryKey])).toEqual([['public_orders', ['id']]])
    expect(opened.columns('public_orders')).toMatchObject({
      id: 'integer',
      at: 'timestamp',
      day: 'date',
      doc: 'json',
      double: 'double',
      tags: 'json',
      ok: 'boolean',
    })
    const told = await opened.read()
    const { rows } = outcome(told, 'public_orders')
    expect(rows[0]).toMatchObject({ ...FIRST, day: '2024-01-01', doc: { a: [1] } })
    expect(Date.parse(String(rows[0]!['at']))).toBe(Date.parse('2024-01-01T00:00:00.123Z'))
    expect(rows).toHaveLength(2)
    expect(told[0]).toEqual({ public_orders: 'snapshot-started' })
    expect(told.at(-2)).toEqual({ public_orders: 'snapshot-ended' })
  })

  it('bring every digit, as a snapshot where they read whole: pipelinewise-tap-postgres', {
    timeout: INSTALL_MS,
  }, async () => {
    const opened = await openTap('pipelinewise', piped())
    if (opened === undefined) return
    expect(opened.columns('public_orders')).toMatchObject({
      id: 'integer',
      total: 'numeric',
      at: 'timestamp',
      ok: 'boolean',
    })
    const told = await opened.read()
    const { rows, state } = outcome(told, 'public_orders')
    expect(rows[0]).toMatchObject(FIRST)
    expect(told[0]).toEqual({ public_orders: 'snapshot-started' })
    // What it notes of a stream that it read whole is no reason to believe that it continues in the middle.
    expect(await opened.read(state)).toContainEqual({ public_orders: 'snapshot-ended' })
  })

  it.each([
    ['meltano', melted],
    ['pipelinewise', piped],
  ] as const)(
    'continue from their state: %s',
    async (tap, config) => {
      const table = `lines_${tap}`
      await server.rows(`create table ${table} (id int primary key, at timestamptz not null)`, database)
      await server.rows(
        `insert into ${table} values (1, '2024-01-01T00:00:00Z'), (2, '2024-01-02T00:00:00Z')`,
        database,
      )
      const name = `public-${table}`
      const stored = `public_${table}`
      const streams = { [name]: { method: 'INCREMENTAL', replicationKey: 'at' } }
      const first = await openTap(tap, { ...config(), select: [name], streams })
      if (first === undefined) return
      const told = await first.read()
      expect(told).not.toContainEqual({ [stored]: 'snapshot-started' })
      expect(outcome(told, stored).rows.map(({ id }) => id)).toEqual([1, 2])
      await server.rows(`insert into ${table} values (3, '2024-01-03T00:00:00Z')`, database)
      const later = outcome(await first.read(outcome(told, stored).state), stored)
      // The row at the bookmark comes again: its key holds it once.
      expect(later.rows.map(({ id }) => id)).toEqual([2, 3])
    },
    INSTALL_MS,
  )

  it('say what is wrong with a password, and not the password', { timeout: INSTALL_MS }, async () => {
    const { config } = melted()
    const failure = await openTap('meltano', { config, secrets: { password: 'wrong-and-not-to-be-seen' } }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure === undefined) return
    expect(failure).toMatchObject({ remedy: 'fix-config', message: expect.stringContaining('authentication failed') })
    expect(String(failure)).not.toContain('not-to-be-seen')
  })
})

describe('tap-mysql', () => {
  let server: MariaDbServer | undefined
  beforeAll(async () => {
    server = await startMariaDb()
  }, INSTALL_MS)
  afterAll(() => server?.stop())

  it('brings unsigned numbers and decimals exactly, from MariaDB', { timeout: INSTALL_MS }, async () => {
    if (server === undefined) return
    await server.execute([
      'create database shop',
      'create table shop.items (id bigint unsigned primary key, price decimal(38,10), at datetime, note text)',
      "insert into shop.items values (18446744073709551615, 1234567890123456789012345678.0123456789, '2024-01-01 00:00:00', 'ä'), (1, null, null, null)",
    ])
    const { hostname: host, port, username: user, password } = new URL(server.url)
    const opened = await openTap('mysql', {
      config: { host, port, user: decodeURIComponent(user) },
      secrets: { password: decodeURIComponent(password) },
      select: ['shop-items'],
    })
    if (opened === undefined) return
    expect(opened.tables.map(({ name, primaryKey }) => [name, primaryKey])).toEqual([['shop_items', ['id']]])
    expect(opened.columns('shop_items')).toEqual({ id: 'numeric', price: 'numeric', at: 'timestamp', note: 'text' })
    const told = await opened.read()
    const { rows } = outcome(told, 'shop_items')
    expect(rows.find(({ note }) => note === 'ä')).toMatchObject({
      id: '18446744073709551615',
      price: '1234567890123456789012345678.0123456789',
      at: expect.stringMatching(/^2024-01-01T00:00:00/),
    })
    expect(rows).toHaveLength(2)
    expect(told).toContainEqual({ shop_items: 'snapshot-ended' })
  })
})

it('tap-spreadsheets reads CSV files', { timeout: INSTALL_MS }, async () => {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'cities.csv'), 'code,name,people\nA,Aachen,249070\nB,Bonn,336465\n')
  const files = [{ path: join(folder, '*.csv'), format: 'csv', table_name: 'cities', primary_keys: ['code'] }]
  const opened = await openTap('spreadsheets', { config: { files } })
  if (opened === undefined) return
  expect(opened.tables.map(({ name, primaryKey }) => [name, primaryKey])).toEqual([['cities', ['code']]])
  expect(outcome(await opened.read(), 'cities').rows.map(({ code, name }) => [code, name])).toEqual([
    ['A', 'Aachen'],
    ['B', 'Bonn'],
  ])
})

it('tap-rest-api-msdk reads an API', { timeout: INSTALL_MS }, async () => {
  const api = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('{"items":[{"id":1,"note":"a"},{"id":2,"note":"b"}]}')
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void api.close())
  const opened = await openTap('rest', {
    config: {
      api_url: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      streams: [{ name: 'items', path: '/items', records_path: '$.items[*]', primary_keys: ['id'] }],
    },
  })
  if (opened === undefined) return
  expect(outcome(await opened.read(), 'items').rows).toMatchObject([
    { id: 1, note: 'a' },
    { id: 2, note: 'b' },
  ])
})
