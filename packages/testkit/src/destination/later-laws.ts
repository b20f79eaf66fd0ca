import { beforeEach, describe, expect, it } from 'vitest'
import { Thing, thing } from './commit-laws.ts'
import { DestinationUnderTest, gathered, type TestDatabase, type TestTable } from './destination-under-test.ts'

/** Laws of versions that are judged by when they were read. */
export function testLater(database: () => TestDatabase): void {
  let world: DestinationUnderTest
  let table: TestTable

  describe.each(['incremental', 'backfill'] as const)(
    'a part of kind %s, which is read later than what is there',
    (kind) => {
      beforeEach(async () => {
        world = await DestinationUnderTest.on(database())
        table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        return () => world.destination.close()
      })

      const window = { from: 10n, to: 50n }

      it('takes an older stamp for the truth where that lies in what is read', async () => {
        await table.write([thing(1, 9), thing(2, 10), thing(3, 49), thing(4, 50), thing(5, 30)])
        const rows = [1, 2, 3, 4].map((id) => thing(id, 5, 'final'))
        expect(await table.write(rows, { kind, window })).toMatchObject({ written: 2, unchanged: 2 })
        expect(await table.column('note')).toEqual(['v9', 'final', 'final', 'v50', 'v30'])
        await table.write([thing(1, 5, 'open')], { kind, window: { from: undefined, to: 50n } })
        expect(await table.column('note')).toEqual(['open', 'final', 'final', 'v50', 'v30'])
      })

      it('does so only where the part says that it is', async () => {
        await table.write([thing(1, 12), thing(2, 20), thing(3, 30)])
        const rows = [1, 2, 3].map((id) => thing(id, 11, 'final'))
        await table.write(rows, { kind, window, truth: { from: 10n, to: 20n } })
        expect(await table.column('note')).toEqual(['final', 'v20', 'v30'])
        await table.write(rows, { kind, window, truth: { from: 0n, to: 0n } })
        expect(await table.column('note')).toEqual(['final', 'v20', 'v30'])
      })

      it('keeps the greater of two stamps that come within it', async () => {
        await table.write([thing(1, 20)])
        const step = await table.begin(kind, { window })
        await table.write([thing(1, 40), thing(2, 40)], { step, completes: false })
        await table.write([thing(1, 30), thing(2, 30)], { step, number: 2 })
        expect(await table.column('note')).toEqual(['v40', 'v40'])
      })

      it('lets alone what was synced since it began', async () => {
        const step = await table.begin(kind, { window })
        await table.write([thing(1, 40)])
        await table.write([thing(1, 30)], { step })
        expect(await table.column('note')).toEqual(['v40'])
      })

      it('clears a mark that lies in what it reads where the row is there', async () => {
        await table.write([thing(1, 12), thing(2, 12)])
        await table.write([], { deleted: [1, 2].map((id) => ({ key: { id }, at: id === 1 ? 20n : 60n })) })
        await table.write([thing(1, 15), thing(2, 15)], { kind, window })
        expect(await table.column('note')).toEqual(['v15'])
        // Told within the same step, a deletion counts by its stamp.
        await table.write([thing(1, 16)], { kind, window, deleted: [{ key: { id: 1 }, at: 17n }] })
        expect(await table.incremental()).toEqual([])
      })

      it('marks a row above a late deletion below what it only looked back for, and says which beforehand', async () => {
        const at = [9, 10, 29, 30, 20, 20]
        await table.write(at.map((position, id) => thing(id, position)))
        const step = await table.begin(kind, { window })
        await table.write([thing(4, 20, 'since')], { step, completes: false })
        const lateDeleted = [0, 1, 2, 3, 4].map((id) => ({ key: { id }, at: 5n }))
        const late = { lateBelow: 30n, lateDeletions: table.deletions(lateDeleted) }
        const keys = (await gathered(world.destination.missing(table.lease, step, late))).flat()
        expect(keys.map(({ id }) => id).sort()).toEqual([1n, 2n])
        const marked = await table.write([], { step, number: 2, lateBelow: 30n, lateDeleted })
        expect(marked).toMatchObject({ deleted: 2 })
        expect(await table.column('id')).toEqual([0n, 3n, 4n, 5n])
        // Its own position stays: only what is newer than the row brings it back.
        await table.write([thing(1, 8)])
        expect(await table.column('id')).toEqual([0n, 3n, 4n, 5n])
        await table.write([thing(1, 11)])
        expect(await table.column('id')).toEqual([0n, 1n, 3n, 4n, 5n])
      })
    },
  )
}
