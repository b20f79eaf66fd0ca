import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { typedJson, WHOLE_FRACTION } from '../src/json-value.ts'
import { Folder, judged, open, remembered, revision } from './harness.ts'

async function typesOfCsv(values: readonly string[], more: Record<string, unknown> = {}): Promise<string> {
  const folder = new Folder()
  folder.write('a.csv', `id,v\n${values.map((value, at) => `${at},${value}`).join('\n')}\n`)
  const opened = await open({ t: { path: folder.at('*.csv'), ...more } })
  return opened.types()['v']!
}

describe('types of CSV columns', () => {
  it.each([
    [['1', '-5', '0'], 'integer'],
    [['9223372036854775807', '1'], 'integer'],
    [['9223372036854775808'], 'numeric'],
    [['1', '2.5'], 'double'],
    [['2.50', '1'], 'numeric'],
    [['0.1234567890123456789'], 'numeric'],
    [['9007199254740993', '1.5'], 'numeric'],
    [['true', 'false'], 'boolean'],
    [['TRUE'], 'text'],
    [['00123', '5'], 'text'],
    [['1e3'], 'text'],
    [[' 42 '], 'text'],
    [['+1'], 'text'],
    [['-0'], 'text'],
    [['NaN'], 'text'],
    [['2024-02-29'], 'date'],
    [['2024-02-30'], 'text'],
    [['2024-02-29', '2024-02-29 10:00:00'], 'local_timestamp'],
    [['2024-02-29T10:00:00.123456'], 'local_timestamp'],
    [['2024-02-29 10:00:00+00', '2024-02-29 10:00:00 UTC', '2024-02-29T10:00:00Z'], 'timestamp'],
    [['2024-02-29T10:00:00Z', '2024-02-29T10:00:00'], 'text'],
    [['1', 'x'], 'text'],
    [['1', 'true'], 'text'],
    [['', ''], 'text'],
  ])('%j is %s', async (values, type) => {
    expect(await typesOfCsv(values)).toBe(type)
  })

  it('gives texts back as they were written', async () => {
    const folder = new Folder()
    const values = ['00123', '1e3', ' 42 ', 'TRUE', '2024-01-01', "', NULL'); DROP TABLE t; --", '\\', '$1']
    folder.write('a.csv', `v\n${values.join('\n')}\n`)
    const opened = await open({ t: { path: folder.at('a.csv'), delimiter: '\t' } })
    expect((await opened.read()).map((row) => row['v'])).toEqual(values)
  })

  it('tells NULL from an empty text', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'a,b\n,""\n"",\n')
    const opened = await open({ t: { path: folder.at('a.csv') } })
    expect(await opened.read()).toEqual([
      { a: null, b: '' },
      { a: '', b: null },
    ])
  })
})

