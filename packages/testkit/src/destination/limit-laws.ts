import { numeric, SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DestinationUnderTest, rejectOf, type TestDatabase } from './destination-under-test.ts'

const Numbered = z.object({ id: z.int(), note: z.string() })
const numbered = (count: number) => Array.from({ length: count }, (_, id) => ({ id, note: `n${id}` }))
/** A text that cannot be made much shorter, of characters of three bytes. */
const dense = (bytes: number) =>
  Array.from({ length: Math.ceil(bytes / 3) }, (_, at) =>
    String.fromCodePoint(0x4e00 + ((at * at * 7919) % 20_000)),
  ).join('')

/** Laws of what is large, long, wide or many: it is stored, or it becomes a rejected row with its reason, and affects no other row. */
export function testLimits(database: () => TestDatabase): void {
  describe('limits', () => {
    async function inWorld(use: (world: DestinationUnderTest) => Promise<void>): Promise<void> {
      const world = await DestinationUnderTest.on(database())
      await use(world).finally(() => world.destination.close())
    }

    it.each([
      ['of 1 MB', 1_048_576],
      ['of 64 MB', 67_108_864],
    ])('a text %s comes back as it was', (_name, length) =>
      inWorld(async (world) => {
        const table = await world.table({ row: Numbered, primaryKey: ['id'] })
        const note = 'é'.padEnd(length, 'x')
        expect(await table.write([{ id: 1, note }])).toMatchObject({ written: 1, rejected: 0 })
        const [read] = await table.column('note')
        expect((read as string).length).toBe(length)
        expect(read === note).toBe(true)
      }),
    )

    it('a key that is too long is a reject with its reason, straight, merged and moved; the others land', () =>
      inWorld(async (world) => {
        const { keyBytes } = world.destination.profile
        const long = dense(3 * (keyBytes ?? 10_000))
        const fits = dense(900)
        const rows = [{ id: 'a' }, { id: long }, { id: fits }]
        for (const kind of ['backfill', 'incremental', 'full_refresh'] as const) {
          const table = await world.table({ name: kind, row: z.object({ id: z.string() }), primaryKey: ['id'] })
          const done = kind === 'full_refresh' ? await table.replace(rows) : await table.write(rows, { kind })
          const held = keyBytes === undefined
          expect(done).toMatchObject({ written: held ? 3 : 2, rejected: held ? 0 : 1 })
          expect(new Set(await table.column('id'))).toEqual(new Set(held ? ['a', fits, long] : ['a', fits]))
          // The next read finds the same, and keeps one reject.
          expect(await table.replace(rows)).toMatchObject({ written: 0, deleted: 0, rejected: held ? 0 : 1 })
          const { rows: rejects } = await world.destination.query(
            `select message from _tidemark_rejects where name = '${kind}'`,
          )
          expect(rejects).toHaveLength(held ? 0 : 1)
        }
      }))

    it('a long key among rejects of the source is no trouble', () =>
      inWorld(async (world) => {
        const table = await world.table({ row: Numbered, primaryKey: ['id'] })
        const long = JSON.stringify([dense(20_000)])
        await table.write([], { rejects: [rejectOf(long, { hash: 'a' }), rejectOf(`${long}x`, { hash: 'b' })] })
        await table.write([], { rejects: [rejectOf(long, { hash: 'other' })], completes: false })
        const { rows } = await world.destination.query('select count(*), count(distinct key) from _tidemark_rejects')
        expect(rows).toEqual([[2, 2]])
      }))

    it('a partition with a long name is refused before anything is written', () =>
      inWorld(async (world) => {
        const table = await world.table({ row: Numbered, primaryKey: ['id'], partitioned: true })
        await expect(table.write(numbered(1), { partition: dense(3000) })).rejects.toSatisfy(
          (error) => SyncError.is(error) && error.remedy === 'fix-source' && /longer than/.test(error.message),
        )
        const name = dense(1200)
        await table.write(numbered(1), { partition: name })
        expect(await table.incremental({ partition: name })).toHaveLength(1)
      }))

    it.each([true, false])(
      'a key has as many columns as the database takes, and with fewer the table is made; partitioned: %s',
      (partitioned) =>
        inWorld(async (world) => {
          const most = (world.destination.profile.keyColumns ?? 800) - (partitioned ? 1 : 0)
          const names = Array.from({ length: 900 }, (_, at) => `c${at}`)
          const row = z.object(Object.fromEntries(names.map((name) => [name, z.int()])))
          const given = (id: number) => Object.fromEntries(names.map((name) => [name, id]))
          const spec = { name: 'wide', row, partitioned }
          if (world.destination.profile.keyColumns !== undefined)
            for (const primaryKey of [names, names.slice(0, most + 1)])
              await expect(world.table({ ...spec, primaryKey })).rejects.toSatisfy(
                (error) =>
                  SyncError.is(error) &&
                  error.code === 'schema' &&
                  error.message.includes(`its key has ${primaryKey.length + (partitioned ? 1 : 0)} columns`) &&
                  error.message.includes('{ primaryKey: ["c0", …] }'),
              )
          const table = await world.table({ ...spec, primaryKey: names.slice(0, most) })
          const partition = partitioned ? 'p' : ''
          expect(await table.write([given(1), given(2)], { partition, kind: 'backfill' })).toMatchObject({ written: 2 })
          expect(await table.write([given(2), given(3)], { partition, kind: 'incremental' })).toMatchObject({
            written: 1,
          })
        }),
    )

    it.each([true, false])('a table has as many columns as the database takes, and not one more; keyed: %s', (keyed) =>
      inWorld(async (world) => {
        const { columns } = world.destination.profile
        const wide = (count: number) =>
          z.object({
            id: z.int(),
            ...Object.fromEntries(Array.from({ length: count - 1 }, (_, at) => [`c${at}`, z.string().nullable()])),
          })
        const spec = { primaryKey: keyed ? ['id'] : [] }
        const most = columns - 3
        await expect(world.table({ ...spec, name: 'more', row: wide(most + 1) })).rejects.toSatisfy(
          (error) => SyncError.is(error) && error.code === 'schema' && error.message.includes(`${columns + 1} columns`),
        )
        const table = await world.table({ ...spec, row: wide(most) })
        const given = (id: number, value: string) => ({
          id,
          ...Object.fromEntries(Array.from({ length: most - 1 }, (_, at) => [`c${at}`, at % 3 === 0 ? value : null])),
        })
        expect(await table.replace([given(1, 'a'), given(2, 'b')])).toMatchObject({ written: 2, rejected: 0 })
        expect(await table.replace([given(1, 'a'), given(2, 'c')])).toMatchObject({ written: 1, unchanged: 1 })
        expect(await table.write([given(3, 'd')], { kind: 'incremental' })).toMatchObject({ written: 1 })
        const read = await table.incremental()
        expect(read.map((row) => [row['id'], row['c0'], row['c1'], row[`c${most - 2}`]])).toEqual(
          [given(1, 'a'), given(2, 'c'), given(3, 'd')].map((row) => [
            BigInt(row.id),
            (row as Record<string, unknown>)['c0'],
            null,
            (row as Record<string, unknown>)[`c${most - 2}`],
          ]),
        )
      }),
    )

    it('a row that is too wide for the database is a reject, and the one beside it lands', () =>
      inWorld(async (world) => {
        const { rowBytes } = world.destination.profile
        const count = Math.ceil((rowBytes ?? 8160) / 8) + 1
        const names = Array.from({ length: count }, (_, at) => `n${at}`)
        const row = z.object({ id: z.int(), ...Object.fromEntries(names.map((name) => [name, z.int().nullable()])) })
        const full = (id: number, value: number | null) => ({
          id,
          ...Object.fromEntries(names.map((name) => [name, value])),
        })
        for (const kind of ['backfill', 'incremental'] as const) {
          const table = await world.table({ name: kind, row, primaryKey: ['id'] })
          const done = await table.write([full(1, null), full(2, 7), full(3, null)], { kind })
          const held = rowBytes === undefined
          expect(done).toMatchObject({ written: held ? 3 : 2, rejected: held ? 0 : 1 })
          expect(await table.column('id')).toEqual(held ? [1n, 2n, 3n] : [1n, 3n])
        }
      }))

    it('a numeric has as many digits as the database takes; one more is refused with its reason', () =>
      inWorld(async (world) => {
        const { numericDigits } = world.destination.profile
        const table = await world.table({ row: z.object({ id: z.int(), n: numeric() }), primaryKey: ['id'] })
        const { whole, fraction } = numericDigits ?? { whole: 131_072, fraction: 16_383 }
        const most = `-${'9'.repeat(whole)}.${'9'.repeat(fraction)}`
        await table.write([
          { id: 1, n: most },
          { id: 2, n: `1${'0'.repeat(whole - 1)}` },
          { id: 3, n: `0.${'0'.repeat(fraction - 1)}1` },
        ])
        expect((await table.column('n'))[0] === most).toBe(true)
        expect(((await table.column('n'))[1] as string).length).toBe(whole)
        expect(((await table.column('n'))[2] as string).length).toBe(fraction + 2)
        for (const n of ['9'.repeat(whole + 1), `0.${'1'.repeat(fraction + 1)}`]) {
          const encoded = table.prepared.encoder.output({ id: 4, n }, null)
          if (numericDigits === undefined) expect(Array.isArray(encoded)).toBe(true)
          else expect(encoded).toMatchObject({ column: 'n', reason: expect.stringMatching(/\w/) })
        }
      }))

    it('json of any depth is held, or is a reject; the row beside it lands', () =>
      inWorld(async (world) => {
        const table = await world.table({ row: z.object({ id: z.int(), json: z.any() }), primaryKey: ['id'] })
        const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown
        expect(await table.write([{ id: 1, json: nested(1000) }])).toMatchObject({ written: 1 })
        expect(JSON.stringify((await table.column('json'))[0])).toBe('['.repeat(1000) + ']'.repeat(1000))
        for (const depth of [3000, 6000]) {
          const json = nested(depth)
          if (!Array.isArray(table.prepared.encoder.output({ id: 2, json }, null))) continue
          const { written, rejected } = await table.write(
            [
              { id: depth, json },
              { id: depth + 1, json: 1 },
            ],
            { kind: 'incremental' },
          )
          expect(written + rejected).toBe(2)
          expect(written).toBeGreaterThan(0)
        }
      }))

    // Around what one statement takes: 32,766 parameters in SQLite, 65,535 in Postgres.
    it.each([0, 1, 32_766, 32_767, 65_535, 65_536])('parts of %i rows, deletions and staged rows are whole', (count) =>
      inWorld(async (world) => {
        const table = await world.table({ row: Numbered, primaryKey: ['id'] })
        const rows = numbered(count)
        expect(await table.write(rows, { kind: 'backfill' })).toMatchObject({ written: count })
        expect(await table.write(rows, { kind: 'incremental' })).toMatchObject({ written: 0, unchanged: count })
        expect(await table.replace(rows)).toMatchObject({ written: 0, unchanged: count, deleted: 0 })
        const deleted = rows.map(({ id }) => ({ key: { id } }))
        expect(await table.write([], { deleted })).toMatchObject({ deleted: count })
        expect(await table.incremental()).toEqual([])
      }),
    )

    it('thousands of rejects, partitions and coverage are recorded and read', () =>
      inWorld(async (world) => {
        const table = await world.table({ row: Numbered, primaryKey: ['id'], partitioned: true, cursor: 'id' })
        const rejects = Array.from({ length: 1501 }, (_, at) => rejectOf(String(at)))
        await table.write(numbered(1), { rejects, partition: 'p0', kind: 'incremental' })
        await table.record(
          ...Array.from({ length: 1200 }, (_, at) => ({
            kind: 'partition' as const,
            partition: `p${at}`,
            backfillEnd: BigInt(at),
          })),
        )
        expect((await table.state()).partitions.size).toBe(1200)
        expect((await world.destination.query('select count(*) from _tidemark_rejects')).rows).toEqual([[1501]])
      }))
  })
}
