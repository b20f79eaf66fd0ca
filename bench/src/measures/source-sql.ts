import { execFile } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Source, SyncError, type Table } from '@tidemark/core'
import sql from '@tidemark/source-sql'
import { report, seconds } from '../measure.ts'
import { withPostgres } from '../postgres-server.ts'
import { runInto } from '../run.ts'

// A million rows of ten columns in Postgres: read alone, beside `psql \copy`, and end to end into a destination.
const rows = Number(process.argv[2] ?? 1_000_000)
/** Where to: a file of SQLite, or whatever TIDEMARK_BENCH_DESTINATION names, such as a database of Postgres. */
const destination = process.env['TIDEMARK_BENCH_DESTINATION']
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

const best = (times: readonly number[]): number => Math.min(...times)

await report(async (folder) => {
  // The server has another user where this one is root.
  await chmod(folder, 0o755)
  return withPostgres(folder, async (url) => {
    await psql(url, 'DROP TABLE IF EXISTS orders')
    await psql(url, TABLE)
    await psql(url, 'VACUUM ANALYZE orders')
    const copy: number[] = []
    const alone: number[] = []
    const whole: number[] = []
    // By turns, so that a machine that slows down slows all.
    for (let turn = 0; turn < TURNS; turn++) {
      copy.push(await seconds(() => psql(url, `\\copy (select * from orders) to '/dev/null'`)))
      alone.push(await seconds(() => read(url)))
      const target = destination ?? join(folder, `tidemark-${turn}.db`)
      if (turn === 0 || destination === undefined)
        whole.push(await seconds(() => runInto(target, source, source.config?.parse({ url, tables: { orders: {} } }))))
    }
    await psql(url, 'DROP TABLE orders')
    return {
      rows,
      copy: rows / best(copy),
      read: rows / best(alone),
      ratio: best(copy) / best(alone),
      whole: rows / best(whole),
    }
  })
})
