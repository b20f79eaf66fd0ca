import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dialectOf, FilesConfig, type FileTable } from '../src/config.ts'
import { BadRecord, CsvParser, uniqueNames } from '../src/csv.ts'
import { type CsvPage, CsvReader } from '../src/csv-reader.ts'
import type { Fields } from '../src/csv-record.ts'
import { Folder, open } from './harness.ts'

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

  it('has all rows of a file of many pages, also where the last value of each is a time', () => {
    const lines = Array.from({ length: 9000 }, (_, n) => {
      const note = n % 7 === 0 ? `"é, ""${n}"""` : `note ${'x'.repeat(n % 90)}`
      return `${n},${note},2024-02-29 10:00:00+00\n`
    })
    const bytes = Buffer.from(`id,note,at\n${lines.join('')}`)
    const scanned = { rows: 0 }
    const cuts = [99_999, 262_144, 524_289]
    expect(asBytes(tableOf({}), bytes, cuts, scanned)).toEqual(asText(tableOf({}), bytes.toString()))
    expect(scanned.rows).toBe(9000)
  })

  it('keeps a character of which a half is in the next piece, though both are read into one buffer', async () => {
    // The file is read in pieces of 256 KB; of the euro sign the first has one byte, and letters take its place.
    const valueFrom = (start: number): string => `${'a'.repeat(256 * 1024 - 1 - start)}€${'b'.repeat(600_000)}`
    for (const [name, lines] of [
      ['t.csv', ['v', valueFrom(2)]],
      ['t.ndjson', [JSON.stringify({ v: valueFrom(6) })]],
    ] as const) {
      const folder = new Folder()
      folder.write(name, `${lines.join('\n')}\n`)
      const opened = await open({ t: { path: folder.at(name) } })
      expect(await opened.read()).toEqual([{ v: valueFrom(name === 't.csv' ? 2 : 6) }])
    }
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

  it.each([[0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xe2, 0x82, 0x41], [0xf5, 0x80, 0x80, 0x80]])(
    'says at which byte it is not UTF-8, however long it is: %s',
    (...invalid) => {
      for (let length = 0; length < 40; length++) {
        const start = Buffer.from(`a,b\n1,${'ä'.repeat(length)}`)
        const bad = Buffer.concat([start, Buffer.from(invalid), Buffer.from(`${'x'.repeat(length % 7)}\n`)])
        const { error } = asBytes(tableOf({}), bad, [], { rows: 0 })
        expect(error).toContain(`is not UTF-8 (byte ${start.length})`)
      }
    },
  )

  it('ends in an error where a quote is never closed, with the line where it begins', () => {
    const text = `a,b\n${'1,2\n'.repeat(300)}3,"4\n${'5,6\n'.repeat(100_000)}`
    expect(asBytes(tableOf({}), Buffer.from(text), [5, 700, 90_000], { rows: 0 }).error).toContain(
      'record of line 302:',
    )
  })
})
