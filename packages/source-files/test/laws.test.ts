import { Readable } from 'node:stream'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BadRecord, CsvParser, uniqueNames } from '../src/csv.ts'
import type { Dialect, Fields } from '../src/csv-record.ts'
import { chunksOf, identifier, literal, openDuckDb } from '../src/duckdb.ts'
import { failure } from '../src/invalid-file-error.ts'
import { jsonDocument, jsonLines } from '../src/json-records.ts'
import { exactJson } from '../src/json-value.ts'
import { rowMaker } from '../src/rows.ts'
import { Folder, judged, open } from './harness.ts'

const DIALECT = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  nulls: new Set(['']),
  quotedNulls: false,
  skip: 0,
  fillShort: false,
}
const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`
const cell = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(
    '',
    ' ',
    '"',
    ',',
    '\n',
    '\r\n',
    '\r',
    '00123',
    '1e3',
    'TRUE',
    '2024-01-01 10:00:00',
    '1.50',
    '\ufeff',
  ),
)
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }))

/** Cuts a text at any places, also inside characters of two units. */
function pieces(text: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length]
  return places.slice(1).map((place, at) => text.slice(places[at], place))
}

/** The pieces that decoding a file gives: well-formed, and cut between characters. */
function decodedPieces(text: string, cuts: readonly number[]): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const bytes = Buffer.from(text).toString('latin1')
  return pieces(bytes, cuts).map((piece) => decoder.decode(Buffer.from(piece, 'latin1'), { stream: true }))
}

describe('any table of texts', () => {
  it('reads back as it was written to a CSV file', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), async (rows, end) => {
        const folder = new Folder()
        const names = rows[0]!.map((_, at) => `c${at}`)
        folder.write('t.csv', [names, ...rows.map((row) => row.map(quoted))].map((row) => row.join(',')).join(end))
        const opened = await open({
          t: { path: folder.at('t.csv'), columns: Object.fromEntries(names.map((name) => [name, 'text'])) },
        })
        const read = await opened.read()
        expect(read.map((row) => names.map((name) => row[name]))).toEqual(
          rows.map((row) => row.map((value) => value.toWellFormed())),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('is the same wherever the text is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, cuts, end) => {
          const text = rows
            .map(
              (row) =>
                row.map((value, at) => (/[",\r\n]|^$/.test(value) || at % 2 === 0 ? quoted(value) : value)).join(',') +
                end,
            )
            .join('')
          const parser = new CsvParser(DIALECT)
          const records: unknown[] = []
          for (const piece of decodedPieces(text, cuts)) records.push(...parser.feed(piece, false))
          records.push(...parser.feed('', true))
          expect(records).toEqual(rows.map((row) => row.map((value) => value.toWellFormed())))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('has the values that csv-parse finds, also where it is not written as it should be', () => {
    const dialects = fc
      .record({ delimiter: fc.constantFrom(',', '\t'), quote: fc.constantFrom('"', "'", ''), escape: fc.boolean() })
      .map(
        ({ escape: isDoubled, ...rest }): Dialect => ({
          ...DIALECT,
          ...rest,
          escape: isDoubled ? rest.quote : '\\',
          nulls: new Set(),
        }),
      )
    // An empty line is a row of csv-parse.
    const isFilled = (fields: Fields): boolean => fields.length > 1 || fields[0] !== ''
    const units = fc.constantFrom('a', 'é', ',', '\t', '"', "'", '\\', '\n', '\r\n', '""', "''", '"a,\nb"', "'\t'")
    fc.assert(
      fc.property(dialects, fc.array(units, { maxLength: 25 }), fc.array(fc.nat()), (dialect, parts, cuts) => {
        const text = `${parts.join('')}\n`
        const { delimiter, quote } = dialect
        let expected: string[][] | undefined
        try {
          expected = parse(text, {
            delimiter,
            quote,
            escape: quote === '' ? null : dialect.escape,
            record_delimiter: ['\r\n', '\n'],
            relax_quotes: true,
            relax_column_count: true,
            skip_empty_lines: true,
          })
        } catch {
          // It ends inside quotes.
        }
        const parser = new CsvParser(dialect)
        const read = (): Fields[] =>
          [...pieces(text, cuts).map((piece) => parser.feed(piece, false)), parser.feed('', true)]
            .flat()
            .map((record) => (record instanceof BadRecord ? record.values : record))
        if (expected === undefined) expect(read).toThrow('ends inside a quoted value')
        else expect(read().filter(isFilled)).toEqual(expected.filter(isFilled))
      }),
      { numRuns: 3000 },
    )
  })

  it.each(['', 'x,y\n'])('of which a value is long is not read again with each of its pieces', (before) => {
    const value = 'ab\n'.repeat(1_000_000)
    const parser = new CsvParser(DIALECT)
    const records: unknown[] = []
    const text = `${before}1,"${value}"\n2,b\n`
    for (let at = 0; at < text.length; at += 100) records.push(...parser.feed(text.slice(at, at + 100), false))
    records.push(...parser.feed('', true))
    expect(records.slice(-2)).toEqual([
      ['1', value],
      ['2', 'b'],
    ])
  })

  it('gives every column a name of its own', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'a_2', 'a_3', '', 'column_1', 'column_2')), (header) => {
        const names = uniqueNames(header as Fields)
        expect(new Set(names).size).toBe(header.length)
        expect(uniqueNames(names)).toEqual(names)
      }),
    )
  })
})

describe('any JSON rows', () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary' }), fc.integer(), fc.boolean())
  // V8 gives a key that has an escape another key's name once it has seen one with a backslash (nodejs/node#63785).
  const hasBackslashKey = /"(?:[^"\\]|\\.)*\\\\(?:[^"\\]|\\.)*":/
  const rows = fc
    .array(
      fc.dictionary(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 5 }), fc.constantFrom('a', 'A', 'b', 'toString', '__proto__')),
        value,
        { maxKeys: 5 },
      ),
      { minLength: 1, maxLength: 8 },
    )
    .filter((records) => !hasBackslashKey.test(JSON.stringify(records)))
  const texts = (records: readonly object[], format: string): string =>
    format === 'ndjson'
      ? records.map((record) => JSON.stringify(record)).join('\n')
      : JSON.stringify(records, undefined, 1)

  it.each(['ndjson', 'json'])('read back as they were written: %s', async (format) => {
    await fc.assert(
      fc.asyncProperty(rows, async (written) => {
        const folder = new Folder()
        const text = texts(written, format)
        folder.write(`t.${format}`, text)
        const opened = await open({ t: { path: folder.at(`t.${format}`) } })
        if (opened.tables.length === 0) return
        const read = await opened.read()
        // What every object inherits stands in each row: no `toString` may pass for a value.
        for (const [at, row] of read.entries()) {
          for (const name of ['toString', '__proto__'])
            if (row[name] === null && !Object.hasOwn(written[at]!, name)) delete row[name]
        }
        expect(read).toEqual(JSON.parse(JSON.stringify(written)))
        expect(judged(opened, await opened.read()).bad).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('are the same wherever the text is cut into pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom('ndjson', 'json'),
        fc.array(fc.nat(), { maxLength: 6 }),
        async (written, format, cuts) => {
          const read = format === 'ndjson' ? jsonLines : jsonDocument
          const source = Readable.from(pieces(texts(written, format), cuts))
          const records: unknown[] = []
          for await (const page of read(source, exactJson)) records.push(...page)
          expect(records).toEqual(JSON.parse(JSON.stringify(written)))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('SQL', () => {
  it('takes any text as a literal and any name as an identifier', async () => {
    const instance = await openDuckDb({ memoryLimit: '128MB', threads: 1 })
    const connection = await instance.connect()
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((value) => !value.includes('\0'))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(text, fc.constantFrom("'", "''", '"', '\\', '--', ';', "'); DROP TABLE t; --", '$1', '?')),
        async (value) => {
          const result = await connection.runAndReadAll(`SELECT ${literal(value)} AS ${identifier(value)}`)
          expect([result.columnNames(), result.getRowsJson()]).toEqual([[value], [[value]]])
        },
      ),
      { numRuns: 60 },
    )
    const gone = chunksOf(connection, 'SELECT 1::INTEGER AS i', ['BIGINT'], new AbortController().signal).next()
    await expect(gone).rejects.toThrow(/gave INTEGER for column 1 instead of BIGINT/)
    await expect(connection.run('INSTALL spatial')).rejects.toThrow()
    await expect(connection.run("SET TimeZone = 'Asia/Tokyo'")).rejects.toThrow(/locked/)
    connection.closeSync()
    instance.closeSync()
  })
})

describe('rows', () => {
  it.each([3, 500])('are built with any names: %i columns', (width) => {
    const names = [
      '__proto__',
      '"]: process.exit(1), ["',
      '\u2028',
      ...Array.from({ length: width }, (_, at) => `c${at}`),
    ]
    const row = rowMaker(names)(
      names.map((name) => [name]),
      0,
    )
    expect(Object.entries(row)).toEqual(names.map((name) => [name, name]))
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  })
})

it.each([
  ['EACCES', 'fix-config', /permission to read it/],
  ['ENOENT', 'retry', /disappeared/],
  ['EIO', 'retry', /cannot be read/],
])('%s of the system becomes an error with a remedy', (code, remedy, message) => {
  expect(failure('/data/x.csv', Object.assign(new Error('system'), { code }))).toMatchObject({
    remedy,
    message: expect.stringMatching(message),
  })
})
