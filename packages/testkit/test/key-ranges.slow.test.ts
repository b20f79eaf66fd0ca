import { defineSource, type Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop } from './sync-places.ts'

/** A table without a cursor that is read in four ranges of its key, and knows how many of them are open at once. */
class Orders {
  ids: readonly number[] = []
  most = 0
  #open = 0
  readonly #allOpen = Promise.withResolvers<void>()

  source(): Source {
    const shop = defineSource({ name: 'shop' })
    const self = this
    return shop.with([
      shop.table({
        name: 'orders',
        row: z.object({ id: z.int(), note: z.string() }),
        primaryKey: ['id'],
        keyRanges: { column: 'id', bounds: () => [1000, 2000, 3000] },
        async *read({ keyRange: { from = -Infinity, to = Infinity } = {} }) {
          self.most = Math.max(self.most, ++self.#open)
          if (self.#open === 4) self.#allOpen.resolve()
          // They wait for each other; where they are not read side by side, the test must end all the same.
          await Promise.race([self.#allOpen.promise, new Promise((late) => setTimeout(late, 5000))])
          const own = self.ids.filter((id) => id >= from && id < to)
          for (let at = 0; at < own.length; at += 100)
            yield own.slice(at, at + 100).map((id) => ({ id, note: `order ${id}` }))
          self.#open--
        },
      }),
    ]) as Source
  }
}

const settings = { perSource: 4, batch: { rows: 250, bytes: 1e6 } }
const stored = async (destination: Destination): Promise<readonly number[]> => {
  const { rows } = await destination.query('select id from shop_orders where _deleted_at is null order by id')
  return rows.map(([id]) => Number(id))
}

describe.each(syncPlaces())('key ranges on $name', ({ empty }: SyncPlace) => {
  it('are read side by side, complete together, and are judged together', async () => {
    const destination = await empty()
    const orders = new Orders()
    const all = Array.from({ length: 4000 }, (_, id) => id)
    const sync = (more: object = {}) => syncShop(destination, orders.source(), { settings, ...more })
    orders.ids = all
    const report = await sync()
    expect(report).toMatchObject({ exitCode: 0, tables: [{ status: 'complete', stepsDone: 4 }] })
    expect(orders.most).toBe(4)
    expect(await stored(destination)).toEqual(all)

    // A quarter of all, from each range a quarter.
    orders.ids = all.filter((id) => id % 4 !== 0)
    expect(await sync()).toMatchObject({ exitCode: 0, tables: [{ rows: { deleted: 1000, written: 0 } }] })
    expect(await stored(destination)).toEqual(orders.ids)

    // Three fifths, of which three ranges may go.
    orders.ids = orders.ids.filter((id) => id % 5 > 2)
    const held = await sync()
    expect(held).toMatchObject({ exitCode: 3, tables: [{ status: 'failing' }] })
    expect(held.tables[0]!.failures[0]!.failure).toMatchObject({ code: 'deletion-limit' })
    expect(held.tables[0]!.rows.deleted).toBe(1350)
    expect(await stored(destination)).toHaveLength(1650)
    expect(await sync({ acceptDeletions: true })).toMatchObject({ exitCode: 0, tables: [{ status: 'complete' }] })
    expect(await stored(destination)).toEqual(orders.ids)
  })
})
