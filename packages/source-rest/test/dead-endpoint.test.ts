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
      ['good', 'live'],
      ['bad', 'failing'],
    ])
    expect(await rows('SELECT id FROM api_bad')).toEqual([{ id: 1 }])
  },
)

it('a new table whose endpoint is silent is given up by itself, in time', async () => {
  const { api, dies } = await halfDead()
  dies('silent')
  const log = { debug() {}, info() {}, warn() {} }
  const client = new RestClient(RestConfig.parse({ baseUrl: api.url, tables: TABLES }), log)
  const asked = { client, log, signal: new AbortController().signal, known: undefined }
  const [good, bad] = await Promise.all(client.tables.map((table) => lookAt({ ...asked, table }, 300)))
  expect([...good!.kinds.keys()]).toEqual(['id'])
  expect(bad!.error).toMatchObject({ remedy: 'retry', message: 'its API gave no rows to look at within 0.3 s' })
  await client.close()
})
