import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { errorOf, Folder, judged, open, opened } from './harness.ts'

/** What reading a file fails with, when its table was already known. */
async function failureOf(
  name: string,
  content: string | Uint8Array,
  more: Record<string, unknown> = {},
): Promise<SyncError> {
  const folder = new Folder()
  const file = folder.write(name, content)
  const source = await open(
    { t: { path: file, ...more } },
    {
      t: [
        { name: 'a', type: 'integer' },
        { name: 'b', type: 'text' },
      ],
    },
  )
  const error = await errorOf(source.read())
  expect(error.message).toContain(file)
  return error
}

const BIG = `a,b\n${Array.from({ length: 50_000 }, (_, at) => `${at},text ${Math.sin(at)}`).join('\n')}\n`

describe('a file that was cut off is an error, never the end of the data', () => {
  const gz = gzipSync(BIG)
  const zst = zstdCompressSync(BIG)
  const damaged = Buffer.from(gz)
  damaged[gz.length - 6]! ^= 0xff
  it.each([
    ['half a gzip', 'x.csv.gz', gz.subarray(0, gz.length / 2), /cut off/],
    ['gzip without its last bytes', 'x.csv.gz', gz.subarray(0, gz.length - 4), /cut off/],
    ['gzip of nothing', 'x.csv.gz', Buffer.alloc(0), /cut off/],
    ['half a zstd', 'x.csv.zst', zst.subarray(0, zst.length / 2), /cut off/],
    ['a wrong checksum', 'x.csv.gz', damaged, /damaged/],
    ['no gzip', 'x.csv.gz', Buffer.from('a,b\n1,2\n'), /damaged/],
    ['a CSV row', 'x.csv', 'a,b\n1,x\n2', /in a row of 1 value where 2 are expected.*\(line 3\).*"shortRows"/],
    ['a quoted CSV value', 'x.csv', 'a,b\n1,"x\n2,y\n', /quoted value.*line 2/],
    ['an NDJSON line', 'x.ndjson', '{"a":1}\n{"a":2', /line 2.*cut off/],
    ['a JSON array behind a comma', 'x.json', '[{"a":1},', /ends too early/],
    ['a JSON array without its end', 'x.json', '[{"a":1}', /ends too early/],
    ['a JSON object', 'x.json', '{"a":1', /ends too early/],
    ['a JSON file of nothing', 'x.json', '', /ends too early/],
    ['a Parquet file', 'x.parquet', Buffer.from('PAR1abcdefghijklmnop'), /Parquet/],
    ['a Parquet file of nothing', 'x.parquet', '', /Parquet/],
    ['a compressed Parquet file', 'x.parquet.gz', gz.subarray(0, 1000), /cut off/],
  ])('%s', async (_name, file, content, message) => {
    const error = await failureOf(file, content)
    expect(error.message).toMatch(message)
    expect(error.remedy).toBe('fix-config')
  })
})

