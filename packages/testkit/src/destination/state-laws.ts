import { SyncError } from '@tidemark/core'
import { STATE_VERSION } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { Thing } from './commit-laws.ts'
import { DestinationUnderTest, rejectOf, type TestDatabase } from './destination-under-test.ts'

/** Laws of what is known: coverage, resyncs, rejects, runs, and the user's questions. */
export function testState(database: () => TestDatabase): void {
  async function withWorld(use: (world: DestinationUnderTest) => Promise<void>): Promise<void> {
    const world = await DestinationUnderTest.on(database())
    await use(world).finally(() => world.destination.close())
  }
  describe('coverage', () => {
    it('is joined when the table is taken, assumed ranges apart', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        await table.record({ kind: 'assume', partition: '', cover: { from: 0n, to: 10n } })
        for (const [from, to] of [
          [10n, 20n],
          [20n, 30n],
          [50n, 60n],
          [15n, 25n],
        ])
          await table.write([], { window: { from, to: to! } })
        await table.write([], { window: { from: undefined, to: 5n } })
        await world.lease('things')
        const { covered } = await table.partition()
        expect(covered).toHaveLength(4)
        expect(covered).toEqual(
          expect.arrayContaining([
            { from: 0n, to: 10n, assumed: true },
            { from: undefined, to: 5n, assumed: false },
            { from: 10n, to: 30n, assumed: false },
            { from: 50n, to: 60n, assumed: false },
          ]),
        )
      }))

    it('holds positions of 64 bits exactly', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        const window = { from: -(2n ** 63n), to: 2n ** 63n - 1n }
        await table.write([], { window })
        expect((await table.partition()).covered).toEqual([{ ...window, assumed: false }])
      }))
  })

  describe('a resync', () => {
    it('is struck out by a step that began later, and by no other', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        const window = { from: 0n, to: 100n }
        const before = await table.begin('resync', { window })
        await table.record({ kind: 'resync', partition: '', window, reason: 'asked' })
        await table.replace([], { step: before })
        expect((await table.partition()).resyncs).toMatchObject([{ from: 0n, to: 100n, reason: 'asked' }])
        await table.replace([], { window })
        expect((await table.partition()).resyncs).toEqual([])
      }))

    it('keeps what the step did not read', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        await table.record({ kind: 'resync', partition: '', window: { from: undefined, to: 100n }, reason: 'asked' })
        const [asked] = (await table.partition()).resyncs
        await table.replace([], { window: { from: 40n, to: 60n } })
        const { resyncs } = await table.partition()
        expect(resyncs.map(({ from, to }) => [from, to])).toEqual([
          [null, 40n],
          [60n, 100n],
        ])
        expect(resyncs.every(({ askedAt, reason }) => askedAt === asked!.askedAt && reason === 'asked')).toBe(true)
      }))

    it('of a whole partition is answered by a whole read only', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        await table.record({ kind: 'resync', partition: '', window: undefined, reason: 'repair' })
        await table.replace([], { window: { from: 0n, to: 10n } })
        expect((await table.partition()).resyncs).toMatchObject([{ from: null, to: null }])
        await table.replace([])
        expect((await table.partition()).resyncs).toEqual([])
      }))

    it('is struck out by an ordinary step where that covered it, not where it only looked back', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        for (const kind of ['incremental', 'backfill'] as const) {
          await table.record({ kind: 'resync', partition: '', window: { from: 0n, to: 100n }, reason: kind })
          const cover = { from: 90n, to: 120n }
          await table.write([], { kind, window: { from: 0n, to: 120n }, completes: { cover } })
          expect((await table.partition()).resyncs).toMatchObject([{ from: 0n, to: 90n }])
          await table.replace([], { window: { from: 0n, to: 90n } })
          expect((await table.partition()).resyncs).toEqual([])
        }
      }))

    it('is struck out by a step that replaced its window, lookback and all', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, cursor: 'at' })
        await table.record({ kind: 'resync', partition: '', window: { from: 0n, to: 100n }, reason: 'asked' })
        const cover = { from: 90n, to: 120n }
        await table.replace([], { kind: 'incremental', window: { from: 0n, to: 120n }, completes: { cover } })
        expect((await table.partition()).resyncs).toEqual([])
      }))

    it('is not struck out by a step that read nothing', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        const window = { from: 0n, to: 10n }
        await table.record({ kind: 'resync', partition: '', window, reason: 'x' })
        await table.write([], { kind: 'unchanged', window })
        expect((await table.partition()).resyncs).toHaveLength(1)
      }))
  })

  describe('rejects', () => {
    const keys = async (world: DestinationUnderTest) =>
      (await world.destination.query('select key from _tidemark_rejects order by key')).rows.map(([key]) => key)

    it('of the same key or the same payload take the place of each other', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        const position = 5000n
        await table.write([], { rejects: [rejectOf('1', { position }), rejectOf('2', { position, hash: 'h' })] })
        await table.write([], {
          rejects: [rejectOf('1', { position, hash: 'other' }), rejectOf('3', { position, hash: 'h' })],
        })
        expect(await keys(world)).toEqual(['1', '3'])
      }))

    it('that are equal, or of one key, are counted as often as their step rejected them, across its parts', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, cursor: 'at' })
        const times = async () =>
          (await world.destination.query('select times from _tidemark_rejects order by times')).rows.map(([one]) =>
            Number(one),
          )
        const equal = (count: number) => Array.from({ length: count }, () => rejectOf(undefined, { hash: 'equal' }))
        const keyed = ['a', 'b'].map((hash) => rejectOf('7', { hash }))
        const window = { from: 0n, to: 100n }
        for (let again = 0; again < 2; again++) {
          const step = await table.begin('backfill', { window })
          await table.write([], { step, rejects: [...equal(700), ...keyed], completes: false })
          await table.write([], { step, rejects: [...equal(5), ...keyed], number: 2 })
          // Read again by another step they are the same rows, not more.
          expect(await times()).toEqual([4, 705])
        }
      }))

    it('of earlier steps go when their window was read again', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at' })
        await table.write([], {
          rejects: ['1', '2'].map((key) => rejectOf(key, { position: BigInt(key) * 10n })),
          window: { from: 0n, to: 100n },
        })
        await table.write([], { window: { from: 0n, to: 15n }, rejects: [rejectOf('3', { position: 3n })] })
        expect(await keys(world)).toEqual(['2', '3'])
      }))
  })

  describe('the state', () => {
    it('keeps cut, start, revision, failures and back-off of a partition', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'], cursor: 'at', partitioned: true })
        await table.record({
          kind: 'partition',
          partition: 'a',
          backfillEnd: 50n,
          start: 1n,
          pendingRevision: { text: 'r1', end: 49n },
        })
        const step = await table.begin('incremental', { partition: 'a', window: { from: 0n, to: 9n } })
        const counts = { read: 3, deduped: 0, trimmed: 0, rejected: 0 }
        for (let twice = 0; twice < 2; twice++) {
          await table.record({ kind: 'failure', step, counts, error: 'no answer', nextTryAt: 77n, durationMs: 5 })
        }
        expect(await table.partition('a')).toMatchObject({
          backfillEnd: 50n,
          start: 1n,
          pendingRevision: { text: 'r1', end: 49n },
          failures: 2,
          nextTryAt: 77n,
          lastError: 'no answer',
          revision: null,
        })
        await table.write([], {
          partition: 'a',
          completes: { revision: { text: 'r1', schemaHash: 'f' }, status: 'backfilling' },
        })
        expect(await table.partition('a')).toMatchObject({
          backfillEnd: 50n,
          failures: 0,
          nextTryAt: null,
          lastError: null,
          revision: { text: 'r1', schemaHash: 'f' },
        })
        expect((await table.state()).status).toBe('backfilling')
        await table.record({ kind: 'partition', partition: 'a', removed: true })
        const { removedAt } = await table.partition('a')
        await table.record({ kind: 'partition', partition: 'a', removed: true })
        expect(removedAt).not.toBeNull()
        expect((await table.partition('a')).removedAt).toBe(removedAt)
        await table.record({ kind: 'partition', partition: 'a', removed: false })
        expect(await table.partition('a')).toMatchObject({ removedAt: null, backfillEnd: 50n })
      }))

    it('says which tables are paused, removed and back', () =>
      withWorld(async (world) => {
        const table = await world.table({ row: Thing, primaryKey: ['id'] })
        await table.record({ kind: 'table', status: 'paused', pausedFor: 'the key changed' })
        expect(await table.state()).toMatchObject({ status: 'paused', pausedFor: 'the key changed' })
        await world.destination.recordRun(world.run, [{ kind: 'removed', table: 'things' }])
        const { removedAt, status } = await table.state()
        expect(status).toBe('removed')
        expect(removedAt).not.toBeNull()
        await table.record({ kind: 'table', status: 'returned', pausedFor: null })
        expect(await table.state()).toMatchObject({ status: 'returned', removedAt: null, pausedFor: null })
      }))

    it('counts runs and shows how they ended', () =>
      withWorld(async (world) => {
        await world.destination.recordRun(world.run, [{ kind: 'ended', exitCode: 3, error: 'one table failed' }])
        expect(await world.destination.startRun()).toBeGreaterThan(world.run)
        const { rows } = await world.destination.query('select state, exit_code, error from tidemark_runs order by run')
        expect(rows).toEqual([
          ['ended', 3, 'one table failed'],
          ['running', null, null],
        ])
      }))

    it('has a clock that only moves on', () =>
      withWorld(async ({ destination }) => {
        const first = await destination.now()
        expect(await destination.now()).toBeGreaterThan(first)
        expect(first).toBeGreaterThan(1_700_000_000_000_000n)
      }))

    it('shows every table in one row, for people', () =>
      withWorld(async (world) => {
        const row = Thing
        const table = await world.table({ row, primaryKey: ['id'], cursor: 'at' })
        await table.write([], { window: { from: 0n, to: 10n } })
        await table.write([], { window: { from: 20n, to: 30n } })
        const { rows } = await world.destination.query(
          'select name, status, covered_from, covered_to, gaps, partitions, failing from tidemark_status',
        )
        expect(rows.map((one) => one.map(String))).toEqual([['things', 'complete', '0', '30', '1', '1', '0']])
      }))
  })

  describe('a query', () => {
    it('gives columns and rows, 64-bit integers exact', () =>
      withWorld(async ({ destination }) => {
        const { columns, rows } = await destination.query(
          'select 9223372036854775807 as big, 7 as small, null as none;  -- done',
        )
        expect(columns).toEqual(['big', 'small', 'none'])
        expect(rows).toEqual([[9223372036854775807n, 7, null]])
      }))

    it.each([
      'delete from _tidemark_meta',
      'create table x (a integer)',
      'select 1; select 2',
      'drop view tidemark_status',
      'not sql',
      '',
    ])('is refused where it is more than one question: %s', (statement) =>
      withWorld(async ({ destination }) => {
        await expect(destination.query(statement)).rejects.toSatisfy(
          (error) => SyncError.is(error) && error.remedy === 'fix-config',
        )
        expect((await destination.query('select version from _tidemark_meta')).rows).toEqual([[STATE_VERSION]])
      }),
    )
  })
}
