import { defineSource, deleted, type Source, SyncError } from '@tidemark/core'
import { listRejects } from '@tidemark/destination'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop } from './sync-places.ts'

/** Texts that no database holds, and how they are written for people. */
const HOSTILE = [
  ['NUL', 'a\0b', 'a\\u0000b'],
  ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
] as const

const Row = z.object({ id: z.string(), note: z.string().nullish() })
const Timed = Row.extend({ at: z.iso.datetime() })
const AT = '2024-01-01T00:00:00Z'
const rowsOf = (...rows: readonly object[]) =>
  async function* () {
    yield rows
  }
const throwing = (error: unknown) => () => {
  throw error
}

type Shop = ReturnType<typeof defineSource>
type Add = (shop: Shop) => ReturnType<typeof tableOf>
const tableOf = (shop: Shop, more: object) =>
  shop.table({ name: 'bad', row: Row, primaryKey: ['id'], read: rowsOf({ id: '1' }), ...more } as never)

/** A source with a table that is well, and another one. */
function beside(add: Add, spec: object = {}): Source {
  const shop = defineSource({ name: 'shop', ...spec } as never) as Shop
  const good = tableOf(shop, { name: 'good' })
  return shop.with((() => [add(shop), good]) as never) as Source
}

/** What a source may answer with, where the table that it is of fails and is named. */
const FAILING: readonly (readonly [string, (shop: Shop, bad: string) => object, RegExp])[] = [
  ['an error of read()', (_, bad) => ({ read: throwing(new Error(`no ${bad}`)) }), /^no a/],
  ['the code of an error', (_, bad) => ({ read: throwing(new SyncError('no', 'fix-source', { code: bad })) }), /^no$/],
  [
    'an error of its partitions',
    (shop, bad) => ({ partitions: shop.partitions(throwing(new Error(`no ${bad}`)) as never) }),
    /^no a/,
  ],
  ['an error of end()', (_, bad) => ({ row: Timed, cursor: 'at', end: throwing(new Error(`no ${bad}`)) }), /^no a/],
  ['the answer of end()', (_, bad) => ({ row: Timed, cursor: 'at', end: () => bad }), /end\(\) returned a/],
  ['a revision', (_, bad) => ({ revision: () => bad }), /revision\(\) is "a.*", which holds/],
  ['a generation', (_, bad) => ({ generation: () => bad }), /generation\(\) is "a.*", which holds/],
  ['a column', (_, bad) => ({ row: Row.extend({ [bad]: z.string().nullish() }) }), /column's name holds/],
]

/** And where it is read all the same. */
const READ: readonly (readonly [string, (bad: string) => object])[] = [
  ['a key', (bad) => ({ read: rowsOf({ id: bad }, { id: '2' }) })],
  ['a value', (bad) => ({ read: rowsOf({ id: '1', note: bad }, { id: '2' }) })],
  [
    'a value that its schema refuses',
    (bad) => ({
      row: Row.extend({ note: z.enum(['a']).optional() }),
      read: rowsOf({ id: '1', note: bad }, { id: '2' }),
    }),
  ],
  ['a cursor', (bad) => ({ row: Timed, cursor: 'at', read: rowsOf({ id: '1', at: bad }, { id: '2', at: AT }) })],
  ['an undeclared field', (bad) => ({ read: rowsOf({ id: '2', [bad]: 1 }) })],
  ['the name that it had before', (bad) => ({ aliases: [bad], read: rowsOf({ id: '2' }) })],
]

describe.each(syncPlaces())('a text that no database holds, on $name', ({ empty }: SyncPlace) => {
  describe.each(HOSTILE)('%s', (_, bad, shown) => {
    it.each(FAILING)('as %s fails its table alone, by name, in each run', async (_what, more, message) => {
      const destination = await empty()
      const source = beside((shop) => tableOf(shop, more(shop, bad)))
      for (const run of [1, 2]) {
        const done = await syncShop(destination, source)
        expect(done).toMatchObject({ exitCode: 3, failure: undefined })
        const [its, good] = done.tables
        expect(good).toMatchObject({ name: 'shop_good', status: 'complete', rows: { written: 2 - run } })
        expect(its).toMatchObject({ name: 'shop_bad', status: 'failing' })
        expect(its?.failures.map(({ failure }) => failure.message)).toEqual([expect.stringMatching(message)])
        const known = done.state.tables.find(({ name }) => name === 'shop_bad')
        expect(known).toMatchObject({ status: 'failing' })
        expect(JSON.stringify(known)).not.toContain(JSON.stringify(bad).slice(1, -1))
      }
    })

    it('in a message is written so that people can read it', async () => {
      const destination = await empty()
      const done = await syncShop(
        destination,
        beside((shop) => tableOf(shop, { read: throwing(new Error(`no ${bad}`)) })),
      )
      expect(done.state.tables.find(({ name }) => name === 'shop_bad')).toMatchObject({ last_error: `no ${shown}` })
    })

    it.each(READ)('as %s leaves all other rows of its table to be read', async (_what, more) => {
      const destination = await empty()
      const source = beside((shop) => tableOf(shop, more(bad)))
      for (const written of [1, 0]) {
        const done = await syncShop(destination, source)
        expect(done).toMatchObject({ exitCode: 0, tables: [{ rows: { written } }, { rows: { written } }] })
      }
      const rejects = await listRejects(destination)
      for (const { code, message } of rejects) expect(`${code} ${message}`).not.toContain(bad)
    })

    it('as a partition fails that one alone, and the others of its table are read', async () => {
      const destination = await empty()
      let listed = ['first', bad, 'last']
      const source = beside((shop) => tableOf(shop, { partitions: shop.partitions(() => listed) }))
      for (const written of [2, 0]) {
        const done = await syncShop(destination, source)
        expect(done).toMatchObject({ exitCode: 3, tables: [{ rows: { written } }, { status: 'complete' }] })
        const [{ partition, failure } = {}, ...others] = done.tables[0]!.failures
        expect(others).toEqual([])
        expect(partition).toMatch(/^ab \([0-9a-f]{16}\)$/)
        expect(failure?.message).toMatch(/partition "a.*" holds/)
      }
      const { partitions } = (await destination.state()).tables.get('shop_bad')!
      expect([...partitions.values()].map(({ failures }) => failures).sort()).toEqual([0, 0, 2])
      // The source gives it another name: nothing fails any more.
      listed = ['first', 'second', 'last']
      expect(await syncShop(destination, source, { acceptDeletions: true })).toMatchObject({ exitCode: 0 })
    })

    it('as a name fails that table alone', async () => {
      const destination = await empty()
      const done = await syncShop(
        destination,
        beside((shop) => tableOf(shop, { name: bad })),
      )
      expect(done).toMatchObject({ exitCode: 3, tables: [{ status: 'failing' }, { status: 'complete' }] })
      expect(done.tables[0]!.failures[0]!.failure.message).toMatch(/the table's name holds/)
    })

    it.each([
      ['an error of connect()', { connect: () => Promise.reject(new Error(`no ${bad}`)) }, /^no a/],
      ['its identity', { identity: () => bad }, /identity\(\) is "a.*", which holds/],
    ])('as %s fails its source, and no other', async (_what, spec, message) => {
      const destination = await empty()
      const sources = [
        { name: 'shop', source: beside((shop) => tableOf(shop, {}), spec), config: {}, options: {} },
        { name: 'other', source: beside((shop) => tableOf(shop, {})), config: {}, options: {} },
      ]
      const done = await syncShop(destination, sources[0]!.source, { sources })
      expect(done).toMatchObject({
        exitCode: 3,
        failure: undefined,
        tables: [{ rows: { written: 1 } }, { rows: { written: 1 } }],
      })
      expect(done.sources[0]?.failure?.message).toMatch(message)
    })

    it('as the key of a row that is gone marks nothing, and stops nothing', async () => {
      const destination = await empty()
      const spec = { row: Timed, cursor: 'at', deletions: 'reported' }
      const source = beside((shop) =>
        tableOf(shop, {
          ...spec,
          async *read() {
            yield [{ id: '1', at: AT }]
            yield deleted([{ id: bad, at: AT }])
          },
        }),
      )
      expect(await syncShop(destination, source)).toMatchObject({
        exitCode: 0,
        tables: [{ rows: { written: 1, deleted: 0 } }, {}],
      })
    })

    it('as a key of a table read whole does not keep what is gone from being marked', async () => {
      const destination = await empty()
      let rows = [{ id: bad }, { id: '1' }, { id: '2' }]
      const source = beside((shop) =>
        tableOf(shop, {
          read: async function* () {
            yield rows
          },
        }),
      )
      await syncShop(destination, source)
      rows = [{ id: bad }, { id: '1' }]
      const done = await syncShop(destination, source, { acceptDeletions: true })
      expect(done).toMatchObject({ exitCode: 0, tables: [{ rows: { deleted: 1, rejected: 1 } }, {}] })
    })
  })
})