describe('other wrong files', () => {
  it.each([
    ['invalid UTF-8', 'x.csv', Buffer.from([97, 44, 98, 10, 49, 44, 0xff, 10]), /not UTF-8 \(byte 6\).*"encoding"/],
    ['UTF-16 that nobody declared', 'x.csv', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), /"utf-16"/],
    ['a JSON that is no array', 'x.json', '42', /array of objects/],
    ['a JSON array of numbers', 'x.json', '[1]', /array of objects/],
    ['text behind a JSON array', 'x.json', '[{"a":1}] {}', /after the end/],
    [
      'a JSON array without commas',
      'x.json',
      '[{"a":1} {"a":2}]',
      /not valid JSON \(in or soon after record 1\): .*','/,
    ],
    ['a comma too many', 'x.json', '[{"a":1},]', /not valid JSON.*']'/],
    ['NaN in a JSON array', 'x.json', '[{"a":NaN}]', /not valid JSON/],
    [
      'a record that is wrong, by its number',
      'x.json',
      `[${'{"a":1},'.repeat(10_000)}{"a":tru},{"a":1},{"a":2}]`,
      /not valid JSON.*record (?:9[5-9]\d\d|1000[01])\)/,
    ],
    ['a wrong last record', 'x.json', '[{"a":tru}]', /not valid near its end, in or after record 1/],
    ['a row that does not end', 'x.csv', `a,b\n${','.repeat(1_100_000)}`, /more than a million values \(line 2\)/],
    ['nesting that does not end', 'x.json', `[{"a":${'['.repeat(1_100_000)}`, /more than a million levels/],
    ['a line that is no object', 'x.ndjson', '{"a":1}\n\n[2]\n', /instead of an object \(line 3\)/],
    ['a line that is no JSON', 'x.ndjson', '{"a":1}\n{"a":\n{"a":3}\n', /not valid JSON \(line 2\)/],
    ['NaN in JSON', 'x.ndjson', '{"a":NaN}\n', /not valid JSON \(line 1\)/],
    ['a format that the ending does not say', 'x.dat', 'a\n1\n', /tables\.t\.format/],
    [
      'bzip2, by its ending',
      'x.csv.bz2',
      'BZh91AY&SY',
      /compressed with bzip2, which cannot be read: unpack.*\.gz or \.zst/,
    ],
    ['xz, by its ending', 'x.parquet.xz', 'a', /compressed with xz, which cannot be read: unpack/],
    ['bzip2 that is called Parquet', 'x.parquet', 'BZh91AY&SY', /compressed with bzip2, which cannot be read: unpack/],
    ['gzip that is called Parquet', 'x.parquet', gzipSync('PAR1'), /compressed with gzip.*rename it/],
    ['no Parquet at all', 'x.parquet', 'a,b\n1,2\n3,4\n', /is not a complete Parquet file/],
  ])('%s', async (_name, file, content, message) => {
    const error = await failureOf(file, content)
    expect(error.message).toMatch(message)
    expect(error.remedy).toBe('fix-config')
  })

  it('fail their own table at its partitions, not the source', async () => {
    const folder = new Folder()
    folder.write('bad.json', '[')
    folder.write('good.csv', 'a\n1\n')
    const source = await open({
      bad: { path: folder.at('bad.json'), primaryKey: ['id'] },
      good: { path: folder.at('good.csv') },
    })
    expect(await source.read('good')).toEqual([{ a: 1 }])
    expect((await errorOf(source.read('bad'))).message).toMatch(/ends too early/)
  })

  it('fail alone among the files of a table', async () => {
    const folder = new Folder()
    folder.write('1.csv.gz', gzipSync(BIG).subarray(0, 500))
    folder.write('2.csv.gz', gzipSync('a,b\n1,x\n'))
    const source = await open({ t: { path: folder.at('*.gz') } })
    expect(await source.read('t', '2.csv.gz')).toEqual([{ a: 1, b: 'x' }])
    expect((await errorOf(source.read('t', '1.csv.gz'))).message).toMatch(/cut off/)
  })
})

describe('rows that do not fit their file are rejects', () => {
  it.each([
    [
      'too few and too many values',
      'a,b,c\n1,2\n1,2,3\n1,2,3,4\n',
      [
        '2 values where 3 are expected; to fill short rows with NULL, set "shortRows": "fill" in the table\'s config',
        '4 values where 3 are expected',
      ],
    ],
    ['text after a closing quote', 'a,b,c\n1,"x"y,3\n1,2,3\n', ['text after a closing quote: y']],
    [
      'text after a closing quote, however it is written',
      'a,b,c\n1,"""x""y"z,3\n1,"x"\0y,3\n1,2,3\n',
      ['text after a closing quote: z', 'text after a closing quote: \0y'],
    ],
  ])('%s', async (_name, content, problems) => {
    const source = await opened('x.csv', content)
    const { good, bad } = judged(source, await source.read())
    expect(good).toEqual([{ a: 1, b: 2, c: 3 }])
    expect(bad.map((row) => (row['a'] as { problem: string }).problem)).toEqual(problems)
  })

  it('say the line that they begin in, also behind line breaks in values', async () => {
    const source = await opened('x.csv', '# about\na,b\r\n1,"x\r\ny\n"\r\n1\r\n2,"z"q\n', { skip: 1 })
    const { bad } = judged(source, await source.read())
    expect(bad.map((row) => row['a'])).toMatchObject([{ line: 6 }, { line: 7, values: ['2', '"z"q'] }])
  })

  it('unless short rows are to be filled', async () => {
    const source = await opened('x.csv', 'a,b\n1\n2,3\n4', { shortRows: 'fill' })
    expect(await source.read()).toEqual([
      { a: 1, b: null },
      { a: 2, b: 3 },
      { a: 4, b: null },
    ])
  })
})
