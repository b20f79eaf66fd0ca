import type { ColumnType } from '@tidemark/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dialectOf, FilesConfig, type FileTable } from '../src/config.ts'
import { fromText } from '../src/convert.ts'
import { BadRecord, CsvParser, uniqueNames } from '../src/csv.ts'
import { CsvBlock } from '../src/csv-block.ts'
import { columnReader, rewriteTimes, seenIn } from '../src/csv-columns.ts'
import { type CsvPage, CsvReader } from '../src/csv-reader.ts'
import type { Fields } from '../src/csv-record.ts'
import { CsvScanner } from '../src/csv-scanner.ts'
import { kindOfText } from '../src/kind.ts'

function tableOf(options: object): FileTable {
  const { tables } = FilesConfig.parse({ tables: { t: { path: 't.csv', ...options } } })
  return { name: 't', ...tables['t']! }
}

interface Outcome {
  readonly names?: readonly string[] | undefined
  readonly rows?: readonly unknown[]
  readonly rejected?: readonly unknown[]
  readonly error?: string
}

/** What two readers must agree on. */
function outcomeOf(
  read: () => { names: readonly string[] | undefined; records: readonly (Fields | BadRecord)[] },
): Outcome {
  try {
    const { names, records } = read()
    const bad = records.filter((record) => record instanceof BadRecord)
    return {
      names,
      rows: records.filter((record) => !(record instanceof BadRecord)),
      rejected: bad.map(({ line, problem, values }) => ({ line, problem, values })),
    }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

function recordsOf(page: CsvPage): readonly (Fields | BadRecord)[] {
  if (!('block' in page)) return page.records
  const { block, from, to } = page
  const columns = page.names.map((_, column) => block.texts(column, from, to))
  return Array.from({ length: to - from }, (_, at) => columns.map((texts) => texts[at]!))
}

/** Reads bytes by `CsvReader`, in pieces. */
function asBytes(table: FileTable, bytes: Buffer, cuts: readonly number[], scanned: { rows: number }): Outcome {
  return outcomeOf(() => {
    const reader = new CsvReader(table, 'csv')
    const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
    const records: (Fields | BadRecord)[] = []
    let names: readonly string[] | undefined
    const take = (pages: Iterable<CsvPage>): void => {
      for (const page of pages) {
        names = page.names
        if ('block' in page) scanned.rows += page.to - page.from
        records.push(...recordsOf(page))
      }
    }
    for (const [at, place] of places.slice(1).entries()) {
      if (place > places[at]!) take(reader.feed(Buffer.from(bytes.subarray(places[at], place))))
    }
    take(reader.end())
    return { names, records }
  })
}

/** Reads a text by `CsvParser` alone, at once. */
function asText(table: FileTable, text: string): Outcome {
  return outcomeOf(() => {
    const parser = new CsvParser(dialectOf(table, 'csv'))
    const plain = text.replace(/^\ufeff/, '').replace(/\x1a$/, '')
    const records = [...(plain === '' ? [] : parser.feed(plain, false)), ...parser.feed('', true)]
    const [first] = records
    if (first === undefined) return { names: undefined, records }
    return { names: uniqueNames(first instanceof BadRecord ? first.values : first), records: records.slice(1) }
  })
}

const dialects = fc.constantFrom<object>(
  {},
  { delimiter: '\t' },
  { quote: "'", delimiter: ';' },
  { quote: '' },
  { escape: '\\' },
  { nullString: ['', 'NULL', 'é'] },
  { nullString: 'NULL', quotedNulls: true },
  { nullString: [] },
  { shortRows: 'fill' },
  { skip: 1 },
)

describe('a CSV file read as bytes', () => {
  it('has the rows, the rejected rows and the errors that it has read as a text, wherever it is cut', () => {
    const odd = fc.constantFrom(
      'a',
      'b1',
      'é',
      '😀',
      ',',
      ',',
      '\t',
      ';',
      '"',
      "'",
      '\\',
      '\n',
      '\n',
      '\r\n',
      '\r',
      '""',
      '"a,\nb"',
      '"c""d"',
      '"é"',
      'NULL',
      '"NULL"',
      '\x1a',
      '\ufeff',
    )
    const plain = fc.constantFrom('x,y\n', '1,2\n', '"q","r"\n', 'é,"""é"\r\n', '"a\n\r",\n', ',NULL\n')
    const parts = fc
      .tuple(fc.constantFrom('', 'a,b\n', 'a,b\r\n'), fc.array(fc.oneof(odd, plain, plain), { maxLength: 40 }))
      .map(([first, rest]) => first + rest.join(''))
    const scanned = { rows: 0 }
    fc.assert(
      fc.property(dialects, parts, fc.array(fc.nat(), { maxLength: 4 }), (options, text, cuts) => {
        const table = tableOf(options)
        expect(asBytes(table, Buffer.from(text), cuts, scanned)).toEqual(asText(table, text))
      }),
      { numRuns: 5000 },
    )
    expect(scanned.rows).toBeGreaterThan(3000)
  })

  it('numbers lines behind those that it scanned, and says at which byte it is not UTF-8', () => {
    const scanned = { rows: 0 }
    const start = `a,b\n${'1,"x\ny"\n'.repeat(300)}`
    const { rows, rejected } = asBytes(tableOf({}), Buffer.from(`${start}1,2,3\n4,5\n`), [], scanned)
    expect(rows).toHaveLength(301)
    expect(rejected).toEqual([expect.objectContaining({ line: 602, values: ['1', '2', '3'] })])
    const bad = Buffer.concat([Buffer.from(start), Buffer.from([0x61, 0xff, 0x2c, 0x62, 10])])
    expect(asBytes(tableOf({}), bad, [500, 1000], scanned).error).toContain(`is not UTF-8 (byte ${start.length + 1})`)
    expect(scanned.rows).toBeGreaterThan(300)
  })

  it('ends in an error where a quote is never closed, with the line where it begins', () => {
    const text = `a,b\n${'1,2\n'.repeat(300)}3,"4\n${'5,6\n'.repeat(100_000)}`
    expect(asBytes(tableOf({}), Buffer.from(text), [5, 700, 90_000], { rows: 0 }).error).toContain(
      'record of line 302:',
    )
  })
})

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
  const table = tableOf({})
  const scanner = new CsvScanner(dialectOf(table, 'csv'), 2)
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
  const types: readonly ColumnType[] = [
    'text',
    'integer',
    'double',
    'numeric',
    'boolean',
    'timestamp',
    'local_timestamp',
    'date',
    'json',
    'bytes',
  ]

  it.each(types.flatMap((type) => [[type, false] as const, [type, true] as const]))(
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
