import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { runSource } from '../../testkit/test/source-run.ts'
import { connectorOf } from './runner.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

/** Much less than the connector tells: who kept it would end of that. */
const HEAP_MEGABYTES = 64
const TOLD_BYTES = 120_000_000

async function database(kind: string): Promise<string> {
  if (kind === 'sqlite') return join(mkdtempSync(join(tmpdir(), 'fivetran-memory-')), 'db.sqlite')
  const { url, schema } = await server.newSchema()
  onTestFinished(() => server.dropSchema(schema))
  return url
}

it.each(
  ['sqlite', 'postgres'].flatMap((kind) => [
    [kind, 'never', 30_000],
    [kind, 'after each row', 200],
  ]) as [string, string, number][],
)('into %s, a connector that checkpoints %s needs no more memory for more rows', async (kind, when, rows) => {
  const url = await database(kind)
  const folder = connectorOf(`
def schema(configuration):
    return [{"table": "t", "primary_key": ["id"]}]
def update(configuration, state):
    text = "x" * ${TOLD_BYTES / rows}
    for n in range(${rows}):
        op.upsert("t", {"id": n, "text": text})
        ${when === 'never' ? 'pass' : 'op.checkpoint({"n": n})'}
connector = Connector(update=update, schema=schema)
`)
  const run = runSource({
    file: join(import.meta.dirname, '../dist/index.js'),
    url,
    config: { connector: folder },
    settings: { batch: { rows: 1000, bytes: 1e6 } },
    node: [`--max-old-space-size=${HEAP_MEGABYTES}`, '--max-semi-space-size=4'],
  })
  expect(await run.ended).toMatchObject({ code: 0, output: '' })
  const runner = { id: 'test', host: 'here', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url, runner })
  onTestFinished(() => destination.close())
  const { rows: found } = await destination.query('select count(*), sum(length(text)) from shop_t')
  expect(found[0]?.map(Number)).toEqual([rows, TOLD_BYTES])
})
