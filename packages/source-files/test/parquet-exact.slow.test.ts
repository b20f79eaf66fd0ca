import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { SchemaElement } from '../src/parquet-element.ts'
import { parseFooter, readFooter } from '../src/parquet-footer.ts'
import { writeFooter } from '../src/parquet-schema.ts'
import { errorOf, Folder, judged, open } from './harness.ts'
import { rewritten, written } from './parquet-files.ts'

const fixture = (name: string): string => path.join(import.meta.dirname, 'fixtures', name)

const CONVERTED = 6
const LOGICAL = 10
const withoutLogical = ({ fields }: SchemaElement) => fields.filter(({ id }) => id !== LOGICAL)

describe('Parquet comes out as it is written', () => {
  it('decimals of more than 38 digits', async () => {
    const rows = [
      { id: 1, d39: '1', d50: '123.4500000000', d76: `123.45${'0'.repeat(36)}`, d38: '1.5000000000' },
      { id: 2, d39: null, d50: '-0.0000000001', d76: `0.${'0'.repeat(38)}`, d38: '1.5000000000' },
      { id: 3, d39: '-5', d50: null, d76: `-9${'9'.repeat(37)}.${'9'.repeat(38)}`, d38: '1.5000000000' },
      {
        id: 4,
        d39: '9'.repeat(39),
        d50: '1234567890123456789012345678901234567890.0123456789',
        d76: null,
        d38: '1.5000000000',
      },
    ]
    const folder = new Folder()
    folder.write('wide.parquet.gz', gzipSync(readFileSync(fixture('wide-decimals.parquet'))))
    for (const file of [fixture('wide-decimals.parquet'), folder.at('wide.parquet.gz')]) {
      const source = await open({ t: { path: file } })
      expect(source.types()).toEqual({ id: 'integer', d39: 'numeric', d50: 'numeric', d76: 'numeric', d38: 'numeric' })
      const read = await source.read()
      expect(read).toEqual(rows)
      expect(judged(source, read).bad).toEqual([])
    }
  })

  it('such decimals inside of a list', async () => {
    const source = await open({ t: { path: fixture('nested-decimals.parquet') } })
    expect(await source.read()).toEqual([{ id: 1, l: [1.5] }])
  })

  it('VARIANT as the JSON that it is', async () => {
    const folder = new Folder()
    const select = `SELECT * FROM (VALUES (1, '{"a":1,"b":[1,"x",null,true],"c":{"d":"it''s"}}'::JSON::VARIANT), (2, '"text"'::JSON::VARIANT), (3, NULL)) t(id, v)`
    const source = await open({ t: { path: await written(folder, 'v.parquet', select) } })
    expect(source.types()).toEqual({ id: 'integer', v: 'json' })
    expect(await source.read()).toEqual([
      { id: 1, v: { a: 1, b: [1, 'x', null, true], c: { d: "it's" } } },
      { id: 2, v: 'text' },
      { id: 3, v: null },
    ])
  })

  it('decimals without a digit before the point, with a zero there', async () => {
    const folder = new Folder()
    const values = ['0.50', '-0.25', '0.00', '-0.99']
    const select = values
      .map((text) => `SELECT ${text}::DECIMAL(2,2) AS d, [${text}::DECIMAL(2,2)] AS l`)
      .join(' UNION ALL ')
    const source = await open({
      t: { path: await written(folder, 'f.parquet', `${select} UNION ALL SELECT NULL, NULL`) },
    })
    const rows = await source.read()
    expect(rows.map((row) => row['d'])).toEqual([...values, null])
    expect(rows.slice(0, 4).map((row) => (row['l'] as number[])[0])).toEqual(values.map(Number))
  })

  it('such decimals in a VARIANT, beside texts and NaN', async () => {
    const folder = new Folder()
    const select = `SELECT {'a': 0.50::DECIMAL(2,2), 'b': -0.25::DECIMAL(2,2), 'n': 'NaN'::DOUBLE, 't': '-.5, NaN', 'w': 1.25}::VARIANT AS v`
    const source = await open({ t: { path: await written(folder, 'v.parquet', select) } })
    expect(await source.read()).toEqual([{ v: { a: 0.5, b: -0.25, n: 'NaN', t: '-.5, NaN', w: 1.25 } }])
  })

  it('GEOMETRY as well-known binary, and as well-known text where the table has texts', async () => {
    const folder = new Folder()
    const file = await written(folder, 'g.parquet', "SELECT 'POINT(1 2)'::GEOMETRY AS g UNION ALL SELECT NULL")
    const source = await open({ t: { path: file } })
    expect(source.types()).toEqual({ g: 'bytes' })
    expect(await source.read()).toEqual([
      { g: Buffer.from('0101000000000000000000f03f0000000000000040', 'hex') },
      { g: null },
    ])
    const known = await open({ t: { path: file } }, { t: [{ name: 'g', type: 'text' }] })
    expect(await known.read()).toEqual([{ g: 'POINT (1 2)' }, { g: null }])
  })

  it('days that no date column holds, which a column of texts does', async () => {
    const folder = new Folder()
    const days = [
      '-infinity',
      '0044-03-15 (BC)',
      '0001-12-31 (BC)',
      '9999-12-31',
      '10000-01-01',
      '10400-02-29',
      'infinity',
    ]
    const rows = days.map((day) => `(DATE '${day}', DATE '${day}'::TIMESTAMP)`)
    const file = await written(folder, 'd.parquet', `SELECT * FROM (VALUES ${rows.join(', ')}) t(d, t)`)
    const shown = ['-infinity', '-0043-03-15', '0000-12-31', '9999-12-31', '10000-01-01', '10400-02-29', 'infinity']
    const found = await open({ t: { path: file } })
    expect(judged(found, await found.read()).good.map((row) => row['d'])).toEqual(['0000-12-31', '9999-12-31'])
    const texts = await open({ t: { path: file, columns: { d: 'text', t: 'text' } } })
    const read = await texts.read()
    expect(read.map((row) => row['d'])).toEqual(shown)
    expect(read.map((row) => row['t'])).toEqual(
      shown.map((day) => (day.endsWith('infinity') ? day : `${day}T00:00:00`)),
    )
  })

  it('integers at every power of two', async () => {
    const folder = new Folder()
    const powers = Array.from({ length: 63 }, (_, at) => 2n ** BigInt(at))
    const values = [
      0n,
      2n ** 63n - 1n,
      -(2n ** 63n),
      ...powers.flatMap((one) => [one, -one, one - 1n, 1n - one, -one - 1n]),
    ]
    const select = `SELECT * FROM (VALUES ${values.map((value) => `(CAST('${value}' AS BIGINT))`).join(', ')}) t(i)`
    const source = await open({ t: { path: await written(folder, 'i.parquet', select) } })
    const rows = await source.read()
    expect(judged(source, rows).bad).toEqual([])
    expect(rows.map((row) => BigInt(row['i'] as number | bigint))).toEqual(values)
  })

  it('times of the old kind are instants, also inside of lists and structs', async () => {
    const folder = new Folder()
    const at = "TIMESTAMPTZ '2023-11-14 22:13:20.123+00'"
    const file = await written(
      folder,
      'new.parquet',
      `SELECT ${at} AS t, [${at}] AS l, {'x': ${at}, 'd': DATE '2024-01-01'} AS s, TIME '04:05:06' AS time UNION ALL SELECT NULL, NULL, NULL, NULL`,
    )
    folder.write('old.parquet', await rewritten(file, withoutLogical))
    const schema = (await readFooter(folder.at('old.parquet'))).schema
    expect(schema.filter(({ isOldInstant }) => isOldInstant)).toHaveLength(3)
    expect(schema.every(({ fields }) => fields.every(({ id }) => id !== LOGICAL))).toBe(true)
    const source = await open({ t: { path: folder.at('old.parquet') } })
    expect(source.types()).toEqual({ t: 'timestamp', l: 'json', s: 'json', time: 'text' })
    expect(await source.read()).toEqual([
      {
        t: '2023-11-14T22:13:20.123000Z',
        l: ['2023-11-14 22:13:20.123+00'],
        s: { x: '2023-11-14 22:13:20.123+00', d: '2024-01-01' },
        time: '04:05:06',
      },
      { t: null, l: null, s: null, time: null },
    ])
  })

  it('times of 96 bits have no zone', async () => {
    const source = await open({ t: { path: fixture('int96.parquet') } })
    expect(source.types()).toEqual({ t: 'local_timestamp' })
    expect((await source.read()).map((row) => row['t'])).toEqual([
      '1970-01-01T00:00:00',
      '2023-11-14T22:13:20.123456',
      null,
    ])
  })
})

