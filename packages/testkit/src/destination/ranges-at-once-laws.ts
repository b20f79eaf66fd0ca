import type { Committed, KeyRangeRef, Range } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Thing, thing } from './commit-laws.ts'
import {
  DestinationUnderTest,
  rejectOf,
  type TestDatabase,
  TestTable,
  type WriteOptions,
} from './destination-under-test.ts'
import { withTwoRunners } from './two-runners.ts'

const Item = z.object({ id: z.bigint(), note: z.string() })
const item = (id: number) => ({ id: BigInt(id), note: 'a' })
const items = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => item(from + at))
const between = (from: bigint | undefined, to: bigint | undefined): KeyRangeRef => ({ column: 'id', from, to })
const LOW = between(undefined, 1000n)
const HIGH = between(1000n, undefined)
const limit = { share: 0.5, above: 100 }

const deletedBy = (all: readonly Committed[]) => all.map(({ deleted }) => deleted).toSorted((a, b) => a - b)

/** Laws of steps of one table that are committed at the same time, and of what is judged of them together. */
export function testRangesAtOnce(database: () => TestDatabase): void {
  describe('key ranges that are committed at the same time', () => {
    let world: DestinationUnderTest
    let table: TestTable
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      table = await world.table({ row: Item, primaryKey: ['id'] })
      return () => world.destination.close()
    })

    /** As a step of the same run writes it that runs at the same time. */
    const beside = async ({ shape, lease, prepared }: TestTable): Promise<TestTable> =>
      new TestTable(world, shape, await world.destination.leaseBeside(lease), prepared)

    /** Ranges, with the rows that are in them by now: all are staged before the first of them moves. */
    async function refreshAtOnce(
      target: TestTable,
      ranges: readonly (WriteOptions & { readonly keyRange: KeyRangeRef; readonly rows: readonly object[] })[],
    ): Promise<readonly Committed[]> {
      const steps = await Promise.all(
        ranges.map(async ({ rows, ...options }, at) => {
          const own = at === 0 ? target : await beside(target)
          const step = await own.begin('full_refresh', options)
          await own.write(rows as never, { ...options, step, rejects: [], staging: 'fill', completes: false })
          return { own, step, options }
        }),
      )
      const [since] = steps.map(({ step }) => step.beganAt).sort((a, b) => (a < b ? -1 : 1))
      return await Promise.all(
        steps.map(({ own, step, options }) =>
          own.write([], {
            ...options,
            step,
            number: 2,
            staging: 'move',
            deletionGuard: { limit, since, ...options.deletionGuard },
            completes: {
              status: 'complete',
              refresh: { version: 'v', unfinished: 'backfilling' },
              ...(options.completes || {}),
            },
          }),
        ),
      )
    }

    it('do not both miss that the full refresh is complete', async () => {
      for (let again = 0; again < 5; again++) {
        const revision = { text: `r${again}`, schemaHash: 's' }
        const completes = { revision }
        const committed = await refreshAtOnce(table, [
          { keyRange: LOW, rows: items(0, 10), completes },
          { keyRange: between(1000n, 2000n), rows: items(1000, 1010), completes },
          { keyRange: between(2000n, undefined), rows: items(2000, 2010), completes },
        ])
        expect(committed.filter(({ refreshed }) => refreshed === true)).toHaveLength(1)
        expect(await table.partition()).toMatchObject({ refreshed: [], revision, completedAt: expect.any(BigInt) })
        expect((await table.state()).status).toBe('complete')
      }
      expect(await table.column('id')).toHaveLength(30)
    })

    it('leave the table as it is called while others are left', async () => {
      await refreshAtOnce(table, [
        { keyRange: LOW, rows: items(0, 10) },
        { keyRange: between(1000n, 2000n), rows: [] },
      ])
      expect((await table.state()).status).toBe('backfilling')
    })

    it('are judged by what they delete together', async () => {
      await table.replace([...items(0, 200), ...items(1000, 1200)])
      const committed = await refreshAtOnce(table, [
        { keyRange: LOW, rows: items(0, 80) },
        { keyRange: HIGH, rows: items(1000, 1080) },
      ])
      expect(deletedBy(committed)).toEqual([0, 120])
      expect(committed.find(({ withheld }) => withheld !== undefined)?.withheld).toEqual({ deleted: 240, of: 400 })
      expect((await table.partition()).refreshed).toMatchObject([{ deleted: 120 }])
      expect(await table.column('id')).toHaveLength(280)
    })

    it('of several partitions are judged by what they delete of the table', async () => {
      const parted = await world.table({ name: 'parted', row: Item, primaryKey: ['id'], partitioned: true })
      const names = ['a', 'b', 'c', 'd']
      // Of each a hundred, which is too few to be judged alone.
      for (const partition of names) await parted.replace(items(0, 100), { partition })
      const committed = await refreshAtOnce(
        parted,
        names.map((partition) => ({ partition, keyRange: LOW, rows: items(0, 30) })),
      )
      expect(deletedBy(committed)).toEqual([0, 0, 70, 70])
    })

    it('do not leave a table empty together', async () => {
      await table.replace([item(1), item(1001)])
      const committed = await refreshAtOnce(table, [
        { keyRange: LOW, rows: [] },
        { keyRange: HIGH, rows: [] },
      ])
      expect(deletedBy(committed)).toEqual([0, 1])
      expect(committed.find(({ withheld }) => withheld !== undefined)?.withheld).toMatchObject({ empties: true })
      expect(await table.column('id')).toHaveLength(1)
    })

    it('of a first read are judged by the rows that they reject together', async () => {
      await refreshAtOnce(table, [{ keyRange: between(1000n, 2000n), rows: items(1000, 1006) }])
      const bad = (from: number) => ({
        rejects: [0, 1, 2, 3].map((at) => rejectOf(`["${from + at}"]`)),
        rejectLimit: { share: 0.5, above: 100, rows: 4, rejected: 4, first: true as const },
      })
      const committed = await refreshAtOnce(table, [
        { keyRange: LOW, rows: [], ...bad(0) },
        { keyRange: between(2000n, undefined), rows: [], ...bad(2000) },
      ])
      expect(committed.filter(({ overLimit }) => overLimit === true)).toHaveLength(1)
    })
  })

  describe('a resync that several runners share', () => {
    const window = (from: bigint, to: bigint) => ({ from, to })
    const things = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => thing(from + at, from + at))

    it('is judged by what they delete together, also at the same time, and each request by itself', () =>
      withTwoRunners(database(), async (one, two) => {
        const table = await one.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        await table.write(things(0, 240), { completes: false })
        await table.record({ kind: 'resync', partition: '', window: window(0n, 240n), reason: 'asked' })
        await one.destination.release([table.lease])
        // Windows of sixty, which are too few to be judged alone.
        const owns: { readonly own: TestTable; readonly range: Range }[] = []
        for (const world of [one, two, one, two]) {
          const range = window(BigInt(owns.length * 60), BigInt(owns.length * 60 + 60))
          const { leases } = await world.destination.leaseWindows([{ table: table.name, partition: '', range }])
          const prepared = await world.destination.prepare(leases[0]!, table.shape)
          owns.push({ range, own: new TestTable(world, table.shape, leases[0]!, prepared) })
        }
        /** What commits a window of which so many rows are left: they are staged. */
        const staged = async (at: number, left: number) => {
          const { own, range } = owns[at]!
          const step = await own.begin('resync', { window: range })
          await own.write(things(at * 60, at * 60 + left), { step, staging: 'fill', completes: false })
          return (guard: WriteOptions['deletionGuard'] = { limit }) =>
            own.write([], { step, number: 2, staging: 'move', deletionGuard: { replaces: [range], ...guard } })
        }
        const resync = async (at: number, left: number, guard?: WriteOptions['deletionGuard']) =>
          (await staged(at, left))(guard)
        const first = [await resync(0, 20), await resync(1, 20)]
        const [third, fourth] = [await staged(2, 20), await staged(3, 20)]
        const committed = [...first, ...(await Promise.all([third(), fourth()]))]
        expect(deletedBy(committed)).toEqual([0, 40, 40, 40])
        const held = committed.findIndex((all) => all.withheld !== undefined)
        expect(committed[held]!.withheld).toEqual({ deleted: 160, of: 240 })
        // It stays so in every run until somebody accepts it.
        expect(await resync(held, 20)).toMatchObject({ withheld: { deleted: 160, of: 240 } })
        expect(await resync(held, 20, { limit: undefined })).toMatchObject({ deleted: 40 })
        expect((await table.partition()).resyncs).toEqual([])
        // What the source reports as deleted is not judged.
        const more = Array.from({ length: 200 }, (_, at) => ({ key: { id: 1000 + at }, at: 2000n }))
        const reported = await owns[3]!.own.begin('incremental', { window: owns[3]!.range })
        const told = await owns[3]!.own.write(things(1000, 1200), { step: reported, deleted: more, completes: false })
        expect(told).toMatchObject({ deleted: 200 })
        // What is requested since is another pass.
        const { own, range } = owns[held]!
        await own.record({ kind: 'resync', partition: '', window: range, reason: 'again' })
        expect(await resync(held, 10, { limit, since: reported.beganAt })).toMatchObject({ deleted: 10 })
      }))
  })

  it('a failure that is recorded while a step is read stays when that is committed', async () => {
    const world = await DestinationUnderTest.on(database())
    const table = await world.table({ row: Item, primaryKey: ['id'] })
    const fail = async (nextTryAt: bigint) =>
      table.record({
        kind: 'failure',
        step: await table.begin('full_refresh', { keyRange: LOW }),
        counts: { read: 0, deduped: 0, trimmed: 0, rejected: 0 },
        error: 'no answer',
        code: 'network',
        remedy: 'retry',
        window: undefined,
        nextTryAt,
        durationMs: 5,
      })
    const refresh = (overcomes: readonly bigint[]) =>
      table.replace([], { keyRange: HIGH, completes: { refresh: { version: 'v' }, overcomes } })
    await fail(77n)
    for (const overcomes of [[], [76n]]) {
      await refresh(overcomes)
      expect((await table.state()).status).toBe('failing')
      expect(await table.partition()).toMatchObject({ failures: 1, nextTryAt: 77n, lastError: 'no answer' })
    }
    await refresh([76n, 77n])
    expect((await table.state()).status).toBe('complete')
    expect(await table.partition()).toMatchObject({ failures: 0, nextTryAt: null, lastError: null })
    await world.destination.close()
  })
}
