import { defineSource, type Source } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop } from './sync-places.ts'

function shopOf(...names: readonly string[]): Source {
  const shop = defineSource({ name: 'shop' })
  const all = names.map((name) =>
    shop.table({
      name,
      row: z.object({ id: z.string() }),
      primaryKey: ['id'],
      async *read() {
        yield [{ id: name }]
      },
    }),
  )
  return shop.with((() => all) as never) as Source
}

const LONG = 'x'.repeat(70)
const written = (done: Awaited<ReturnType<typeof syncShop>>) =>
  Object.fromEntries(done.tables.map(({ name, rows }) => [name, rows.written]))

describe.each(syncPlaces())('names that clash, on $name', ({ name: database, empty }: SyncPlace) => {
  it('only in case: each is read where the database tells them apart, else both fail by name, and `name` makes room', async () => {
    const destination = await empty()
    const source = shopOf('orders', 'ORDERS', 'good')
    const done = await syncShop(destination, source)
    expect(written(done)['shop_good']).toBe(1)
    if (database === 'postgres') expect(written(done)).toEqual({ shop_orders: 1, shop_ORDERS: 1, shop_good: 1 })
    else {
      expect(done.exitCode).toBe(3)
      expect(done.tables.flatMap(({ failures }) => failures.map(({ failure }) => failure.code))).toEqual([
        'clash',
        'clash',
      ])
      const message = done.tables.find(({ table }) => table === 'ORDERS')!.failures[0]!.failure.message
      expect(message).toContain('sources.shop.tables: { "ORDERS": { name: "shop_ORDERS_2" } }')
    }
    const fixed = await syncShop(destination, source, { use: { tables: { ORDERS: { name: 'shop_ORDERS_2' } } } })
    expect(fixed.exitCode).toBe(0)
    expect(written(fixed)).toMatchObject({ shop_ORDERS_2: 1 })
    for (const [table, id] of [
      ['shop_orders', 'orders'],
      ['shop_ORDERS_2', 'ORDERS'],
    ] as const) {
      const { rows } = await destination.query(`select id from "${table}"`)
      expect(rows).toEqual([[id]])
    }
  })

  it('where they are cut at 63 bytes stay apart', async () => {
    const destination = await empty()
    const done = await syncShop(destination, shopOf(`${LONG}a`, `${LONG}b`, `${LONG}A`, 'ж'.repeat(40)))
    expect(done.exitCode).toBe(0)
    expect(new Set(done.tables.map(({ name }) => name)).size).toBe(4)
    for (const { name } of done.tables) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63)
    const given = await syncShop(destination, shopOf('one', 'two', 'good'), {
      use: { tables: { one: { name: `${LONG}c` }, two: { name: `${LONG}c` } } },
    })
    expect(given.exitCode).toBe(3)
    expect(written(given)['shop_good']).toBe(1)
    expect(given.tables.flatMap(({ failures }) => failures.map(({ failure }) => failure.code))).toEqual([
      'clash',
      'clash',
    ])
  })
})
