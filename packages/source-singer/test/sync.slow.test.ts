import type { Settings } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { catalog, record, schema, state, stream } from './harness.ts'
import { type World, world } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

const AT = { at: { type: 'string', format: 'date-time' } }
const BY_AT = { metadata: [{ breadcrumb: [], metadata: { 'valid-replication-keys': ['at'] } }] }

async function worldOn(database: 'sqlite' | 'postgres', settings: Settings = {}): Promise<World> {
  if (database === 'sqlite') return await world(undefined, settings)
  const { url, schema: own } = await server.newSchema()
  onTestFinished(() => server.dropSchema(own))
  return await world(url, settings)
}

describe.each(['sqlite', 'postgres'] as const)('a tap is synced into %s', (database) => {
  it('row by row and from its state on, each key once, every digit', async () => {
    const { sync, rows } = await worldOn(database)
    const items = stream(
      'items',
      { ...AT, n: { type: 'integer' }, price: { type: 'number', multipleOf: 1e-38 } },
      BY_AT,
    )
    const big = '"n":9223372036854775807,"price":123456789012345678.90123456789012345678'
    const bookmark = { bookmarks: { items: { at: '2024-01-01T00:00:00Z' } } }
    const [first] = await sync({
      config: {
        catalog: catalog(items),
        lines: [
          `{"type":"RECORD","stream":"items","record":{"id":1,"at":"2024-01-01T00:00:00Z",${big}}}`,
          state(bookmark),
        ],
      },
    })
    expect(first).toMatchObject({ name: 'shop_items', status: 'complete' })
    const select = 'select id, cast(n as text) as n, cast(price as text) as price from shop_items order by id'
    const row = { id: 1, n: '9223372036854775807', price: '123456789012345678.90123456789012345678' }
    expect(await rows(select)).toEqual([row])
    // The tie comes again with what is new.
    const lines = [
      `{"type":"RECORD","stream":"items","record":{"id":1,"at":"2024-01-01T00:00:00Z",${big}}}`,
      record('items', { id: 2, at: '2024-01-02T00:00:00Z', n: 7, price: 0.5 }),
    ]
    await sync({ config: { catalog: catalog(items), lines } })
    expect(await rows(select)).toEqual([row, { id: 2, n: '7', price: expect.stringMatching(/^0?\.50*$/) }])
  })

  it('whole streams lose the rows that do not come again, but not if the tap fails', async () => {
    const { run, sync, rows } = await worldOn(database)
    const items = stream('items', { note: { type: 'string' } })
    const config = (ids: readonly number[], more: object = {}) => ({
      config: {
        catalog: catalog(items),
        lines: [schema('items', { note: { type: 'string' } }), ...ids.map((id) => record('items', { id, note: 'x' }))],
        ...more,
      },
    })
    const ids = async () =>
      (await rows('select id from shop_items where _deleted_at is null order by id')).map(({ id }) => id)
    const all = Array.from({ length: 20 }, (_, at) => at + 1)
    await sync(config(all))
    expect(await ids()).toEqual(all)
    const failed = await run(config([1, 2], { code: 1 }))
    expect(failed.exitCode).not.toBe(0)
    expect(await ids()).toEqual(all)
    await sync(config(all.slice(1)))
    expect(await ids()).toEqual(all.slice(1))
  })

  it('a tap that fails in the middle continues from its last state that was committed', async () => {
    // Of batches so small, each state is committed at once.
    const { run, sync, rows } = await worldOn(database, { batch: { rows: 2, bytes: 1_000_000 } })
    const items = stream('items', AT, BY_AT)
    const lines = [
      schema('items', AT),
      record('items', { id: 1 }),
      state({ bookmarks: { items: { at: 1 } } }),
      record('items', { id: 2 }),
    ]
    const failing = { code: 3, stderr: 'the API hung up', rest: [] }
    const report = await run({ config: { catalog: catalog(items), lines, ...failing } })
    expect(report.exitCode).not.toBe(0)
    expect(JSON.stringify(report)).toContain('the API hung up')
    expect(await rows('select id from shop_items')).toEqual([{ id: 1 }])
    await sync({ config: { catalog: catalog(items), lines: [record('items', { id: 2 })] } })
    expect(await rows('select id from shop_items order by id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('columns come and grow in the middle, and keep the values that they had', async () => {
    const { sync, rows } = await worldOn(database)
    const items = stream('items', { n: { type: 'integer' }, ...AT }, BY_AT)
    await sync({
      config: {
        catalog: catalog(items),
        lines: [
          record('items', { id: 1, n: 1 }),
          '{"type":"RECORD","stream":"items","record":{"id":2,"n":12345678901234567890123456789012345678}}',
          schema('items', { n: { type: 'integer' }, note: { type: 'string' } }),
          record('items', { id: 3, n: 3, note: 'new' }),
        ],
      },
    })
    expect(await rows('select id, cast(n as text) as n, note from shop_items order by id')).toEqual([
      { id: 1, n: '1', note: null },
      { id: 2, n: '12345678901234567890123456789012345678', note: null },
      { id: 3, n: '3', note: 'new' },
    ])
  })

  it('a value that does not fit is rejected, and the others are stored', async () => {
    const { sync, rows } = await worldOn(database)
    const items = stream('items', { day: { type: 'string', format: 'date' }, ...AT }, BY_AT)
    const ids = Array.from({ length: 30 }, (_, at) => at + 1)
    const lines = [
      ...ids.map((id) => record('items', { id, day: '2024-01-01' })),
      record('items', { id: 31, day: 'soon' }),
    ]
    const [table] = await sync({ config: { catalog: catalog(items), lines } }, {})
    expect(table).toMatchObject({ rows: { rejected: 1 } })
    expect(await rows("select count(*) as n from shop_items where day = '2024-01-01'")).toMatchObject([{ n: 30 }])
  })

  it('of a log takes deletions; a keyless stream is held once by the hash of its rows', async () => {
    const { sync, rows } = await worldOn(database)
    const log = stream('items', {}, { metadata: [{ breadcrumb: [], metadata: { 'replication-method': 'LOG_BASED' } }] })
    const visits = stream('visits', { ...AT, page: { type: 'string' } }, { ...BY_AT, key_properties: [] })
    const visit = (id: number) => record('visits', { id, page: `/${id}` })
    const config = (lines: readonly unknown[]) => ({
      streams: { visits: { rowHash: true } },
      config: { catalog: catalog(log, visits), lines: [...lines, state({ bookmarks: { items: { lsn: 1 } } })] },
    })
    await sync(config([record('items', { id: 1 }), record('items', { id: 2 }), visit(1), visit(2)]))
    await sync(config([record('items', { id: 1, _sdc_deleted_at: '2024-01-01T00:00:00Z' }), visit(2), visit(3)]))
    expect(await rows('select id from shop_items where _deleted_at is null')).toEqual([{ id: 2 }])
    expect(await rows('select page from shop_visits order by page')).toEqual([
      { page: '/1' },
      { page: '/2' },
      { page: '/3' },
    ])
  })

  it('streams that the catalog does not have become tables when the tap sends them', async () => {
    const { sync, rows } = await worldOn(database)
    const lines = [
      schema('items', AT),
      record('items', { id: 1 }),
      schema('more', { note: { type: 'string' } }),
      record('more', { id: 7, note: 'x' }),
    ]
    for (let run = 0; run < 2; run++) await sync({ config: { catalog: catalog(stream('items', AT, BY_AT)), lines } })
    expect(await rows('select id from shop_items')).toEqual([{ id: 1 }])
    expect(await rows('select id, note from shop_more')).toEqual([{ id: 7, note: 'x' }])
    const config = { catalogOption: 'none', config: { lines } }
    await sync(config)
    await sync({ ...config, config: { lines: [record('more', { id: 8, note: 'y' })] } })
    expect(await rows('select id, note from shop_more order by id')).toEqual([
      { id: 7, note: 'x' },
      { id: 8, note: 'y' },
    ])
  })
})
