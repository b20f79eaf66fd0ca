import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { lookAt } from '../src/columns.ts'
import { RestConfig } from '../src/config.ts'
import { RestClient } from '../src/rest-client.ts'
import { Api, json, world } from './harness.ts'

const TABLES = {
  good: { path: '/good', primaryKey: ['id'] },
  bad: { path: '/bad', primaryKey: ['id'] },
}

/** An API with two endpoints, of which one falls silent, or gives a byte now and then. */
async function halfDead() {
  let dead: 'silent' | 'drips' | undefined
  const api = await Api.open((response, { path }) => {
    if (path === '/good' || dead === undefined) return json(response, [{ id: 1 }])
    if (dead === 'silent') return
    response.setHeader('content-type', 'application/json')
    const timer = setInterval(() => response.write(' '), 100)
    response.on('close', () => clearInterval(timer))
  })
  return {
    api,
    dies: (how: 'silent' | 'drips') => {
      dead = how
    },
    config: { baseUrl: api.url, tables: TABLES, attempts: 1 },
  }
}

it.each(['silent', 'drips'] as const)(
  'a known table is read at once from what is known, while another endpoint of its API is %s',
  async (how) => {
    const { api, dies, config } = await halfDead()
    const { sync, run, rows } = await world({ maxTimeMs: 6000 })
    await sync(config)
    dies(how)
    api.take()
    const running = run(config)
    await wait(4500)
    // Looked at, and read.
    expect(api.take().filter((path) => path === '/good')).toHaveLength(2)
    const { exitCode, tables } = await running
    expect([exitCode, ...tables.map(({ table, status }) => [table, status])]).toEqual([
      3,
      ['good', 'complete'],
      ['bad', 'failing'],
    ])
    expect(await rows('SELECT id FROM api_bad')).toEqual([{ id: 1 }])
  },
)

it('tables are read at once, known ones and new ones, while the endpoint of a new one is silent', async () => {
  const { api, dies, config } = await halfDead()
  const { sync, run, rows } = await world({ maxTimeMs: 7000 })
  const { good, bad } = TABLES
  await sync({ ...config, tables: { good } })
  dies('silent')
  api.take()
  const running = run({ ...config, tables: { bad, good, new: { path: '/good', primaryKey: ['id'] } } })
  await wait(4500)
  // Each is looked at, and read.
  expect(api.take().filter((path) => path === '/good')).toHaveLength(4)
  expect(await rows('SELECT id FROM api_new')).toEqual([{ id: 1 }])
  const { exitCode, tables } = await running
  expect([exitCode, ...tables.map(({ table, status }) => [table, status])]).toEqual([
    3,
    ['bad', 'failing'],
    ['good', 'complete'],
    ['new', 'complete'],
  ])
})

it('a new table whose endpoint is only slow is read in the same run, with the columns of its rows, and others before it', async () => {
  const api = await Api.open(async (response, { path }) => {
    if (path === '/slow') await wait(4000)
    return json(response, [{ id: 1, name: path }])
  })
  const slow = { path: '/slow', primaryKey: ['id'] }
  const { sync, rows, warnings } = await world()
  const tables = { slow, good: TABLES.good }
  const columns = { slow: { columns: { name: false } } } as const
  const running = sync({ baseUrl: api.url, tables }, { tables: columns })
  await wait(3500)
  expect(await rows('SELECT id, name FROM api_good')).toEqual([{ id: 1, name: '/good' }])
  expect((await running).map(({ table, status }) => [table, status])).toEqual([
    ['slow', 'complete'],
    ['good', 'complete'],
  ])
  const [row] = await rows('SELECT * FROM api_slow')
  expect(Object.keys(row!).filter((name) => !name.startsWith('_'))).toEqual(['id'])
  expect(warnings).toEqual([])
})

it('a new table whose endpoint is slow, and has no rows, is not there yet', async () => {
  const api = await Api.open(async (response, { path }) => {
    if (path === '/slow') await wait(2500)
    return json(response, path === '/slow' ? [] : [{ id: 1 }])
  })
  const { sync, warnings } = await world()
  const done = await sync({
    baseUrl: api.url,
    tables: { slow: { path: '/slow', primaryKey: ['id'] }, good: TABLES.good },
  })
  expect(done.map(({ table }) => table)).toEqual(['good'])
  expect(warnings).toEqual([expect.stringContaining('the table has no columns yet')])
})

it('a new table whose endpoint is silent is given up by itself, in time', async () => {
  const { api, dies } = await halfDead()
  dies('silent')
  const log = { debug() {}, info() {}, warn() {} }
  const client = new RestClient(RestConfig.parse({ baseUrl: api.url, tables: TABLES }), log)
  const asked = { client, log, signal: new AbortController().signal, known: undefined }
  const [good, bad] = await Promise.all(client.tables.map((table) => lookAt({ ...asked, table }, 300)))
  expect([...good!.kinds.keys()]).toEqual(['id'])
  expect(bad!.error).toMatchObject({ remedy: 'retry', message: 'its API returned no rows within 0.3 s' })
  await client.close()
})
