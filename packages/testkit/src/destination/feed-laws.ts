import { numeric, SyncError } from '@tidemark/core'
import { onFailpoint } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DestinationUnderTest, type TestDatabase, TestTable } from './destination-under-test.ts'
import { FEED, FeedUnderTest, ORDERS, openFedWorld, order, row } from './fed-under-test.ts'
import { testFeedRejects } from './feed-reject-laws.ts'
import { testFeedStaging } from './feed-staging-laws.ts'
import { withTwoRunners } from './two-runners.ts'

const LINES = { ...ORDERS, name: 'lines', primaryKey: [] }
const isFenced = (error: unknown) => SyncError.is(error) && error.code === 'fenced'
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** Laws of feeds: changes of several tables that are committed with the offset that holds them. */
export function testFeeds(database: () => TestDatabase): void {
  describe('a feed', () => {
    let world: DestinationUnderTest
    let feed: FeedUnderTest
    let orders: TestTable
    beforeEach(async () => {
      ;({ world, feed, orders } = await openFedWorld(database()))
      return () => world.destination.close()
    })
    afterEach(() => onFailpoint(undefined))

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
        expect((await feed.kept()).map(({ seq }) => seq)).toEqual([2, 3])
        expect(await feed.state()).toMatchObject({ seq: 3n, offset: '"at 2"', offsetSeq: 2n })
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
        await feed.commit([], { lostFor: 'its slot is gone', offset: '"again"' })
        expect(await feed.state()).toMatchObject({ offset: '"again"', lostFor: 'its slot is gone', completedAt: null })
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

    describe('all rows of a table', () => {
      it('go that were told before a number, and those told since stay', async () => {
        await feed.tell(orders, { rows: [order(1), order(2), order(3)], partial: [{ values: { id: 4 } }] })
        expect(
          await feed.tell(orders, { rows: [order(2), order(5)], more: { replacedBelow: feed.seq } }),
        ).toMatchObject({
          written: 1,
          unchanged: 1,
          deleted: 2,
        })
        expect(await orders.column('id')).toEqual([2n, 5n])
        expect((await feed.kept()).find(({ id }) => id === 4)).toMatchObject({ deleted: true, missing: null })
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
        expect(await feed.kept('lines')).toMatchObject([{ id: 3 }])
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

      it('has what a chunk of it holds beside what was told meanwhile, in however many parts it is read', async () => {
        const lines = await feed.table(LINES)
        await feed.tell(lines, { rows: [order(8), order(9)] })
        for (const parts of [1, 3]) {
          const step = await lines.begin('backfill')
          for (let number = 1; number <= parts; number++) {
            const staging = number < parts ? 'fill' : 'move'
            const completes = number === parts && { cover: undefined, chunk: { ordinal: 0 } }
            const batch = await lines.batch([order(1), order(8)], { step, number, completes })
            await world.destination.commit(lines.lease, parts === 1 ? batch : { ...batch, staging })
          }
        }
        expect((await feed.kept('lines')).map(({ id }) => id)).toEqual([1, 1, 1, 1, 8, 8, 8, 8, 8, 9])
      })

      it('gets another shape while rows are beside it', async () => {
        const lines = await feed.table(LINES)
        const open = { checkpoint: undefined }
        await feed.tell(lines, { rows: [order(1), order(2)], more: { staging: 'fill' } }, open)
        const row = ORDERS.row.extend({ total: numeric().nullable(), colour: z.string().nullable() })
        const wider = await lines.reshaped({ ...LINES, row, fed: true })
        const more = { ...order(3), total: '3.50', colour: 'red' }
        await feed.tell(wider, { rows: [more], more: { staging: 'fill' } }, open)
        await feed.tell(wider, { rows: [{ ...more, id: 4 }], more: { staging: 'move' } })
        expect(await wider.column('id')).toEqual([1n, 2n, 3n, 4n])
        expect(await wider.column('total')).toEqual(['1', '2', '3.50', '3.50'])
        expect(await wider.column('colour')).toEqual([null, null, 'red', 'red'])
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
        expect((await table.state()).fed).toMatchObject({
          feed: 'log',
          sinceSeq: 1_700_000_000_000_001n,
          epochSeq: 1_700_000_000_000_001n,
        })
        expect(await feed.tell(table, { rows: [order(1, 'new')] })).toMatchObject({ written: 1 })
        expect(await table.column('note')).toEqual(['new'])
        await feed.tell(orders, { rows: [order(1)] })
        expect(await feed.kept()).toMatchObject([{ seq: 1_700_000_000_000_003 }])
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
        await feed.tell(table, { partial: [{ values: { id: 1, note: 'b' } }] })
        expect(await feed.kept('whole')).toMatchObject([{ missing: ['total'], deleted: false }, { missing: null }])
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

    it('leaves a column of the source its name, and renames one that is called as its own', async () => {
      const Named = z.object({ id: z.int(), _missing: z.string() })
      const named = await feed.table({ name: 'named', row: Named, primaryKey: ['id'] })
      expect(named.prepared.schema.columns.map(({ column }) => column)).toEqual([
        'id',
        expect.stringMatching(/^_missing_/),
      ])
      await feed.tell(named, { rows: [{ id: 1, _missing: 'text' }] })
      expect(await named.incremental()).toEqual([{ id: 1n, _missing: 'text' }])
      const whole = await world.table({ name: 'whole', row: Named, primaryKey: ['id'] })
      await world.destination.release([whole.lease])
      await database().execute('alter table whole add column _missing integer')
      await expect(world.table({ name: 'whole', row: Named, primaryKey: ['id'], fed: true })).rejects.toThrow(
        /it has a column "_missing", which Tidemark needs for itself/,
      )
    })
  })
  testFeedRejects(database)
  testFeedStaging(database)
}
