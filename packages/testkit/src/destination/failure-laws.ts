import type { StateChange } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { Thing } from './commit-laws.ts'
import { DestinationUnderTest, type TestDatabase, TestTable } from './destination-under-test.ts'

const PARTITIONED = { row: Thing, primaryKey: ['id'], cursor: 'at', partitioned: true }
const WINDOW = { from: 0n, to: 9n }

async function failed(table: TestTable, partition: string): Promise<StateChange> {
  return {
    kind: 'failure',
    step: await table.begin('incremental', { partition, window: WINDOW }),
    counts: { read: 0, deduped: 0, trimmed: 0, rejected: 0 },
    error: 'no answer',
    code: 'network',
    remedy: 'retry',
    window: { from: 3n, to: 9n },
    nextTryAt: 77n,
    durationMs: 5,
  }
}

/** Laws of what failed: it is in the state with its table, until what failed is read. */
export function testFailures(database: () => TestDatabase): void {
  async function withWorld(use: (world: DestinationUnderTest) => Promise<void>): Promise<void> {
    const world = await DestinationUnderTest.on(database())
    await use(world).finally(() => world.destination.close())
  }

  describe('a failure', () => {
    it('calls a table failing from the transaction of a failure to the one that overcomes it', () =>
      withWorld(async (world) => {
        const table = await world.table(PARTITIONED)
        const fail = async (partition: string) => table.record(await failed(table, partition))
        const status = async () => (await table.state()).status
        const write = (partition: string, completes: object = {}) =>
          table.write([], { partition, window: WINDOW, completes: { status: 'complete', ...completes } })
        await write('a')
        await fail('a')
        expect(await status()).toBe('failing')
        expect(await table.partition('a')).toMatchObject({
          errorCode: 'network',
          errorRemedy: 'retry',
          failedWindow: { from: 3n, to: 9n },
        })
        await fail('a')
        await write('b')
        await write('a', { failing: true })
        expect(await status()).toBe('failing')
        expect(await table.partition('a')).toMatchObject({ failures: 1, lastError: 'no answer', nextTryAt: 77n })
        await write('a', { checkedAt: 5n })
        expect(await status()).toBe('complete')
        expect(await table.partition('a')).toMatchObject({
          failures: 0,
          errorCode: null,
          failedWindow: null,
          checkedAt: 5n,
        })
        // A step of the same partition that ends later does not know that it was overcome.
        await write('a', { failing: true })
        expect(await status()).toBe('complete')
        expect(await table.partition('a')).toMatchObject({ failures: 0, lastError: null })
        await fail('b')
        await table.record({ kind: 'checked', at: 6n, partitions: ['a', 'b'], overcome: ['b'], status: 'backfilling' })
        expect(await status()).toBe('backfilling')
        expect(await table.partition('b')).toMatchObject({ failures: 0, lastError: null, checkedAt: 6n })
        await fail('b')
        await table.record({ kind: 'partition', partition: 'b', removed: true })
        await write('a')
        expect(await status()).toBe('complete')
      }))

    it('calls a table failing while one of its partitions is, whatever is committed of another at the same time', () =>
      withWorld(async (world) => {
        const table = await world.table(PARTITIONED)
        const lease = await world.destination.leaseBeside(table.lease)
        const beside = new TestTable(world, table.shape, lease, table.prepared)
        const status = async () => (await table.state()).status
        for (let round = 0; round < 20; round++) {
          const failure = await failed(beside, 'b')
          const read = () => table.write([], { partition: 'a', window: WINDOW })
          await Promise.all(round % 2 === 0 ? [beside.record(failure), read()] : [read(), beside.record(failure)])
          expect(await status()).toBe('failing')
          await Promise.all([beside.write([], { partition: 'b', window: WINDOW }), read()])
          expect(await status()).toBe('complete')
        }
      }))

    it('keeps the failure of a table as a whole, also of one that was never seen', () =>
      withWorld(async (world) => {
        const { destination, run } = world
        const { leases } = await destination.lease(['never'])
        const failure = { message: 'no list', code: 'forbidden', remedy: 'fix-config', nextTryAt: 9n } as const
        const step = {
          run,
          step: 900,
          table: 'never',
          partition: '',
          kind: 'incremental',
          attempt: 1,
          beganAt: 1n,
        } as const
        const record = (change: StateChange) => destination.record(leases[0]!, [change])
        const change = {
          kind: 'table-failure',
          source: 'shop',
          table: 'x',
          step: { ...step, window: undefined },
          failure,
        } as const
        await record(change)
        await record(change)
        const state = async () => (await destination.state()).tables.get('never')
        expect(await state()).toMatchObject({
          source: 'shop',
          table: 'x',
          status: 'failing',
          schema: null,
          failure: { ...failure, failures: 2 },
        })
        await record({ kind: 'table-works', status: 'new' })
        expect(await state()).toMatchObject({ status: 'new', failure: undefined })
        await destination.recordRun(run, [{ kind: 'checked', tables: new Map([['never', 8n]]) }])
        await destination.recordRun(run, [{ kind: 'checked', tables: new Map([['never', 7n]]) }])
        expect(await state()).toMatchObject({ lastCheckedAt: 8n })
      }))

    it('keeps why a source cannot be asked and since when, until it answers', () =>
      withWorld(async ({ destination, run }) => {
        const failure = { message: 'no way in', code: 'login', remedy: 'fix-config' } as const
        const asked = async (source: string, given: typeof failure | undefined) => {
          await destination.recordRun(run, [{ kind: 'source', source, failure: given }])
          return (await destination.state()).failingSources
        }
        expect((await destination.state()).failingSources).toBeUndefined()
        const first = await asked('shop', failure)
        expect([...(first ?? [])]).toEqual([['shop', { ...failure, failures: 1, failedAt: expect.any(BigInt) }]])
        await asked('crm', failure)
        const again = await asked('shop', { ...failure, message: 'still none' } as never)
        expect([...(again?.keys() ?? [])]).toEqual(['crm', 'shop'])
        expect(again?.get('shop')).toEqual({ ...first?.get('shop'), message: 'still none', failures: 2 })
        // It has not answered yet: it stays listed since when it was, and that is no further failure.
        const silent = { message: 'had not answered', code: 'no-answer-yet', remedy: 'retry' } as const
        await destination.recordRun(run, [{ kind: 'source', source: 'shop', failure: silent, isSilent: true }])
        const waiting = (await destination.state()).failingSources
        expect(waiting?.get('shop')).toEqual({ ...first?.get('shop'), ...silent, failures: 2 })
        expect([...((await asked('shop', undefined))?.keys() ?? [])]).toEqual(['crm'])
        expect(await asked('crm', undefined)).toBeUndefined()
      }))
  })
}
