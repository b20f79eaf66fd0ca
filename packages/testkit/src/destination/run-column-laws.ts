import type { StepKind } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Thing, thing } from './commit-laws.ts'
import {
  DestinationUnderTest,
  type Row,
  rejectOf,
  type TableSpec,
  type TestDatabase,
  type TestTable,
  type WriteOptions,
} from './destination-under-test.ts'
import { type FedChanges, FeedUnderTest, ORDERS, order } from './fed-under-test.ts'

/** Laws of the column `_run`: the run that wrote a row last, wherever `_synced_at` says when. */
export function testRunColumn(database: () => TestDatabase): void {
  describe('the run of a row', () => {
    let world: DestinationUnderTest
    /** Three runs, in their order. */
    let runs: readonly [number, number, number]
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      runs = [world.run, await world.destination.startRun(), await world.destination.startRun()]
      return () => world.destination.close()
    })

    /** The runs of all rows of a table in the order of their ids, marked rows too. */
    async function runsOf(name = 'things'): Promise<readonly (readonly [number, number | null])[]> {
      const { rows } = await world.destination.query(`select id, _run from ${name} order by id, _run`)
      return rows.map(([id, run]) => [Number(id), run === null ? null : Number(run)])
    }

    /** A step of a run. */
    async function by(
      run: number,
      table: TestTable,
      { kind, ...options }: WriteOptions & { readonly kind: StepKind },
    ): Promise<WriteOptions> {
      return { ...options, kind, step: { ...(await table.begin(kind, options)), run } }
    }

    const SPECS: readonly (readonly [string, TableSpec, string])[] = [
      ['a table', { row: Thing, primaryKey: ['id'], cursor: 'at', runs: true }, ''],
      ['partitions', { row: Thing, primaryKey: ['id'], cursor: 'at', partitioned: true, runs: true }, 'p'],
      [
        'partitions with one key',
        { row: Thing, primaryKey: ['id'], cursor: 'at', partitioned: true, globalKey: true, runs: true },
        'p',
      ],
    ]

    it.each(SPECS)('is of whoever wrote it last, straight into %s', async (_, spec, partition) => {
      const table = await world.table(spec)
      const [one, two, three] = runs
      const rows = [thing(1, 10), thing(2, 20), thing(3, 30)]
      await table.write(rows, await by(one, table, { kind: 'backfill', partition }))
      expect(await runsOf()).toEqual([1, 2, 3].map((id) => [id, one]))
      // One is the same as before, one is newer, one is new.
      const more = [thing(1, 10), thing(2, 21, 'new'), thing(4, 40)]
      await table.write(more, await by(two, table, { kind: 'incremental', partition }))
      expect(await runsOf()).toEqual([1, 2, 3, 4].map((id) => [id, id % 2 === 0 ? two : one]))
      // A deletion marks what it knows, and leaves a mark for what it does not.
      const deleted = [
        { key: { id: 1 }, at: 50n },
        { key: { id: 9 }, at: 50n },
      ]
      await table.write([], await by(three, table, { kind: 'incremental', partition, deleted, tombstones: true }))
      expect(await runsOf()).toEqual([
        [1, three],
        [2, two],
        [3, one],
        [4, two],
        [9, three],
      ])
      // A mark is raised, and a row comes back.
      await table.write(
        [thing(1, 70)],
        await by(one, table, {
          kind: 'incremental',
          partition,
          deleted: [{ key: { id: 9 }, at: 60n }],
          tombstones: true,
        }),
      )
      expect(await runsOf()).toEqual([
        [1, one],
        [2, two],
        [3, one],
        [4, two],
        [9, one],
      ])
    })

    it('is of whoever wrote it last where many rows come at once', async () => {
      const table = await world.table(SPECS[0]![1])
      const many = (note: string) => Array.from({ length: 2500 }, (_, id) => thing(id, id % 900, note))
      await table.write(many('a'), await by(runs[0], table, { kind: 'backfill' }))
      await table.write(many('b').slice(1000), await by(runs[1], table, { kind: 'backfill' }))
      expect(await runsOf()).toEqual(many('').map(({ id }) => [id, id < 1000 ? runs[0] : runs[1]]))
    })

    it.each(SPECS)('is of whoever wrote or marked it last, through staging into %s', async (_, spec, partition) => {
      const table = await world.table(spec)
      const [one, two, three] = runs
      const window = { from: 0n, to: 1000n }
      const resync = async (run: number, rows: readonly Row[], more: WriteOptions = {}): Promise<void> => {
        await table.replace(rows, await by(run, table, { kind: 'resync', partition, window, ...more }))
      }
      await resync(one, [thing(1, 10), thing(2, 20), thing(3, 30)])
      expect(await runsOf()).toEqual([1, 2, 3].map((id) => [id, one]))
      // One vanishes, one changes, one is new.
      await resync(two, [thing(2, 20, 'new'), thing(3, 30), thing(4, 40)])
      expect(await runsOf()).toEqual([
        [1, two],
        [2, two],
        [3, one],
        [4, two],
      ])
      await resync(three, [thing(2, 20, 'new'), thing(3, 30)], { deleted: [{ key: { id: 4 }, at: 41n }] })
      expect((await runsOf()).at(-1)).toEqual([4, three])
    })

    it('is of whoever read it, in a table that is read whole', async () => {
      const table = await world.table({ row: Thing, primaryKey: ['id'], runs: true })
      await table.replace([thing(1, 1), thing(2, 2)], await by(runs[0], table, { kind: 'full_refresh' }))
      await table.replace([thing(2, 2), thing(3, 3)], await by(runs[1], table, { kind: 'full_refresh' }))
      expect(await runsOf()).toEqual([
        [1, runs[1]],
        [2, runs[0]],
        [3, runs[1]],
      ])
    })

    it('is of whoever read it, in a table without a key', async () => {
      const table = await world.table({ row: Thing, cursor: 'at', runs: true })
      const read = async (run: number, window: { from: bigint; to: bigint }, rows: readonly Row[]): Promise<void> => {
        await table.replace(rows, await by(run, table, { kind: 'backfill', window }))
      }
      await read(runs[0], { from: 0n, to: 20n }, [thing(1, 10), thing(1, 10)])
      await read(runs[1], { from: 20n, to: 40n }, [thing(2, 30)])
      expect(await runsOf()).toEqual([
        [1, runs[0]],
        [1, runs[0]],
        [2, runs[1]],
      ])
      // One comes again as it is, one with another value.
      await read(runs[2], { from: 0n, to: 20n }, [thing(1, 10), thing(1, 10, 'new')])
      expect(await runsOf()).toEqual([
        [1, runs[0]],
        [1, runs[2]],
        [2, runs[1]],
      ])
    })

    it('is of whoever was told, in a table of a feed', async () => {
      const feed = await FeedUnderTest.on(world)
      const orders = await feed.table({ ...ORDERS, runs: true })
      const tell = async (run: number, changes: FedChanges): Promise<void> => {
        feed.runEnded()
        const batch = await feed.batch([[orders, changes]])
        const tables = batch.tables.map((one) => ({ ...one, step: { ...one.step, run } }))
        feed.seq = (await world.destination.commitFeed(feed.lease, { ...batch, tables })).seq + 1n
      }
      const [one, two, three] = runs
      await tell(one, { rows: [1, 2, 3, 4].map((id) => order(id)) })
      // Told as it is; told in part; deleted; and one that is new in part.
      await tell(two, {
        rows: [order(1)],
        partial: [{ values: { id: 2, note: 'new' } }, { values: { id: 5, note: 'new' } }],
        deleted: [{ id: 3 }],
      })
      expect(await runsOf('orders')).toEqual([
        [1, one],
        [2, two],
        [3, two],
        [4, one],
        [5, two],
      ])
      // All that was told before is deleted, and what has gaps is whole by that.
      await tell(three, { rows: [order(6)], more: { replacedBelow: feed.seq } })
      expect(await runsOf('orders')).toEqual([
        [1, three],
        [2, three],
        [3, two],
        [4, three],
        [5, three],
        [6, three],
      ])
      const keyless = await feed.table({ name: 'lines', row: z.object({ id: z.int() }), runs: true })
      await feed.tell(keyless, { rows: [{ id: 1 }, { id: 1 }] })
      expect(await runsOf('lines')).toEqual([
        [1, one],
        [1, one],
      ])
    })

    it('stays where a row is rejected', async () => {
      const table = await world.table(SPECS[0]![1])
      await table.write([thing(1, 10)], await by(runs[0], table, { kind: 'backfill' }))
      const rejects = [rejectOf('{"id":1}', { encodedKey: table.key({ id: 1 }), position: 20n })]
      await table.write([], await by(runs[1], table, { kind: 'incremental', rejects }))
      expect(await runsOf()).toEqual([[1, runs[0]]])
    })

    it('is NULL for rows from before it was asked for, and is kept up where it is asked for no more', async () => {
      const { runs: _, ...without } = SPECS[0]![1]
      const before = await world.table(without)
      await before.write([thing(1, 10), thing(2, 20)], await by(runs[0], before, { kind: 'backfill' }))
      expect(before.prepared.schema.runs).toBeUndefined()
      const on = await before.reshaped({ ...without, runs: true })
      expect(on.prepared.changes).toEqual(['column "_run" added'])
      expect((await on.reshaped({ ...without, runs: true })).prepared.changes).toEqual([])
      await on.write([thing(1, 10), thing(2, 21), thing(3, 30)], await by(runs[1], on, { kind: 'incremental' }))
      const now = [
        [1, null],
        [2, runs[1]],
        [3, runs[1]],
      ]
      expect(await runsOf()).toEqual(now)
      const off = await on.reshaped(without)
      expect(off.prepared.changes).toEqual([])
      await off.write([thing(3, 31)], await by(runs[2], off, { kind: 'incremental' }))
      expect(await runsOf()).toEqual([...now.slice(0, 2), [3, runs[2]]])
      // Widened columns make another table of it.
      const Text = Thing.extend({ note: z.string().nullable(), at: z.int().nullable(), more: z.string().optional() })
      const wider = await off.reshaped({ ...without, row: Text })
      await wider.write([{ ...thing(4, 40), more: 'x' }], await by(runs[0], wider, { kind: 'incremental' }))
      expect((await runsOf()).at(-1)).toEqual([4, runs[0]])
    })

    it('is read with its row, to be moved elsewhere', async () => {
      const table = await world.table(SPECS[1]![1])
      await table.write([thing(1, 10)], await by(runs[1], table, { kind: 'backfill', partition: 'p' }))
      const known = { name: table.name, schema: table.prepared.schema }
      const { relocation } = world.destination
      const there = (await relocation.rows(known))!
      const rows = []
      for await (const some of there.chunks) rows.push(...some)
      expect(rows).toMatchObject([{ run: BigInt(runs[1]), partition: 'p' }])
    })

    it('leaves a column of that name to its source, under another name', async () => {
      const Own = z.object({ id: z.int(), _run: z.string() })
      const fresh = await world.table({ name: 'fresh', row: Own, primaryKey: ['id'], runs: true })
      await fresh.replace([{ id: 1, _run: 'mine' }])
      expect(await runsOf('fresh')).toEqual([[1, runs[0]]])
      expect(await fresh.incremental()).toEqual([{ id: 1n, _run: 'mine' }])
    })
  })
}
