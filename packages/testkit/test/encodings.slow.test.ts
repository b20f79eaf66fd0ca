import { defineSource, deleted, type Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { listRejects, openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { syncShop } from './sync-places.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

/** An empty database with the encoding LATIN1. */
async function latin1(): Promise<Destination> {
  const name = `latin1_${Math.random().toString(36).slice(2)}`
  await server.execute(`create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`)
  onTestFinished(() => server.dropDatabase(name))
  const url = `${server.urlOf(name)}?schema=public`
  const destination = await openDestination({ url, runner: { id: name, host: 'test', pid: 1, startedAt: 1n } })
  onTestFinished(() => destination.close())
  return destination
}

const AT = '2024-01-01T00:00:00Z'
const Row = z.object({ id: z.string(), note: z.string(), more: z.json().nullish() })
const Timed = Row.extend({ at: z.iso.datetime() })

type Spec = Readonly<Record<string, unknown>>
function shopOf(...specs: readonly Spec[]): Source {
  const shop = defineSource({ name: 'shop' })
  const all = specs.map((spec) =>
    shop.table({ name: 'orders', row: Row, primaryKey: ['id'], async *read() {}, ...spec } as never),
  )
  return shop.with((() => all) as never) as Source
}
const yields = (...pages: readonly unknown[]) => ({
  async *read() {
    yield* pages
  },
})

it.each([
  ['a value', { note: 'thanks 🎉' }],
  ['a key', { id: 'k🎉' }],
  ['json', { more: { said: ['🎉'] } }],
])(
  'one emoji in 20,000 rows, in %s, is one rejected row: the others are written, whole and in windows',
  async (_, bad) => {
    for (const timed of [{}, { row: Timed, cursor: 'at' }]) {
      const destination = await latin1()
      const rows = Array.from({ length: 20_000 }, (_, at) => ({ id: `k${at}`, note: 'Müller', at: AT }))
      rows[13_577] = { ...rows[13_577]!, ...bad }
      const source = shopOf({ ...timed, ...yields(rows.slice(0, 9000), rows.slice(9000)) })
      const done = await syncShop(destination, source)
      expect(done).toMatchObject({
        exitCode: 0,
        tables: [{ status: 'complete', rows: { written: 19_999, rejected: 1 } }],
      })
      const [reject, ...others] = await listRejects(destination)
      expect(others).toEqual([])
      expect(reject?.message).toMatch(
        /holds "🎉"|holds "\\ud83c\\udf89", which the database's encoding LATIN1 does not have/,
      )
      expect(JSON.parse(reject!.payload)).toMatchObject(bad)
    }
  },
)

it('what is gone is marked, though a row beside it has a key that cannot be held; its deletion is nothing', async () => {
  const destination = await latin1()
  let rows = [
    { id: '🎉', note: '' },
    { id: 'a', note: '' },
    { id: 'b', note: '' },
  ]
  const whole = shopOf({
    async *read() {
      yield rows
    },
  })
  await syncShop(destination, whole)
  rows = rows.slice(0, 2)
  const done = await syncShop(destination, whole, { acceptDeletions: true })
  expect(done).toMatchObject({ exitCode: 0, tables: [{ rows: { deleted: 1, rejected: 1 } }] })
  const reported = shopOf({
    name: 'told',
    ...{ row: Timed, cursor: 'at', deletions: 'reported' },
    ...yields([{ id: 'a', note: '', at: AT }], deleted([{ id: '🎉', at: AT }])),
  })
  expect(await syncShop(destination, reported)).toMatchObject({ exitCode: 0, tables: [{ rows: { written: 1 } }] })
})

it('messages, partitions and names with characters that are not held fail what they belong to, and nothing else', async () => {
  const destination = await latin1()
  const good = { name: 'é', ...yields([{ id: 'ü', note: 'ñ' }]) }
  const shop = defineSource({ name: 'shop' })
  const source = shopOf(
    {
      name: 'thrown',
      read: () => {
        throw new Error('no 🎉 é')
      },
    },
    { name: 'parts', partitions: shop.partitions(() => ['é', '🎉']), ...yields([{ id: '1', note: '' }]) },
    { name: '🎉' },
    { name: 'column', row: Row.extend({ '🎉': z.string() }), ...yields([{ id: '1', note: '', '🎉': 'x' }]) },
    good,
  )
  for (const run of [1, 2]) {
    const done = await syncShop(destination, source)
    expect(done).toMatchObject({ exitCode: 3, failure: undefined })
    const [thrown, parts, named, column, fine] = done.tables
    expect(thrown?.failures.map(({ failure }) => failure.message)).toEqual(['no 🎉 é'])
    expect(parts).toMatchObject({ rows: { written: 2 - run }, failures: [{ failure: { code: 'schema' } }] })
    expect(named?.failures[0]?.failure.message).toContain("the database's encoding LATIN1 does not have, and UTF8 has")
    expect(column).toMatchObject({ status: 'complete', rows: { written: 2 - run }, failures: [] })
    expect(fine).toMatchObject({ name: 'shop_é', status: 'complete', rows: { written: 2 - run } })
    expect(done.state.tables.find(({ name }) => name === 'shop_thrown')?.last_error).toBe('no \\ud83c\\udf89 é')
  }
})
