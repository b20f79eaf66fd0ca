import { describe, expect, it } from 'vitest'
import { Api, json, world } from './harness.ts'

const MINUTE = 60_000
const iso = (ms: number): string => new Date(ms).toISOString()

/** An API whose clock is behind: it stamps what comes with its own time. */
async function shop(behindMs: number, headers: (now: number) => Record<string, string>, more: object = {}) {
  const events: { id: number; at: string }[] = [{ id: 0, at: iso(Date.now() - 5 * 86_400_000) }]
  const now = () => Date.now() - behindMs
  const api = await Api.open((response, { query }) => {
    const [from, to] = [query.get('from') ?? '', query.get('to') ?? '9']
    const data = events.filter(({ at }) => at >= from && at < to)
    json(response, { data, time: { now: Math.floor(now() / 1000) } }, 200, headers(now()))
  })
  const table = {
    path: '/events',
    rows: 'data',
    params: { from: '{from}', to: '{to}' },
    primaryKey: ['id'],
    cursor: 'at',
    minAge: '0s',
    lookback: '0s',
    infer: false,
    columns: { id: 'integer', at: 'timestamp' },
  }
  const config = { baseUrl: api.url, ...more, tables: { events: table } }
  /** Something happens at the API. */
  const put = (ms = now()): void => void events.push({ id: events.length, at: iso(ms) })
  return { api, config, put, now }
}

const date = (now: number) => ({ date: new Date(now).toUTCString() })
const ids = 'SELECT id FROM api_events ORDER BY id'

describe('an API whose clock is behind', () => {
  it.each<[string, Parameters<typeof shop>]>([
    ['by the Date of its answers', [15 * MINUTE, date]],
    ['by days', [3 * 86_400_000, date]],
    ['by a time in its answers', [15 * MINUTE, () => ({}), { clock: { at: 'time.now' } }]],
    ['where columns are found in the rows', [15 * MINUTE, date]],
  ])('loses no row that it stamps with its time: %s', async (name, options) => {
    const { config, put } = await shop(...options)
    if (name.includes('found')) Object.assign(config.tables.events, { infer: true, columns: {} })
    const { sync, rows, warnings } = await world()
    await sync(config)
    put()
    await new Promise((done) => setTimeout(done, 1100))
    await sync(config)
    put()
    // Its time has come to what was put, whatever ours is; a second of the Date may be lost.
    await new Promise((done) => setTimeout(done, 2100))
    await sync(config)
    expect(await rows(ids)).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }])
    expect(warnings.join()).toMatch(/the clock of 127\.0\.0\.1:\d+ is \d+ s behind/)
  })

  it('loses them by the clock of the runner, where the config says that', async () => {
    const { config, put } = await shop(15 * MINUTE, date, { clock: 'runner' })
    const { sync, rows } = await world()
    await sync(config)
    put()
    await sync(config)
    expect(await rows(ids)).toEqual([{ id: 0 }])
  })

  it('is asked for its time once, where no answer has told it', async () => {
    const { api, config } = await shop(0, date)
    const other = { ...config.tables.events, path: '/other' }
    await (await world()).sync({ ...config, tables: { ...config.tables, other } })
    expect(api.asked.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'GET /events',
      'GET /other',
      'HEAD /',
    ])
    expect(api.asked.find(({ method }) => method === 'HEAD')!.headers.authorization).toBeUndefined()
  })
})

describe('an API whose answers do not tell the time', () => {
  it.each<[string, (now: number) => Record<string, string>]>([
    ['without a Date', () => ({ date: '' })],
    ['with one that is none', () => ({ date: '5' })],
    ['with one before clocks were set', () => date(0)],
    ['from a store, with an Age', (now) => ({ ...date(now - 86_400_000), age: '5' })],
    ['from a store, with another word', (now) => ({ ...date(now - 86_400_000), 'x-cache': 'Hit from cloudfront' })],
    ['with one that is ahead', (now) => date(now + 86_400_000)],
  ])('is read up to the time of the runner: %s', async (_, headers) => {
    const { config, put, api } = await shop(0, headers)
    const { sync, rows, warnings } = await world()
    put(Date.now() - 1000)
    await sync(config)
    expect(await rows(ids)).toEqual([{ id: 0 }, { id: 1 }])
    expect(warnings).toEqual([])
    expect(api.asked.length).toBeLessThan(4)
  })

  it('because it does not answer to that, is read all the same', async () => {
    const { config, put, api } = await shop(0, () => ({}))
    const { handler } = api
    api.handler = (response, asked) => (asked.method === 'HEAD' ? response.socket?.destroy() : handler(response, asked))
    const { sync, rows } = await world()
    put(Date.now() - 1000)
    await sync(config)
    expect(await rows(ids)).toEqual([{ id: 0 }, { id: 1 }])
  })
})
