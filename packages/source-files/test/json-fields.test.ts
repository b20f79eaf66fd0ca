import { COLUMN_TYPES, type ColumnType } from '@tidemark/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meant, readBinary } from './binary-fields.ts'
import { Folder, open } from './harness.ts'
import { goodTimes, isJson, nested, objectLine, scalar } from './json-texts.ts'

const value = fc.oneof({ weight: 8, arbitrary: scalar }, nested)
const id = fc.oneof({ weight: 9, arbitrary: fc.constantFrom('1', '2', '"x"', '"2024-01-01T00:00:00Z"') }, value)
const full = fc.tuple(id, value, value, value).map(([one, a, b, c]) => `{"id":${one},"a":${a},"b":${b},"c":${c}}`)
const some = objectLine(value, fc.constantFrom('"id"', '"a"', '"b"', '"c"', '"toString"'))
/** Of columns whose values are often alike a type is found. */
const alike = fc
  .tuple(fc.array(value, { minLength: 3, maxLength: 3 }), fc.integer({ min: 2, max: 6 }))
  .map(([values, count]) =>
    Array.from({ length: count }, (_, n) => `{"id":${n},"a":${values[0]},"b":${values[n % 2]},"c":${values[2]}}`),
  )
const keys = fc.constantFrom<ColumnType>('integer', 'text', 'timestamp', 'numeric')
const apt: Partial<Record<ColumnType, fc.Arbitrary<string>>> = {
  boolean: fc.constantFrom('true', 'false'),
  date: goodTimes,
  timestamp: goodTimes,
  local_timestamp: goodTimes,
}
/** Lines with values of one column, of which most have its type. */
const typed = fc.constantFrom(...COLUMN_TYPES).chain((type) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: apt[type] ?? value }, value), { minLength: 1, maxLength: 8 })
    .map((values) => ({
      lines: values.map((one, n) => `{"id":${n},"a":${one}}`),
      columns: { id: 'integer', a: type },
    })),
)
const mixed = fc.record({
  lines: fc.oneof(fc.array(fc.oneof({ weight: 5, arbitrary: full }, some), { minLength: 1, maxLength: 8 }), alike),
  columns: fc.record(
    { id: keys, a: fc.constantFrom(...COLUMN_TYPES), b: fc.constantFrom(...COLUMN_TYPES) },
    { requiredKeys: ['id'] },
  ),
})

describe('an NDJSON file in the binary form of Postgres', () => {
  it('has the rows that it has without it, and fields that mean their values', async () => {
    const written = new Map<ColumnType, number>()
    const folder = new Folder()
    let files = 0
    await fc.assert(
      fc.asyncProperty(
        fc.oneof<fc.Arbitrary<{ lines: string[]; columns: Record<string, string> }>[]>(typed, mixed),
        async ({ lines, columns }) => {
          const path = folder.write(
            `${files++}.ndjson`,
            `{"id":1,"a":null,"b":null,"c":null}\n${lines.filter(isJson).join('\n')}`,
          )
          const opened = await open({ t: { path, columns, primaryKey: ['id'] } })
          const fast = await readBinary(opened)
          expect(fast.rows.map(({ row }) => row)).toEqual(await opened.read())
          for (const { row, fields } of fast.rows) {
            if (fields === undefined) continue
            for (const [at, { name, type }] of fast.columns.entries()) {
              expect(fields[at]).toEqual(meant(type, Object.hasOwn(row, name) ? row[name] : undefined))
              if (fields[at] !== null) written.set(type, (written.get(type) ?? 0) + 1)
            }
            expect(fields[fast.columns.findIndex(({ name }) => name === 'id')]).not.toBeNull()
            expect(Object.keys(row).filter((name) => !fast.columns.some((column) => column.name === name))).toEqual([])
          }
        },
      ),
      { numRuns: 1000 },
    )
    const most: readonly ColumnType[] = [
      'text',
      'integer',
      'double',
      'boolean',
      'date',
      'timestamp',
      'local_timestamp',
      'json',
    ]
    for (const type of most) expect.soft(written.get(type), type).toBeGreaterThan(5)
  })

  it('has all of its rows in it, where they are written plainly', async () => {
    const lines = Array.from({ length: 5000 }, (_, n) =>
      JSON.stringify({
        id: n,
        at: '2024-02-29T10:00:00.5+02:00',
        tags: n % 2 ? [] : ['é', { a: null }],
        note: n % 3 ? 'a "b"' : null,
      }),
    )
    const folder = new Folder()
    const opened = await open({ t: { path: folder.write('t.ndjson', lines.join('\n')), primaryKey: ['id'] } })
    const { rows } = await readBinary(opened)
    expect(rows.map(({ row }) => row)).toEqual(await opened.read())
    // The first line tells the names, and the last has no end.
    expect(rows.filter(({ fields }) => fields === undefined)).toHaveLength(2)
  })

  it('has rows with fields of no column as they are', async () => {
    const lines = Array.from({ length: 60_000 }, (_, n) => `{"id":${n}${n > 50_000 && n % 2 ? `,"late":${n}` : ''}}`)
    const path = new Folder().write('t.ndjson', lines.join('\n'))
    const opened = await open({ t: { path, primaryKey: ['id'] } }, {}, {}, { scanLimit: '1KB' })
    const { rows, columns } = await readBinary(opened)
    expect(columns.map(({ name }) => name)).toEqual(['id'])
    expect(rows.map(({ row }) => row)).toEqual(await opened.read())
    expect(rows.filter(({ fields }) => fields === undefined)).toHaveLength(5000 + 1)
  })
})
