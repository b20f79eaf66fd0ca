import { bytes, numeric } from '@tidemark/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Thing, thing } from './commit-laws.ts'
import { DestinationUnderTest, type TestDatabase, type TestTable } from './destination-under-test.ts'

/** How many examples each property uses, unless a suite sets another number. */
export const RUNS = 40

const id = fc.integer({ min: 0, max: 5 })
const at = fc.integer({ min: 0, max: 8 })
/** A version of a row, or its deletion. What a version says follows from its key and position, as at a source. */
const event = fc.record({ id, at, deleted: fc.boolean() })
const rowsOf = fc.uniqueArray(
  fc.record({ id: fc.integer({ min: 0, max: 20 }), note: fc.constantFrom('a', 'b', null) }),
  {
    selector: ({ id }) => id,
  },
)

/** Laws that hold for whatever comes, in whatever order. */
export function testProperties(database: () => TestDatabase, numRuns = RUNS): void {
  describe('for all', () => {
    let tables = 0
    /** A table of its own for each run of a property, in one world. */
    async function check<T>(
      arbitrary: fc.Arbitrary<T>,
      spec: { readonly keyed: boolean; readonly cursor?: 'at'; readonly partitioned?: boolean },
      law: (table: TestTable, value: T) => Promise<void>,
    ): Promise<void> {
      const world = await DestinationUnderTest.on(database())
      const property = fc.asyncProperty(arbitrary, async (value) => {
        const table = await world.table({
          name: `property_${++tables}`,
          row: Thing,
          primaryKey: spec.keyed ? ['id'] : [],
          partitioned: spec.partitioned ?? false,
          ...(spec.cursor === undefined ? {} : { cursor: spec.cursor }),
        })
        await law(table, value)
      })
      await fc.assert(property, { numRuns }).finally(() => world.destination.close())
    }

    it('orders of versions and deletions the end is that of their cursors, a deletion last', () =>
      check(
        fc.array(fc.array(event, { maxLength: 6 }), { maxLength: 6 }),
        { keyed: true, cursor: 'at' },
        async (table, parts) => {
          for (const part of parts) {
            const rows = part.filter(({ deleted }) => !deleted).map(({ id, at }) => thing(id, at))
            const deleted = part.filter(({ deleted }) => deleted).map(({ id, at }) => ({ key: { id }, at: BigInt(at) }))
            await table.write(rows, { deleted, tombstones: true, completes: false })
          }
          const last = new Map<number, { at: number; deleted: boolean }>()
          for (const one of parts.flat()) {
            const known = last.get(one.id)
            if (known === undefined || one.at > known.at || (one.at === known.at && one.deleted)) last.set(one.id, one)
          }
          const live = [...last].filter(([, { deleted }]) => !deleted).sort(([a], [b]) => a - b)
          expect(await table.incremental()).toEqual(
            live.map(([id, { at }]) => ({ id: BigInt(id), at: BigInt(at), note: `v${at}` })),
          )
        },
      ))

    it('steps what each gives is the truth about what it reads, where that was synced before, by the stamps within', () => {
      const step = fc
        .tuple(at, at, fc.array(fc.array(event, { maxLength: 5 }), { minLength: 1, maxLength: 3 }))
        .map(([a, b, parts]) => ({ from: Math.min(a, b), to: Math.max(a, b) + 1, parts }))
      return check(fc.array(step, { maxLength: 6 }), { keyed: true, cursor: 'at' }, async (table, steps) => {
        const known = new Map<number, { readonly at: number; readonly deleted: boolean; readonly step: number }>()
        for (const [number, { from, to, parts }] of steps.entries()) {
          const window = { from: BigInt(from), to: BigInt(to) }
          const ref = await table.begin('incremental', { window })
          for (const [index, part] of parts.entries()) {
            const inside = part.filter((one) => one.at >= from && one.at < to)
            const rows = newest(inside.filter(({ deleted }) => !deleted))
            const told = newest(inside.filter(({ deleted }) => deleted))
            const deleted = told.map(({ id, at }) => ({ key: { id }, at: BigInt(at) }))
            await table.write(
              rows.map(({ id, at }) => thing(id, at)),
              { step: ref, number: index + 1, deleted, completes: false },
            )
            for (const { id, at } of rows) {
              const before = known.get(id)
              const isTrue = before !== undefined && before.step < number && before.at >= from && before.at < to
              const isOlder = before !== undefined && (at < before.at || (before.deleted && at === before.at))
              const isSame = before !== undefined && !before.deleted && at === before.at
              if (!isSame && (isTrue || !isOlder)) known.set(id, { at, deleted: false, step: number })
            }
            for (const { id, at } of told) {
              const before = known.get(id)
              if (before !== undefined && (before.deleted ? at > before.at : at >= before.at))
                known.set(id, { at, deleted: true, step: number })
            }
          }
        }
        const live = [...known].filter(([, { deleted }]) => !deleted).sort(([a], [b]) => a - b)
        expect(await table.incremental()).toEqual(
          live.map(([id, { at }]) => ({ id: BigInt(id), at: BigInt(at), note: `v${at}` })),
        )
      })
    })

    it('old and new sets a whole read leaves the new one, and marks what vanished', () =>
      check(
        fc.tuple(rowsOf, rowsOf, fc.integer({ min: 1, max: 3 })),
        { keyed: true },
        async (table, [old, next, parts]) => {
          const rows = (set: typeof old) => set.map(({ id, note }) => thing(id, null, note))
          await table.replace(rows(old))
          const result = await table.replace(rows(next), { batches: parts })
          const known = new Map(old.map((row) => [row.id, row.note]))
          const same = next.filter(({ id, note }) => known.has(id) && known.get(id) === note).length
          const deleted = old.filter(({ id }) => !next.some((one) => one.id === id))
          expect(result).toMatchObject({ written: next.length - same, unchanged: same, deleted: deleted.length })
          expect(await table.incremental()).toEqual(read(next))
          expect((await table.all()).map(({ id }) => id)).toEqual(read([...next, ...deleted]).map(({ id }) => id))
        },
      ))

    it('old and new multisets a replacement without a key leaves the new one, and touches only the difference', () => {
      const bag = fc.array(fc.record({ id: fc.integer({ min: 0, max: 2 }), note: fc.constantFrom('a', null) }), {
        maxLength: 8,
      })
      return check(fc.tuple(bag, bag), { keyed: false }, async (table, [old, next]) => {
        const rows = (set: typeof old) => set.map(({ id, note }) => thing(id, null, note))
        const texts = (set: readonly { readonly id: number; readonly note: string | null }[]) =>
          set.map(({ id, note }) => `${id} ${note}`).sort()
        await table.replace(rows(old))
        const result = await table.replace(rows(next))
        const left = texts(old)
        let same = 0
        for (const text of texts(next)) {
          const at = left.indexOf(text)
          if (at >= 0) same += left.splice(at, 1).length
        }
        expect(result).toMatchObject({ written: next.length - same, unchanged: same, deleted: old.length - same })
        expect(
          texts((await table.incremental()).map(({ id, note }) => ({ id: Number(id), note: note as string }))),
        ).toEqual(texts(next))
      })
    })

    it('partitions one never touches another', () =>
      check(
        fc.tuple(rowsOf, rowsOf, rowsOf, fc.boolean()),
        { keyed: true, partitioned: true },
        async (table, [a, b, next, told]) => {
          const rows = (set: typeof a) => set.map(({ id, note }) => thing(id, null, note))
          await table.replace(rows(a), { partition: 'a' })
          await table.replace(rows(b), { partition: 'b' })
          if (told)
            await table.write([], { partition: 'a', deleted: b.map(({ id }) => ({ key: { id } })), tombstones: true })
          await table.replace(rows(next), { partition: 'a' })
          expect(await table.incremental({ partition: 'a' })).toEqual(read(next))
          expect(await table.incremental({ partition: 'b' })).toEqual(read(b))
        },
      ))

    it('values of every type what is written is read', async () => {
      const world = await DestinationUnderTest.on(database())
      const row = z.object({
        id: z.int(),
        text: z.string().nullable(),
        integer: z.bigint(),
        double: z.number(),
        numeric: numeric(),
        boolean: z.boolean(),
        timestamp: z.iso.datetime({ offset: true }),
        date: z.iso.date(),
        json: z.any(),
        bytes: bytes(),
      })
      const table = await world.table({ row, primaryKey: ['id'] })
      const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0') && one.isWellFormed())
      const instant = fc.date({
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T00:00:00Z'),
        noInvalidDate: true,
      })
      const arbitrary = fc.record({
        text: fc.option(text),
        integer: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
        numeric: fc
          .tuple(fc.bigInt(), fc.nat({ max: 10 ** 6 }))
          .map(([whole, fraction]) => `${whole || 1n}.${fraction}`),
        boolean: fc.boolean(),
        timestamp: instant.map((date) => date.toISOString().replace('Z', '999+00:00')),
        date: instant.map((date) => date.toISOString().slice(0, 10)),
        json: fc
          .jsonValue({ maxDepth: 3, stringUnit: 'grapheme' })
          .filter((one) => table.prepared.encoder.plain({ ...EMPTY, json: one }, null) !== undefined),
        bytes: fc.uint8Array({ maxLength: 20 }),
      })
      let next = 0
      const property = fc.asyncProperty(fc.array(arbitrary, { maxLength: 5 }), async (rows) => {
        const numbered = rows.map((one) => ({ id: next++, ...one }))
        await table.write(numbered)
        const after = numbered[0]?.id ?? next
        const got = (await table.incremental()).filter(({ id }) => Number(id) >= after)
        expect(got.map((one) => ({ ...one, bytes: new Uint8Array(one['bytes'] as Uint8Array) }))).toEqual(
          numbered.map((one) => ({
            ...one,
            id: BigInt(one.id),
            timestamp: one.timestamp.replace('+00:00', 'Z'),
            json: JSON.parse(JSON.stringify(one.json)) as unknown,
          })),
        )
      })
      await fc.assert(property, { numRuns }).finally(() => world.destination.close())
    })
  })
}

/** Of each key the event with the greatest position. */
function newest(events: readonly { readonly id: number; readonly at: number }[]) {
  const last = new Map<number, { readonly id: number; readonly at: number }>()
  for (const one of events) if ((last.get(one.id)?.at ?? -1) <= one.at) last.set(one.id, one)
  return [...last.values()]
}

const EMPTY = {
  id: 0,
  text: null,
  integer: 0n,
  double: 0,
  numeric: '0',
  boolean: true,
  timestamp: '2024-01-01T00:00:00Z',
  date: '2024-01-01',
  bytes: new Uint8Array(),
}

function read(
  rows: readonly { readonly id: number; readonly note: string | null }[],
): readonly Record<string, unknown>[] {
  return [...rows].sort((a, b) => a.id - b.id).map(({ id, note }) => ({ id: BigInt(id), at: null, note }))
}
