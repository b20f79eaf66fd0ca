import { describe, expect, it } from 'vitest'
import { RestConfig } from '../src/config.ts'
import { Api, json, world } from './harness.ts'

describe('rows', () => {
  it('that are members of an object have their names as the key, and are gone with them', async () => {
    let coins: object = { btc: { price: 1.5 }, eth: { price: 2.5 } }
    const api = await Api.open((response) => json(response, { data: coins }))
    const config = {
      baseUrl: api.url,
      tables: { coins: { path: '/coins', rows: 'data', keyedBy: 'coin', primaryKey: ['coin'] } },
    }
    const { sync, rows } = await world()
    await sync(config)
    coins = { btc: { price: 1.75 } }
    await sync(config)
    expect(await rows('SELECT coin, price, _deleted_at IS NULL AS is_there FROM api_coins ORDER BY coin')).toEqual([
      { coin: 'btc', price: 1.75, is_there: 1 },
      { coin: 'eth', price: 2.5, is_there: 0 },
    ])
  })

  it('of several lists are one table', async () => {
    const api = await Api.open((response) =>
      json(response, { shelves: [{ books: [{ id: 1 }] }, { books: [{ id: 2 }] }] }),
    )
    const { sync, rows } = await world()
    await sync({ baseUrl: api.url, tables: { books: { path: '/', rows: 'shelves.*.books', primaryKey: ['id'] } } })
    expect(await rows('SELECT id FROM api_books ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  })
})

describe('a filter', () => {
  const ROWS = [
    { id: 1, state: 'open', n: 5 },
    { id: 2, state: 'draft', n: 5, secret: true },
    { id: 3, state: 'closed', n: 6, removed: true },
    { id: 4, state: null, n: 7, removed: false },
  ]

  it.each<[string, unknown, number[]]>([
    ['a value', { at: 'state', equals: 'open' }, [1]],
    ['one of several', { at: 'state', equals: ['open', 'draft'] }, [1, 2]],
    ['a number as a text', { at: 'n', equals: '5' }, [1, 2]],
    ['another value', { at: 'state', not: 'draft' }, [1, 3, 4]],
    ['none of several', { at: 'state', not: ['draft', 'closed'] }, [1, 4]],
    ['something', { at: 'state' }, [1, 2, 3]],
    ['nothing, or a no', { at: 'removed', absent: true }, [1, 2, 4]],
    [
      'several',
      [
        { at: 'n', equals: 5 },
        { at: 'state', not: 'draft' },
      ],
      [1],
    ],
  ])('on %s keeps the rows that have it, and their columns', async (_, filter, ids) => {
    const api = await Api.open((response) => json(response, ROWS))
    const { sync, rows } = await world()
    const [table] = await sync({ baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'], filter } } })
    expect((await rows('SELECT * FROM api_t ORDER BY id')).map(({ id }) => id)).toEqual(ids)
    expect(table!.rows.rejected).toBe(0)
    const columns = Object.keys((await rows('SELECT * FROM api_t'))[0]!)
    expect(columns.includes('secret')).toBe(ids.includes(2))
  })

  it('leaves the pages of a list whole, and what is said of their number', async () => {
    const all = Array.from({ length: 30 }, (_, id) => ({ id, isOdd: id % 2 === 1 }))
    const api = await Api.open((response, { query }) => {
      const after = Number(query.get('after') ?? -1)
      json(response, { data: all.filter(({ id }) => id > after).slice(0, 4), total: 30 })
    })
    const table = {
      path: '/t',
      rows: 'data',
      primaryKey: ['id'],
      pagination: { type: 'cursor', row: 'id', parameter: 'after' },
      filter: { at: 'isOdd', equals: true },
    }
    const { sync, rows } = await world()
    const config = { baseUrl: api.url, tables: { t: table } }
    await sync(config)
    await sync(config)
    expect(await rows('SELECT count(*) AS n FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ n: 15 }])
  })

  it('that a row no longer meets marks it as deleted in a table that is read whole', async () => {
    let state = 'open'
    const api = await Api.open((response) =>
      json(response, [
        { id: 1, state: 'open' },
        { id: 2, state },
      ]),
    )
    const { sync, rows } = await world()
    const filter = { at: 'state', equals: 'open' }
    const config = { baseUrl: api.url, tables: { t: { path: '/t', primaryKey: ['id'], filter } } }
    await sync(config)
    state = 'closed'
    await sync(config)
    expect(await rows('SELECT id FROM api_t WHERE _deleted_at IS NULL')).toEqual([{ id: 1 }])
  })

  it('of a parent names the rows that have children', async () => {
    const api = await Api.open((response, { path }) => json(response, path === '/t' ? ROWS : [{ n: 1 }]))
    const tables = {
      t: { path: '/t', primaryKey: ['id'], filter: { at: 'state', equals: 'open' } },
      kids: { path: '/{partition}', primaryKey: ['n'], parent: { table: 't' } },
    }
    const { sync } = await world()
    await sync({ baseUrl: api.url, tables })
    expect([...new Set(api.take().filter((path) => path !== '/t'))]).toEqual(['/1'])
  })

  it('of two conditions in one is a mistake with its way out', () => {
    const filter = { at: 'x', equals: 1, not: 2 }
    const { error } = RestConfig.safeParse({ baseUrl: 'https://x.example', tables: { t: { path: '/t', filter } } })
    expect(JSON.stringify(error!.issues)).toContain('for more write a list of conditions')
  })
})
