import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Source, SyncError } from '@tidemark/core'
import type { Report } from '@tidemark/engine'
import { startPostgres } from '@tidemark/postgres-server'
import sql from '@tidemark/source-sql'
import { report, seconds } from '../measure.ts'
import { runInto } from '../run.ts'

// Two million rows without a cursor in one table, from one schema of a Postgres into another in ranges of the key: so many at
// once; first into an empty table, then again where nothing changed, then where one row of a hundred is gone.
const rows = Number(process.argv[2] ?? 2_000_000)
const AT_ONCE = [1, 2, 4]

const source = sql as unknown as Source
const run = promisify(execFile)
const psql = async (url: string, command: string): Promise<unknown> =>
  run('psql', [url, '--no-psqlrc', '--quiet', '--command', command], { maxBuffer: 1 << 20 })

const COLUMNS = `n AS id, (n * 7919) % 100003 AS customer_id, 'customer-' || (n * 7919) % 100003 || '@example.com' AS email,
  (ARRAY['open', 'paid', 'shipped', 'returned'])[1 + n % 4] AS status, ((n % 100000) / 100.0)::float8 AS amount, n % 2 = 0 AS paid,
  CASE WHEN n % 3 = 0 THEN NULL ELSE 'order ' || n || ' came in by post' END AS note`
const SELECT = `SELECT ${COLUMNS} FROM generate_series(0::bigint, ${rows - 1}) n`

/** A measure of something else says nothing. */
function came({ tables }: Report, what: 'written' | 'unchanged' | 'deleted', count: number): void {
  const found = tables.reduce((sum, table) => sum + table.rows[what], 0)
  if (found !== count) throw new SyncError(`${what} ${found} rows, not ${count}`, 'fix-source')
}

await report(async () => {
  const server = await startPostgres({ onDisk: true })
  const found: Record<string, number> = { rows }
  try {
    const { url } = server
    const config = { url, schemas: ['public'], tables: { orders: { rangeRows: rows / 20 } } }
    for (const atOnce of AT_ONCE) {
      await psql(
        url,
        `DROP TABLE IF EXISTS orders; CREATE TABLE orders AS ${SELECT}; ALTER TABLE orders ADD PRIMARY KEY (id)`,
      )
      await psql(url, 'VACUUM ANALYZE orders')
      const { url: to, schema } = await server.newSchema()
      const settings = { concurrency: atOnce, perSource: atOnce }
      const time = async (name: string, check: (done: Report) => void): Promise<void> => {
        await psql(url, 'CHECKPOINT')
        found[`${name}${atOnce}`] = await seconds(async () => check(await runInto(to, source, { config, settings })))
      }
      await time('first', (done) => came(done, 'written', rows))
      await psql(url, `VACUUM ANALYZE ${schema}.sql_orders`)
      await time('unchanged', (done) => came(done, 'unchanged', rows))
      await psql(url, 'DELETE FROM orders WHERE id % 100 = 7')
      await time('deleted', (done) => came(done, 'deleted', rows / 100))
      await server.dropSchema(schema)
    }
    return found
  } finally {
    await server.stop()
  }
})
