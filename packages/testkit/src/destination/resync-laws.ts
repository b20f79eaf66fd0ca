import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Thing, thing } from './commit-laws.ts'
import {
  DestinationUnderTest,
  gathered,
  rejectOf,
  type TestDatabase,
  type TestTable,
} from './destination-under-test.ts'

/** Laws of windows that are read again, and of rows without a key, which are replaced. */
export function testResyncs(database: () => TestDatabase): void {
  describe('replacing', () => {
    let world: DestinationUnderTest
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      return () => world.destination.close()
    })

    describe('a resync', () => {
      let table: TestTable
      const window = { from: 10n, to: 20n }
      beforeEach(async () => {
        table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
      })

      it('marks what did not come back in its window, and nothing outside it', async () => {
        await table.write([thing(1, 9), thing(2, 10), thing(3, 19), thing(4, 20)])
        expect(await table.replace([thing(3, 19)], { window })).toMatchObject({ unchanged: 1, deleted: 1 })
        expect(await table.column('id')).toEqual([1n, 3n, 4n])
      })

      it('leaves a row whose newer version was rejected, until that one is gone from where it was', async () => {
        await table.write([thing(1, 12), thing(2, 13), thing(3, 14)])
        const rejected = (id: number, position: bigint) =>
          rejectOf(`{"id":${id}}`, { encodedKey: table.key({ id }), position })
        const rejects = [rejected(1, 15n), rejected(2, 11n)]
        expect(await table.replace([thing(3, 14)], { window, rejects })).toMatchObject({ written: 0, deleted: 0 })
        expect(await table.column('note')).toEqual(['v12', 'v13', 'v14'])
        // Its own place is that of the rejected version now, and never a lower one.
        await table.replace([], { window: { from: 10n, to: 13n } })
        expect(await table.column('id')).toEqual([1n, 2n, 3n])
        await table.replace([], { window: { from: 15n, to: 16n } })
        expect(await table.column('id')).toEqual([2n, 3n])
      })

      it('with an open start reaches down without end', async () => {
        await table.write([thing(1, -5), thing(2, 25)])
        await table.replace([], { window: { from: undefined, to: 20n } })
        expect(await table.column('id')).toEqual([2n])
      })

      it('clears a mark that it finds wrong', async () => {
        await table.write([thing(1, 15)], { deleted: [{ key: { id: 1 }, at: 20n }] })
        expect(await table.replace([thing(1, 15)], { window })).toMatchObject({ written: 1 })
        expect(await table.column('note')).toEqual(['v15'])
      })

      it('is the truth about what was synced before it began, and not about what came since', async () => {
        await table.write([thing(1, 30), thing(2, 12)])
        const step = await table.begin('resync', { window })
        await table.write([thing(3, 15), thing(4, 40)])
        await table.replace([thing(1, 11), thing(4, 12)], { step })
        expect(await table.column('note')).toEqual(['v11', 'v15', 'v40'])
      })

      it('that asks first moves nothing where rows did not come back, and says which', async () => {
        await table.write([thing(1, 9), thing(2, 10), thing(3, 11), thing(4, 12), thing(5, 13), thing(6, 20)])
        const before = await table.incremental()
        const step = await table.begin('resync', { window })
        const deleted = [{ key: { id: 5 }, at: 13n }]
        const asked = await table.replace([thing(4, 12, 'new')], { step, deleted, deletionGuard: { ask: true } })
        expect(asked).toMatchObject({ missing: 2, written: 0, unchanged: 0, deleted: 0 })
        expect(await table.incremental()).toEqual(before)
        expect((await gathered(world.destination.missing(table.lease, step))).flat()).toEqual([{ id: 2n }, { id: 3n }])
        await table.write([], { step, staging: 'fill', number: 2, alive: [{ id: 2 }, { id: 77 }] })
        const moved = await table.write([], { step, staging: 'move', number: 3 })
        expect(moved).toMatchObject({ written: 1, deleted: 2 })
        expect(moved.missing).toBeUndefined()
        expect(await table.column('id')).toEqual([1n, 2n, 4n, 6n])
        expect(await table.column('note')).toEqual(['v9', 'v10', 'new', 'v20'])
      })

      it('that asks first is done at once where all rows came back', async () => {
        await table.write([thing(1, 10), thing(2, 30)])
        await table.record({ kind: 'resync', partition: '', window, reason: 'test' })
        const moved = await table.replace([thing(1, 10, 'new')], { window, deletionGuard: { ask: true } })
        expect(moved).toMatchObject({ written: 1, deleted: 0 })
        expect(moved.missing).toBeUndefined()
        expect((await table.partition()).resyncs).toEqual([])
      })

      it('names every row that did not come back, however many lie at one place', async () => {
        const Named = z.object({ group: z.string(), at: z.int(), id: z.int() })
        const named = await world.table({ name: 'named', row: Named, primaryKey: ['group', 'id'], cursor: 'at' })
        const rows = Array.from({ length: 12_000 }, (_, id) => ({ group: `a'${id % 3}`, at: 12 + (id >> 13), id }))
        await named.write(rows)
        const step = await named.begin('resync', { window })
        expect(await named.replace([], { step, deletionGuard: { ask: true } })).toMatchObject({ missing: 12_000 })
        const keys = (await gathered(world.destination.missing(named.lease, step))).flat()
        const texts = (all: readonly object[]) =>
          all.map((key) => JSON.stringify(key, (_, one) => (typeof one === 'bigint' ? Number(one) : one))).sort()
        expect(texts(keys)).toEqual(texts(rows.map(({ group, id }) => ({ group, id }))))
      })

      it('of a whole partition marks whatever did not come back', async () => {
        await table.write([thing(1, 1), thing(2, 2), thing(3, null)])
        await table.replace([thing(2, 2)])
        expect(await table.column('id')).toEqual([2n])
      })

      it('holds the greatest cursor of a key, and a deletion wins a tie', async () => {
        const step = await table.begin('resync', { window })
        await table.write([thing(1, 15), thing(2, 12), thing(3, 12)], {
          step,
          staging: 'fill',
          deleted: [{ key: { id: 2 }, at: 12n }],
        })
        const moved = await table.write([thing(1, 11), thing(2, 12)], {
          step,
          staging: 'move',
          number: 2,
          deleted: [{ key: { id: 3 }, at: 11n }],
        })
        expect(moved).toMatchObject({ written: 2, deduped: 3 })
        expect(await table.column('note')).toEqual(['v15', 'v12'])
        expect(await table.column('id')).toEqual([1n, 3n])
      })

      it('marks a row that is reported as deleted', async () => {
        await table.write([thing(1, 12), thing(2, 90)])
        await table.replace([], { window, deleted: [1, 2].map((id) => ({ key: { id }, at: 20n })) })
        expect(await table.column('id')).toEqual([2n])
      })
    })

    describe('without a key', () => {
      it('a whole read replaces its partition, and leaves equal rows alone', async () => {
        const table = await world.table({ row: Thing, partitioned: true })
        await table.replace([thing(1, 1), thing(1, 1), thing(2, 2)], { partition: 'a' })
        await table.replace([thing(7, 7)], { partition: 'b' })
        expect(await table.replace([thing(1, 1), thing(2, 2), thing(2, 2)], { partition: 'a' })).toMatchObject({
          written: 1,
          unchanged: 2,
          deleted: 1,
        })
        expect(await table.column('id', { partition: 'a' })).toEqual(expect.arrayContaining([1n, 2n, 2n]))
        expect(await table.column('id', { partition: 'b' })).toEqual([7n])
        expect(await table.replace([thing(2, 2), thing(1, 1), thing(2, 2)], { partition: 'a' })).toMatchObject({
          written: 0,
          unchanged: 3,
          deleted: 0,
        })
      })

      it('a window is replaced as a whole, and nothing outside it', async () => {
        const table = await world.table({ row: Thing, cursor: 'at' })
        await table.replace([thing(1, 5), thing(2, 15)], { kind: 'backfill', window: { from: 0n, to: 20n } })
        await table.replace([thing(3, 15), thing(4, 25)], { kind: 'incremental', window: { from: 10n, to: 30n } })
        expect(await table.column('id')).toEqual([1n, 3n, 4n])
      })

      it('every column distinguishes rows, NULL equal to NULL', async () => {
        const table = await world.table({ row: Thing })
        await table.replace([thing(1, null, null), thing(1, null, '')])
        expect(await table.replace([thing(1, null, ''), thing(1, null, null)])).toMatchObject({
          written: 0,
          unchanged: 2,
        })
        expect(await table.replace([thing(1, null, ''), thing(1, null, '')])).toMatchObject({
          written: 1,
          unchanged: 1,
          deleted: 1,
        })
      })

      it('a pass with a reject takes no row away: that one could be the rejected one', async () => {
        const table = await world.table({ row: Thing })
        await table.replace([thing(1, 1), thing(2, 2)])
        const before = await table.partition()
        const deletionsUnknown = { deletionGuard: { markDeleted: false }, rejects: [rejectOf(undefined)] }
        const held = await table.replace([thing(2, 2), thing(3, 3)], deletionsUnknown)
        expect(held).toMatchObject({ written: 0, deleted: 0, unchanged: 2, withheld: { deleted: 1, of: 2 } })
        expect(await table.column('id')).toEqual([1n, 2n])
        expect((await table.partition()).completedAt).toBe(before.completedAt)
        expect(await table.replace([], deletionsUnknown)).toMatchObject({ deleted: 0, withheld: { deleted: 2, of: 2 } })
        // Where every row came back nothing is in doubt.
        const more = await table.replace([thing(1, 1), thing(2, 2), thing(3, 3)], deletionsUnknown)
        expect(more).toMatchObject({ written: 1, unchanged: 2 })
        expect(more.withheld).toBeUndefined()
        expect((await table.partition()).completedAt).toBeGreaterThan(before.completedAt!)
      })

      it('a row that the database refuses takes no other one away', async () => {
        const table = await world.table({ row: Thing })
        await table.replace([thing(1, 1, 'a'), thing(2, 2, 'b')])
        await database().execute('create unique index by_note on things (note)')
        const held = await table.replace([thing(3, 3, 'c'), thing(4, 4, 'c')])
        expect(held).toMatchObject({
          written: 0,
          deleted: 0,
          unchanged: 1,
          rejected: 1,
          withheld: { deleted: 2, of: 2 },
        })
        expect(await table.column('note')).toEqual(['a', 'b'])
        const more = await table.replace([thing(1, 1, 'a'), thing(2, 2, 'b'), thing(3, 3, 'b'), thing(4, 4, 'd')])
        expect(more).toMatchObject({ written: 1, unchanged: 2, rejected: 1, deleted: 0 })
      })

      it('an empty read empties the partition, and the table need not be filled', async () => {
        const table = await world.table({ row: Thing })
        await table.replace([thing(1, 1)])
        expect(await table.replace([])).toMatchObject({ deleted: 1 })
        expect(await table.state()).toMatchObject({ everFilled: false, present: 'empty' })
      })
    })
  })
}
