import { COLUMN_TYPES, type ColumnType } from '@tidemark/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instantAt } from '../src/byte-moments.ts'
import { fromText } from '../src/convert.ts'
import { meant, readBinary } from './binary-fields.ts'
import { Folder, open } from './harness.ts'
import { goodTimes, nested } from './json-texts.ts'

const texts = fc.oneof(
  fc.constantFrom('', 'open', 'é 😀', 'a,"b"\nc', 'NULL', 'a\0b', ' x', 'true', 'false', 'TRUE', 't'),
  fc.constantFrom(
    '0',
    '42',
    '-7',
    '-0',
    '007',
    '999999999999999',
    '9007199254740993',
    '-9223372036854775808',
    '92233720368547758080',
  ),
  fc.constantFrom(
    '0.5',
    '-12.250',
    '12.0',
    '-0.0',
    '0.00',
    '1e3',
    '1e400',
    '0.8444218515250481',
    '123456789012345678901234567890.5',
    '.5',
    'NaN',
  ),
  fc.stringMatching(/^-?\d{1,20}\.\d{1,12}$/),
  fc.stringMatching(/^-?\d{1,20}$/),
  goodTimes.map((text) => text.slice(1, -1)),
  nested,
)
const cell = fc.oneof(
  { weight: 3, arbitrary: texts.map((text) => (/[",\n\r]/.test(text) ? quoted(text) : text)) },
  texts.map(quoted),
  fc.constant(''),
)
const typed = fc.constantFrom(...COLUMN_TYPES).chain((type) => {
  const likely: Partial<Record<ColumnType, fc.Arbitrary<string>>> = {
    boolean: fc.constantFrom('true', 'false'),
    integer: fc.stringMatching(/^-?[1-9]\d{0,17}$/),
    numeric: fc.stringMatching(/^-?[1-9]\d{0,25}\.\d{1,25}$/),
    date: fc.constantFrom('2024-02-29', '0001-01-01'),
    timestamp: goodTimes.map((text) => text.slice(1, -1)),
    local_timestamp: fc.constantFrom('2024-02-29', '2024-02-29 10:20:30.25', '1720-01-01T00:00:00'),
    json: nested.map(quoted),
  }
  const values = fc.array(fc.oneof({ weight: 4, arbitrary: likely[type] ?? cell }, cell), {
    minLength: 1,
    maxLength: 8,
  })
  // Of a type that nobody declared some values are read otherwise.
  return fc
    .tuple(values, fc.boolean())
    .map(([all, isDeclared]) => ({ values: all, type: isDeclared ? type : undefined }))
})

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

describe('a CSV file in the binary form of Postgres', () => {
  it('has the rows that it has without it, and fields that mean their values', async () => {
    const written = new Map<ColumnType, number>()
    const folder = new Folder()
    let files = 0
    await fc.assert(
      fc.asyncProperty(typed, async ({ values, type }) => {
        const lines = values.map((one, n) => `${n},${one}\n`)
        const path = folder.write(`${files++}.csv`, `id,a\n${lines.join('')}`)
        const columns = type === undefined ? {} : { a: type, more: 'text' }
        const opened = await open({ t: { path, columns, primaryKey: ['id'] } })
        const fast = await readBinary(opened)
        expect(fast.rows.map(({ row }) => row)).toEqual(await opened.read())
        for (const { row, fields } of fast.rows) {
          if (fields === undefined) continue
          for (const [at, column] of fast.columns.entries()) {
            expect(fields[at]).toEqual(meant(column.type, row[column.name]))
            if (fields[at] !== null && column.name === 'a')
              written.set(column.type, (written.get(column.type) ?? 0) + 1)
          }
        }
      }),
      { numRuns: 1000 },
    )
    for (const type of COLUMN_TYPES.filter((one) => one !== 'bytes'))
      expect.soft(written.get(type), type).toBeGreaterThan(5)
  })

  it.each([true, false])('counts an instant as its text is read, declared: %s', (declared) => {
    let found = 0
    fc.assert(
      fc.property(goodTimes, (quotedTime) => {
        const text = quotedTime.slice(1, -1)
        const count = instantAt(Buffer.from(`${text}\n`), 0, text.length, declared)
        if (Number.isNaN(count)) return
        found++
        expect(BigInt(count)).toBe(meant('timestamp', fromText('timestamp', declared)(text)))
      }),
      { numRuns: 2000 },
    )
    expect(found).toBeGreaterThan(200)
  })
})
