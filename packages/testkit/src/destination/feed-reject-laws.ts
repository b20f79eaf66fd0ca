import { leftOutFor } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { type DestinationUnderTest, rejectOf, type TestDatabase, type TestTable } from './destination-under-test.ts'
import { type FeedUnderTest, ORDERS, openFedWorld, order } from './fed-under-test.ts'

/** Laws of changes of a feed that do not fit. */
export function testFeedRejects(database: () => TestDatabase): void {
  describe('rejects of a feed', () => {
    let world: DestinationUnderTest
    let feed: FeedUnderTest
    let orders: TestTable
    beforeEach(async () => {
      ;({ world, feed, orders } = await openFedWorld(database()))
      return () => world.destination.close()
    })

    it('are recorded, and leave their rows where nothing is sure', async () => {
      await feed.tell(orders, { rows: [order(1, 'a', 1), order(2)] })
      const bad = rejectOf('[1]', { encodedKey: orders.key({ id: 1 }), position: feed.seq })
      const partial = [{ values: { id: 1 }, rejected: ['note', 'total'] }]
      expect(await feed.tell(orders, { rows: [order(3)], partial, rejects: [bad] })).toMatchObject({ incomplete: 1 })
      expect(await orders.column('id')).toEqual([1n, 2n, 3n])
      expect(await feed.kept()).toMatchObject([{ seq: 3, missing: ['note', 'total'] }, { seq: 2 }, { seq: 3 }])
      await feed.tell(orders, { partial: [{ values: { id: 1, note: 'b' } }] })
      expect(await feed.kept()).toMatchObject([{ missing: ['total'] }, {}, {}])
      const rejects = async () => (await world.destination.query('select key from _tidemark_rejects order by key')).rows
      expect(await rejects()).toEqual([['[1]']])
      await feed.tell(orders, { rows: [order(1, 'c', 4)] })
      expect(await feed.kept()).toMatchObject([{ missing: null }, {}, {}])
      expect(await rejects()).toEqual([])
    })

    it('go with the deletion of their keys, and with all rows that came before', async () => {
      const bad = (id: number) => rejectOf(`[${id}]`, { encodedKey: orders.key({ id }), position: feed.seq })
      await feed.tell(orders, { rejects: [bad(1), bad(2), bad(3)] })
      const keys = async () => (await world.destination.query('select key from _tidemark_rejects order by key')).rows
      await feed.tell(orders, { deleted: [{ id: 2 }] })
      expect(await keys()).toEqual([['[1]'], ['[3]']])
      await feed.tell(orders, { rejects: [bad(4)], more: { replacedBelow: feed.seq } })
      expect(await keys()).toEqual([['[4]']])
    })

    it('are made of the rows that the database refuses; the others land, and so do those of other tables', async () => {
      const other = await feed.table({ ...ORDERS, name: 'other' })
      await feed.tell(orders, { rows: [order(3, 'before', 3)] })
      await database().execute('create unique index by_note on orders (note)')
      const rows = [order(1), order(2, 'before'), order(3, 'n1'), order(4)]
      const { tables } = await feed.commit([
        [orders, { rows }],
        [other, { rows: [order(2, 'before')] }],
      ])
      expect(tables.get('orders')).toMatchObject({ written: 2, rejected: 2, incomplete: 1 })
      expect(await orders.column('note')).toEqual(['n1', 'before', 'n4'])
      expect(await other.column('note')).toEqual(['before'])
      expect(await feed.kept()).toMatchObject([
        { id: 1 },
        { id: 3, seq: Number(feed.seq) - 1, missing: ['note', 'total'], deleted: false },
        { id: 4 },
      ])
      const { rows: rejects } = await world.destination.query('select key, code from _tidemark_rejects order by key')
      expect(rejects).toEqual([
        ['[2]', 'destination'],
        ['[3]', 'destination'],
      ])
    })

    describe('with a limit', () => {
      const rejectLimit = { share: 0.1, above: 20 }
      const paused = async () => (await orders.state()).pausedFor
      const steps = async () =>
        (await world.destination.query('select count(*) from _tidemark_steps where error is not null')).rows[0]!.map(
          Number,
        )
      /** A run of its own: one row that fits, and others that do not. */
      const run = async (id: number, bad: readonly number[] = []) => {
        const rejects = bad.map((one) =>
          rejectOf(`[${one}]`, { encodedKey: orders.key({ id: one }), position: feed.seq }),
        )
        feed.runEnded()
        return await feed.tell(orders, { rows: [order(id)], rejects, more: { rejectLimit } })
      }

      it('have the table paused where its step has too many, with nothing of the batch written; the rejects are kept', async () => {
        const other = await feed.table({ ...ORDERS, name: 'other' })
        await feed.tell(orders, { rows: Array.from({ length: 21 }, (_, id) => order(id)), more: { rejectLimit } })
        const bad = [31, 32, 33].map((id) =>
          rejectOf(`[${id}]`, { encodedKey: orders.key({ id }), position: feed.seq }),
        )
        const { tables, seq } = await feed.commit([
          [orders, { rows: [order(1, 'new')], rejects: bad, more: { rejectLimit } }],
          [other, { rows: [order(1)] }],
        ])
        expect(tables.get('orders')).toMatchObject({ written: 0, rejected: 0 })
        expect(tables.get('orders')!.refused).toMatch(/^3 of 25 rows do not fit: /)
        expect(await orders.state()).toMatchObject({
          status: 'paused',
          pausedFor: leftOutFor(tables.get('orders')!.refused!),
        })
        expect(await feed.state()).toMatchObject({ seq, offset: `"at ${seq}"`, leftOut: ['orders'] })
        expect(await orders.column('note')).not.toContain('new')
        expect(await other.column('id')).toEqual([1n])
        const { rows } = await world.destination.query('select key from _tidemark_rejects order by key')
        expect(rows).toEqual([['[31]'], ['[32]'], ['[33]']])
      })

      it('count those that the database refuses', async () => {
        await feed.tell(orders, { rows: Array.from({ length: 21 }, (_, id) => order(id)), more: { rejectLimit } })
        await database().execute('create unique index by_note on orders (note)')
        const rows = [30, 31, 32].map((id) => order(id, 'n1'))
        const told = await feed.tell(orders, { rows: [order(33), ...rows], more: { rejectLimit } })
        expect(told).toMatchObject({ written: 0, rejected: 0 })
        expect(told.refused).toMatch(/^3 of 25 rows do not fit: /)
        expect(await orders.column('id')).not.toContain(33n)
        const { rows: kept } = await world.destination.query('select count(*) from _tidemark_rejects')
        expect(Number(kept[0]![0])).toBe(3)
      })

      it('have it paused where many short runs of an hour have too many between them', async () => {
        let refused: string | undefined
        let runs = 0
        for (; refused === undefined && runs < 40; runs++)
          refused = (await run(runs, runs % 4 === 0 ? [100 + runs] : [])).refused
        // 16 rows that fit and 5 that do not: of more than 20 rows 2 may be.
        expect({ runs, refused }).toEqual({
          runs: 17,
          refused: expect.stringMatching(/^5 of 22 rows of the last hour do not fit: /),
        })
        expect(await paused()).toBe(leftOutFor(refused!))
        expect(await steps()).toEqual([1])
      })

      it('count from its pause on where it came back', async () => {
        let refused: string | undefined
        for (let id = 0; refused === undefined && id < 40; id++) refused = (await run(id, [100 + id])).refused
        expect(refused).toBeDefined()
        await orders.record({ kind: 'table', status: 'backfilling', pausedFor: null })
        expect((await run(50, [150])).refused).toBeUndefined()
        expect(await paused()).toBeNull()
      })

      it('count a row that comes again in each run once', async () => {
        for (let id = 0; id < 30; id++) expect((await run(id, [500])).refused).toBeUndefined()
      })

      it('do not count what is older than an hour', async () => {
        for (let id = 0; id < 9; id++) await run(id, [100 + id])
        await database().execute('update _tidemark_steps set began_at = began_at - 3601000000')
        for (let id = 20; id < 25; id++) expect((await run(id, [200 + id])).refused).toBeUndefined()
      })
    })

    it('are not made of a table whose changes are refused where no row is to blame: it is paused, and the others land', async () => {
      const other = await feed.table({ ...ORDERS, name: 'other' })
      await feed.tell(orders, { rows: [order(1), order(2)] })
      // Two rows that are deleted at the same time.
      await database().execute('create unique index one_at_a_time on orders (_deleted_at)')
      const { tables, seq } = await feed.commit([
        [orders, { rows: [order(3)], deleted: [{ id: 1 }, { id: 2 }] }],
        [other, { rows: [order(1)] }],
      ])
      expect(tables.get('orders')).toMatchObject({ written: 0, deleted: 0, rejected: 0 })
      expect(tables.get('orders')!.refused).toMatch(/^the database refused its changes: .*/)
      expect(await orders.column('id')).toEqual([1n, 2n])
      expect(await other.column('id')).toEqual([1n])
      expect(await feed.state()).toMatchObject({ seq, offset: `"at ${seq}"`, leftOut: ['orders'] })
      expect(await orders.state()).toMatchObject({
        status: 'paused',
        pausedFor: leftOutFor(tables.get('orders')!.refused!),
      })
    })
  })
}
