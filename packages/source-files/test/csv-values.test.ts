import { COLUMN_TYPES } from '@tidemark/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromText } from '../src/convert.ts'
import { CsvBlock } from '../src/csv-block.ts'
import { columnReader, rewriteTimes, seenIn } from '../src/csv-columns.ts'
import { CsvScanner } from '../src/csv-scanner.ts'
import { kindOfText } from '../src/kind.ts'

const DIALECT = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  nulls: new Set(['']),
  quotedNulls: false,
  skip: 0,
  fillShort: false,
}

const digits = fc.stringMatching(/^\d{1,17}$/)
const written = fc.oneof(
  fc.stringMatching(/^-?\d{1,17}$/),
  fc.stringMatching(/^-?\d{0,9}\.\d{0,9}$/),
  fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.constantFrom('0', '00', '1', ''),
      fc.constantFrom('.', ''),
      fc.constantFrom('0', '000000', ''),
      digits,
    )
    .map((parts) => parts.join('')),
  fc.double().map(String),
  fc.stringMatching(/^[019]{4}-[01][0-39]-[0-3][0-9]$/),
  fc
    .tuple(
      fc.constantFrom(
        '2024-02-29',
        '2023-02-29',
        '0000-01-31',
        '9999-12-31',
        '2024-13-01',
        '1900-02-29',
        '2024-00-10',
        '2024-06-31',
      ),
      fc.constantFrom('T', ' ', 't', ''),
      fc.constantFrom('10:00:00', '23:59:59', '24:00:00', '10:60:00', '10:00', '10:00:60', '1:00:00', ''),
      fc.constantFrom('', '.', '.1', '.123456789', '.1x'),
      fc.constantFrom(
        '',
        'Z',
        'z',
        '+00',
        '-00',
        '+0000',
        '+00:00',
        '+02',
        '-0530',
        '+05:30',
        ' UTC',
        ' Z',
        '+24',
        '+0',
        '+0260',
        '+02:',
        'x',
      ),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'true',
    'false',
    'TRUE',
    'truе',
    't',
    'f',
    'yes',
    'tru',
    'falsy',
    '1e3',
    '-',
    '-0',
    '-0.0',
    '0.0',
    '.5',
    '5.',
    'NaN',
    'Infinity',
    '[]',
    '{"a":1}',
    'YWJj',
    '12é',
    'é12',
    '"',
    '1"2',
    '',
    ' 42 ',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => text.toWellFormed()),
)

function blockOf(values: readonly (string | null)[]): CsvBlock {
  const scanner = new CsvScanner(DIALECT, 2)
  const lines = values.map((value) => (value === null ? ',x\n' : `"${value.replaceAll('"', '""')}",x\n`))
  const bytes = Buffer.from(`${lines.join('')}\n`)
  const to = bytes.length - 1
  expect(scanner.scan(bytes, 0, to)).toBe(to)
  expect(scanner.count).toBe(values.length)
  return new CsvBlock(bytes, scanner, '"')
}

describe('a value of a CSV file, read from bytes', () => {
  const column = fc.array(fc.oneof({ weight: 9, arbitrary: written }, fc.constant(null)), {
    minLength: 1,
    maxLength: 9,
  })

  it.each(COLUMN_TYPES.flatMap((type) => [[type, false] as const, [type, true] as const]))(
    'is what its text becomes: %s, declared: %s',
    (type, declared) => {
      const convert = fromText(type, declared)
      const read = columnReader(type, declared)
      fc.assert(
        fc.property(column, fc.nat(), (values, first) => {
          const from = first % values.length
          const block = blockOf(values)
          rewriteTimes(block, 0, type)
          expect(read(block, 0, from, values.length)).toEqual(
            values.slice(from).map((value) => (value === null ? null : convert(value))),
          )
        }),
        { numRuns: 1000 },
      )
    },
  )

  it('has the kind that its text has', () => {
    fc.assert(
      fc.property(written, (text) => {
        expect(seenIn(blockOf([text]), 0, 0, 1, 0)).toBe(kindOfText(text))
      }),
      { numRuns: 20_000 },
    )
  })
})
