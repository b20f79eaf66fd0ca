import { SyncError } from '@tidemark/core'
import type { Lease, Range } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { Thing, thing } from './commit-laws.ts'
import { type DestinationUnderTest, type TestDatabase, TestTable, type WriteOptions } from './destination-under-test.ts'
import { withTwoRunners } from './two-runners.ts'

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
const THINGS = { row: Thing, primaryKey: ['id'], cursor: 'at' }
const isFenced = (error: unknown) => SyncError.is(error) && error.code === 'fenced'
const range = (from: bigint, to: bigint): Range => ({ from, to })

/** Laws of several steps, and several runners, that write one table at once. */
export function testWindowLeases(database: () => TestDatabase): void {
  const withTwo = (use: Parameters<typeof withTwoRunners>[1], more?: Parameters<typeof withTwoRunners>[2]) =>
    withTwoRunners(database(), use, more)

  /** The table is made, and nobody holds it. */
  async function free(world: DestinationUnderTest, spec: Parameters<DestinationUnderTest['table']>[0] = THINGS) {
    const table = await world.table(spec)
    await world.destination.release([table.lease])
    return table
  }

  async function window(world: DestinationUnderTest, at: Range | undefined, partition = ''): Promise<Lease> {
    const { leases, refused } = await world.destination.leaseWindows([{ table: 'things', partition, range: at }])
    expect(refused).toEqual([])
    return leases[0]!
  }

  const refusals = async (world: DestinationUnderTest, at: Range | undefined, partition = '') =>
    (await world.destination.leaseWindows([{ table: 'things', partition, range: at }])).refused

  /** The table as a runner writes it that holds a window. */
  async function writer(world: DestinationUnderTest, { shape }: TestTable, lease: Lease): Promise<TestTable> {
    return new TestTable(world, shape, lease, await world.destination.prepare(lease, shape))
  }

  const covering = (window: Range): WriteOptions => ({ window })

  describe('a lease of a window', () => {
    it('goes beside others of the same table that do not overlap; rows and coverage of all land', () =>
      withTwo(async (one, two) => {
        const table = await free(one)
        const low = await writer(one, table, await window(one, range(0n, 100n)))
        const high = await writer(two, table, await window(two, range(100n, 200n)))
        await Promise.all([
          low.write([thing(1, 1), thing(2, 50)], covering(range(0n, 100n))),
          high.write([thing(3, 100), thing(4, 199)], covering(range(100n, 200n))),
        ])
        expect(await high.column('id')).toEqual([1n, 2n, 3n, 4n])
        const { covered } = await high.partition()
        expect([...covered].sort((a, b) => Number(a.to - b.to))).toMatchObject([
          { from: 0n, to: 100n },
          { from: 100n, to: 200n },
        ])
      }))

    it.each([
      ['one that overlaps', range(99n, 300n), ''],
      ['one inside', range(10n, 20n), ''],
      ['one around', { from: undefined, to: 900n }, ''],
      ['the whole partition', undefined, ''],
    ])('refuses %s, and says who holds it', (_, at, partition) =>
      withTwo(async (one, two) => {
        await free(one)
        await window(one, range(0n, 100n))
        const [refused] = await refusals(two, at, partition)
        expect(refused).toMatchObject({ table: 'things', host: 'test-host', pid: 4711 })
        expect(refused!.until).toBeGreaterThan(refused!.since)
        expect(await refusals(one, at, partition)).toHaveLength(1)
      }),
    )

    it('of a whole partition refuses its windows, and goes beside those of other partitions', () =>
      withTwo(async (one, two) => {
        await free(one, { ...THINGS, partitioned: true })
        await window(one, undefined, 'a')
        expect(await refusals(two, range(0n, 1n), 'a')).toHaveLength(1)
        expect(await refusals(two, range(0n, 1n), 'b')).toEqual([])
      }))

    it('is refused while a runner holds the table, which is refused while anybody holds a window', () =>
      withTwo(async (one, two) => {
        const whole = (await one.table(THINGS)).lease
        expect(await refusals(two, range(0n, 1n))).toMatchObject([{ table: 'things', pid: 4711 }])
        await one.destination.release([whole])
        const lease = await window(two, range(0n, 1n))
        expect((await one.destination.lease(['things'])).refused).toMatchObject([{ table: 'things', pid: 4712 }])
        expect((await two.destination.lease(['things'])).refused).toHaveLength(1)
        await two.destination.release([lease])
        await one.lease('things')
      }))

    it('is free again when it is released, and writes nothing more then', () =>
      withTwo(async (one, two) => {
        const table = await free(one)
        const first = await writer(one, table, await window(one, range(0n, 10n)))
        await one.destination.release([first.lease])
        const second = await writer(two, table, await window(two, range(0n, 10n)))
        await expect(first.write([thing(1, 1)])).rejects.toSatisfy(isFenced)
        await second.write([thing(2, 2)], covering(range(0n, 10n)))
        expect(await second.column('id')).toEqual([2n])
      }))

    it('passes on when its runner was silent for too long; that one then writes nothing', () =>
      withTwo(
        async (one, two) => {
          const table = await free(one)
          const old = await writer(one, table, await window(one, range(0n, 10n)))
          await old.write([thing(1, 1)], { staging: 'fill', step: await old.begin('resync'), completes: false })
          await sleep(150)
          const table2 = await writer(two, table, await window(two, range(5n, 20n)))
          await expect(old.write([thing(1, 1)])).rejects.toSatisfy(isFenced)
          await expect(old.record({ kind: 'reports-deletions' })).rejects.toSatisfy(isFenced)
          await table2.write([thing(2, 7)], covering(range(5n, 20n)))
          expect(await table2.column('id')).toEqual([2n])
        },
        { leaseMs: 60 },
      ))

    it('ends when the whole table is taken from a runner that is no more', () =>
      withTwo(
        async (one, two) => {
          const table = await free(one)
          const old = await writer(one, table, await window(one, range(0n, 10n)))
          await sleep(150)
          await two.lease('things')
          await expect(old.write([thing(1, 1)])).rejects.toSatisfy(isFenced)
        },
        { leaseMs: 60 },
      ))

    it('goes with its runner', () =>
      withTwo(async (one, two) => {
        await free(one)
        await window(one, range(0n, 10n))
        await one.destination.recordRun(one.run, [{ kind: 'runner-gone' }])
        await window(two, range(0n, 10n))
      }))

    it('takes a table from a runner that is no more, which then writes nothing', () =>
      withTwo(
        async (one, two) => {
          const old = await one.table(THINGS)
          await sleep(150)
          const lease = await window(two, range(0n, 10n))
          await expect(old.write([thing(1, 1)])).rejects.toSatisfy(isFenced)
          await (await writer(two, old, lease)).write([thing(2, 2)], covering(range(0n, 10n)))
          expect(await old.column('id')).toEqual([2n])
        },
        { leaseMs: 60 },
      ))

    it('has staging of its own: two windows that are read again do not see what the other gathered', () =>
      withTwo(async (one, two) => {
        const table = await one.table(THINGS)
        await table.write([thing(1, 1), thing(2, 50), thing(3, 150)], covering(range(0n, 200n)))
        await one.destination.release([table.lease])
        const low = await writer(one, table, await window(one, range(0n, 100n)))
        const high = await writer(two, table, await window(two, range(100n, 200n)))
        const [a, b] = [
          await low.begin('resync', { window: range(0n, 100n) }),
          await high.begin('resync', { window: range(100n, 200n) }),
        ]
        await low.write([thing(1, 1, 'new')], { staging: 'fill', step: a, completes: false })
        await high.write([thing(4, 160)], { staging: 'fill', step: b, completes: false })
        expect(await low.write([], { staging: 'move', step: a, number: 2 })).toMatchObject({ deleted: 1 })
        expect(await high.write([], { staging: 'move', step: b, number: 2 })).toMatchObject({ deleted: 1 })
        expect(await low.column('id')).toEqual([1n, 4n])
        expect(await low.column('note')).toEqual(['new', 'v160'])
      }))

    it('answers its piece of a resync, whoever answers the others at the same time', () =>
      withTwo(async (one, two) => {
        const table = await one.table(THINGS)
        await table.write([thing(1, 1), thing(3, 150)], covering(range(0n, 200n)))
        await table.record({ kind: 'resync', partition: '', window: range(0n, 200n), reason: 'asked' })
        await one.destination.release([table.lease])
        const low = await writer(one, table, await window(one, range(0n, 100n)))
        const high = await writer(two, table, await window(two, range(100n, 200n)))
        const again = { kind: 'resync', staging: 'move' } as const
        await Promise.all([
          low.write([thing(1, 1)], { ...again, ...covering(range(0n, 100n)) }),
          high.write([thing(3, 150)], { ...again, ...covering(range(100n, 200n)) }),
        ])
        expect((await high.partition()).resyncs).toEqual([])
      }))
  })

  describe('a lease beside that of the whole table', () => {
    it('beside the whole table stays while others are refused the table and its windows', () =>
      withTwo(async (one, two) => {
        const table = await one.table(THINGS)
        const beside = new TestTable(one, table.shape, await one.destination.leaseBeside(table.lease), table.prepared)
        expect((await two.destination.lease(['things'])).refused).toHaveLength(1)
        expect(await refusals(two, range(0n, 1n))).toHaveLength(1)
        await beside.write([thing(1, 1)], covering(range(0n, 10n)))
        expect(await beside.column('id')).toEqual([1n])
      }))

    it('writes at the same time, and ends with it', () =>
      withTwo(async (one, two) => {
        const table = await one.table(THINGS)
        const beside = new TestTable(one, table.shape, await one.destination.leaseBeside(table.lease), table.prepared)
        await Promise.all([
          table.write([thing(1, 1), thing(2, 50)], covering(range(0n, 100n))),
          beside.write([thing(2, 40, 'older'), thing(3, 100)], covering(range(100n, 200n))),
        ])
        expect(await table.column('note')).toEqual(['v1', 'v50', 'v100'])
        await one.destination.release([table.lease])
        await expect(beside.write([thing(9, 9)])).rejects.toSatisfy(isFenced)
        await two.lease('things')
      }))

    it('is not given to who no longer holds the table', () =>
      withTwo(async (one, two) => {
        const { lease } = await one.table(THINGS)
        await one.destination.release([lease])
        await expect(one.destination.leaseBeside(lease)).rejects.toSatisfy(isFenced)
        await two.lease('things')
        await expect(one.destination.leaseBeside(lease)).rejects.toSatisfy(isFenced)
      }))

    it('stops where the table is taken again by its own runner', () =>
      withTwo(async (one) => {
        const table = await one.table(THINGS)
        const beside = new TestTable(one, table.shape, await one.destination.leaseBeside(table.lease), table.prepared)
        await one.lease('things')
        await expect(beside.write([thing(1, 1)])).rejects.toSatisfy(isFenced)
      }))

    it('writes the same keys at the same time: each key once, in its newest version', () =>
      withTwo(async (one) => {
        const table = await one.table(THINGS)
        const besides = await Promise.all(
          [1, 2, 3].map(async () => {
            const lease = await one.destination.leaseBeside(table.lease)
            return new TestTable(one, table.shape, lease, table.prepared)
          }),
        )
        const ids = Array.from({ length: 300 }, (_, id) => id)
        const all = [table, ...besides]
        for (let round = 0; round < 3; round++) {
          const written = await Promise.all(
            all.map((each, at) => {
              const own = ids.map((id) => thing(id, 1000 * at + round))
              const window = range(BigInt(1000 * at), BigInt(1000 * (at + 1)))
              return each.write((at + round) % 2 === 0 ? own : own.toReversed(), covering(window))
            }),
          )
          expect(written.map(({ rejected }) => rejected)).toEqual([0, 0, 0, 0])
          expect(await table.column('at')).toEqual(ids.map(() => BigInt(1000 * (all.length - 1) + round)))
        }
        for (let id = 1000; id < 1030; id++) {
          const written = await Promise.all(
            all.map((each, at) => each.write([thing(id, 1000 * at)], { kind: 'incremental', completes: false })),
          )
          expect(written.map(({ rejected }) => rejected)).toEqual([0, 0, 0, 0])
        }
        expect((await table.column('at')).slice(ids.length)).toEqual(Array(30).fill(3000n))
      }))
  })
}
