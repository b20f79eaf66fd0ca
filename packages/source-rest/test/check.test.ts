import { openDestination } from '@tidemark/destination'
import { check } from '@tidemark/engine'
import { expect, it, onTestFinished } from 'vitest'
import { RestConfig } from '../src/config.ts'
import source from '../src/index.ts'
import { Api, type Handler, json } from './harness.ts'

const TABLE = {
  path: '/orders',
  primaryKey: ['id'],
  cursor: 'updated_at',
  params: { from: '{from}', to: '{to}' },
  infer: false,
  columns: { id: 'integer', updated_at: 'timestamp' },
}
const at = new Date(Date.now() - 3_600_000).toISOString()
const rows = Array.from({ length: 100 }, (_, id) => ({ id, updated_at: at }))

async function checked(handler: Handler, table: object = TABLE) {
  const api = await Api.open(handler)
  const destination = await openDestination({
    url: ':memory:',
    runner: { id: 'check', host: 'here', pid: process.pid, startedAt: 0n },
  })
  onTestFinished(() => destination.close())
  const config = RestConfig.parse({
    baseUrl: api.url,
    tables: { orders: table, other: { path: '/other', infer: false, columns: { id: 'integer' } } },
  })
  const report = await check({ sources: [{ name: 'api', source, config, options: {} }], destination })
  return { report, asked: api.take() }
}

/** The table `other` is well whatever becomes of the orders. */
const beside =
  (handler: Handler): Handler =>
  (response, asked) =>
    asked.path === '/other' ? json(response, [{ id: 1 }]) : handler(response, asked)

it('a list that can be read is ok, with one request', async () => {
  const { report, asked } = await checked(beside((response) => json(response, rows)))
  expect(report).toMatchObject({
    exitCode: 0,
    failures: [],
    tables: [{ page: { rows: 100, rejected: 0 } }, { state: 'ok' }],
  })
  expect(asked.filter((path) => path.startsWith('/orders'))).toHaveLength(1)
})

it.each<[string, Handler, RegExp]>([
  ['401', (response) => json(response, { message: 'no' }, 401), /401/],
  ['403', (response) => json(response, { message: 'no' }, 403), /403/],
  ['404', (response) => json(response, { message: 'no' }, 404), /404/],
  ['500', (response) => json(response, { message: 'no' }, 500), /500/],
  [
    'a login page',
    (response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><title>Sign in</title>')
    },
    /not JSON|text\/html|page/i,
  ],
  [
    'a 200 that is an error',
    (response) => json(response, { success: false, error: 'token expired' }),
    /token expired|error/,
  ],
])('%s is not ok, and what is beside it is', async (_, handler, message) => {
  const { report } = await checked(beside(handler))
  expect(report.exitCode).toBe(3)
  expect(report.failures).toMatchObject([{ table: 'api_orders', message: expect.stringMatching(message) }])
  expect(report.tables).toMatchObject([{ state: 'failed' }, { name: 'api_other', state: 'ok' }])
})

it('a column of another type is not ok, and says which one fits', async () => {
  const seconds = rows.map(({ id }) => ({ id, updated_at: at, paid: 1_780_000_000 + id }))
  const table = { ...TABLE, columns: { ...TABLE.columns, paid: 'timestamp' } }
  const { report } = await checked(
    beside((response) => json(response, seconds)),
    table,
  )
  expect(report).toMatchObject({
    exitCode: 4,
    failures: [
      { message: expect.stringMatching(/^the first page: 100 rows, 100 rejected: column "paid".*unix_seconds/) },
    ],
  })
})
