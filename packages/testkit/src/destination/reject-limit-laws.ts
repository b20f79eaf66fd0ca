import { beforeEach, describe, expect, it } from 'vitest'
import { Thing, thing } from './commit-laws.ts'
import type { TestDatabase, TestTable } from './destination-under-test.ts'
import { DestinationUnderTest, rejectOf } from './destination-under-test.ts'

/** Laws of how many rejected rows let a window count as covered. */
export function testRejectLimit(database: () => TestDatabase): void {
  describe('a part with rejected rows', () => {
    let world: DestinationUnderTest
    let table: TestTable
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
      return () => world.destination.close()
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
      // Rows of another partition are not a sign that these fit.
      expect(await read(0, 9, 0, 'a')).toBe(false)
      expect(await read(0, 0, 1, 'b')).toBe(true)
      expect(await read(20, 3, 3, 'b')).toBe(false)
      expect(await read(40, 2, 2, 'b')).toBe(true)
      expect(await read(60, 5, 0, 'b')).toBe(false)
      // What was rejected in a window before it was read again counts once.
      expect(await read(40, 2, 2, 'b')).toBe(false)
    })
  })
}
