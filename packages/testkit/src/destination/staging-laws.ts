import type { Range } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { Thing, thing } from './commit-laws.ts'
import { DestinationUnderTest, rejectOf, type TestDatabase, type TestTable } from './destination-under-test.ts'

const many = (count: number, from = 0) => Array.from({ length: count }, (_, at) => thing(from + at, from + at))

/** Laws of steps that gather in a staging table and move at once. */
export function testStaging(database: () => TestDatabase): void {
  describe('staging', () => {
    let world: DestinationUnderTest
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      return () => world.destination.close()
    })

    describe('a whole read', () => {
      let table: TestTable
      beforeEach(async () => {
        table = await world.table({ row: Thing, primaryKey: ['id'] })
      })

      it('writes what changed and marks what vanished', async () => {
        expect(await table.replace([thing(1, 1), thing(2, 2), thing(3, 3)])).toMatchObject({ written: 3, deleted: 0 })
        const next = await table.replace([thing(2, 2), thing(3, 3, 'new'), thing(4, 4)])
        expect(next).toMatchObject({ written: 2, unchanged: 1, deleted: 1, deduped: 0 })
        expect(await table.column('note')).toEqual(['v2', 'new', 'v4'])
        expect(await table.replace([thing(2, 2), thing(3, 3, 'new'), thing(4, 4)])).toMatchObject({
          written: 0,
          unchanged: 3,
          deleted: 0,
        })
      })

      it('brings a row back that had vanished, as it was', async () => {
        await table.replace([thing(1, 1), thing(2, 2)])
        await table.replace([thing(1, 1)])
        expect(await table.replace([thing(1, 1), thing(2, 2)])).toMatchObject({ written: 1, unchanged: 1 })
        expect(await table.column('id')).toEqual([1n, 2n])
      })

      it('shows nothing before it moves, and moves many parts at once', async () => {
        const step = await table.begin('full_refresh')
        await table.write(many(10), { step, staging: 'fill' })
        await table.write(many(10, 10), { step, staging: 'fill', number: 2 })
        expect(await table.incremental()).toEqual([])
        expect(await table.write(many(5, 20), { step, staging: 'move', number: 3 })).toMatchObject({ written: 25 })
        expect(await table.column('id')).toHaveLength(25)
        expect((await table.partition()).completedAt).toBe(step.beganAt)
      })

      it('takes the last of equal keys and counts the others', async () => {
        const rows = [thing(1, 1, 'a'), thing(2, 2), thing(1, 1, 'b')]
        expect(await table.replace(rows, { batches: 3 })).toMatchObject({ written: 2, unchanged: 0, deduped: 1 })
        expect(await table.column('note')).toEqual(['b', 'v2'])
      })

      it('takes a key out that is reported as deleted', async () => {
        await table.replace([thing(1, 1), thing(2, 2)])
        await table.replace([thing(1, 1), thing(2, 2)], { deleted: [{ key: { id: 2 } }] })
        expect(await table.column('id')).toEqual([1n])
      })

      it('neither writes nor marks a row that was rejected', async () => {
        await table.replace([thing(1, 1), thing(2, 2), thing(3, 3)])
        const reject = rejectOf('{"id":2}', { encodedKey: table.key({ id: 2 }) })
        expect(await table.replace([thing(1, 1)], { rejects: [reject] })).toMatchObject({
          written: 0,
          unchanged: 1,
          deleted: 1,
        })
        expect(await table.column('note')).toEqual(['v1', 'v2'])
      })

      it('marks nothing where it cannot tell what is gone', async () => {
        await table.replace([thing(1, 1), thing(2, 2)])
        expect(await table.replace([thing(3, 3)], { deletionGuard: { markDeleted: false } })).toMatchObject({
          written: 1,
          deleted: 0,
        })
        expect(await table.column('id')).toEqual([1n, 2n, 3n])
      })

      it('that cannot tell what is gone answers no resync and is no complete pass', async () => {
        await table.replace([thing(1, 1)])
        await table.record({ kind: 'resync', partition: '', window: undefined, reason: 'asked' })
        const step = await table.begin('full_refresh')
        const revision = { text: 'r', schemaHash: 'f' }
        const unknown = await table.replace([thing(2, 2)], {
          step,
          deletionGuard: { markDeleted: false },
          completes: { revision },
        })
        expect(unknown).toMatchObject({ written: 1, deleted: 0, deletionsUnknown: true })
        expect(await table.partition()).toMatchObject({
          resyncs: [{ from: null, to: null }],
          revision: null,
          completedAt: step.beganAt,
        })
        const sighted = await table.replace([thing(2, 2)], { completes: { revision } })
        expect(sighted).toMatchObject({ deleted: 1 })
        expect(sighted.deletionsUnknown).toBeUndefined()
        expect(await table.partition()).toMatchObject({ resyncs: [], revision })
      })

      it('past the limit of rejects moves nothing and completes nothing; its rejects are kept', async () => {
        await table.replace([thing(1, 1, 'a')])
        const before = await table.partition()
        const rejectLimit = { share: 0.1, above: 10, rows: 20, rejected: 3 }
        const over = await table.replace([thing(2, 2)], { rejectLimit, rejects: [rejectOf('{"id":9}')] })
        expect(over).toMatchObject({ written: 0, deleted: 0, overLimit: true })
        expect(await table.column('id')).toEqual([1n])
        expect((await table.partition()).completedAt).toBe(before.completedAt)
        const rejects = async () => (await world.destination.query('select code from _tidemark_rejects')).rows.flat()
        expect(await rejects()).toEqual(['invalid'])
        // What the database refuses only when the rows move counts as well.
        await database().execute('create unique index by_note on things (note)')
        const clash = [thing(2, 2, 'b'), thing(3, 3, 'b')]
        const refused = await table.replace(clash, { rejectLimit: { ...rejectLimit, rejected: 2 }, batches: 2 })
        expect(refused).toMatchObject({ written: 0, deleted: 0, rejected: 1, overLimit: true })
        expect(await table.column('id')).toEqual([1n])
        expect((await rejects()).sort()).toEqual(['destination', 'invalid'])
        const within = await table.replace(clash, { rejectLimit: { ...rejectLimit, rejected: 1 } })
        expect(within).toMatchObject({ written: 1, deleted: 1, rejected: 1 })
        expect(within.overLimit).toBeUndefined()
        expect(await table.column('note')).toEqual(['b'])
      })

      it('starts again with the next step of its table', async () => {
        const lost = await table.begin('full_refresh')
        await table.write(many(10), { step: lost, staging: 'fill' })
        expect(await table.replace([thing(50, 50)])).toMatchObject({ written: 1 })
        expect(await table.column('id')).toEqual([50n])
      })

      it('of one partition leaves the others alone', async () => {
        const parted = await world.table({ name: 'parted', row: Thing, primaryKey: ['id'], partitioned: true })
        await parted.replace([thing(1, 1), thing(2, 2)], { partition: 'a' })
        await parted.replace([thing(1, 1), thing(2, 2)], { partition: 'b' })
        expect(await parted.replace([thing(1, 1)], { partition: 'a' })).toMatchObject({ deleted: 1 })
        expect(await parted.column('id', { partition: 'a' })).toEqual([1n])
        expect(await parted.column('id', { partition: 'b' })).toEqual([1n, 2n])
      })

      it('of one partition marks no row of a global key that another one has now', async () => {
        const moved = await world.table({
          name: 'moved',
          row: Thing,
          primaryKey: ['id'],
          partitioned: true,
          globalKey: true,
        })
        await moved.replace([thing(1, 1), thing(2, 2)], { partition: 'a' })
        await moved.replace([thing(1, 1)], { partition: 'b' })
        await moved.replace([thing(2, 2)], { partition: 'a' })
        expect(await moved.column('id')).toEqual([1n, 2n])
      })
    })

    describe('the deletion guard', () => {
      const limit = { share: 0.5, above: 100 }

      it('holds a whole read back that would mark most rows: it writes, marks nothing and completes nothing', async () => {
        const table = await world.table({ row: Thing, primaryKey: ['id'] })
        await table.replace(many(200))
        const before = await table.partition()
        const held = await table.replace([...many(10), thing(900, 1)], { deletionGuard: { limit } })
        expect(held).toMatchObject({ written: 1, unchanged: 10, deleted: 0, withheld: { deleted: 190, of: 200 } })
        expect(await table.column('id')).toHaveLength(201)
        expect((await table.partition()).completedAt).toBe(before.completedAt)
      })

      it('does not look at how many new rows come', async () => {
        const table = await world.table({ row: Thing, primaryKey: ['id'] })
        await table.replace(many(200))
        expect(await table.replace(many(300, 1000), { deletionGuard: { limit } })).toMatchObject({
          withheld: { deleted: 200, of: 200 },
        })
      })

      it('lets half go, and everything of a small table, and everything where it is lifted', async () => {
        const table = await world.table({ row: Thing, primaryKey: ['id'] })
        await table.replace(many(200))
        expect((await table.replace(many(100), { deletionGuard: { limit } })).deleted).toBe(100)
        expect((await table.replace(many(1), { deletionGuard: { limit } })).deleted).toBe(99)
        await table.replace(many(200))
        expect((await table.replace([])).deleted).toBe(200)
      })

      it('looks at each window and each partition by itself', async () => {
        const cursored = { row: Thing, primaryKey: ['id'], cursor: 'at', partitioned: true }
        const table = await world.table(cursored)
        const rows = (from: number) => Array.from({ length: 150 }, (_, at) => thing(from + at, (from + at) % 1000))
        // So many rows elsewhere that they are no share of the table to speak of.
        for (const [partition, from] of [
          ['a', 0],
          ['a', 1500],
          ['b', 2000],
          ['b', 2500],
        ] as const)
          await table.write(rows(from), { partition })
        const window = { from: 0n, to: 150n }
        expect(await table.replace([thing(0, 0)], { partition: 'a', window, deletionGuard: { limit } })).toMatchObject({
          deleted: 0,
          withheld: { deleted: 149, of: 150 },
        })
        expect(await table.column('id', { partition: 'a', window })).toHaveLength(150)
        const most = await table.replace(rows(0).slice(0, 80), { partition: 'a', window, deletionGuard: { limit } })
        expect(most).toMatchObject({ deleted: 70 })
        expect(await table.replace([], { partition: 'b', deletionGuard: { limit } })).toMatchObject({
          deleted: 0,
          withheld: { deleted: 300, of: 300 },
        })
        expect(await table.column('id', { partition: 'b' })).toHaveLength(300)
      })

      it('adds up what goes in one run', async () => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], partitioned: true })
        for (const partition of ['a', 'b', 'c', 'd']) await table.replace(many(61), { partition })
        const first = await table.replace(many(1), { partition: 'a', deletionGuard: { limit } })
        const second = await table.replace(many(1), { partition: 'b', deletionGuard: { limit, deletedBefore: 60 } })
        expect([first.deleted, second.deleted]).toEqual([60, 60])
        expect(
          await table.replace(many(1), { partition: 'c', deletionGuard: { limit, deletedBefore: 120 } }),
        ).toMatchObject({
          deleted: 0,
          withheld: { deleted: 180, of: 244 },
        })
      })

      it.each([true, false])(
        'leaves no table and no partition empty that had rows, at any size; keyed: %s',
        async (keyed) => {
          const table = await world.table({ row: Thing, ...(keyed ? { primaryKey: ['id'] } : {}), partitioned: true })
          await table.replace(many(2), { partition: 'a' })
          await table.replace(many(3, 10), { partition: 'b' })
          const held = await table.replace([], { partition: 'a', deletionGuard: { limit } })
          expect(held).toMatchObject({ deleted: 0, withheld: { deleted: 2, of: 2, empties: true } })
          expect(await table.column('id', { partition: 'a' })).toEqual([0n, 1n])
          // With others in their place the table is not empty, and where the limit is lifted nothing is held.
          expect((await table.replace([thing(7, 7)], { partition: 'a', deletionGuard: { limit } })).deleted).toBe(2)
          expect((await table.replace([], { partition: 'a' })).deleted).toBe(1)
          expect((await table.replace([], { partition: 'a', deletionGuard: { limit } })).withheld).toBeUndefined()
        },
      )

      it.each([true, false])(
        'judges a window with all that the run replaces of its partition; keyed: %s',
        async (keyed) => {
          const spec = { row: Thing, cursor: 'at', partitioned: true }
          const table = await world.table(keyed ? { ...spec, primaryKey: ['id'] } : spec)
          for (const partition of ['a', 'b']) await table.write(many(30), { partition })
          const window = { from: 0n, to: 10n }
          const again = (replaces: readonly Range[]) =>
            table.replace([], { kind: 'resync', partition: 'a', window, deletionGuard: { limit, replaces } })
          const all = [
            { from: undefined, to: 10n },
            { from: 10n, to: 30n },
          ]
          const each = Array.from({ length: 30 }, (_, at) => ({ from: BigInt(at), to: BigInt(at + 1) }))
          for (const replaces of [all, each])
            expect(await again(replaces)).toMatchObject({
              deleted: 0,
              withheld: { deleted: 10, of: 10, empties: true },
            })
          // What another window brought back, or what none replaces, is left.
          expect((await again([window])).deleted).toBe(10)
          const next = { kind: 'resync', partition: 'a', window: { from: 10n, to: 30n } } as const
          expect(
            (await table.replace([], { ...next, deletionGuard: { limit, replaces: all } })).withheld,
          ).toMatchObject({
            deleted: 20,
          })
          const deletionGuard = { limit, replaces: all, cameBack: true } as const
          expect((await table.replace([], { ...next, deletionGuard })).deleted).toBe(20)
        },
      )

      it('replaces nothing of a table without a key, and counts its rows as unchanged', async () => {
        const table = await world.table({ row: Thing })
        await table.replace(many(200))
        expect(await table.replace(many(20), { deletionGuard: { limit } })).toMatchObject({
          written: 0,
          unchanged: 20,
          deleted: 0,
          withheld: { deleted: 180, of: 200 },
        })
        expect(await table.column('id')).toHaveLength(200)
        const windowed = await world.table({ name: 'windowed', row: Thing, cursor: 'at' })
        const step = { kind: 'incremental', window: { from: 0n, to: 150n } } as const
        await windowed.replace(many(150, 0), step)
        expect(await windowed.replace([thing(0, 0)], { ...step, deletionGuard: { limit } })).toMatchObject({
          deleted: 0,
          withheld: { deleted: 149, of: 150 },
        })
      })
    })
  })
}
