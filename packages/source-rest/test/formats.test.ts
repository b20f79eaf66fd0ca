import { describe, expect, it } from 'vitest'
import { RestConfig } from '../src/config.ts'
import { Api, json, world } from './harness.ts'

describe('a table', () => {
  it('of CSV has texts, dates and the types that are declared', async () => {
    const text = 'id,price,on,note\n1,2.50,2024-01-31,\n2,,2024-02-01,"a\nb"\n'
    const api = await Api.open((response) => json(response, text, 200, { 'content-type': 'text/csv' }))
    const { sync, rows } = await world()
    const table = { path: '/export', format: 'csv', primaryKey: ['id'], columns: { id: 'integer', price: 'numeric' } }
    await sync({ baseUrl: api.url, success: { at: 'ok', equals: true }, tables: { t: table } })
    expect(await rows('SELECT id, price, "on", note FROM api_t ORDER BY id')).toEqual([
      { id: 1, price: '2.50', on: '2024-01-31', note: null },
      { id: 2, price: null, on: '2024-02-01', note: 'a\nb' },
    ])
    expect(api.asked[0]!.headers.accept).toContain('text/csv')
  })

  it('of lines is read as they come, with columns that are found late', async () => {
    const lines = Array.from({ length: 5000 }, (_, id) => JSON.stringify(id < 4000 ? { id } : { id, late: true }))
    const api = await Api.open((response) => json(response, lines.join('\n')))
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables: { t: { path: '/export', format: 'ndjson', primaryKey: ['id'] } } })
    expect(await rows('SELECT count(*) AS n, count(late) AS late FROM api_t')).toEqual([{ n: 5000, late: 1000 }])
  })

  it('of lines that break off keeps its rows, and is read again', async () => {
    let isBroken = false
    const api = await Api.open((response) => {
      if (!isBroken) return json(response, '{"id":1}\n{"id":2}\n')
      response.writeHead(200, { 'content-length': 100 })
      response.write('{"id":1}\n{"id"')
      setTimeout(() => response.destroy(), 20)
    })
    const { sync, run, rows } = await world()
    const config = { baseUrl: api.url, tables: { t: { path: '/t', format: 'ndjson', primaryKey: ['id'] } } }
    await sync(config)
    isBroken = true
    expect((await run(config)).exitCode).not.toBe(0)
    expect(await rows('SELECT count(*) AS n FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ n: 2 }])
  })

  it('of one answer whose headers name a next page is an error', async () => {
    const api = await Api.open((response) => json(response, 'id\n1\n', 200, { link: '</t?page=2>; rel="next"' }))
    const { run } = await world()
    const report = await run({ baseUrl: api.url, tables: { t: { path: '/t', format: 'csv', primaryKey: ['id'] } } })
    expect(report.tables[0]!.failures[0]!.failure.message).toContain('names a next page (Link: rel="next")')
  })
})

it.each<[string, object]>([
  ['rows', { format: 'csv', rows: 'data' }],
  ['keyedBy', { format: 'ndjson', keyedBy: 'id' }],
  ['success', { format: 'csv', success: { at: 'ok' } }],
  ['none', { format: 'ndjson', none: 'absent' }],
  ['total', { format: 'csv', total: 'meta.total' }],
  ['pagination.at', { format: 'csv', pagination: { type: 'next_url', at: 'next' } }],
  ['pagination.more', { format: 'ndjson', pagination: { type: 'page', more: 'has_more' } }],
])('%s in a table of rows alone is a mistake: %j', (path, more) => {
  const { error } = RestConfig.safeParse({ baseUrl: 'https://x.example', tables: { t: { path: '/t', ...more } } })
  expect(error!.issues.map((issue) => issue.path.join('.'))).toContain(`tables.t.${path}`)
})
