import type { SourceOptions } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { Api, json, world } from './harness.ts'

type Row = Record<string, unknown>

/** A list of pages of a hundred rows. */
async function listed(rows: () => readonly Row[], size = 100) {
  const api = await Api.open((response, { query }) => {
    const since = query.get('since') ?? ''
    const from = (Number(query.get('page') ?? 1) - 1) * size
    const found = rows().filter((row) => String(row['at'] ?? '~') >= since)
    json(response, { data: found.slice(from, from + size), total: found.length })
  })
  const table = { path: '/t', rows: 'data', primaryKey: ['id'], pagination: { type: 'page' } }
  return { api, config: (more: object = {}) => ({ baseUrl: api.url, tables: { t: { ...table, ...more } } }) }
}

const many = (count: number, row: (id: number) => Row): Row[] => Array.from({ length: count }, (_, id) => row(id))
const at = (id: number): string => new Date(Date.UTC(2024, 0, 1) + id * 60_000).toISOString()

describe('a field that comes late', () => {
  it('becomes a column, with its earlier values: a list of 3,000 rows, from row 2,000 on', async () => {
    const rows = many(3000, (id) => (id < 2000 ? { id, name: `n${id}` } : { id, name: `n${id}`, late: id / 2 }))
    const { config, api } = await listed(() => rows)
    const { sync, rows: read } = await world()
    const [table] = await sync(config())
    expect(table!.rows).toMatchObject({ written: 3000, rejected: 0 })
    expect(table!.rows.undeclared).toBe(0)
    expect(await read('SELECT count(*) AS n, count(late) AS late, sum(late) AS total FROM api_t')).toEqual([
      { n: 3000, late: 1000, total: rows.slice(2000).reduce((sum, row) => sum + Number(row['late']), 0) },
    ])
    // Looked at, begun, looked at to its end, and read.
    expect(api.asked.length).toBeLessThan(90)
    api.take()
    expect((await sync(config()))[0]!.rows).toMatchObject({ written: 0, unchanged: 3000 })
    expect(api.take().length).toBeLessThan(40)
  })

  it('one after another, in a table that is known, and of every kind', async () => {
    let rows = many(1500, (id) => ({ id }))
    const { config } = await listed(() => rows)
    const { sync, rows: read } = await world()
    await sync(config())
    const kinds = { a: 1, b: 1.5, c: true, d: 'x', e: '2024-01-01', f: '2024-01-01T00:00:00Z', g: { x: [1] } }
    rows = many(1500, (id) => ({ id, ...(id === 900 ? kinds : {}), ...(id === 1400 ? { last: 'one' } : {}) }))
    const [table] = await sync(config())
    expect(table!.rows).toMatchObject({ written: 2, rejected: 0, undeclared: 0 })
    expect(await read('SELECT a, b, c, d, e, g, last FROM api_t WHERE id IN (900, 1400) ORDER BY id')).toEqual([
      { a: 1, b: 1.5, c: 1, d: 'x', e: '2024-01-01', g: expect.anything(), last: null },
      { a: null, b: null, c: null, d: null, e: null, g: null, last: 'one' },
    ])
    const [state] = await read(`SELECT schema, undeclared FROM _tidemark_tables WHERE name = 'api_t'`)
    expect(JSON.parse(String(state!['schema'])).columns.map((one: { type: string }) => one.type)).toEqual([
      ...['integer', 'integer', 'double', 'boolean', 'text', 'date', 'timestamp', 'json', 'text'],
    ])
  })

  it('in a table with a cursor, also where part of it was committed', async () => {
    const rows = many(2500, (id) => ({ id, at: at(id), ...(id >= 2200 ? { late: `l${id}` } : {}) }))
    const { config } = await listed(() => rows)
    const { sync, rows: read } = await world({ batch: { rows: 300, bytes: 1_000_000 } })
    const params = { since: '{from}' }
    await sync(config({ cursor: 'at', ordered: 'ascending', params }))
    expect(await read('SELECT count(*) AS n, count(late) AS late FROM api_t')).toEqual([{ n: 2500, late: 300 }])
  })

  it('in the rows of many partitions at once', async () => {
    const api = await Api.open((response, { path, query }) => {
      if (path === '/parents')
        return json(
          response,
          many(12, (id) => ({ id })),
        )
      const of = Number(query.get('of'))
      json(
        response,
        many(20, (id) => ({ id, ...(id > 10 ? { [`f${of % 4}`]: of } : {}) })),
      )
    })
    const tables = {
      parents: { path: '/parents', primaryKey: ['id'] },
      // Of the first parents and the last no row has them.
      kids: { path: '/kids', params: { of: '{partition}' }, primaryKey: ['id'], parent: { table: 'parents' } },
    }
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables }, { tables: { parents: false } } as SourceOptions)
    expect(await rows('SELECT count(*) AS n, count(f0) AS a, count(f1) AS b, count(f3) AS d FROM api_kids')).toEqual([
      { n: 240, a: 27, b: 27, d: 27 },
    ])
  })

  it.each<[SourceOptions['schema']]>([['freeze'], ['discard-row']])(
    'is none where the columns are to stay: %s',
    async (schema) => {
      const rows = many(1500, (id) => (id < 1400 ? { id } : { id, late: 1 }))
      const { config } = await listed(() => rows)
      const { sync, rows: read } = await world()
      const [table] = await sync(config(), { schema })
      expect(table!.rows).toMatchObject({ written: 1500, rejected: 0, undeclared: 100 })
      expect(Object.keys((await read('SELECT * FROM api_t LIMIT 1'))[0]!)).not.toContain('late')
    },
  )

  it('nor where the config names the columns, or a field has a name that no column can have', async () => {
    const rows = many(1500, (id) => (id < 1400 ? { id } : { id, '': 1, 'a\0b': 2 }))
    const { config } = await listed(() => rows)
    const { sync } = await world()
    expect((await sync(config({ infer: false, columns: { id: 'integer' } })))[0]!.rows.written).toBe(1500)
    expect((await (await world()).sync(config()))[0]!.rows).toMatchObject({ written: 1500, rejected: 0 })
  })
})