describe('types of JSON columns', () => {
  it('know every whole number that is written as a fraction, in whatever text it stands', () => {
    const number = fc.oneof(
      fc.stringMatching(/^-?(?:0|[1-9]\d{0,3})\.[0-9]{1,4}$/),
      fc.stringMatching(/^-?(?:0|[1-9]\d{0,2})(?:\.0{1,3})?(?:[eE][+-]?\d{1,3})?$/),
    )
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', ' ', '\n'),
        (numbers, space) => {
          const text = `[${numbers.map((one) => `${one}${space}`).join(',')}]`
          const isWhole = (one: string) => typedJson.number(one) === WHOLE_FRACTION
          const found = (typedJson.parse(text) as unknown[]).map((value) => value === WHOLE_FRACTION)
          expect(found).toEqual(numbers.map(isWhole))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['[1, 2]', 'integer'],
    ['[1.0, 2.0]', 'double'],
    ['[12345678901234567890]', 'numeric'],
    ['[9007199254740993]', 'integer'],
    ['[50000.0000000000000001]', 'numeric'],
    ['["00123", "5"]', 'text'],
    ['["2024-01-01T00:00:00Z"]', 'timestamp'],
    ['["2024-01-01 00:00:00"]', 'text'],
    ['[1, "a"]', 'json'],
    ['[[1], {}]', 'json'],
    ['[true, null]', 'boolean'],
  ])('%s is %s', async (values, type) => {
    const folder = new Folder()
    const parts = values.slice(1, -1).split(/, (?![^[{]*[\]}])/)
    folder.write('a.ndjson', parts.map((value) => `{"v":${value}}`).join('\n'))
    const opened = await open({ t: { path: folder.at('a.ndjson') } })
    expect(opened.types()['v']).toBe(type)
    expect(judged(opened, await opened.read()).bad).toEqual([])
  })

  it('keeps numbers that no double holds', async () => {
    const folder = new Folder()
    folder.write(
      'a.ndjson',
      '{"i":9007199254740993,"n":50000.0000000000000001,"h":12345678901234567890123,"j":{"deep":[9007199254740993]}}\n{"n":1e21,"h":5}\n',
    )
    const opened = await open({ t: { path: folder.at('a.ndjson') } })
    const [first, second] = await opened.read()
    expect(first).toMatchObject({ i: 9007199254740993n, n: '50000.0000000000000001', h: '12345678901234567890123' })
    expect(JSON.stringify(first!['j'])).toBe('{"deep":[9007199254740993]}')
    expect(second).toEqual({ n: '1000000000000000000000', h: '5' })
  })

  it.each(['1e400', '-1e400', '1e-400'])('makes no other number of one that no double is near: %s', async (given) => {
    for (const [name, content] of [
      ['a.csv', `v\n${given}\n0e-400\n`],
      ['a.ndjson', `{"v":${given}}\n{"v":0e-400}\n`],
    ] as const) {
      const folder = new Folder()
      folder.write(name, content)
      const opened = await open({ t: { path: folder.at(name), columns: { v: 'double' } } })
      const { good, bad } = judged(opened, await opened.read())
      expect([good, bad], name).toEqual([[{ v: 0 }], [{ v: given }]])
    }
  })

  it('rejects a number beyond all bounds: 1e999', async () => {
    const folder = new Folder()
    folder.write('a.ndjson', '{"v":1.5}\n{"v":1e999}\n')
    const opened = await open({ t: { path: folder.at('a.ndjson'), columns: { v: 'numeric' } } })
    expect(judged(opened, await opened.read()).bad).toEqual([{ v: '1e999' }])
  })
})

describe('types between runs', () => {
  it('widens a column once, and keeps it wide', async () => {
    const folder = new Folder()
    folder.write('1.csv', 'id,v\n1,10\n')
    const first = await open({ t: { path: folder.at('*.csv') } })
    expect(first.types()).toEqual({ id: 'integer', v: 'integer' })
    folder.write('2.csv', 'id,v,new\n2,x,1.5\n')
    const second = await open({ t: { path: folder.at('*.csv') } }, { t: remembered(first) })
    expect(second.types()).toEqual({ id: 'integer', v: 'text', new: 'double' })
    expect(await second.read()).toEqual([
      { id: 1, v: '10' },
      { id: 2, v: 'x', new: 1.5 },
    ])
    folder.write('2.csv', 'id,v\n2,5\n')
    const third = await open({ t: { path: folder.at('*.csv') } }, { t: remembered(second) })
    expect(third.types()).toEqual({ id: 'integer', v: 'text', new: 'double' })
    expect(await third.read()).toEqual([
      { id: 1, v: '10' },
      { id: 2, v: '5' },
    ])
  })

  it('does not widen for a column without values, nor a double for 5.00', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'i,d\n,5.00\n')
    const known = {
      t: [
        { name: 'i', type: 'integer' },
        { name: 'd', type: 'double' },
      ] as const,
    }
    const opened = await open({ t: { path: folder.at('a.csv') } }, known)
    expect(opened.types()).toEqual({ i: 'integer', d: 'double' })
    expect(await opened.read()).toEqual([{ i: null, d: 5 }])
  })

  it('makes a value beyond the limit that does not fit a bad row, and only that row', async () => {
    const folder = new Folder()
    const rows = Array.from({ length: 20_000 }, (_, at) =>
      at === 15_000 ? 'x,0x1F' : at === 15_001 ? '007,1.10' : `${at},1.5`,
    )
    folder.write('a.csv', `i,d\n${rows.join('\n')}\n`)
    const opened = await open({ t: { path: folder.at('a.csv') } }, {}, {}, { scanLimit: '1KB' })
    expect(opened.types()).toEqual({ i: 'integer', d: 'double' })
    const { good, bad } = judged(opened, await opened.read())
    expect(bad).toEqual([
      { i: 'x', d: '0x1F' },
      { i: '007', d: 1.1 },
    ])
    expect(good).toHaveLength(19_998)
  })

  it('keeps a known column that no file has any more', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'id\n1\n')
    const opened = await open(
      { t: { path: folder.at('a.csv') } },
      {
        t: [
          { name: 'id', type: 'integer' },
          { name: 'gone', type: 'date' },
        ],
      },
    )
    expect(opened.types()).toEqual({ id: 'integer', gone: 'date' })
  })

  it('gives Parquet values of a type that grew: integers in one file, text in another', async () => {
    const folder = new Folder()
    folder.write('a.ndjson', '{"v":1}\n{"v":2.5}\n{"v":true}\n{"v":{"a":1}}\n')
    const opened = await open({ t: { path: folder.at('a.ndjson') } }, { t: [{ name: 'v', type: 'text' }] })
    expect((await opened.read()).map((row) => row['v'])).toEqual(['1', '2.5', 'true', '{"a":1}'])
  })
})

