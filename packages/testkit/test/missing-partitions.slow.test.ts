import { defineSource, type Source, SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop, TestClock } from './sync-places.ts'

const row = z.object({ id: z.int(), at: z.iso.datetime() })

/** What a source lists, and which of it cannot be read. */
interface Shop {
  listed: readonly string[]
  broken: readonly string[]
}

/** A row a partition, read whole or by a cursor. */
function source(shop: Shop, spec: object = {}): Source {
  const own = defineSource({ name: 'shop' })
  const table = own.table({
    name: 'orders',
    row,
    primaryKey: ['id'],
    partitions: own.partitions(() => shop.listed),
    ...spec,
    async *read({ partition }: { partition: string }) {
      if (shop.broken.includes(partition)) throw new SyncError(`${partition} is torn`, 'fix-config')
      yield [{ id: 1, at: '2026-01-01T00:00:00.000Z' }]
    },
  } as unknown as Parameters<typeof own.table>[0])
  return own.with([table]) as Source
}

const WAYS: Readonly<Record<string, object>> = { 'read whole': {}, 'by a cursor': { cursor: 'at' } }
const names = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `p${at}`)
const rowsIn = async (destination: Destination): Promise<number> =>
  Number((await destination.query('select count(*) from shop_orders where _deleted_at is null')).rows[0]![0])

describe.each(syncPlaces())('partitions that are no longer listed on $name', ({ empty }: SyncPlace) => {
  describe.each(Object.entries(WAYS))('%s', (_, spec) => {
    it.each([
      [1, 0],
      [2, 0],
      [12, 0],
      [5, 2],
      [12, 5],
    ])('of %i only %i are listed: said, failing, and not complete up to now', async (before, after) => {
      const destination = await empty()
      const clock = new TestClock('2026-02-01T00:00:00Z')
      const shop: Shop = { listed: names(before), broken: [] }
      const first = await syncShop(destination, source(shop, spec), { clock })
      expect(first).toMatchObject({ exitCode: 0, state: { synced_tables: ['shop_orders'] } })
      const until = Number(await destination.now()) / 1000
      shop.listed = names(after)
      for (let again = 0; again < 2; again++) {
        await new Promise((resolve) => setTimeout(resolve, 2))
        clock.micros += 3_600_000_000n
        const held = await syncShop(destination, source(shop, spec), { clock })
        expect(held).toMatchObject({ exitCode: 3, tables: [{ failures: [{ failure: { code: 'deletion-limit' } }] }] })
        const { message } = held.tables[0]!.failures[0]!.failure
        expect(message).toMatch(after === 0 ? /no longer lists any partition/ : /no longer lists \d+ of \d+ partitions/)
        expect(message).toContain('"tidemark sync shop_orders --accept-deletions"')
        expect(message).toContain("sources.shop.tables.orders.deletionLimit: 'none'")
        const [table] = held.state.tables
        expect(table).toMatchObject({ status: 'failing', partitions_removed: 0, last_error: message })
        expect(Date.parse(table!.complete_to!)).toBeLessThanOrEqual(until)
        expect(await rowsIn(destination)).toBe(before)
      }
      // Back again they go on as if nothing had been.
      shop.listed = names(before)
      const back = await syncShop(destination, source(shop, spec), { clock })
      expect(back).toMatchObject({ exitCode: 0, state: { tables: [{ status: 'complete', partitions_failing: 0 }] } })
      shop.listed = names(after)
      const accepted = await syncShop(destination, source(shop, spec), { clock, acceptDeletions: true })
      expect(accepted.exitCode).toBe(0)
      expect(accepted.state.tables[0]).toMatchObject({ status: 'complete', partitions_removed: before - after })
      expect((await syncShop(destination, source(shop, spec), { clock })).exitCode).toBe(0)
      expect(await rowsIn(destination)).toBe(before)
    })

    it.each([
      [2, 1],
      [4, 1],
      [12, 6],
    ])('of %i still %i are listed: the others are gone, their rows stay', async (before, after) => {
      const destination = await empty()
      const shop: Shop = { listed: names(before), broken: [] }
      await syncShop(destination, source(shop, spec))
      shop.listed = names(after)
      const done = await syncShop(destination, source(shop, spec))
      expect(done).toMatchObject({
        exitCode: 0,
        state: { tables: [{ status: 'complete', partitions_removed: before - after }] },
      })
      expect(await rowsIn(destination)).toBe(before)
    })

    it('one that was never read leaves nothing behind that could be missing', async () => {
      const destination = await empty()
      const shop: Shop = { listed: ['a'], broken: ['a'] }
      expect(await syncShop(destination, source(shop, spec))).toMatchObject({ exitCode: 3 })
      shop.listed = []
      const done = await syncShop(destination, source(shop, spec))
      expect(done).toMatchObject({ exitCode: 0, state: { tables: [{ partitions_failing: 0, partitions_removed: 1 }] } })
    })

    it('a table of which any number may go says so', async () => {
      const destination = await empty()
      const shop: Shop = { listed: names(7), broken: [] }
      const use = { tables: { orders: { deletionLimit: 'none' as const } } }
      await syncShop(destination, source(shop, spec), { use })
      shop.listed = []
      const done = await syncShop(destination, source(shop, spec), { use })
      expect(done).toMatchObject({ exitCode: 0, state: { tables: [{ partitions_removed: 7 }] } })
    })

    it('one that failed and is no longer listed fails no more', async () => {
      const destination = await empty()
      const shop: Shop = { listed: ['a', 'b'], broken: ['b'] }
      const failed = await syncShop(destination, source(shop, spec))
      expect(failed).toMatchObject({ exitCode: 3, state: { tables: [{ status: 'failing', partitions_failing: 1 }] } })
      shop.listed = ['a']
      const done = await syncShop(destination, source(shop, spec))
      expect(done).toMatchObject({
        exitCode: 0,
        state: { tables: [{ status: 'complete', partitions_failing: 0, last_error: null }] },
      })
      const view = await destination.query('select status, partitions, failing, last_error from tidemark_status')
      expect(view.rows.map((one) => one.map((value) => (typeof value === 'bigint' ? Number(value) : value)))).toEqual([
        ['complete', 1, 0, null],
      ])
      shop.listed = ['a', 'b']
      shop.broken = []
      const back = await syncShop(destination, source(shop, spec))
      expect(back).toMatchObject({ exitCode: 0, state: { tables: [{ status: 'complete', partitions_failing: 0 }] } })
    })
  })

  it('one that could not be asked, and then has nothing new, fails no more', async () => {
    const destination = await empty()
    const shop: Shop = { listed: ['a', 'b'], broken: [] }
    let isAway = false
    const revision = ({ partition }: { readonly partition: string }): string => {
      if (isAway && partition === 'b') throw new SyncError('away', 'fix-config')
      return 'same'
    }
    await syncShop(destination, source(shop, { revision }))
    isAway = true
    expect(await syncShop(destination, source(shop, { revision }))).toMatchObject({ exitCode: 3 })
    isAway = false
    const done = await syncShop(destination, source(shop, { revision }))
    expect(done).toMatchObject({ exitCode: 0, state: { tables: [{ status: 'complete', partitions_failing: 0 }] } })
  })
})
