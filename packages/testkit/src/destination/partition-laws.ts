import type { StepRef } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { Thing, thing } from './commit-laws.ts'
import { DestinationUnderTest, type TestDatabase } from './destination-under-test.ts'

/** Laws of partitions that are read at the same time under one lease. */
export function testPartitions(database: () => TestDatabase): void {
  describe('staging', () => {
    let world: DestinationUnderTest
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      return () => world.destination.close()
    })

    describe('of partitions at the same time', () => {
      const partitions = Array.from({ length: 12 }, (_, at) => `p${at}`)
      const each = <T>(work: (partition: string, at: number) => Promise<T>) => Promise.all(partitions.map(work))
      const ids = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at)
      const window = { from: 0n, to: 1000n }

      it.each([
        ['whole reads', { primaryKey: ['id'] }],
        ['whole reads of a global key', { primaryKey: ['id'], globalKey: true }],
        ['whole reads without a key', {}],
        ['windows without a key', { cursor: 'at' }],
        ['resyncs', { primaryKey: ['id'], cursor: 'at' }],
      ])('keeps every one its own rows: %s', async (_name, spec) => {
        const table = await world.table({ row: Thing, partitioned: true, ...spec })
        const rows = (numbers: readonly number[]) => numbers.map((id) => thing(id, id % 1000))
        const options = (partition: string) => ({ partition, ...('cursor' in spec ? { window } : {}) })
        await each((partition, at) => table.replace(rows(ids(at * 1000, 8)), { ...options(partition), batches: 4 }))
        const again = await each((partition, at) =>
          table.replace(rows(ids(at * 1000 + 2, 6 + at)), { ...options(partition), batches: 1 + (at % 5) }),
        )
        for (const [at, partition] of partitions.entries()) {
          const written = at
          expect(again[at]).toMatchObject({ written, unchanged: 6, deleted: 2, rejected: 0, deduped: 0 })
          const got = (await table.column('id', { partition })).map(Number).sort((a, b) => a - b)
          expect(got).toEqual(ids(at * 1000 + 2, 6 + at))
        }
      })

      it.each([
        [false, ['a', 'b', 'b']],
        [true, ['b', 'b']],
      ])(
        'reads one for the first time whose keys another has, or that has one twice; global key: %s',
        async (globalKey, of) => {
          const table = await world.table({ row: Thing, primaryKey: ['id'], partitioned: true, globalKey })
          await table.replace([thing(1, 1, 'old')], { partition: 'a' })
          const rows = [thing(1, 1, 'x'), thing(2, 2), thing(1, 1, 'y')]
          expect(await table.replace(rows, { partition: 'b', batches: 2 })).toMatchObject({ written: 2, deduped: 1 })
          const { rows: there } = await world.destination.query(
            `select _partition, id, note from ${table.name} where _deleted_at is null order by 1, 2`,
          )
          expect(there.map(([partition]) => partition)).toEqual(of)
          expect(there.filter(([partition]) => partition === 'b').map(([, , note]) => note)).toEqual(['y', 'v2'])
        },
      )

      it('keeps one apart from what is written straight into another', async () => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at', partitioned: true })
        const step = await table.begin('resync', { partition: 'x', window })
        await table.write([thing(1, 1)], { step, staging: 'fill' })
        await table.write([thing(7, 7)], { partition: 'y', window })
        await table.record({
          kind: 'failure',
          step: await table.begin('incremental', { partition: 'y', window }),
          counts: { read: 0, deduped: 0, trimmed: 0, rejected: 0 },
          error: 'no answer',
          nextTryAt: 1n,
          durationMs: 1,
        })
        await table.write([thing(2, 2)], { step, staging: 'fill', number: 2 })
        await table.replace([thing(8, 8)], { partition: 'z', window })
        expect(await table.write([thing(3, 3)], { step, staging: 'move', number: 3 })).toMatchObject({ written: 3 })
        expect(await table.column('id', { partition: 'x' })).toEqual([1n, 2n, 3n])
        expect(await table.column('id', { partition: 'y' })).toEqual([7n])
        expect(await table.column('id', { partition: 'z' })).toEqual([8n])
      })

      it('of a table never goes on without the parts before it', async () => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], partitioned: true })
        const partition = 'x'
        await table.replace([thing(1, 1), thing(2, 2)], { partition })
        const counts = { read: 1, deduped: 0, trimmed: 0, rejected: 0 }
        const losses: readonly ((step: StepRef) => Promise<unknown>)[] = [
          (step) => table.record({ kind: 'failure', step, counts, error: 'no answer', nextTryAt: 1n, durationMs: 1 }),
          () => table.replace([thing(1, 1), thing(2, 2)], { partition }),
          async (step) => await table.write([thing(2, 2)], { step, staging: 'fill', number: 1 }),
        ]
        for (const lose of losses) {
          const step = await table.begin('full_refresh', { partition })
          await table.write([thing(1, 1)], { step, staging: 'fill' })
          await table.write([thing(1, 1)], { step, staging: 'fill', number: 2 })
          await lose(step)
          await expect(table.write([thing(2, 2)], { step, staging: 'move', number: 3 })).rejects.toThrow(
            'without the batches before it',
          )
          expect(await table.column('id')).toEqual([1n, 2n])
        }
        const step = await table.begin('full_refresh', { partition: 'never' })
        await expect(table.write([thing(3, 3)], { step, staging: 'fill', number: 2 })).rejects.toThrow()
        expect(await table.replace([thing(1, 1)], { partition })).toMatchObject({ unchanged: 1, deleted: 1 })
      })

      it('of a table that is leased again begin again', async () => {
        const spec = { row: Thing, primaryKey: ['id'], partitioned: true }
        const table = await world.table(spec)
        const steps = await each((partition) => table.begin('full_refresh', { partition }))
        await each((_, at) => table.write([thing(1, 1)], { step: steps[at]!, staging: 'fill' }))
        await world.destination.release([table.lease])
        const next = await world.table(spec)
        await expect(next.write([thing(2, 2)], { step: steps[0]!, staging: 'move', number: 2 })).rejects.toThrow()
        await each((partition, at) => next.replace([thing(at, 1)], { partition }))
        expect((await next.column('id')).map(Number)).toEqual(expect.arrayContaining(ids(0, 12)))
        expect(await next.incremental()).toHaveLength(12)
      })
    })
  })
}