describe('declared types', () => {
  it('win over what is found and known, and take more ways of writing', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'i,d,b,t,l,n,j,y,x\n 007,1e3,YES,2024-01-01 10:00:00,2024-01-01,+1.50,"{""a"":1}",aGk=,5\n')
    const columns = {
      i: 'integer',
      d: 'double',
      b: 'boolean',
      t: 'timestamp',
      l: 'local_timestamp',
      n: 'numeric',
      j: 'json',
      y: 'bytes',
      x: 'text',
    }
    const opened = await open({ t: { path: folder.at('a.csv'), columns } }, { t: [{ name: 'i', type: 'text' }] })
    expect(opened.types()).toEqual(columns)
    const rows = await opened.read()
    expect(rows).toEqual([
      {
        i: 7,
        d: 1000,
        b: true,
        t: '2024-01-01T10:00:00Z',
        l: '2024-01-01T00:00:00',
        n: '1.50',
        j: { a: 1 },
        y: Buffer.from('hi'),
        x: '5',
      },
    ])
    expect(judged(opened, rows).bad).toEqual([])
  })

  it('still refuse what is no value of theirs', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'id,i,j,d\n1,1.6,{,2024-13-01\n2,2,[1],2024-12-01\n')
    const opened = await open({ t: { path: folder.at('a.csv'), columns: { i: 'integer', j: 'json', d: 'date' } } })
    const { good, bad } = judged(opened, await opened.read())
    expect(good).toEqual([{ id: 2, i: 2, j: [1], d: '2024-12-01' }])
    expect(bad).toMatchObject([{ id: 1, i: '1.6', j: { text: '{' }, d: '2024-13-01' }])
  })
})

describe('revision', () => {
  it('is equal for an unchanged file, and changes with its time, size or the way it is read', async () => {
    const folder = new Folder()
    const { utimesSync } = await import('node:fs')
    folder.write('a.csv', 'id\n1\n')
    const options = { path: folder.at('a.csv') }
    const first = await revision(await open({ t: options }))
    expect(await revision(await open({ t: options }))).toBe(first)
    expect(await revision(await open({ t: { ...options, delimiter: ';' } }))).not.toBe(first)
    expect(await revision(await open({ t: { ...options, columns: { id: 'text' } } }))).not.toBe(first)
    utimesSync(folder.at('a.csv'), 1, 1)
    expect(await revision(await open({ t: options }))).not.toBe(first)
  })

  it('with hash depends on the content alone', async () => {
    const folder = new Folder()
    const { utimesSync } = await import('node:fs')
    folder.write('a.csv', 'id\n1\n')
    const options = { path: folder.at('a.csv'), hash: true }
    const first = await revision(await open({ t: options }))
    utimesSync(folder.at('a.csv'), 1, 1)
    expect(await revision(await open({ t: options }))).toBe(first)
    folder.write('a.csv', 'id\n2\n')
    utimesSync(folder.at('a.csv'), 1, 1)
    expect(await revision(await open({ t: options }))).not.toBe(first)
  })
})
