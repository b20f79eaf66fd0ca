import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { runSource } from '../../testkit/test/source-run.ts'
import { emptyFolder } from './harness.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

/** Much less than the tap tells: who kept it would end of that. */
const HEAP_MEGABYTES = 64
const TOLD_BYTES = 120_000_000
const TAP = [process.execPath, join(import.meta.dirname, 'taps/large-tap.js')]

async function database(kind: string): Promise<string> {
  if (kind === 'sqlite') return join(emptyFolder(), 'db.sqlite')
  const { url, schema } = await server.newSchema()
  onTestFinished(() => server.dropSchema(schema))
  return url
}

it.each([
  ['sqlite', 'never', false],
  ['sqlite', 'after each row', true],
  ['postgres', 'never', false],
  ['postgres', 'after each row', true],
])('into %s, a tap that sends its state %s needs no more memory for more rows', async (kind, _, states) => {
  const url = await database(kind)
  const rows = 15_000
  const config = { command: TAP, config: { rows, characters: TOLD_BYTES / rows, states } }
  const run = runSource({
    file: join(import.meta.dirname, '../dist/index.js'),
    url,
    config,
    settings: { batch: { rows: 200, bytes: 1_000_000 } },
    node: [`--max-old-space-size=${HEAP_MEGABYTES}`, '--max-semi-space-size=4'],
  })
  expect(await run.ended).toMatchObject({ code: 0, output: '' })
  const runner = { id: 'test', host: 'here', pid: process.pid, startedAt: 0n }
  const destination = await openDestination({ url, runner })
  onTestFinished(() => destination.close())
  const { rows: found } = await destination.query('select count(*), sum(length(text)) from shop_t')
  expect(found[0]?.map(Number)).toEqual([rows, TOLD_BYTES])
})