it('a compression that DuckDB has no reader for is refused with what to write instead', async () => {
  const folder = new Folder()
  const file = await written(folder, 'a.parquet', 'SELECT 1 AS i', ', COMPRESSION uncompressed')
  const whole = readFileSync(file)
  const { start } = await readFooter(file)
  // The codec of the column, before the number of its values: LZ4 is 5.
  const at = whole.indexOf(Buffer.from('15001602', 'hex'), start)
  whole[at + 1] = 10
  const source = await open({ t: { path: folder.write('b.parquet', whole) } })
  expect((await errorOf(source.read())).message).toMatch(/is compressed with LZ4, which cannot.*such as LZ4_RAW/)
})

describe('Parquet that is damaged is refused', () => {
  it.each(['checksums-1.0.parquet', 'checksums-2.0.parquet'])('wherever a bit of a page flips: %s', async (name) => {
    const whole = readFileSync(fixture(name))
    expect(await (await open({ t: { path: fixture(name) } })).read()).toHaveLength(500)
    const { start } = await readFooter(fixture(name))
    const folder = new Folder()
    let refused = 0
    for (let at = 40; at < start; at += 61) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 1 << (at % 8)
      folder.write('x.parquet', damaged)
      const source = await open(
        { t: { path: folder.at('x.parquet') } },
        {
          t: [
            { name: 'id', type: 'integer' },
            { name: 'text', type: 'text' },
          ],
        },
      )
      const rows = await source.read().catch(() => undefined)
      // What is in no page and no header of one is read as nothing else than it was.
      if (rows === undefined) refused++
      else expect(rows, `bit flipped in byte ${at}`).toEqual(await (await open({ t: { path: fixture(name) } })).read())
    }
    expect(refused).toBeGreaterThan(20)
  })

  it('where its groups have other rows than it says', async () => {
    const folder = new Folder()
    const file = await written(folder, 'a.parquet', 'SELECT range AS i FROM range(10)')
    const footer = await readFooter(file)
    expect([footer.rows, parseFooter(footer.bytes, footer.start).rows]).toEqual([10, 10])
    const text = footer.bytes.toString('latin1')
    // Field 3 of the file: the number of its rows, in zigzag.
    const at = text.indexOf('\x16\x14', footer.schemaAt[1])
    const bytes = Buffer.from(footer.bytes)
    bytes[at + 1] = 0x16
    folder.write(
      'b.parquet',
      Buffer.concat([readFileSync(file).subarray(0, footer.start), bytes, readFileSync(file).subarray(-8)]),
    )
    const source = await open({ t: { path: folder.at('b.parquet') } }, { t: [{ name: 'i', type: 'integer' }] })
    expect((await errorOf(source.read())).message).toMatch(/declares 11 rows, but its row groups have 10/)
  })

  it('where it is encrypted', async () => {
    const folder = new Folder()
    folder.write('a.parquet', Buffer.concat([Buffer.alloc(100), Buffer.from('PARE')]))
    const source = await open({ t: { path: folder.at('a.parquet') } })
    expect((await errorOf(source.read())).message).toContain('encrypted')
  })
})

it('a footer is written back as it was', async () => {
  for (const name of ['wide-decimals', 'nested-decimals', 'checksums-1.0']) {
    const footer = await readFooter(fixture(`${name}.parquet`))
    const again = writeFooter(
      footer,
      footer.schema.map(({ fields }) => fields),
    )
    expect(again.subarray(0, -8).equals(footer.bytes)).toBe(true)
    expect(footer.schema.flatMap(({ fields }) => fields.filter(({ id }) => id === CONVERTED)).length).toBeGreaterThan(0)
  }
})

it('the rows of a Parquet file are counted by its footer; texts are not counted', async () => {
  const folder = new Folder()
  folder.write('a.csv', 'id\n1\n')
  folder.write('b.parquet.gz', gzipSync(readFileSync(fixture('checksums-1.0.parquet'))))
  const source = await open({ csv: { path: folder.at('a.csv') }, parquet: { path: folder.at('b.parquet.gz') } })
  const count = async (name: string): Promise<unknown> => {
    const [partition] = await source.files(name)
    const question = { client: source.client, partition, signal: new AbortController().signal, log: console }
    return await source.table(name).countRows!(question as never)
  }
  expect(await count('parquet')).toBe(500)
  expect(await count('csv')).toBeUndefined()
})