describe('a type that changes late', () => {
  it.each<[string, unknown, unknown, string, unknown[]]>([
    ['integer to text', 5, 'large', 'text', ['5', 'large']],
    ['integer to double', 5, 2.5, 'numeric', ['5', '2.5']],
    [
      'integer beyond 64 bits',
      5,
      '@123456789012345678901234567890',
      'numeric',
      ['5', '123456789012345678901234567890'],
    ],
    ['date to text', '2024-01-01', 'soon', 'text', ['2024-01-01', 'soon']],
    ['date that is none', '2024-01-01', '2024-13-01', 'text', ['2024-01-01', '2024-13-01']],
    ['boolean to text', true, 'yes', 'text', ['true', 'yes']],
    ['double to text', 2.5, 'many', 'text', ['2.5', 'many']],
    ['time to text', '2024-01-01T00:00:00Z', 'never', 'text', ['2024-01-01T00:00:00Z', 'never']],
    ['text to object', 'x', { a: 1 }, 'text', ['x', '{"a":1}']],
  ])('makes the column of a new table wider: %s', async (_, early, late, type, values) => {
    const rows = many(1500, (id) => ({ id, v: id < 1450 ? early : late }))
    const api = await Api.open((response, { query }) => {
      const text = JSON.stringify(rows.slice(Number(query.get('offset'))).slice(0, 100))
      json(response, text.replaceAll(/"@(\d+)"/g, '$1'))
    })
    const { sync, rows: read } = await world()
    const pagination = { type: 'offset' }
    const [table] = await sync({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'], pagination } } })
    expect(table!.rows).toMatchObject({ written: 1500, rejected: 0 })
    const [state] = await read(`SELECT schema FROM _tidemark_tables WHERE name = 'api_t'`)
    expect(JSON.parse(String(state!['schema'])).columns[1]).toMatchObject({ name: 'v', type })
    expect((await read('SELECT v FROM api_t WHERE id IN (0, 1499) ORDER BY id')).map((row) => row['v'])).toEqual(values)
  })

  it('also that of a key, while nothing was written', async () => {
    const rows = many(1500, (id) => ({ id: id < 1450 ? id : `k${id}` }))
    const { config } = await listed(() => rows)
    const { sync, rows: read } = await world()
    await sync(config())
    expect(await read(`SELECT count(*) AS n FROM api_t WHERE id LIKE 'k%'`)).toEqual([{ n: 50 }])
  })

  it('of a table that has rows, where no column holds both, rejects these rows alone, and other fields become columns', async () => {
    let rows = many(1500, (id) => ({ id, v: true as unknown }))
    const { config } = await listed(() => rows)
    const { sync, rows: read } = await world()
    await sync(config())
    rows = many(1500, (id) => ({ id, v: id < 1498 ? true : 'yes', ...(id === 1490 ? { late: 'l' } : {}) }))
    const [table] = await sync(config())
    expect(table!.rows).toMatchObject({ written: 1, unchanged: 1497, rejected: 2 })
    expect(await read('SELECT late FROM api_t WHERE id = 1490')).toEqual([{ late: 'l' }])
    expect(await read('SELECT count(*) AS n FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ n: 1500 }])
  })
})
