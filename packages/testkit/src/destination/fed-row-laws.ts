import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { DestinationUnderTest, TestDatabase, TestTable } from './destination-under-test.ts'
import { type FeedUnderTest, ORDERS, openFedWorld, order, row } from './fed-under-test.ts'

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** Laws of the rows that a feed tells, whole or in part. */
export function testFedRows(database: () => TestDatabase): void {
  describe('a feed', () => {
    let world: DestinationUnderTest
    let feed: FeedUnderTest
    let orders: TestTable
    beforeEach(async () => {
      ;({ world, feed, orders } = await openFedWorld(database()))
      return () => world.destination.close()
    })

    describe('rows', () => {
      it('live again that were deleted in the batch before', async () => {
        await feed.tell(orders, { rows: [order(1)] })
        expect(await feed.tell(orders, { deleted: [{ id: 1 }, { id: 7 }] })).toMatchObject({ deleted: 1 })
        expect(await orders.column('id')).toEqual([])
        expect(await feed.tell(orders, { rows: [order(1, 'again')] })).toMatchObject({ written: 1 })
        expect(await orders.incremental()).toEqual([row(1, 'again', 1)])
        expect(await feed.kept()).toMatchObject([{ id: 1, seq: 4, deleted: false }])
      })

      it('that come again as they are keep when they were synced', async () => {
        const many = Array.from({ length: 250 }, (_, id) => order(id))
        await feed.tell(orders, { rows: many })
        const before = await feed.kept()
        await sleep(5)
        const again = many.map((one) => (one.id === 7 ? order(7, 'other') : one))
        expect(await feed.tell(orders, { rows: again })).toMatchObject({ written: 1, unchanged: 249 })
        const now = await feed.kept()
        expect(now.map(({ seq }) => seq)).toEqual(many.map(() => 3))
        expect(now.filter(({ syncedAt }, at) => syncedAt !== before[at]!.syncedAt).map(({ id }) => id)).toEqual([7])
      })

      it('that come again keep when they were synced, where all their columns are their key', async () => {
        const pairs = await feed.table({ name: 'pairs', row: z.object({ id: z.int() }), primaryKey: ['id'] })
        await feed.tell(pairs, { rows: [{ id: 1 }, { id: 2 }] })
        const before = await feed.kept('pairs')
        await sleep(5)
        expect(await feed.tell(pairs, { rows: [{ id: 2 }, { id: 3 }] })).toMatchObject({ written: 1, unchanged: 1 })
        const now = await feed.kept('pairs')
        expect(now.map(({ seq }) => seq - before[0]!.seq)).toEqual([0, 1, 1])
        expect(now[1]!.syncedAt).toBe(before[1]!.syncedAt)
      })

      it('that are deleted for good leave nothing', async () => {
        await feed.tell(orders, { rows: [order(1), order(2)] })
        await feed.tell(orders, {
          deleted: [{ id: 1 }],
          partial: [{ values: { id: 3, note: 'a' } }],
          more: { purge: true },
        })
        const hidden = { id: 3, missing: ['total'], deleted: true }
        expect(await feed.kept()).toMatchObject([{ id: 2 }, hidden])
        await feed.tell(orders, { rows: [order(4), order(5)] })
        const more = { purge: true, replacedBelow: feed.seq - 1n }
        await feed.tell(orders, { partial: [{ values: { id: 3 } }], more })
        expect(await feed.kept()).toMatchObject([hidden, { id: 4 }, { id: 5 }])
      })
    })

    describe('a change that tells a part', () => {
      it('keeps what it left out', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10), order(2, null, null)] })
        const partial = [{ values: { id: 1, note: 'b' } }, { values: { id: 2, total: 5 } }]
        expect(await feed.tell(orders, { partial })).toMatchObject({ written: 2, incomplete: 0 })
        expect(await orders.incremental()).toEqual([row(1, 'b', 10), row(2, null, 5)])
        expect(await feed.kept()).toMatchObject([{ missing: null }, { missing: null }])
      })

      it('takes nothing from a row that was deleted', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10)] })
        await feed.tell(orders, { deleted: [{ id: 1 }] })
        await feed.tell(orders, { partial: [{ values: { id: 1, note: 'b' } }] })
        expect(await orders.column('id')).toEqual([])
        expect(await feed.kept()).toMatchObject([{ id: 1, missing: ['total'], deleted: true }])
      })

      it('of a row that is not known is hidden until all of it came', async () => {
        await feed.tell(orders, { rows: [order(2)] })
        await feed.tell(orders, { deleted: [{ id: 2 }] })
        const partial = [{ values: { id: 1, note: 'b' } }, { values: { id: 2 } }]
        expect(await feed.tell(orders, { partial })).toMatchObject({ incomplete: 2 })
        expect(await orders.incremental()).toEqual([])
        expect(await feed.kept()).toMatchObject([
          { id: 1, missing: ['total'], deleted: true },
          { id: 2, missing: ['note', 'total'], deleted: true },
        ])
        await feed.tell(orders, { partial: [{ values: { id: 2, note: 'c' } }] })
        expect(await feed.kept()).toMatchObject([{ id: 1 }, { id: 2, missing: ['total'], deleted: true }])
        await feed.tell(orders, { rows: [order(1, 'd', 4)], partial: [{ values: { id: 2, total: 9 } }] })
        expect(await orders.incremental()).toEqual([row(1, 'd', 4), row(2, 'c', 9)])
        expect(await feed.kept()).toMatchObject([{ missing: null }, { missing: null }])
      })

      it('of a column that its source drops is not missing any more', async () => {
        const note = { id: 1, note: 'n1' }
        await feed.tell(orders, { partial: [{ values: note }, { values: { id: 2 } }] })
        expect(await feed.kept()).toMatchObject([
          { id: 1, missing: ['total'], deleted: true },
          { id: 2, missing: ['note', 'total'], deleted: true },
        ])
        await orders.reshaped({ ...ORDERS, row: ORDERS.row.omit({ total: true }), fed: true })
        expect(await feed.kept()).toMatchObject([
          { id: 1, missing: null, deleted: false },
          { id: 2, missing: ['note'], deleted: true },
        ])
      })

      it('of a row that is deleted while something is missing lets nothing be missing', async () => {
        await feed.tell(orders, { partial: [{ values: { id: 1, note: 'b' } }] })
        await feed.tell(orders, { deleted: [{ id: 1 }] })
        expect(await feed.kept()).toMatchObject([{ id: 1, missing: null, deleted: true }])
        await feed.tell(orders, { partial: [{ values: { id: 1, total: 1 } }] })
        expect(await feed.kept()).toMatchObject([{ id: 1, missing: ['note'], deleted: true }])
      })

      it('of a changed key brings what the old key had', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10)] })
        await feed.tell(orders, { partial: [{ values: { id: 2, note: 'b' }, from: { id: 1 } }], deleted: [{ id: 1 }] })
        expect(await orders.incremental()).toEqual([row(2, 'b', 10)])
        expect(await feed.kept()).toMatchObject([
          { id: 1, deleted: true },
          { id: 2, deleted: false, missing: null },
        ])
        // The key before is unknown, or lives for the first time.
        await feed.tell(orders, {
          partial: [
            { values: { id: 5, note: 'x' }, from: { id: 4 } },
            { values: { id: 2, note: 'y' }, from: null },
          ],
        })
        expect(await feed.kept()).toMatchObject([
          { id: 1 },
          { id: 2, missing: ['total'], deleted: true },
          { id: 5, missing: ['total'], deleted: true },
        ])
      })

      it('follows chains of keys, and keys that are exchanged', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10), order(2, 'b', 20), order(3, 'c', 30)] })
        await feed.tell(orders, {
          partial: [
            { values: { id: 2 }, from: { id: 1 } },
            { values: { id: 1, note: 'new' }, from: { id: 2 } },
            { values: { id: 9 }, from: { id: 3 } },
          ],
          deleted: [{ id: 3 }],
        })
        expect(await orders.incremental()).toEqual([row(1, 'new', 20), row(2, 'a', 10), row(9, 'c', 30)])
      })

      it('keeps values of every type exactly', async () => {
        const Every = z.object({
          id: z.int(),
          big: z.bigint(),
          double: z.number(),
          text: z.string(),
          on: z.boolean(),
          bag: z.json(),
        })
        const every = await feed.table({ name: 'every', row: Every, primaryKey: ['id'] })
        const whole = {
          id: 1,
          big: 9_223_372_036_854_775_807n,
          double: 0.1,
          text: "ünï'\\ \n",
          on: true,
          bag: { a: [1, null, 'x'], b: 1.5 },
        }
        await feed.tell(every, { rows: [whole] })
        const before = await every.incremental()
        await feed.tell(every, { partial: [{ values: { id: 1 } }] })
        expect(await every.incremental()).toEqual(before)
        await feed.tell(every, { partial: [{ values: { id: 2, on: false }, from: { id: 1 } }], deleted: [{ id: 1 }] })
        expect(await every.incremental()).toEqual([{ ...before[0], id: 2n, on: false }])
      })

      it('of a row from before the present life of its table is shown, and says what is not sure', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10), order(2, 'b', 20)] })
        const { seq } = await feed.join(orders)
        expect((await orders.state()).fed).toMatchObject({ feed: 'log', sinceSeq: 1n, epochSeq: seq })
        expect(await feed.tell(orders, { partial: [{ values: { id: 1, note: 'c' } }] })).toMatchObject({
          incomplete: 1,
        })
        expect(await orders.incremental()).toEqual([row(1, 'c', 10), row(2, 'b', 20)])
        expect(await feed.kept()).toMatchObject([{ missing: ['total'], deleted: false }, { missing: null }])
        // Still not sure, now of this life.
        await feed.tell(orders, { partial: [{ values: { id: 1, note: 'd' } }] })
        expect(await feed.kept()).toMatchObject([{ missing: ['total'], deleted: false }, { missing: null }])
        await feed.tell(orders, { partial: [{ values: { id: 1, total: 11 } }] })
        expect(await feed.kept()).toMatchObject([{ missing: null, deleted: false }, { missing: null }])
        expect(await orders.incremental()).toEqual([row(1, 'd', 11), row(2, 'b', 20)])
      })
    })
  })
}
