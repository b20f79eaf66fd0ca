import { type KeyRangeRef, RECORD_KINDS, type RecordChunk } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  DestinationUnderTest,
  gathered,
  rejectOf,
  type TestDatabase,
  type TestTable,
  type WriteOptions,
} from './destination-under-test.ts'

const Item = z.object({ tenant: z.string(), id: z.bigint(), note: z.string() })
const item = (id: bigint, note = 'a', tenant = 't') => ({ tenant, id, note })
const between = (from: bigint | undefined, to: bigint | undefined): KeyRangeRef => ({ column: 'id', from, to })

/** Laws of a full refresh that is committed in ranges of its key. */
export function testKeyRanges(database: () => TestDatabase): void {
  describe('a full refresh in key ranges', () => {
    let world: DestinationUnderTest
    let table: TestTable
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      table = await world.table({ row: Item, primaryKey: ['tenant', 'id'] })
      return () => world.destination.close()
    })

    const refresh = async (
      keyRange: KeyRangeRef,
      rows: readonly ReturnType<typeof item>[],
      { completes, ...more }: WriteOptions & { readonly batches?: number } = {},
    ) => {
      const step = await table.begin('full_refresh', { ...more, keyRange })
      const committed = await table.replace(rows, {
        ...more,
        step,
        completes: { refresh: { version: 'v' }, ...(completes || {}) },
      })
      return { step, committed }
    }
    const ids = async () => (await table.column('id')).toSorted((a, b) => (Number(a) < Number(b) ? -1 : 1))

    it('marks what vanished inside its range alone, at its bounds and its open ends', async () => {
      const all = [-(2n ** 63n), -1n, 0n, 1n, 9n, 10n, 11n, 2n ** 63n - 1n]
      await table.replace(all.map((id) => item(id)))
      expect((await refresh(between(0n, 10n), [item(1n, 'b')])).committed).toMatchObject({ written: 1, deleted: 2 })
      expect(await ids()).toEqual(all.filter((id) => id !== 0n && id !== 9n))
      expect((await refresh(between(undefined, 0n), [item(-1n)])).committed).toMatchObject({ unchanged: 1, deleted: 1 })
      expect((await refresh(between(10n, undefined), [item(10n), item(11n)])).committed).toMatchObject({ deleted: 1 })
      expect(await ids()).toEqual([-1n, 1n, 10n, 11n])
    })

    it('of one partition leaves the others alone', async () => {
      const parted = await world.table({ name: 'parted', row: Item, primaryKey: ['id'], partitioned: true })
      for (const partition of ['a', 'b']) await parted.replace([item(1n), item(20n)], { partition })
      const step = await parted.begin('full_refresh', { partition: 'a', keyRange: between(undefined, 10n) })
      expect(await parted.replace([], { step, completes: { refresh: { version: 'v' } } })).toMatchObject({ deleted: 1 })
      expect(await parted.column('id', { partition: 'a' })).toEqual([20n])
      expect(await parted.column('id', { partition: 'b' })).toHaveLength(2)
      expect((await parted.partition('a')).refreshed).toMatchObject([{ from: null, to: 10n, deleted: 1 }])
      expect((await parted.partition('b')).refreshed).toEqual([])
    })

    it('is complete with the range that leaves no key out, as of the first of them', async () => {
      const first = await refresh(between(10n, undefined), [item(10n)])
      expect(first.committed.refreshed).toBeUndefined()
      expect(await table.partition()).toMatchObject({
        completedAt: null,
        refreshed: [{ from: 10n, to: null, readAt: first.step.beganAt, version: 'v', deleted: 0 }],
      })
      await refresh(between(undefined, 0n), [], { batches: 1 })
      expect((await table.partition()).refreshed).toHaveLength(2)
      const last = await refresh(between(0n, 10n), [item(1n)])
      expect(last.committed.refreshed).toBe(true)
      expect(await table.partition()).toMatchObject({ completedAt: first.step.beganAt, refreshed: [] })
    })

    it('joins neighbours, with what was deleted in both', async () => {
      await table.replace([1n, 2n, 11n, 12n, 30n].map((id) => item(id)))
      const first = await refresh(between(undefined, 10n), [item(1n)])
      await refresh(between(10n, 20n), [item(11n)])
      expect((await table.partition()).refreshed).toEqual([
        {
          from: null,
          to: 20n,
          readAt: first.step.beganAt,
          version: 'v',
          revision: null,
          deleted: 2,
          deletionsUnknown: false,
        },
      ])
    })

    it('does not count ranges of another version, or read before what was asked for since', async () => {
      const first = await refresh(between(undefined, 10n), [])
      await refresh(between(10n, 20n), [], { completes: { refresh: { version: 'w' } } })
      expect(await table.partition()).toMatchObject({ refreshed: [{ from: 10n, to: 20n, version: 'w' }] })
      await refresh(between(undefined, 10n), [], {
        completes: { refresh: { version: 'w', after: first.step.beganAt } },
      })
      const [range] = (await table.partition()).refreshed
      expect(range).toMatchObject({ from: null, to: 20n })
      await refresh(between(20n, undefined), [], { completes: { refresh: { version: 'w', after: range!.readAt } } })
      expect(await table.partition()).toMatchObject({ completedAt: null, refreshed: [{ from: 20n, to: null }] })
    })

    it('answers a resync when it is complete, where no range of it was read before', async () => {
      await refresh(between(undefined, 10n), [])
      await table.record({ kind: 'resync', partition: '', window: undefined, reason: 'asked' })
      await refresh(between(10n, undefined), [])
      expect(await table.partition()).toMatchObject({ refreshed: [], resyncs: [{ reason: 'asked' }] })
      await refresh(between(undefined, 10n), [])
      expect((await table.partition()).resyncs).toHaveLength(1)
      await refresh(between(10n, undefined), [])
      expect(await table.partition()).toMatchObject({ refreshed: [], resyncs: [] })
    })

    it('commits a revision that all ranges were read under, and voids the one before with the first of them', async () => {
      const under = (text: string) => ({ completes: { revision: { text, schemaHash: 's' } } })
      await table.replace([item(1n)], under('one'))
      expect(await table.partition()).toMatchObject({ revision: { text: 'one' } })
      await refresh(between(undefined, 10n), [], under('two'))
      expect((await table.partition()).revision).toBeNull()
      await refresh(between(10n, undefined), [], under('two'))
      expect((await table.partition()).revision).toEqual({ text: 'two', schemaHash: 's' })
      await refresh(between(undefined, 10n), [], under('two'))
      await refresh(between(10n, undefined), [], under('three'))
      expect(await table.partition()).toMatchObject({ revision: null, completedAt: expect.any(BigInt) })
    })

    it('that cannot tell what is gone in a range marks nothing there and answers no resync', async () => {
      await table.replace([item(1n), item(2n), item(20n)])
      await table.record({ kind: 'resync', partition: '', window: undefined, reason: 'asked' })
      const revision = { text: 'r', schemaHash: 's' }
      await refresh(between(undefined, 10n), [item(1n)], {
        deletionGuard: { markDeleted: false },
        completes: { revision },
      })
      expect((await table.partition()).refreshed).toMatchObject([{ deletionsUnknown: true, deleted: 0 }])
      const last = await refresh(between(10n, undefined), [], { completes: { revision } })
      expect(last.committed).toMatchObject({ deleted: 1, refreshed: true })
      expect(await table.partition()).toMatchObject({ revision: null, resyncs: [{ reason: 'asked' }], refreshed: [] })
      expect(await ids()).toEqual([1n, 2n])
    })

    it('is over where all of it is read at once, or forgotten', async () => {
      await refresh(between(undefined, 10n), [])
      await table.replace([item(1n)])
      expect((await table.partition()).refreshed).toEqual([])
      await refresh(between(undefined, 10n), [])
      await world.destination.reset(table.lease, table.name)
      expect(await table.partition()).toBeUndefined()
    })

    it('the deletion limit judges a range as a part of its partition, with those before it', async () => {
      const some = (from: bigint, count: number) => Array.from({ length: count }, (_, at) => item(from + BigInt(at)))
      await table.replace([...some(0n, 100), ...some(100n, 300)])
      const limit = { share: 0.5, above: 100 }
      const first = await refresh(between(undefined, 100n), [], { deletionGuard: { limit } })
      expect(first.committed).toMatchObject({ deleted: 100 })
      const guard = { limit, deletedBefore: 100 }
      const held = await refresh(between(100n, 250n), some(100n, 49), { deletionGuard: guard })
      expect(held.committed).toMatchObject({ deleted: 0, withheld: { deleted: 201, of: 400 } })
      expect((await table.partition()).refreshed).toMatchObject([{ to: 100n }])
      const most = await refresh(between(100n, 250n), some(100n, 50), { deletionGuard: guard })
      expect(most.committed).toMatchObject({ deleted: 100 })
      expect((await table.partition()).refreshed).toMatchObject([{ to: 250n, deleted: 200 }])
    })

    it('removes marked rows for good with its last range', async () => {
      await table.replace([item(1n), item(2n), item(20n)])
      await refresh(between(undefined, 10n), [item(1n)], { completes: { purge: true } })
      expect(await table.all()).toHaveLength(3)
      await refresh(between(10n, undefined), [item(20n)], { completes: { purge: true } })
      expect(await table.all()).toHaveLength(2)
    })

    it('keeps rejected rows where their key lies until their range is read again', async () => {
      const rejects = async () =>
        (await world.destination.query('select key, position from _tidemark_rejects order by key')).rows
      const large = 2n ** 53n + 1n
      await refresh(between(undefined, 10n), [], { rejects: [rejectOf('["t",1]'), rejectOf('["t",2]')] })
      await refresh(between(10n, undefined), [], {
        rejects: [rejectOf(`["t","${large}"]`), rejectOf(undefined)],
        deletionGuard: { markDeleted: false },
      })
      expect(
        (await rejects()).map(([key, position]) => [key, position === null ? null : BigInt(position as bigint)]),
      ).toEqual(
        expect.arrayContaining([
          ['["t",1]', 1n],
          ['["t",2]', 2n],
          [`["t","${large}"]`, large],
          [null, null],
        ]),
      )
      await refresh(between(undefined, 2n), [item(1n)])
      expect((await rejects()).map(([key]) => key)).not.toContain('["t",1]')
      expect(await rejects()).toHaveLength(3)
      await refresh(between(2n, undefined), [item(2n)])
      expect(await rejects()).toEqual([])
    })

    it('is shown as its ranges in the records of steps, and moves and comes back with the state', async () => {
      const { step } = await refresh(between(-5n, 10n), [])
      const { rows } = await world.destination.query(
        `select from_position, to_position from _tidemark_steps where step = ${step.step}`,
      )
      expect(rows.map((row) => row.map(Number))).toEqual([[-5, 10]])
      const { relocation } = world.destination
      const before = await table.partition()
      const chunks: RecordChunk[] = []
      for (const kind of RECORD_KINDS) chunks.push(...(await gathered(relocation.records(kind))))
      await relocation.replace([table.lease], () => [])
      expect(await table.state()).toBeUndefined()
      await relocation.replace([table.lease], () => chunks)
      expect(await table.partition()).toEqual(before)
      expect(before.refreshed).toHaveLength(1)
    })
  })
}
