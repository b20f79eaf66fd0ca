import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { type Source, SyncError, type Table } from '@tidemark/core'
import type { Report } from '@tidemark/engine'
import { startPostgres } from '@tidemark/postgres-server'
import sql from '@tidemark/source-sql'
import { report, seconds } from '../measure.ts'
import { runInto } from '../run.ts'

// A million rows of ten columns in Postgres: read alone, beside `psql \copy`, and end to end into SQLite and into another
// schema of the server, beside one psql that writes what another one reads; and from SQLite into Postgres.
const rows = Number(process.argv[2] ?? 1_000_000)
const TURNS = 3

const source = sql as unknown as Source
const run = promisify(execFile)
const psql = async (url: string, command: string): Promise<unknown> =>
  run('psql', [url, '--no-psqlrc', '--quiet', '--command', command], { maxBuffer: 1 << 20 })

const TABLE = `
  CREATE TABLE orders AS SELECT n AS id, (n * 7919) % 100003 AS customer_id,
    'customer-' || (n * 7919) % 100003 || '@example.com' AS email,
    (ARRAY['open', 'paid', 'shipped', 'returned'])[1 + n % 4] AS status,
    CASE WHEN n % 3 = 0 THEN NULL ELSE 'order ' || n || ' came in by post' END AS note,
    ((n % 100000) / 100.0)::float8 AS amount, n % 2 = 0 AS paid,
    timestamptz '2024-01-01' + n * interval '100 ms' AS created_at,
    timestamptz '2024-01-01' + n * interval '100 ms' AS updated_at,
    CASE WHEN n % 5 = 0 THEN jsonb_build_array('vip', 'batch-' || n % 17) ELSE '[]'::jsonb END AS tags
  FROM generate_series(0::bigint, ${rows - 1}) n;
  ALTER TABLE orders ADD PRIMARY KEY (id), ALTER updated_at SET NOT NULL;
  CREATE INDEX ON orders (updated_at)`

/** Reads the table through the source alone, as the engine would. */
async function read(url: string): Promise<void> {
  const log = { debug() {}, info() {}, warn() {} }
  const { signal } = new AbortController()
  const connected = (await source.connect?.(source.config?.parse({ url }) as never, { signal, log })) as {
    close(): Promise<void>
  }
  const context = { client: connected, signal, log }
  const find = source.tables as (question: unknown) => Promise<Table[]>
  const [table] = await find({ ...context, tracked: { columns() {} } })
  const to = await table?.end?.(context as never)
  let count = 0
  for await (const page of table?.read({ ...context, to } as never) ?? []) count += (page as unknown[]).length
  await connected.close()
  if (count !== rows) throw new SyncError(`read ${count} rows of ${rows}`, 'fix-source')
}

/** The rows of a synced file as a table that somebody else could have made. */
function copyPlain(from: string, to: string): void {
  const db = new DatabaseSync(to)
  db.exec(`attach '${from}' as synced; create table orders (id integer primary key, customer_id integer, email text, status text,
    note text, amount real, paid integer, created_at text, updated_at text, tags text) strict;
    insert into orders select id, customer_id, email, status, note, amount, paid, created_at, updated_at, tags from synced.sql_orders`)
  db.close()
}

/** A measure of less than everything says nothing. */
function whole({ tables }: Report): void {
  const written = tables.reduce((sum, table) => sum + table.rows.written, 0)
  if (written !== rows) throw new SyncError(`wrote ${written} rows of ${rows}`, 'fix-source')
}

const best = (times: readonly number[]): number => Math.min(...times)

await report(async (folder) => {
  const server = await startPostgres({ onDisk: true })
  try {
    const { url } = server
    await psql(url, TABLE)
    await psql(url, 'VACUUM ANALYZE orders')
    const config = { url, schemas: ['public'], tables: { orders: {} } }
    const times: Record<'copy' | 'read' | 'sqlite' | 'piped' | 'postgres' | 'back', number[]> = {
      copy: [],
      read: [],
      sqlite: [],
      piped: [],
      postgres: [],
      back: [],
    }
    // By turns, so that a machine that slows down slows all.
    for (let turn = 0; turn < TURNS; turn++) {
      const file = join(folder, `tidemark-${turn}.db`)
      times.copy.push(await seconds(() => psql(url, `\\copy (select * from orders) to '/dev/null'`)))
      times.read.push(await seconds(() => read(url)))
      times.sqlite.push(await seconds(async () => whole(await runInto(file, source, { config }))))
      const plain = await server.newSchema()
      await psql(url, `create table ${plain.schema}.orders (like public.orders including indexes); checkpoint`)
      const pipe = `psql '${url}' -qX -c '\\copy orders to stdout' | psql '${url}' -qX -c '\\copy ${plain.schema}.orders from stdin'`
      times.piped.push(await seconds(() => run('sh', ['-c', pipe])))
      await server.dropSchema(plain.schema)
      await psql(url, 'checkpoint')
      const ours = await server.newSchema()
      times.postgres.push(await seconds(async () => whole(await runInto(ours.url, source, { config }))))
      await server.dropSchema(ours.schema)
      await psql(url, 'checkpoint')
      const back = await server.newSchema()
      const plainFile = join(folder, `plain-${turn}.db`)
      copyPlain(file, plainFile)
      const fromFile = { url: `sqlite:${plainFile}` }
      times.back.push(await seconds(async () => whole(await runInto(back.url, source, { config: fromFile }))))
      await server.dropSchema(back.schema)
    }
    const perSecond = (name: keyof typeof times): number => rows / best(times[name])
    return {
      rows,
      copy: perSecond('copy'),
      read: perSecond('read'),
      readRatio: best(times.copy) / best(times.read),
      sqlite: perSecond('sqlite'),
      piped: perSecond('piped'),
      postgres: perSecond('postgres'),
      postgresRatio: best(times.piped) / best(times.postgres),
      back: perSecond('back'),
    }
  } finally {
    await server.stop()
  }
})
