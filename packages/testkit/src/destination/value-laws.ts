import { numeric, rowOf } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DestinationUnderTest, type TestDatabase } from './destination-under-test.ts'
import { REPRESENTABLE, TEXTS, UNFIT } from './value-cases.ts'

export function testValues(database: () => TestDatabase): void {
  describe('values', () => {
    it('read back equal, one by one and as zod gives them', async () => {
      const row = z.object({
        id: z.int(),
        ...Object.fromEntries(REPRESENTABLE.map(([, schema], at) => [`c${at}`, schema])),
      })
      const world = await DestinationUnderTest.on(database())
      const table = await world.table({ row, primaryKey: ['id'] })
      const given = Object.fromEntries(
        REPRESENTABLE.flatMap(([, , value], at) => (value === undefined ? [] : [[`c${at}`, value]])),
      )
      const { encoder } = table.prepared
      const plain = encoder.plain({ id: 1, ...given }, null)
      const output = encoder.output(row.parse({ id: 2, ...given }), null)
      expect(plain?.slice(1)).toEqual((output as unknown[]).slice(1))
      await table.write([{ id: 1, ...given }])
      const [read] = await table.incremental()
      for (const [at, [name, , value, expected]] of REPRESENTABLE.entries()) {
        const wanted = expected === undefined ? value : expected
        const got = read![`c${at}`]
        expect(got instanceof Uint8Array ? new Uint8Array(got) : got, name).toEqual(
          wanted instanceof Uint8Array ? new Uint8Array(wanted) : wanted,
        )
      }
      expect(await table.write([{ id: 1, ...given }])).toMatchObject({ written: 0, unchanged: 1 })
      await world.destination.close()
    })

    it('that cannot be held are refused with a reason, and never changed', async () => {
      const world = await DestinationUnderTest.on(database())
      for (const [at, [name, type, value]] of UNFIT.entries()) {
        const columns = [
          { name: 'id', type: 'integer' as const },
          { name: 'value', type },
        ]
        const { prepared } = await world.table({ name: `unfit_${at}`, row: rowOf(columns), primaryKey: ['id'] })
        const row = { id: 1, value }
        expect(prepared.encoder.plain(row, null), name).toBeUndefined()
        expect(prepared.encoder.output(row, null), name).toMatchObject({
          column: 'value',
          reason: expect.stringMatching(/\w/),
        })
      }
      await world.destination.close()
    })

    it('are held as the profile says: doubles', async () => {
      const world = await DestinationUnderTest.on(database())
      const { nan, infinity, negativeZero } = world.destination.profile.doubles
      const table = await world.table({
        row: rowOf([
          { name: 'id', type: 'integer' },
          { name: 'value', type: 'double' },
        ]),
        primaryKey: ['id'],
      })
      for (const [value, held] of [
        [Number.NaN, nan],
        [Infinity, infinity],
        [-Infinity, infinity],
      ] as const) {
        if (held) {
          await table.write([{ id: 1, value }])
          expect(await table.column('value')).toEqual([value])
        } else expect(table.prepared.encoder.output({ id: 1, value }, null)).toMatchObject({ column: 'value' })
      }
      await table.write([{ id: 1, value: -0 }])
      expect(Object.is((await table.column('value'))[0], -0)).toBe(negativeZero)
      await world.destination.close()
    })

    it('accepts without asking zod exactly what zod accepts', async () => {
      const schemas = [
        z.string(),
        z.string().nullable(),
        z.string().optional(),
        z.string().nullish(),
        z.int(),
        z.number(),
        z.bigint(),
        z.boolean(),
        z.any(),
        z.iso.date(),
        z.iso.datetime(),
        z.iso.datetime({ offset: true }),
        z.iso.datetime({ local: true }),
        z.iso.datetime({ precision: 3 }),
        z.iso.datetime({ precision: 0 }),
        z.iso.datetime({ precision: -1 }),
        z.string().default('x'),
        z.string().min(2),
        z.enum(['a']),
      ]
      const values = [
        undefined,
        null,
        '',
        'a',
        'ab',
        0,
        -0,
        1.5,
        Number.NaN,
        Infinity,
        2 ** 53,
        5n,
        true,
        [],
        {},
        new Date(0),
        '2024-01-01',
        '2023-02-29',
        '2024-01-01T00:00Z',
        '2024-01-01T00:00',
        '2024-01-01T00:00:00',
        '2024-01-01T00:00:00Z',
        '2024-01-01T00:00:00.1Z',
        '2024-01-01T00:00:00.123Z',
        '2024-01-01T00:00:00.123+01:00',
        '2024-01-01T00:00:00-00:00',
        '2024-01-01T00:00:00+24:00',
        '2024-01-01T24:00:00Z',
        '2024-01-01t00:00:00z',
        '2024-01-01T00:00:00.Z',
        '2024-01-01T00:00:60Z',
        '2024-01-01 00:00:00Z',
        '1900-02-29T00:00:00Z',
        '2000-02-29T00:00:00Z',
        '2024-13-01T00:00:00Z',
        '2024-01-01T00:00:00ZZ',
      ]
      const world = await DestinationUnderTest.on(database())
      for (const [at, schema] of schemas.entries()) {
        const row = z.object({ id: z.int(), value: schema })
        const { prepared } = await world.table({ name: `asked_${at}`, row, primaryKey: ['id'] })
        for (const value of values) {
          const given = value === undefined ? { id: 1 } : { id: 1, value }
          const encoded = prepared.encoder.plain(given, null)
          const parsed = row.safeParse(given)
          const label = `${schema._zod.def.type} ${JSON.stringify(schema._zod.def)} ${typeof value} ${String(value)}`
          // What it takes, zod takes, and both become the same; what it leaves to zod may be either.
          if (encoded !== undefined) expect(prepared.encoder.output(parsed.data ?? {}, null), label).toEqual(encoded)
          if (encoded !== undefined) expect(parsed.success, label).toBe(true)
        }
      }
      await world.destination.close()
    })

    it('of any text are keys, partitions, told deletions and json, and only that', async () => {
      const world = await DestinationUnderTest.on(database())
      const row = z.object({ id: z.string(), json: z.any() })
      const table = await world.table({ row, primaryKey: ['id'], partitioned: true })
      for (const partition of TEXTS) {
        await table.replace(
          TEXTS.map((id) => ({ id, json: { [id]: [id] } })),
          { partition },
        )
        const read = await table.incremental({ partition })
        expect(new Set(read.map(({ id }) => id))).toEqual(new Set(TEXTS))
        for (const { id, json } of read) expect(json).toEqual({ [id as string]: [id] })
      }
      const [gone = '', ...others] = TEXTS
      for (const partition of TEXTS)
        await table.write([], { partition, deleted: others.map((id) => ({ key: { id } })) })
      expect((await table.incremental()).map(({ id }) => id)).toEqual(TEXTS.map(() => gone))
      expect((await table.state()).partitions.size).toBe(TEXTS.length)
      await world.destination.close()
    })

    it('of a key that cannot be held are refused with a reason', async () => {
      const world = await DestinationUnderTest.on(database())
      const { prepared } = await world.table({ row: z.object({ id: z.string() }), primaryKey: ['id'] })
      for (const id of ['a\0b', '\ud800']) {
        expect(prepared.encoder.encodeKey({ id })).toMatchObject({ column: 'id', reason: expect.stringMatching(/\w/) })
        expect(prepared.encoder.output({ id }, null)).toMatchObject({ column: 'id' })
      }
      await world.destination.close()
    })

    it('of a key are never NULL', async () => {
      const world = await DestinationUnderTest.on(database())
      const { prepared } = await world.table({ row: z.object({ id: z.string().nullish() }), primaryKey: ['id'] })
      for (const row of [{ id: null }, {}]) {
        expect(prepared.encoder.plain(row, null)).toBeUndefined()
        expect(prepared.encoder.output(row, null)).toMatchObject({
          column: 'id',
          reason: expect.stringContaining('NULL'),
        })
        expect(prepared.encoder.encodeKey(row)).toMatchObject({ column: 'id' })
      }
      await world.destination.close()
    })

    it('of a key are distinguished by their bytes, and in that order', async () => {
      const world = await DestinationUnderTest.on(database())
      const table = await world.table({ row: z.object({ id: z.string() }), primaryKey: ['id'] })
      const ids = ['B', 'a', 'A', 'é', 'e\u0301', '', ' ', 'ß', 'ss', 'İ', 'i', '\u{1f600}', '\uffee']
      await table.write(ids.map((id) => ({ id })))
      const sorted = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(await table.column('id')).toEqual(sorted)
      await world.destination.close()
    })

    it('of a key that is numeric are equal whatever their scale', async () => {
      const world = await DestinationUnderTest.on(database())
      const table = await world.table({ row: z.object({ id: numeric(), note: z.string() }), primaryKey: ['id'] })
      await table.write([
        { id: '1.0', note: 'a' },
        { id: '1.00', note: 'b' },
        { id: '10', note: 'c' },
      ])
      expect(await table.column('note')).toEqual(['b', 'c'])
      await table.write([], { deleted: [{ key: { id: '01' } }] })
      expect(await table.column('note')).toEqual(['c'])
      await world.destination.close()
    })

    it('of undeclared fields are kept where the row is loose', async () => {
      const world = await DestinationUnderTest.on(database())
      const table = await world.table({ row: z.looseObject({ id: z.int() }), primaryKey: ['id'] })
      await table.write([{ id: 1, more: [1], big: 2n ** 60n + 1n }, { id: 2 }])
      expect(await table.incremental()).toEqual([{ id: 1n, more: [1], big: 2n ** 60n + 1n }, { id: 2n }])
      const strict = await world.table({ name: 'strict', row: z.object({ id: z.int() }), primaryKey: ['id'] })
      await strict.write([{ id: 1, more: 1 }])
      expect(await strict.incremental()).toEqual([{ id: 1n }])
      await world.destination.close()
    })

    it('of undeclared fields are those that the source does not declare, whatever the config leaves out', async () => {
      const world = await DestinationUnderTest.on(database())
      const table = await world.table({
        row: z.looseObject({ id: z.int() }),
        primaryKey: ['id'],
        declared: ['id', 'secret'],
      })
      const row = { id: 1, secret: 'hidden', more: 'kept' }
      await table.write([row])
      expect(await table.incremental()).toEqual([{ id: 1n, more: 'kept' }])
      expect(table.prepared.encoder.output(row, null)).not.toContainEqual(expect.stringContaining('hidden'))
      await world.destination.close()
    })

    it('are read by partition and by window, both ends as they are meant', async () => {
      const world = await DestinationUnderTest.on(database())
      const table = await world.table({
        row: z.object({ id: z.int() }),
        primaryKey: ['id'],
        cursor: 'id',
        partitioned: true,
      })
      for (const partition of ['a', 'b'])
        await table.write(
          [1, 2, 3].map((id) => ({ id })),
          { partition },
        )
      expect(await table.column('id', { window: { from: 2n, to: 3n } })).toEqual([2n, 2n])
      expect(await table.column('id', { partition: 'a', window: { from: undefined, to: 3n } })).toEqual([1n, 2n])
      expect(await table.column('id')).toEqual([1n, 2n, 3n, 1n, 2n, 3n])
      await world.destination.close()
    })
  })
}
