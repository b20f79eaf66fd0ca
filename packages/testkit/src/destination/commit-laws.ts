import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { TestDatabase, TestTable } from './destination-under-test.ts'
import { DestinationUnderTest, rejectOf } from './destination-under-test.ts'

export const Thing = z.object({ id: z.int(), at: z.int().nullable(), note: z.string().nullable() })
export const thing = (id: number, at: number | null, note: string | null = `v${at}`) => ({ id, at, note })

/** Laws of a batch that is written straight into its table. */
export function testCommit(database: () => TestDatabase): void {
  describe('a part', () => {
    let world: DestinationUnderTest
    let table: TestTable
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
      return () => world.destination.close()
    })

    it('lands with its coverage, or without any where it completes nothing', async () => {
      await table.write([thing(1, 10)], { completes: false })
      expect((await table.partition())?.covered ?? []).toEqual([])
      await table.write([thing(2, 20)], { window: { from: 0n, to: 100n } })
      expect((await table.partition()).covered).toEqual([{ from: 0n, to: 100n, assumed: false }])
      expect(await table.column('id')).toEqual([1n, 2n])
      expect(await table.state()).toMatchObject({ everFilled: true, present: 'rows', status: 'complete' })
    })

    it.each([0, 1, 2, 99, 100, 101, 250, 1000])('of %i rows lands whole', async (count) => {
      const rows = Array.from({ length: count }, (_, id) => thing(id, id))
      expect(await table.write(rows)).toMatchObject({
        written: count,
        unchanged: 0,
        deleted: 0,
        deduped: 0,
        rejected: 0,
      })
      expect(await table.column('id')).toEqual(rows.map(({ id }) => BigInt(id)))
      expect(await table.write(rows)).toMatchObject({ written: 0, unchanged: count })
    })

    it('never covers a newer version with an older one', async () => {
      await table.write([thing(1, 20)])
      expect(await table.write([thing(1, 10)])).toMatchObject({ written: 0, unchanged: 1 })
      expect(await table.write([thing(1, 30)])).toMatchObject({ written: 1, unchanged: 0 })
      expect(await table.column('note')).toEqual(['v30'])
    })

    it('takes another version of the same position, the last one that comes', async () => {
      await table.write([thing(1, 20, 'a'), thing(1, 20, 'b')])
      expect(await table.column('note')).toEqual(['b'])
      await table.write([thing(1, 20, 'c')])
      expect(await table.column('note')).toEqual(['c'])
    })

    it('with one key twice: the greatest cursor wins', async () => {
      await table.write([thing(1, 30), thing(1, 10), thing(2, 5)])
      expect(await table.column('note')).toEqual(['v30', 'v5'])
    })

    it('with a deletion marks the row at or below its position, not above it', async () => {
      await table.write([thing(1, 10), thing(2, 20), thing(3, 30)])
      const told = await table.write([], { deleted: [1, 2, 3].map((id) => ({ key: { id }, at: 20n })) })
      expect(told).toMatchObject({ written: 0, deleted: 2 })
      expect(await table.column('id')).toEqual([3n])
      expect((await table.all()).map(({ id }) => id)).toEqual([1n, 2n, 3n])
    })

    it('applies its deletions after its rows', async () => {
      expect(await table.write([thing(1, 10)], { deleted: [{ key: { id: 1 }, at: 10n }] })).toMatchObject({
        written: 1,
        deleted: 1,
      })
      expect(await table.incremental()).toEqual([])
    })

    it('clears a mark only with a version from above', async () => {
      await table.write([thing(1, 10)])
      await table.write([], { deleted: [{ key: { id: 1 }, at: 20n }] })
      for (const at of [10, 15, 20]) await table.write([thing(1, at)])
      expect(await table.incremental()).toEqual([])
      expect(await table.write([thing(1, 21)])).toMatchObject({ written: 1 })
      expect(await table.column('note')).toEqual(['v21'])
    })

    it('raises the position of a mark, and does not lower it', async () => {
      await table.write([thing(1, 10)])
      for (const at of [20n, 40n, 30n]) await table.write([], { deleted: [{ key: { id: 1 }, at }] })
      await table.write([thing(1, 35)])
      expect(await table.incremental()).toEqual([])
      await table.write([thing(1, 41)])
      expect(await table.column('id')).toEqual([1n])
    })

    it('counts a deletion once', async () => {
      await table.write([thing(1, 10)])
      expect(await table.write([], { deleted: [{ key: { id: 1 }, at: 20n }] })).toMatchObject({ deleted: 1 })
      expect(await table.write([], { deleted: [{ key: { id: 1 }, at: 30n }] })).toMatchObject({ deleted: 0 })
    })

    it('leaves a mark for an unknown key where older versions may still come', async () => {
      await table.write([], { deleted: [{ key: { id: 1 }, at: 20n }], tombstones: true })
      await table.write([], { deleted: [{ key: { id: 2 }, at: 20n }], tombstones: false })
      await table.write([thing(1, 20), thing(2, 20)])
      expect(await table.column('id')).toEqual([2n])
      await table.write([thing(1, 21)])
      expect(await table.column('id')).toEqual([1n, 2n])
    })

    it.each(['incremental', 'backfill'] as const)(
      'of kind %s says which of its rows came late: only those it wrote',
      async (kind) => {
        await table.write([thing(1, 10), thing(2, 20), thing(3, 30)])
        const again = await table.write([thing(1, 10), thing(2, 20), thing(4, 40)], { kind, lateBelow: 35n })
        expect(again).toMatchObject({ written: 1 })
        expect(again.lateRows).toBeUndefined()
        const late = await table.write([thing(1, 10), thing(5, 15), thing(2, 25), thing(6, 50)], {
          kind,
          lateBelow: 35n,
        })
        expect(late).toMatchObject({ written: 3, lateRows: { rows: 2, lowest: 15n } })
        const fresh = await table.write([thing(7, 12), thing(8, 34), thing(9, 35)], { kind, lateBelow: 35n })
        expect(fresh).toMatchObject({ written: 3, lateRows: { rows: 2, lowest: 12n } })
      },
    )

    it('takes rows without a cursor as they come', async () => {
      expect(await table.write([thing(1, null, 'a')])).toMatchObject({ written: 1 })
      expect(await table.write([thing(1, null, 'b')])).toMatchObject({ written: 1 })
      expect(await table.write([thing(1, null, 'b')])).toMatchObject({ written: 0, unchanged: 1 })
      expect(await table.column('note')).toEqual(['b'])
    })

    it('keeps the values of columns that the source no longer has', async () => {
      await table.write([thing(1, 10, 'kept')])
      const narrow = await world.table({ row: Thing.pick({ id: true, at: true }), primaryKey: ['id'], cursor: 'at' })
      await narrow.write([{ id: 1, at: 11 }])
      expect(await narrow.incremental()).toEqual([{ id: 1n, at: 11n, note: 'kept' }])
    })

    it('is counted in the record of its step, and the counts add up', async () => {
      const step = await table.begin('backfill', { window: { from: 0n, to: 50n } })
      await table.write([thing(1, 1), thing(2, 2)], { step, completes: false })
      await table.write([thing(2, 2), thing(3, 3)], { step, number: 2, rejects: [rejectOf('{"id":9}')] })
      const { rows } = await world.destination.query(
        'select batches, rows_read, rows_written, rows_unchanged, rows_rejected, ended_at is not null from _tidemark_steps',
      )
      expect(rows.map((row) => row.map(Number))).toEqual([[2, 5, 3, 1, 1, 1]])
    })

    it('removes marked rows for good where a commit asks for it, of its own partition', async () => {
      const parted = await world.table({
        name: 'parted',
        row: Thing,
        primaryKey: ['id'],
        cursor: 'at',
        partitioned: true,
      })
      for (const partition of ['a', 'b']) {
        await parted.write([thing(1, 1), thing(2, 2)], { partition, deleted: [{ key: { id: 1 }, at: 9n }] })
      }
      await parted.write([], { partition: 'a', completes: { purge: true } })
      expect((await parted.all({ partition: 'a' })).map(({ id }) => id)).toEqual([2n])
      expect((await parted.all({ partition: 'b' })).map(({ id }) => id)).toEqual([1n, 2n])
    })

    it('that empties the table says that it need not be filled', async () => {
      await table.write([thing(1, 1)])
      await table.write([], { deleted: [{ key: { id: 1 }, at: 9n }], completes: { purge: true } })
      expect(await table.state()).toMatchObject({ everFilled: false, present: 'empty' })
    })

    it('of a table without a key is added, however often its rows are there', async () => {
      const log = await world.table({ name: 'log', row: Thing, cursor: 'at' })
      expect(await log.write([thing(1, 1), thing(1, 1)])).toMatchObject({ written: 2 })
      await log.write([thing(1, 1)])
      expect(await log.column('id')).toEqual([1n, 1n, 1n])
    })

    it('moves a row of a global key to the partition that has it now', async () => {
      const moved = await world.table({
        name: 'moved',
        row: Thing,
        primaryKey: ['id'],
        cursor: 'at',
        partitioned: true,
        globalKey: true,
      })
      await moved.write([thing(1, 1)], { partition: 'a' })
      expect(await moved.write([thing(1, 1)], { partition: 'b' })).toMatchObject({ written: 1 })
      expect(await moved.column('id', { partition: 'a' })).toEqual([])
      expect(await moved.column('id', { partition: 'b' })).toEqual([1n])
    })

    it('of a table that was not prepared writes nothing', async () => {
      const step = await table.begin('backfill')
      const lease = await world.lease('unknown')
      await expect(world.destination.commit(lease, await table.batch([thing(1, 1)], { step }))).rejects.toThrow(
        'not prepared',
      )
      expect(await table.incremental()).toEqual([])
    })
  })
}
