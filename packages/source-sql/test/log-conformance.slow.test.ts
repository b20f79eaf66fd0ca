import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Source, Table } from '@tidemark/core'
import { startPostgres } from '@tidemark/postgres-server'
import { testFeed } from '@tidemark/testkit'
import pg from 'pg'
import { afterAll } from 'vitest'
import { draft, LOG_SPEC } from '../src/log-feed.ts'
import { sql } from '../src/source.ts'
import { tablesOf } from '../src/tables.ts'
import { LOGICAL } from './log-world.ts'

const server = await startPostgres({ settings: LOGICAL })
afterAll(() => server.stop())

/** The source with its log alone, which the laws look at. */
const source = sql.with([
  draft.of(async (context) => {
    const found = await tablesOf(context)
    const feed = found.find((one) => one.kind === 'feed')
    return ((feed?.tables ?? []) as readonly Table[]).map((table) => ({ name: table.name, table })) as never
  }, LOG_SPEC),
]) as unknown as Source

/** Each check has a database of its own, whose address is in its folder. */
const addressIn = (folder: string): string => readFileSync(join(folder, 'url'), 'utf8')

async function query(
  folder: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<pg.QueryResult['rows']> {
  const client = new pg.Client(addressIn(folder))
  await client.connect()
  try {
    return (await client.query(statement, [...values])).rows
  } finally {
    await client.end()
  }
}

let ids = 100

testFeed(source, {
  waive: {
    begin:
      'a slot without a committed offset is made again, and so begins later: what its tables were like when it was made is not known; log-ended has its end',
  },
  fixtures: async (folder) => {
    writeFileSync(join(folder, 'url'), server.urlOf(await server.newDatabase()))
    await query(folder, 'CREATE TABLE orders (id int PRIMARY KEY, note text, total numeric(10, 2), at timestamptz)')
    await query(folder, 'CREATE TABLE lines ("order" int, line int, v float8, PRIMARY KEY ("order", line))')
    await query(
      folder,
      `INSERT INTO orders SELECT n, 'note ' || n, n * 1.5, '2024-01-01'::timestamptz + n * interval '1 hour' FROM generate_series(1, 7) n`,
    )
    await query(folder, 'INSERT INTO lines SELECT n % 3, n, n / 3.0 FROM generate_series(1, 7) n')
  },
  config: ({ folder }: { readonly folder: string }) => ({ url: addressIn(folder), replication: 'log' }),
  rows: async ({ folder, table }) =>
    table === 'orders'
      ? await query(
          folder,
          `SELECT id, note, total::text, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') at FROM orders ORDER BY id`,
        )
      : await query(folder, 'SELECT "order", line, v FROM lines ORDER BY 1, 2'),
  add: async ({ folder, table }) => {
    const id = ids++
    await query(
      folder,
      table === 'orders'
        ? `INSERT INTO orders VALUES ($1, 'new', 1, now()::timestamptz(0))`
        : 'INSERT INTO lines VALUES ($1, 1, 0.5)',
      [id],
    )
  },
  edit: async ({ folder, table, row }) => {
    if (table === 'orders') await query(folder, `UPDATE orders SET note = note || '!' WHERE id = $1`, [row['id']])
    else await query(folder, 'UPDATE lines SET v = v + 1 WHERE "order" = $1 AND line = $2', [row['order'], row['line']])
  },
  remove: async ({ folder, table, row }) => {
    if (table === 'orders') await query(folder, 'DELETE FROM orders WHERE id = $1', [row['id']])
    else await query(folder, 'DELETE FROM lines WHERE "order" = $1 AND line = $2', [row['order'], row['line']])
  },
})
