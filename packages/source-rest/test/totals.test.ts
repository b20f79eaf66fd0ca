import { describe, expect, it } from 'vitest'
import { RestConfig } from '../src/config.ts'
import { countRows } from '../src/read.ts'
import { RestClient } from '../src/rest-client.ts'
import { Api, json, world } from './harness.ts'

const ROWS = Array.from({ length: 25 }, (_, id) => ({ id }))
const LIST = { path: '/t', rows: 'data', primaryKey: ['id'] }
type Options = { readonly rows?: readonly object[]; readonly total: number | undefined; readonly size?: number }

/** A list of pages by number or offset, with a count beside it. */
const listed =
  ({ rows = ROWS, total, size = 10 }: Options) =>
  (response: Parameters<typeof json>[0], { query }: { readonly query: URLSearchParams }): void => {
    const at = query.has('page') ? (Number(query.get('page')) - 1) * size : Number(query.get('offset'))
    json(response, { total, data: rows.slice(at, at + size) })
  }

describe('a list that counts its rows', () => {
  it.each([
    { type: 'offset', total: 'total' },
    { type: 'offset' },
    { type: 'page' },
    { type: 'page', size: { parameter: 'n', value: 100 } },
  ])('has all of them though the count is too low: %j', async (pagination) => {
    const api = await Api.open(listed({ total: 12 }))
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables: { t: { ...LIST, pagination } } })
    expect(await rows('SELECT count(*) AS n FROM api_t')).toEqual([{ n: 25 }])
  })

  it.each<[object, string]>([
    [{ pagination: { type: 'offset' } }, 'retry'],
    [{ pagination: { type: 'page' } }, 'retry'],
    [{ pagination: { type: 'page' }, total: 'total' }, 'retry'],
    [{}, 'fix-config'],
  ])('is an error where fewer come, and the rows it had stay: %j', async (more, remedy) => {
    const size = Object.keys(more).length === 0 ? 100 : 10
    const api = await Api.open(listed({ total: 25, size }))
    const { run, sync, rows } = await world()
    const config = { baseUrl: api.url, tables: { t: { ...LIST, ...more } } }
    await sync(config)
    api.handler = listed({ rows: ROWS.slice(0, 20), total: 25, size })
    const { failure } = (await run(config)).tables[0]!.failures[0]!
    expect(failure).toMatchObject({ remedy, code: 'paging' })
    expect(failure.message).toContain('counts 25 rows and gave 20')
    expect(await rows('SELECT count(*) AS n FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ n: 25 }])
    // The way out that the message names.
    await sync({ baseUrl: api.url, tables: { t: { ...LIST, ...more, total: false } } })
    expect(await rows('SELECT count(*) AS n FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ n: 20 }])
  })

  it('is read again where rows were deleted between its pages, and none of the others is lost', async () => {
    let rows: { id: number }[] = [...ROWS]
    let isFirst = true
    const api = await Api.open((response, asked) => {
      listed({ rows, total: rows.length })(response, asked)
      if (asked.query.get('page') === '1' && !isFirst) rows = rows.filter(({ id }) => id !== 3)
      isFirst = false
    })
    const { sync, rows: read } = await world()
    const table = { ...LIST, pagination: { type: 'page' }, infer: false, columns: { id: 'integer' } }
    await sync({ baseUrl: api.url, tables: { t: table } }, { deletes: 'hard' })
    isFirst = false
    await sync({ baseUrl: api.url, tables: { t: table } }, { deletes: 'hard' })
    const ids = (await read('SELECT id FROM api_t ORDER BY id')).map((row) => row['id'])
    expect(ids).toEqual(rows.map(({ id }) => id))
    expect(ids).toHaveLength(24)
  })

  it.each([true, false])('and where it counts nothing, too (ETags: %s)', async (tagged) => {
    let rows: { id: number }[] = [...ROWS]
    let isFirst = true
    const api = await Api.open((response, { query, headers }) => {
      const at = Number(query.get('offset'))
      const data = rows.slice(at, at + 10)
      const etag = JSON.stringify(data.map(({ id }) => id).join())
      if (tagged && headers['if-none-match'] === etag) json(response, '', 304, { etag })
      else json(response, { data }, 200, tagged ? { etag } : {})
      if (at === 10 && !isFirst) rows = rows.filter(({ id }) => id !== 3)
    })
    const { sync, rows: read } = await world()
    const table = { ...LIST, pagination: { type: 'offset' }, infer: false, columns: { id: 'integer' } }
    await sync({ baseUrl: api.url, tables: { t: table } }, { deletes: 'hard' })
    isFirst = false
    await sync({ baseUrl: api.url, tables: { t: table } }, { deletes: 'hard' })
    expect((await read('SELECT id FROM api_t ORDER BY id')).map((row) => row['id'])).toEqual(rows.map(({ id }) => id))
    // Without a second look, the row that passed by unseen is lost until the next run.
    rows = [...ROWS]
    await sync({ baseUrl: api.url, tables: { t: { ...table, pagination: { type: 'offset', recheck: false } } } })
    expect(await read('SELECT count(*) AS n FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ n: 24 }])
  })

  it.each<[string, object, number | undefined]>([
    ['at the place of the config', { pagination: { type: 'page' }, total: 'total' }, 25],
    ['at that of its pages', { pagination: { type: 'offset', total: 'total' } }, 25],
    ['in a header of the config', { pagination: { type: 'page' }, total: { header: 'X-All' } }, 26],
    ['in a header that means nothing else', { pagination: { type: 'page' } }, 27],
    ['not in names that may mean something else', { pagination: { type: 'cursor', at: 'next', parameter: 'c' } }, 27],
    ['nowhere, where the config says so', { pagination: { type: 'page' }, total: false }, undefined],
    ['nowhere where a filter leaves rows out', { pagination: { type: 'page' }, filter: { at: 'id' } }, undefined],
    ['nowhere for several lists', { pagination: { type: 'page' }, rows: 'data.*' }, undefined],
    ['nowhere for one page of more', { pagination: { type: 'none' } }, undefined],
  ])('can be asked for their number %s', async (_, more, expected) => {
    const api = await Api.open((response) =>
      json(response, { data: ROWS.slice(0, 10), total: 25 }, 200, { 'x-all': '26', 'x-total-count': '27' }),
    )
    const config = RestConfig.parse({ baseUrl: api.url, tables: { t: { ...LIST, ...more } } })
    const client = new RestClient(config, { debug() {}, info() {}, warn() {} })
    const signal = AbortSignal.timeout(10_000)
    expect(await countRows(client, { table: client.table('t'), signal })).toBe(expected)
    await client.close()
  })

  it('says in one place where', () => {
    const table = { ...LIST, total: 'total', pagination: { type: 'offset', total: 'total' } }
    const parsed = RestConfig.safeParse({ baseUrl: 'https://x.example', tables: { t: table } })
    expect(parsed.error?.issues).toMatchObject([{ path: ['tables', 't', 'total'] }])
  })
})
