import { bytes, filledWith, numeric, SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DestinationUnderTest, type TableSpec, type TestDatabase, type TestTable } from './destination-under-test.ts'

const row = (more: Record<string, z.ZodType>) => z.object({ id: z.int(), ...more })
const primaryKey = ['id']

export function testSchema(database: () => TestDatabase): void {
  describe('a shape', () => {
    async function inWorld(use: (world: DestinationUnderTest) => Promise<void>): Promise<void> {
      const world = await DestinationUnderTest.on(database())
      await use(world).finally(() => world.destination.close())
    }
    const refused =
      (...words: readonly string[]) =>
      (error: unknown) =>
        SyncError.is(error) && error.code === 'schema' && words.every((word) => error.message.includes(word))

    it('that is there already changes nothing', () =>
      inWorld(async (world) => {
        const spec: TableSpec = {
          row: row({ a: z.string(), at: z.iso.datetime() }),
          primaryKey,
          cursor: 'at',
          partitioned: true,
          identity: 'x',
        }
        expect((await world.table(spec)).prepared.changes).toEqual(['table created'])
        const { schema: recorded, changes } = (await world.table(spec)).prepared
        expect(changes).toEqual([])
        expect((await world.destination.state()).tables.get('things')).toMatchObject({
          schema: recorded,
          identity: 'x',
          status: 'new',
          everFilled: false,
          present: 'empty',
        })
      }))

    it('with a new column adds it, NULL in the rows that are there', () =>
      inWorld(async (world) => {
        await (await world.table({ row: row({}), primaryKey })).write([{ id: 1 }])
        const table = await world.table({ row: row({ note: z.string() }), primaryKey })
        expect(table.prepared.changes).toEqual(['column "note" added'])
        await table.write([{ id: 2, note: 'b' }])
        expect(await table.incremental()).toEqual([
          { id: 1n, note: null },
          { id: 2n, note: 'b' },
        ])
      }))

    it('with a new column that old rows hold a value in fills it, in marked rows too', () =>
      inWorld(async (world) => {
        const before = await world.table({ row: row({}), primaryKey })
        await before.write([{ id: 1 }, { id: 2 }], { deleted: [{ key: { id: 2 } }] })
        const fills = {
          text: filledWith(z.string(), "it's {“ü”} \\n"),
          integer: filledWith(z.bigint(), 2n ** 62n),
          double: filledWith(z.number(), 0.1).nullish(),
          numeric: filledWith(numeric(), '1.50'),
          boolean: filledWith(z.boolean(), false),
          timestamp: filledWith(z.iso.datetime(), '2024-01-31T10:00:00.123456Z'),
          local: filledWith(z.iso.datetime({ local: true }), '2024-01-31T10:00:00'),
          date: filledWith(z.iso.date(), '2024-01-31'),
          json: filledWith(z.any(), { a: ["it's", null] }),
          bytes: filledWith(bytes(), new Uint8Array([0, 255])),
          known: filledWith(z.string().nullish(), null),
        }
        const table = await world.table({ row: row(fills), primaryKey })
        const everFilled = {
          text: "it's {“ü”} \\n",
          integer: 2n ** 62n,
          double: 0.1,
          numeric: '1.50',
          boolean: false,
          timestamp: '2024-01-31T10:00:00.123456Z',
          local: '2024-01-31T10:00:00.000000',
          date: '2024-01-31',
          json: { a: ["it's", null] },
          known: null,
        }
        const all = (await table.all()).map(({ bytes, ...rest }) => ({ ...rest, bytes: [...(bytes as Uint8Array)] }))
        expect(all).toEqual([1n, 2n].map((id) => ({ id, ...everFilled, bytes: [0, 255] })))
        // It is not a default: what comes without a value has none.
        const narrow = await world.table({ row: row({}), primaryKey })
        await narrow.write([{ id: 3 }])
        expect(await narrow.incremental()).toContainEqual({
          id: 3n,
          ...Object.fromEntries(Object.keys(fills).map((name) => [name, null])),
        })
        expect((await table.state()).schema!.columns.filter(({ addedLater: late }) => late === true)).toEqual([])
      }))

    it('fills a new column beside one that becomes wider', () =>
      inWorld(async (world) => {
        await (await world.table({ row: row({ n: z.int() }), primaryKey })).write([{ id: 1, n: 1 }])
        const wider = { n: numeric(), state: filledWith(z.string(), 'active') }
        const table = await world.table({ row: row(wider), primaryKey })
        expect(await table.incremental()).toEqual([{ id: 1n, n: '1', state: 'active' }])
      }))

    it('knows of a new column that it is NULL in rows of before, until its history is read', () =>
      inWorld(async (world) => {
        const prepared = (more: Record<string, z.ZodType>) =>
          world.table({ row: row({ at: z.int(), ...more }), primaryKey, cursor: 'at' })
        const late = async (table: TestTable) =>
          (await table.state()).schema!.columns.filter((one) => one.addedLater === true).map(({ name }) => name)
        await prepared({})
        const narrow = await prepared({ empty: z.string() })
        expect(await late(narrow)).toEqual([])
        await narrow.write([{ id: 1, at: 1, empty: '' }])
        const wide = { empty: z.string(), a: z.string(), b: z.int() }
        await prepared(wide)
        const table = await prepared(wide)
        expect(await late(table)).toEqual(['a', 'b'])
        await table.record({ kind: 'columns-read', columns: ['a', 'never'] })
        expect(await late(table)).toEqual(['b'])
        await world.destination.reset(table.lease, table.name)
        expect(await late(await prepared(wide))).toEqual([])
      }))

    it('without a column keeps it', () =>
      inWorld(async (world) => {
        await (await world.table({ row: row({ note: z.string() }), primaryKey })).write([{ id: 1, note: 'a' }])
        const table = await world.table({ row: row({}), primaryKey })
        await table.write([{ id: 1 }, { id: 2 }])
        expect(await table.incremental()).toEqual([
          { id: 1n, note: 'a' },
          { id: 2n, note: null },
        ])
      }))

    it('that is wider is reached without loss: integer, numeric, text; date, text', () =>
      inWorld(async (world) => {
        const given = { id: 1, a: 2n ** 60n, b: '2024-01-01', c: '1.50' }
        const first = await world.table({ row: row({ a: z.bigint(), b: z.iso.date(), c: numeric() }), primaryKey })
        await first.write([given])
        const second = await world.table({ row: row({ a: numeric(), b: z.string(), c: numeric() }), primaryKey })
        expect(second.prepared.changes).toEqual([
          'column "a" widened from integer to numeric',
          'column "b" widened from date to text',
        ])
        expect(await second.incremental()).toEqual([{ id: 1n, a: String(given.a), b: '2024-01-01', c: '1.50' }])
        const third = await world.table({ row: row({ a: z.string(), b: z.string(), c: z.string() }), primaryKey })
        await third.write([{ id: 2, a: 'x', b: 'y', c: 'z' }])
        expect(await third.incremental()).toEqual([
          { id: 1n, a: String(given.a), b: '2024-01-01', c: '1.50' },
          { id: 2n, a: 'x', b: 'y', c: 'z' },
        ])
        // A source that goes back to the narrower type writes into the wider column.
        const back = await world.table({ row: row({ a: z.bigint(), b: z.iso.date(), c: numeric() }), primaryKey })
        expect(back.prepared.changes).toEqual([])
        expect(await back.write([given])).toMatchObject({ unchanged: 1 })
      }))

    it('holds every digit of the doubles that it had: double, numeric, text', () =>
      inWorld(async (world) => {
        const doubles = [0.1 + 0.2, 1 / 3, 1e21, -1e-7, 5e-324, 5, 0, 2 ** 53 + 2]
        const given = doubles.map((d, at) => ({ id: at, d, e: d, f: d }))
        const first = await world.table({ row: row({ d: z.number(), e: z.number(), f: z.number() }), primaryKey })
        await first.write(given)
        const second = await world.table({ row: row({ d: numeric(), e: z.string(), f: z.number() }), primaryKey })
        expect(second.prepared.changes).toEqual([
          'column "d" widened from double to numeric',
          'column "e" widened from double to text',
        ])
        const stored = (await second.incremental()) as readonly {
          readonly d: string
          readonly e: string
          readonly f: number
        }[]
        expect(stored.map(({ d, e }) => [Number(d), Number(e)])).toEqual(doubles.map((d) => [d, d]))
        expect(stored.filter(({ d }) => !/^-?\d+(\.\d+)?$/.test(d))).toEqual([])
        expect(stored.map(({ f }) => f)).toEqual(doubles)
        await second.write([{ id: 90, d: '0.10', e: 'x', f: 1 }])
        // A source that goes back to the narrower type writes into the wider column.
        const back = await world.table({ row: row({ d: z.number(), e: z.number(), f: z.number() }), primaryKey })
        expect(back.prepared.changes).toEqual([])
        expect(await back.write([...given, { id: 91, d: 1e21, e: 2.5, f: 1 }])).toMatchObject({ rejected: 0 })
        const last = (await back.incremental()).at(-1)
        expect(last).toMatchObject({ d: '1000000000000000000000', e: '2.5' })
      }))

    it.each([
      [
        'a type that loses something',
        { row: row({ a: z.boolean() }), primaryKey },
        ['"a"', 'text', 'boolean', '--full'],
      ],
      ['another key', { row: row({ a: z.string() }), primaryKey: ['a'] }, ['id', 'a', '--full']],
      ['no key', { row: row({ a: z.string() }) }, ['id', 'none', '--full']],
      ['another cursor', { row: row({ a: z.string() }), primaryKey, cursor: 'id' }, ['cursor', '--full']],
      ['partitions', { row: row({ a: z.string() }), primaryKey, partitioned: true }, ['partitions', '--full']],
      ['another system', { row: row({ a: z.string() }), primaryKey, identity: 'b' }, ['"a"', '"b"', '--full']],
      [
        'a new column in mode freeze',
        { row: row({ a: z.string(), b: z.int() }), primaryKey, mode: 'freeze' },
        ['"b"', 'integer', 'freeze'],
      ],
      [
        'another source of the same name',
        { row: row({ a: z.string() }), primaryKey, source: 'other' },
        ['other', 'test', 'prefix'],
      ],
      [
        'another table of the same name',
        { row: row({ a: z.string() }), primaryKey, table: 'other' },
        ['other', 'things'],
      ],
    ] as const)('is refused, and nothing is changed: %s', (_name, spec, words) =>
      inWorld(async (world) => {
        const table = await world.table({ row: row({ a: z.string() }), primaryKey, identity: 'a' })
        await table.write([{ id: 1, a: 'x' }])
        const before = await table.state()
        await expect(world.table(spec as TableSpec)).rejects.toSatisfy(refused('things', ...words))
        expect(await table.state()).toEqual(before)
        expect(await table.incremental()).toEqual([{ id: 1n, a: 'x' }])
      }),
    )

    it('in mode discard-row keeps the table as it is: unknown columns are dropped, values that do not fit are refused', () =>
      inWorld(async (world) => {
        await world.table({ row: row({ a: z.int() }), primaryKey })
        const table = await world.table({
          row: row({ a: z.union([z.string(), z.int()]), b: z.string() }),
          primaryKey,
          mode: 'discard-row',
        })
        expect(table.prepared.changes).toEqual([])
        const { encoder } = table.prepared
        expect(encoder.plain({ id: 1, a: 'x', b: 'y' }, null)).toBeUndefined()
        expect(encoder.output({ id: 1, a: 'x', b: 'y' }, null)).toMatchObject({ column: 'a' })
        await table.write([{ id: 2, a: 5, b: 'y' }])
        expect(await table.incremental()).toEqual([{ id: 2n, a: 5n }])
      }))

    it('passes to a new name of the table at its source, where that says so', () =>
      inWorld(async (world) => {
        await (await world.table({ row: row({}), primaryKey })).write([{ id: 1 }])
        const table = await world.table({ row: row({}), primaryKey, table: 'renamed', aliases: ['things'] })
        expect(await table.incremental()).toEqual([{ id: 1n }])
        expect((await table.state()).table).toBe('renamed')
      }))

    it('is free after a reset: rows, coverage, resyncs and revision are gone, and any key is fine', () =>
      inWorld(async (world) => {
        const table = await world.table({
          row: row({ a: z.string(), at: z.int() }),
          primaryKey,
          cursor: 'at',
          identity: 'a',
        })
        await table.write([{ id: 1, a: 'x', at: 1 }], { completes: { revision: { text: 'r', schemaHash: 'f' } } })
        await table.record({ kind: 'resync', partition: '', window: undefined, reason: 'x' })
        await world.destination.reset(table.lease, 'things')
        expect(await table.state()).toMatchObject({
          schema: null,
          identity: null,
          everFilled: false,
          present: 'empty',
          status: 'new',
          partitions: new Map(),
        })
        const next = await world.table({
          row: row({ a: z.int(), b: z.string() }),
          primaryKey: ['a', 'b'],
          partitioned: true,
          identity: 'b',
        })
        await next.write(
          [
            { id: 1, a: 7, b: 'y' },
            { id: 2, a: 7, b: 'y' },
          ],
          { partition: 'p' },
        )
        expect(await next.incremental()).toMatchObject([{ id: 2n, a: 7n, b: 'y' }])
        expect(await next.state()).toMatchObject({
          identity: 'b',
          schema: { primaryKey: ['a', 'b'], partitioned: true },
        })
      }))

    it('with undeclared fields gets their column when they come', () =>
      inWorld(async (world) => {
        await (await world.table({ row: row({}), primaryKey })).write([{ id: 1 }])
        const table = await world.table({ row: z.looseObject({ id: z.int() }), primaryKey })
        await table.write([{ id: 2, more: 1 }])
        expect(await table.incremental()).toEqual([{ id: 1n }, { id: 2n, more: 1 }])
        const strict = await world.table({ row: row({}), primaryKey })
        expect(await strict.write([{ id: 1 }])).toMatchObject({ unchanged: 1 })
      }))
  })
}
