import type { Comparison, Difference } from '@tidemark/core/engine'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Thing, thing } from './commit-laws.ts'
import {
  DestinationUnderTest,
  type Row,
  type TableSpec,
  type TestDatabase,
  type TestTable,
} from './destination-under-test.ts'
import { REPRESENTABLE } from './value-cases.ts'

/** Without those that take long to write so often. */
const CASES = REPRESENTABLE.filter(([name]) => name !== 'text of a megabyte')

/** Another value of the same kind; undefined where no other is sure to fit. */
function otherThan(name: string, value: unknown): unknown {
  if (typeof value === 'string') {
    if (name.startsWith('text')) return `${value}!`
    if (/^-?[\d.]+$/.test(value)) return value === '7' ? '8' : '7'
    return /^\d{4}-/.test(value) ? value.replace(/^\d{4}/, (year) => (year === '2012' ? '2016' : '2012')) : undefined
  }
  if (typeof value === 'number') return value === 7 ? 8 : 7
  if (typeof value === 'bigint') return 7n
  if (typeof value === 'boolean') return !value
  if (value instanceof Uint8Array) return Uint8Array.from([...value, 1])
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return [value, 'other']
  return undefined
}

/** Laws of rows held against those of a source. */
export function testComparisons(database: () => TestDatabase): void {
  describe('a comparison', () => {
    let world: DestinationUnderTest
    beforeEach(async () => {
      world = await DestinationUnderTest.on(database())
      return () => world.destination.close()
    })

    const keyed: TableSpec = { row: Thing, primaryKey: ['id'], cursor: 'at' }
    const window = { from: 0n, to: 100n }

    /** Looks at the window with these rows at the source, twice as the engine does, and once more where it only saw that they differ. */
    async function look(table: TestTable, rows: readonly Row[], more: Partial<Parameters<Comparison['add']>[0]> = {}) {
      const comparison = await world.destination.compare(table.shape)
      try {
        for (let exact = 0; exact < 2; ) {
          comparison.begin(0, { partition: '', window })
          comparison.add({ rows: rows.map((row) => table.encode(row)), deletions: [], presentKeys: [], ...more })
          if (!(await comparison.end(false)).inexact) exact++
        }
        return [...comparison.differences()].map(({ kind, key }: Difference) => `${kind} ${key}`).sort()
      } finally {
        comparison.close()
      }
    }

    it('finds what is missing, extra and different, and nothing else', async () => {
      const table = await world.table(keyed)
      await table.write([thing(1, 10), thing(2, 20), thing(3, 30), thing(4, 200)])
      expect(await look(table, [thing(1, 10), thing(2, 20), thing(3, 30)])).toEqual([])
      expect(await look(table, [thing(1, 10), { ...thing(3, 30), note: 'x' }, thing(5, 50)])).toEqual([
        'different [3]',
        'extra [2]',
        'missing [5]',
      ])
    })

    it('finds one row among others that are too much to keep', async () => {
      const table = await world.table(keyed)
      const large = (id: number) => ({ ...thing(id, id * 10), note: String(id).repeat(3_000_000) })
      const rows = [1, 2, 3, 4].map(large)
      await table.write(rows)
      expect(await look(table, rows)).toEqual([])
      expect(await look(table, rows.slice(1))).toEqual(['extra [1]'])
      expect(await look(table, [...rows, large(5)])).toEqual(['missing [5]'])
      expect(await look(table, [...rows.slice(1), { ...rows[0]!, note: 'x' }])).toEqual(['different [1]'])
      const told = { deletions: [{ key: table.key({ id: 2 }), position: 50n }] }
      expect(await look(table, rows, told)).toEqual(['extra [2]'])
      // Two rows that changed places are different rows.
      const swapped = [{ ...rows[0]!, note: rows[1]!.note }, { ...rows[1]!, note: rows[0]!.note }, ...rows.slice(2)]
      expect(await look(table, swapped)).toEqual(['different [1]', 'different [2]'])
    })

    it('knows rows of all values as equal at the first look, and finds each value that changes', async () => {
      const row = z.object({
        id: z.int(),
        // Too much to keep: rows that were not known as equal would be asked for again.
        filler: z.string(),
        ...Object.fromEntries(CASES.map(([, schema], at) => [`c${at}`, schema])),
      })
      const given = Object.fromEntries(
        CASES.flatMap(([, , value], at) => (value === undefined ? [] : [[`c${at}`, value]])),
      )
      const firstLook = async (table: TestTable, number: number, source: Row) => {
        comparison.begin(number, { partition: '', window: undefined })
        comparison.add({ rows: [table.encode(source)], deletions: [], presentKeys: [] })
        return await comparison.end(false)
      }
      const heavy = await world.table({ row, primaryKey: ['id'] })
      const all = { id: 1, filler: 'x'.repeat(9_000_000), ...given }
      await heavy.write([all])
      let comparison = await world.destination.compare(heavy.shape)
      expect(await firstLook(heavy, 0, all)).toEqual({ rows: 1, rejected: 0, changed: 0, doubtful: 0 })
      comparison.close()
      const light = await world.table({ name: 'light', row, primaryKey: ['id'] })
      await light.write([{ ...all, filler: '' }])
      comparison = await world.destination.compare(light.shape)
      for (const [at, [name, , value]] of CASES.entries()) {
        const other = otherThan(name, value)
        if (other === undefined) continue
        const found = await firstLook(light, at, { ...all, filler: '', [`c${at}`]: other })
        expect(found.doubtful, name).toBe(1)
      }
      comparison.close()
    })

    it('ends in the middle when a signal says so, and the destination works on', async () => {
      const table = await world.table(keyed)
      const rows = Array.from({ length: 8000 }, (_, id) => ({ ...thing(id, 10), note: 'x'.repeat(500) }))
      await table.write(rows)
      const comparison = await world.destination.compare(table.shape)
      comparison.begin(0, { partition: '', window })
      await expect(comparison.end(false, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped')
      comparison.close()
      expect(await look(table, rows)).toEqual([])
    })

    it('calls a row that lies elsewhere different, once', async () => {
      const table = await world.table(keyed)
      await table.write([thing(1, 10), thing(2, 200)])
      expect(await look(table, [thing(1, 90), thing(2, 20)])).toEqual(['different [1]', 'different [2]'])
    })

    it('takes a mark from above for right, and one at the row’s own place for wrong', async () => {
      const table = await world.table(keyed)
      await table.write([thing(1, 10), thing(2, 20)], { deleted: [{ key: { id: 1 }, at: 500n }] })
      expect(await look(table, [thing(1, 10), thing(2, 20)])).toEqual([])
      await table.write([], { deleted: [{ key: { id: 2 }, at: 20n }] })
      expect(await look(table, [thing(1, 10), thing(2, 20)])).toEqual(['missing [2]'])
      expect(await look(table, [])).toEqual([])
      // One from above that lies in what was looked at: the row is there now.
      await table.write([thing(3, 30)], { deleted: [{ key: { id: 3 }, at: 60n }] })
      expect(await look(table, [thing(3, 30)])).toEqual(['missing [3]'])
    })

    it('names the keys of rows that are extra, and excuses them', async () => {
      const table = await world.table(keyed)
      await table.write([thing(1, 10), thing(2, 20), thing(3, 30)])
      const comparison = await world.destination.compare(table.shape)
      comparison.begin(0, { partition: '', window })
      comparison.add({ rows: [table.encode(thing(1, 10))], deletions: [], presentKeys: [] })
      await comparison.end(false)
      expect(comparison.extras('')).toBe(2)
      expect([...comparison.extraKeys('')].flat()).toEqual(expect.arrayContaining([{ id: 2n }, { id: 3n }]))
      comparison.excuse('', [table.key({ id: 3 })])
      expect([...comparison.extraKeys('')].flat()).toEqual([{ id: 2n }])
      comparison.close()
    })

    it('knows the keys of rejected rows, and deletions that were reported', async () => {
      const table = await world.table(keyed)
      await table.write([thing(1, 10), thing(2, 20)])
      expect(await look(table, [thing(2, 20)], { presentKeys: [table.key({ id: 1 })] })).toEqual([])
      const told = { deletions: [{ key: table.key({ id: 2 }), position: 50n }] }
      expect(await look(table, [thing(1, 10), thing(2, 20)], told)).toEqual(['extra [2]'])
    })

    it('believes only what two looks find', async () => {
      const table = await world.table(keyed)
      await table.write([thing(1, 10)])
      const comparison = await world.destination.compare(table.shape)
      const at = async (rows: readonly Row[]) => {
        comparison.begin(0, { partition: '', window })
        comparison.add({ rows: rows.map((row) => table.encode(row)), deletions: [], presentKeys: [] })
        return (await comparison.end(false)).doubtful
      }
      expect(await at([thing(2, 20)])).toBe(2)
      expect(await at([thing(1, 10), thing(2, 20)])).toBe(1)
      expect([...comparison.differences()]).toMatchObject([{ kind: 'missing', key: '[2]', positions: [20n] }])
      comparison.close()
    })

    it('counts equal rows that have no key, and keeps partitions apart', async () => {
      const table = await world.table({ row: Thing, cursor: 'at' })
      await table.replace([thing(1, 10), thing(1, 10), thing(2, 20)], { kind: 'backfill', window })
      expect(await look(table, [thing(1, 10), thing(2, 20), thing(2, 20)])).toHaveLength(2)
      const parts = await world.table({ ...keyed, name: 'parts', partitioned: true })
      await parts.write([thing(1, 10)], { partition: 'a' })
      await parts.write([{ ...thing(1, 10), note: 'b' }], { partition: 'b' })
      const comparison = await world.destination.compare(parts.shape)
      comparison.begin(0, { partition: 'a', window })
      comparison.add({ rows: [parts.encode(thing(1, 10))], deletions: [], presentKeys: [] })
      expect(await comparison.end(false)).toMatchObject({ rows: 1, doubtful: 0 })
      comparison.close()
    })

    it('is refused where there is no such table', async () => {
      const table = await world.table(keyed)
      await expect(world.destination.compare({ ...table.shape, name: 'nothing' })).rejects.toMatchObject({
        code: 'schema',
      })
    })
  })
}
