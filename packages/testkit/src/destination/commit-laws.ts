import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { TestDatabase, TestTable } from './world.ts'
import { rejectOf, World } from './world.ts'

export const Thing = z.object({ id: z.int(), at: z.int().nullable(), note: z.string().nullable() })
export const thing = (id: number, at: number | null, note: string | null = `v${at}`) => ({ id, at, note })

/** Laws of a part that is written straight into its table. */
export function testCommit(database: () => TestDatabase): void {
  describe('a part', () => {
    let world: World
    let table: TestTable
    beforeEach(async () => {
      world = await World.on(database())
      table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
      return () => world.destination.close()
    })

    it('lands with its coverage, or without any where it completes nothing', async () => {
      await table.write([thing(1, 10)], { completes: false })
      expect((await table.partition())?.covered ?? []).toEqual([])
      await table.write([thing(2, 20)], { window: { from: 0n, to: 100n } })
      expect((await table.partition()).covered).toEqual([{ from: 0n, to: 100n, claimed: false }])
      expect(await table.column('id')).toEqual([1n, 2n])
      expect(await table.state()).toMatchObject({ filled: true, present: 'rows', status: 'live' })
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
      expect(await table.live()).toEqual([])
    })

    it('clears a mark only with a version from above', async () => {
      await table.write([thing(1, 10)])
      await table.write([], { deleted: [{ key: { id: 1 }, at: 20n }] })
      for (const at of [10, 15, 20]) await table.write([thing(1, at)])
      expect(await table.live()).toEqual([])
      expect(await table.write([thing(1, 21)])).toMatchObject({ written: 1 })
      expect(await table.column('note')).toEqual(['v21'])
    })

    it('raises the position of a mark, and does not lower it', async () => {
      await table.write([thing(1, 10)])
      for (const at of [20n, 40n, 30n]) await table.write([], { deleted: [{ key: { id: 1 }, at }] })
      await table.write([thing(1, 35)])
      expect(await table.live()).toEqual([])
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

    it.each(['live', 'history'] as const)(
      'of kind %s says which of its rows came late: only those it wrote',
      async (kind) => {
        await table.write([thing(1, 10), thing(2, 20), thing(3, 30)])
        const again = await table.write([thing(1, 10), thing(2, 20), thing(4, 40)], { kind, lateBelow: 35n })
        expect(again).toMatchObject({ written: 1 })
        expect(again.late).toBeUndefined()
        const late = await table.write([thing(1, 10), thing(5, 15), thing(2, 25), thing(6, 50)], {
          kind,
          lateBelow: 35n,
        })
        expect(late).toMatchObject({ written: 3, late: { rows: 2, lowest: 15n } })
        const fresh = await table.write([thing(7, 12), thing(8, 34), thing(9, 35)], { kind, lateBelow: 35n })
        expect(fresh).toMatchObject({ written: 3, late: { rows: 2, lowest: 12n } })
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
      expect(await narrow.live()).toEqual([{ id: 1n, at: 11n, note: 'kept' }])
    })

    it('is counted in the record of its step, and the counts add up', async () => {
      const step = await table.begin('history', { window: { from: 0n, to: 50n } })
      await table.write([thing(1, 1), thing(2, 2)], { step, completes: false })
      await table.write([thing(2, 2), thing(3, 3)], { step, number: 2, rejects: [rejectOf('{"id":9}')] })
      const { rows } = await world.destination.query(
        'select parts, rows_read, rows_written, rows_unchanged, rows_rejected, ended_at is not null from _tidemark_steps',
      )
      expect(rows.map((row) => row.map(Number))).toEqual([[2, 5, 3, 1, 1, 1]])
    })

    it('removes marked rows for good where it is told to, of its own partition', async () => {
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
      expect(await table.state()).toMatchObject({ filled: false, present: 'empty' })
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

    it('past the limit of rejects completes nothing, its rows stay: those the database refuses count as well', async () => {
      await table.write([thing(1, 1, 'a')], { completes: false })
      await database().execute('create unique index by_note on things (note)')
      const limit = { share: 0.1, above: 10, rows: 20, rejected: 2 }
      const window = { from: 0n, to: 100n }
      const rows = (first: number) => [thing(first, 5, 'a'), thing(first + 1, 6, `b${first}`)]
      const rejects = [rejectOf('{"id":90}'), rejectOf('{"id":91}')]
      const over = await table.write(rows(10), { window, rejects, rejectLimit: limit })
      expect(over).toMatchObject({ written: 1, rejected: 1, overLimit: true })
      expect((await table.partition())?.covered ?? []).toEqual([])
      expect(await table.column('id')).toEqual([1n, 11n])
      const { rows: kept } = await world.destination.query('select count(*) from _tidemark_rejects')
      expect(Number(kept[0]![0])).toBe(3)
      const { rows: steps } = await world.destination.query(
        'select rows_read, rows_written, rows_rejected, ended_at is not null from _tidemark_steps order by step desc limit 1',
      )
      expect(steps[0]!.map(Number)).toEqual([4, 1, 3, 1])
      for (const more of [{ rejected: 1 }, { rows: 30 }, { rows: 10 }]) {
        const within = await table.write(rows(20), { window, rejectLimit: { ...limit, ...more } })
        expect(within).toMatchObject({ rejected: 1 })
        expect(within.overLimit).toBeUndefined()
      }
      expect((await table.partition()).covered).not.toEqual([])
      const open = await table.write(rows(30), { completes: false, rejectLimit: limit })
      expect(open.overLimit).toBeUndefined()
    })

    it('of nothing but rejected rows completes nothing while the table holds no row, and what it may once it does', async () => {
      const limit = { share: 0.01, above: 100, rows: 1, rejected: 1 }
      const window = { from: 0n, to: 10n }
      const rejects = [rejectOf('{"id":9}', { position: 5n })]
      expect(await table.write([], { window, rejects, rejectLimit: limit })).toMatchObject({ overLimit: true })
      expect((await table.partition())?.covered ?? []).toEqual([])
      await table.write([thing(1, 20)], { window: { from: 20n, to: 30n } })
      expect((await table.write([], { window, rejects, rejectLimit: limit })).overLimit).toBeUndefined()
      expect((await table.partition()).covered).toHaveLength(2)
    })

    it('of a first read is judged with all that its partition holds and rejects', async () => {
      const parted = { row: Thing, primaryKey: ['id'], cursor: 'at', partitioned: true }
      const first = await world.table({ ...parted, name: 'parted' })
      const bad = (from: number, count: number) =>
        Array.from({ length: count }, (_, at) => rejectOf(`${from + at}`, { position: BigInt(from + at) }))
      const read = async (from: number, good: number, rejected: number, partition: string) => {
        const rows = Array.from({ length: good }, (_, at) => thing(from + at, from + at))
        const rejectLimit = { share: 0.01, above: 100, rows: good + rejected, rejected, first: true } as const
        const window = { from: BigInt(from), to: BigInt(from + 20) }
        const rejects = bad(from + 10, rejected)
        return (await first.write(rows, { partition, window, rejects, rejectLimit })).overLimit === true
      }
      // Rows of another partition are no sign that these fit.
      expect(await read(0, 9, 0, 'a')).toBe(false)
      expect(await read(0, 0, 1, 'b')).toBe(true)
      expect(await read(20, 3, 3, 'b')).toBe(false)
      expect(await read(40, 2, 2, 'b')).toBe(true)
      expect(await read(60, 5, 0, 'b')).toBe(false)
      // What was rejected in a window before it was read again counts once.
      expect(await read(40, 2, 2, 'b')).toBe(false)
    })

    it('of a table that was not prepared writes nothing', async () => {
      const step = await table.begin('history')
      const lease = await world.lease('unknown')
      await expect(world.destination.commit(lease, await table.part([thing(1, 1)], { step }))).rejects.toThrow(
        'not prepared',
      )
      expect(await table.live()).toEqual([])
    })
  })
}
