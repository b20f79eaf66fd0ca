import { SyncError } from '@tidemark/core'
import { onFailpoint } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DestinationUnderTest, rejectOf, type TestDatabase, TestTable } from './destination-under-test.ts'
import { FEED, FeedUnderTest } from './fed-under-test.ts'
import { withTwoRunners } from './two-runners.ts'

const Order = z.object({ id: z.int(), note: z.string().nullable(), total: z.int().nullable() })
const ORDERS = { name: 'orders', row: Order, primaryKey: ['id'] }
const LINES = { name: 'lines', row: Order }
const order = (id: number, note: string | null = `n${id}`, total: number | null = id) => ({ id, note, total })
const row = (id: number, note: string | null, total: number | null) => ({
  id: BigInt(id),
  note,
  total: total === null ? null : BigInt(total),
})
const isFenced = (error: unknown) => SyncError.is(error) && error.code === 'fenced'
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** Laws of feeds: changes of several tables that are committed with the offset that holds them. */
export function testFeeds(database: () => TestDatabase): void {
  describe('a feed', () => {
    let world: DestinationUnderTest
    let feed: FeedUnderTest
    let orders: TestTable
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      feed = await FeedUnderTest.on(world)
      orders = await feed.table(ORDERS)
      return () => world.destination.close()
    })
    afterEach(() => onFailpoint(undefined))

    /** What the system's columns of the table hold, by key. */
    async function kept(table = 'orders') {
      const { rows } = await world.destination.query(
        `select id, _cursor, _missing, case when _deleted_at is null then 0 else 1 end, cast(_synced_at as text) from ${table} order by id, _cursor`,
      )
      return rows.map(([id, seq, missing, deleted, syncedAt]) => ({
        id: Number(id),
        seq: Number(seq),
        missing: missing === null ? null : JSON.parse(String(missing)),
        deleted: Number(deleted) === 1,
        syncedAt,
      }))
    }

    describe('commits', () => {
      it('rows and the offset in one transaction: a failure between them leaves nothing', async () => {
        await feed.tell(orders, { rows: [order(1)] })
        const before = await feed.state()
        onFailpoint((point) => {
          if (point === 'after-rows') throw new Error('broken here')
        })
        await expect(feed.tell(orders, { rows: [order(1, 'new'), order(2)] })).rejects.toThrow('broken here')
        onFailpoint(undefined)
        expect(await orders.incremental()).toEqual([row(1, 'n1', 1)])
        expect(await feed.state()).toEqual(before)
        await feed.tell(orders, { rows: [order(1, 'new'), order(2)] })
        expect(await orders.column('note')).toEqual(['new', 'n2'])
      })

      it('each take the next number, and only that', async () => {
        expect(feed.seq).toBe(2n)
        expect((await feed.commit([[orders, { rows: [order(1)] }]])).seq).toBe(2n)
        expect((await feed.commit([[orders, { rows: [order(2)] }]], { checkpoint: undefined })).seq).toBe(3n)
        expect((await kept()).map(({ seq }) => seq)).toEqual([2, 3])
        expect(await feed.state()).toMatchObject({ seq: 3n, offset: '"at 2"' })
        feed.seq = 3n
        await expect(feed.commit([[orders, { rows: [order(9)] }]])).rejects.toSatisfy(isFenced)
        feed.seq = 5n
        await expect(feed.commit([[orders, { rows: [order(9)] }]])).rejects.toSatisfy(isFenced)
        expect(await orders.column('id')).toEqual([1n, 2n])
      })

      it('what the state says of a feed and of its tables', async () => {
        await feed.tell(orders, { rows: [order(1)] }, { completedAt: 77n })
        expect(await feed.state()).toMatchObject({
          ...FEED,
          offset: '"at 2"',
          seq: 2n,
          id: 'its own id',
          identity: 'a system',
          toldAt: 1_000n,
          completedAt: 77n,
          lostFor: null,
        })
        expect((await feed.state())!.committedAt).toBeGreaterThan(1_700_000_000_000_000n)
        const state = await orders.state()
        expect(state).toMatchObject({
          status: 'complete',
          everFilled: true,
          fed: { feed: 'log', sinceSeq: 1n, epochSeq: 1n },
        })
        expect(state.partitions.get('')).toMatchObject({ completedAt: 77n, covered: [] })
        await feed.commit([], { lostFor: 'its slot is gone', offset: '"anew"' })
        expect(await feed.state()).toMatchObject({ offset: '"anew"', lostFor: 'its slot is gone', completedAt: null })
      })

      it('several tables at once', async () => {
        const more = await feed.table({ ...ORDERS, name: 'more' })
        const committed = await feed.commit([
          [orders, { rows: [order(1)] }],
          [more, { rows: [order(2), order(3)] }],
        ])
        expect([...committed.tables].map(([name, { written }]) => [name, written])).toEqual([
          ['orders', 1],
          ['more', 2],
        ])
        expect(await more.column('id')).toEqual([2n, 3n])
      })
    })

    describe('of two runners', () => {
      it('one holds it', () =>
        withTwoRunners(database(), async (_, two) => {
          const { leases, refused } = await two.destination.leaseFeed(FEED)
          expect(leases).toEqual([])
          expect(refused).toMatchObject([{ table: 'test/log', pid: 4711 }])
          await world.destination.release([feed.lease])
          expect((await two.destination.leaseFeed(FEED)).refused).toEqual([])
        }))

      it.each(['feed', 'table'])('the one whose %s another took writes nothing', async (what) => {
        await world.destination.close()
        world = await DestinationUnderTest.on(database())
        await withTwoRunners(
          database(),
          async (one, two) => {
            const old = await FeedUnderTest.on(one)
            const things = await old.table({ ...ORDERS, name: 'things' })
            await old.tell(things, { rows: [order(1)] })
            await sleep(150)
            if (what === 'feed') await two.destination.leaseFeed(FEED)
            else await two.lease('things')
            await expect(old.tell(things, { rows: [order(2)] })).rejects.toSatisfy(isFenced)
            expect(await things.column('id')).toEqual([1n])
            expect((await old.state())!.seq).toBe(old.seq - 1n)
          },
          { leaseMs: 60 },
        )
      })
    })

    describe('rows', () => {
      it('live again that were deleted in the batch before', async () => {
        await feed.tell(orders, { rows: [order(1)] })
        expect(await feed.tell(orders, { deleted: [{ id: 1 }, { id: 7 }] })).toMatchObject({ deleted: 1 })
        expect(await orders.column('id')).toEqual([])
        expect(await feed.tell(orders, { rows: [order(1, 'again')] })).toMatchObject({ written: 1 })
        expect(await orders.incremental()).toEqual([row(1, 'again', 1)])
        expect(await kept()).toMatchObject([{ id: 1, seq: 4, deleted: false }])
      })

      it('that are told again as they are keep when they were synced', async () => {
        const many = Array.from({ length: 250 }, (_, id) => order(id))
        await feed.tell(orders, { rows: many })
        const before = await kept()
        await sleep(5)
        const again = many.map((one) => (one.id === 7 ? order(7, 'other') : one))
        expect(await feed.tell(orders, { rows: again })).toMatchObject({ written: 1, unchanged: 249 })
        const now = await kept()
        expect(now.map(({ seq }) => seq)).toEqual(many.map(() => 3))
        expect(now.filter(({ syncedAt }, at) => syncedAt !== before[at]!.syncedAt).map(({ id }) => id)).toEqual([7])
      })

      it('that are deleted for good leave nothing', async () => {
        await feed.tell(orders, { rows: [order(1), order(2)] })
        const completes = { status: 'complete', last: true, purge: true } as const
        await feed.tell(orders, { deleted: [{ id: 1 }], parts: [{ told: { id: 3, note: 'a' } }], more: { completes } })
        expect(await kept()).toMatchObject([{ id: 2 }, { id: 3, missing: ['total'], deleted: true }])
      })
    })

    describe('a change that tells a part', () => {
      it('keeps what it left out', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10), order(2, null, null)] })
        const parts = [{ told: { id: 1, note: 'b' } }, { told: { id: 2, total: 5 } }]
        expect(await feed.tell(orders, { parts })).toMatchObject({ written: 2, incomplete: 0 })
        expect(await orders.incremental()).toEqual([row(1, 'b', 10), row(2, null, 5)])
        expect(await kept()).toMatchObject([{ missing: null }, { missing: null }])
      })

      it('of a row that is not known is hidden until all is told', async () => {
        await feed.tell(orders, { rows: [order(2)] })
        await feed.tell(orders, { deleted: [{ id: 2 }] })
        const parts = [{ told: { id: 1, note: 'b' } }, { told: { id: 2 } }]
        expect(await feed.tell(orders, { parts })).toMatchObject({ incomplete: 2 })
        expect(await orders.incremental()).toEqual([])
        expect(await kept()).toMatchObject([
          { id: 1, missing: ['total'], deleted: true },
          { id: 2, missing: ['note', 'total'], deleted: true },
        ])
        await feed.tell(orders, { parts: [{ told: { id: 2, note: 'c' } }] })
        expect(await kept()).toMatchObject([{ id: 1 }, { id: 2, missing: ['total'], deleted: true }])
        await feed.tell(orders, { rows: [order(1, 'd', 4)], parts: [{ told: { id: 2, total: 9 } }] })
        expect(await orders.incremental()).toEqual([row(1, 'd', 4), row(2, 'c', 9)])
        expect(await kept()).toMatchObject([{ missing: null }, { missing: null }])
      })

      it('of a row that is deleted while something is missing lets nothing be missing', async () => {
        await feed.tell(orders, { parts: [{ told: { id: 1, note: 'b' } }] })
        await feed.tell(orders, { deleted: [{ id: 1 }] })
        expect(await kept()).toMatchObject([{ id: 1, missing: null, deleted: true }])
        await feed.tell(orders, { parts: [{ told: { id: 1, total: 1 } }] })
        expect(await kept()).toMatchObject([{ id: 1, missing: ['note'], deleted: true }])
      })

      it('of a changed key brings what the old key had', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10)] })
        await feed.tell(orders, { parts: [{ told: { id: 2, note: 'b' }, from: { id: 1 } }], deleted: [{ id: 1 }] })
        expect(await orders.incremental()).toEqual([row(2, 'b', 10)])
        expect(await kept()).toMatchObject([
          { id: 1, deleted: true },
          { id: 2, deleted: false, missing: null },
        ])
        // The key before is unknown, or lives for the first time.
        await feed.tell(orders, {
          parts: [
            { told: { id: 5, note: 'x' }, from: { id: 4 } },
            { told: { id: 2, note: 'y' }, from: null },
          ],
        })
        expect(await kept()).toMatchObject([
          { id: 1 },
          { id: 2, missing: ['total'], deleted: true },
          { id: 5, missing: ['total'], deleted: true },
        ])
      })

      it('follows chains of keys, and keys that are exchanged', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10), order(2, 'b', 20), order(3, 'c', 30)] })
        await feed.tell(orders, {
          parts: [
            { told: { id: 2 }, from: { id: 1 } },
            { told: { id: 1, note: 'new' }, from: { id: 2 } },
            { told: { id: 9 }, from: { id: 3 } },
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
        await feed.tell(every, { parts: [{ told: { id: 1 } }] })
        expect(await every.incremental()).toEqual(before)
        await feed.tell(every, { parts: [{ told: { id: 2, on: false }, from: { id: 1 } }], deleted: [{ id: 1 }] })
        expect(await every.incremental()).toEqual([{ ...before[0], id: 2n, on: false }])
      })

      it('of a row from before the present life of its table is shown, and says what is not sure', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 10), order(2, 'b', 20)] })
        const { seq } = await feed.join(orders)
        expect((await orders.state()).fed).toEqual({ feed: 'log', sinceSeq: 1n, epochSeq: seq })
        expect(await feed.tell(orders, { parts: [{ told: { id: 1, note: 'c' } }] })).toMatchObject({ incomplete: 1 })
        expect(await orders.incremental()).toEqual([row(1, 'c', 10), row(2, 'b', 20)])
        expect(await kept()).toMatchObject([{ missing: ['total'], deleted: false }, { missing: null }])
        // Still not sure, now of this life.
        await feed.tell(orders, { parts: [{ told: { id: 1, note: 'd' } }] })
        expect(await kept()).toMatchObject([{ missing: ['total'], deleted: false }, { missing: null }])
        await feed.tell(orders, { parts: [{ told: { id: 1, total: 11 } }] })
        expect(await kept()).toMatchObject([{ missing: null, deleted: false }, { missing: null }])
        expect(await orders.incremental()).toEqual([row(1, 'd', 11), row(2, 'b', 20)])
      })
    })

    describe('all rows of a table', () => {
      it('go that were told before a number, and those told since stay', async () => {
        await feed.tell(orders, { rows: [order(1), order(2), order(3)], parts: [{ told: { id: 4 } }] })
        expect(
          await feed.tell(orders, { rows: [order(2), order(5)], more: { replacedBelow: feed.seq } }),
        ).toMatchObject({
          written: 1,
          unchanged: 1,
          deleted: 2,
        })
        expect(await orders.column('id')).toEqual([2n, 5n])
        expect((await kept()).find(({ id }) => id === 4)).toMatchObject({ deleted: true, missing: null })
      })

      it('stay where more would go than the deletion limit lets pass, and nothing else of the batch is written', async () => {
        const other = await feed.table({ ...ORDERS, name: 'other' })
        await feed.tell(orders, { rows: Array.from({ length: 20 }, (_, id) => order(id)) })
        const before = await feed.state()
        const more = { replacedBelow: feed.seq, deletionLimit: { share: 0.5, above: 10 } }
        const committed = await feed.commit([
          [other, { rows: [order(1)] }],
          [orders, { rows: [order(1)], more }],
        ])
        expect(committed.tables.get('orders')).toMatchObject({ withheld: { deleted: 19, of: 20 }, deleted: 0 })
        expect(committed.tables.get('other')).toMatchObject({ written: 0 })
        expect(await other.column('id')).toEqual([])
        expect(await orders.column('id')).toHaveLength(20)
        expect(await feed.state()).toEqual(before)
        const some = Array.from({ length: 12 }, (_, id) => order(id))
        expect(await feed.tell(orders, { rows: some, more })).toMatchObject({ deleted: 8 })
        // The last row of a table goes only where somebody says so.
        const none = { replacedBelow: feed.seq, deletionLimit: { share: 0.5, above: 10 } }
        await feed.tell(other, { rows: [order(1)] })
        expect(await feed.tell(other, { more: { ...none, replacedBelow: feed.seq } })).toMatchObject({
          withheld: { deleted: 1, empties: true },
        })
        expect(await feed.tell(other, { more: { replacedBelow: feed.seq } })).toMatchObject({ deleted: 1 })
      })
    })

    describe('of a table without a key', () => {
      it('adds rows, and takes all away that were told before a number', async () => {
        const lines = await feed.table(LINES)
        await feed.tell(lines, { rows: [order(1), order(1)] })
        await feed.tell(lines, { rows: [order(1), order(2)] })
        expect(await lines.column('id')).toEqual([1n, 1n, 1n, 2n])
        expect(await feed.tell(lines, { rows: [order(3)], more: { replacedBelow: feed.seq } })).toMatchObject({
          deleted: 4,
        })
        expect(await kept('lines')).toMatchObject([{ id: 3 }])
      })

      it('keeps rows beside it until a checkpoint', async () => {
        const lines = await feed.table(LINES)
        await feed.tell(lines, { rows: [order(0)] })
        const open = { checkpoint: undefined }
        expect(await feed.tell(lines, { rows: [order(1)], more: { staging: 'fill' } }, open)).toMatchObject({
          written: 0,
        })
        await feed.tell(lines, { rows: [order(1), order(2)], more: { staging: 'fill' } }, open)
        expect(await lines.column('id')).toEqual([0n])
        expect(await feed.tell(lines, { rows: [order(3)], more: { staging: 'move' } })).toMatchObject({ written: 4 })
        expect(await lines.column('id')).toEqual([0n, 1n, 1n, 2n, 3n])
        await feed.tell(lines, { rows: [order(4)], more: { staging: 'fill' } }, open)
        await feed.tell(lines, { more: { staging: 'move' } })
        expect(await lines.column('id')).toEqual([0n, 1n, 1n, 2n, 3n, 4n])
      })

      it('is not doubled by a crash before the checkpoint', async () => {
        const lines = await feed.table(LINES)
        await feed.tell(lines, { rows: [order(1)], more: { staging: 'fill' } }, { checkpoint: undefined })
        await world.destination.close()
        world = await DestinationUnderTest.on(database())
        feed = await FeedUnderTest.on(world)
        const again = await world.table({ ...LINES, fed: true })
        expect(await again.column('id')).toEqual([])
        await feed.tell(again, { rows: [order(1)], more: { staging: 'fill' } }, { checkpoint: undefined })
        await feed.tell(again, { rows: [order(2)], more: { staging: 'move' } })
        expect(await again.column('id')).toEqual([1n, 2n])
      })
    })

    describe('of a table that joins it', () => {
      it('goes on above the positions that its rows have', async () => {
        const table = await world.table({ ...ORDERS, name: 'old', fed: true })
        const step = await table.begin('full_refresh')
        const encoded = table.prepared.encoder.plain(order(1), 1_700_000_000_000_000n)!
        const batch = await table.batch([], { step })
        await world.destination.commit(table.lease, { ...batch, rows: [encoded] })
        expect((await feed.join(table)).seq).toBe(1_700_000_000_000_001n)
        expect((await table.state()).fed).toEqual({
          feed: 'log',
          sinceSeq: 1_700_000_000_000_001n,
          epochSeq: 1_700_000_000_000_001n,
        })
        expect(await feed.tell(table, { rows: [order(1, 'new')] })).toMatchObject({ written: 1 })
        expect(await table.column('note')).toEqual(['new'])
        await feed.tell(orders, { rows: [order(1)] })
        expect(await kept()).toMatchObject([{ seq: 1_700_000_000_000_003 }])
      })

      it('takes one that was read as a whole before, whose rows are of an earlier life', async () => {
        const spec = { ...ORDERS, name: 'whole' }
        const before = await world.table(spec)
        await before.replace([order(1, 'a', 10), order(2)])
        const table = new TestTable(
          world,
          { ...before.shape, fed: true },
          before.lease,
          await world.destination.prepare(before.lease, { ...before.shape, fed: true }),
        )
        expect(table.prepared.changes).toEqual(['column "_missing" added'])
        await feed.join(table)
        await feed.tell(table, { parts: [{ told: { id: 1, note: 'b' } }] })
        expect(await kept('whole')).toMatchObject([{ missing: ['total'], deleted: false }, { missing: null }])
        expect(await feed.tell(table, { more: { replacedBelow: feed.seq - 1n } })).toMatchObject({ deleted: 1 })
        await expect(world.destination.prepare(before.lease, before.shape)).rejects.toThrow(
          /a feed told its changes before.*tidemark resync whole --full/,
        )
        await world.destination.reset(before.lease, 'whole')
        expect((await table.state()).fed).toBeUndefined()
        await world.destination.prepare(before.lease, before.shape)
        await before.replace([order(3)])
        expect(await before.column('id')).toEqual([3n])
      })
    })

    describe('rejects', () => {
      it('are recorded, and leave their rows where nothing is sure', async () => {
        await feed.tell(orders, { rows: [order(1, 'a', 1), order(2)] })
        const bad = rejectOf('[1]', { encodedKey: orders.key({ id: 1 }), position: feed.seq })
        const parts = [{ told: { id: 1 }, rejected: ['note', 'total'] }]
        expect(await feed.tell(orders, { rows: [order(3)], parts, rejects: [bad] })).toMatchObject({ incomplete: 1 })
        expect(await orders.column('id')).toEqual([1n, 2n, 3n])
        expect(await kept()).toMatchObject([{ seq: 3, missing: ['note', 'total'] }, { seq: 2 }, { seq: 3 }])
        await feed.tell(orders, { parts: [{ told: { id: 1, note: 'b' } }] })
        expect(await kept()).toMatchObject([{ missing: ['total'] }, {}, {}])
        await feed.tell(orders, { rows: [order(1, 'c', 4)] })
        expect(await kept()).toMatchObject([{ missing: null }, {}, {}])
      })
    })
  })
}
