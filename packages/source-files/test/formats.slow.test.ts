import { createRequire } from 'node:module'
import path from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { literal } from '../src/duckdb.ts'
import { Folder, judged, open } from './harness.ts'

const require = createRequire(import.meta.url)
const CSV =
  'id,name,price,on,at\n1,Ann,5.00,2024-02-03,2024-02-03T04:05:06Z\n2,"B, ""b""",12.5,2024-02-04,2024-02-03 04:05:06+02\n'
const NDJSON = '{"id":1,"name":"Ann","nested":{"a":[1,2]}}\n{"id":2,"name":null,"more":true}\n'
const CSV_ROWS = [
  { id: 1, name: 'Ann', price: '5.00', on: '2024-02-03', at: '2024-02-03T04:05:06Z' },
  { id: 2, name: 'B, "b"', price: '12.5', on: '2024-02-04', at: '2024-02-03T04:05:06+02:00' },
]
const JSON_ROWS = [
  { id: 1, name: 'Ann', nested: { a: [1, 2] } },
  { id: 2, name: null, more: true },
]
const json = JSON.stringify(JSON_ROWS)

async function parquet(folder: Folder, name: string, select: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`COPY (${select}) TO ${literal(folder.at(name))} (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return folder.at(name)
}

describe.each([
  ['plain', '', (text: string) => Buffer.from(text)],
  ['gzip', '.gz', (text: string) => gzipSync(text)],
  ['zstd', '.zst', (text: string) => zstdCompressSync(text)],
] as const)('%s', (_name, ending, pack) => {
  it.each([
    ['orders.csv', CSV, CSV_ROWS],
    ['orders.tsv', 'id\tname\n1\tA,b\n', [{ id: 1, name: 'A,b' }]],
    ['orders.ndjson', NDJSON, JSON_ROWS],
    ['orders.jsonl', NDJSON, JSON_ROWS],
    ['orders.json', json, JSON_ROWS],
    ['one.json', '{\n "id": 1\n}\n', [{ id: 1 }]],
    ['some.json', '{"id": 1} {"id": 2}\n{"id":3}', [{ id: 1 }, { id: 2 }, { id: 3 }]],
  ])('reads %s', async (name, text, rows) => {
    const folder = new Folder()
    folder.write(`${name}${ending}`, pack(text))
    const opened = await open({ t: { path: folder.at(`${name}${ending}`) } })
    expect(await opened.read()).toEqual(rows)
  })

  it('reads Parquet', async () => {
    const folder = new Folder()
    const { readFileSync } = await import('node:fs')
    const file = await parquet(folder, 'a.parquet', "SELECT 1::BIGINT AS id, 'x' AS name UNION ALL SELECT 2, NULL")
    const bytes = readFileSync(file)
    folder.write(
      `b.parquet${ending}`,
      ending === '' ? bytes : ending === '.gz' ? gzipSync(bytes) : zstdCompressSync(bytes),
    )
    const opened = await open({ t: { path: folder.at(`b.parquet${ending}`) } })
    expect(await opened.read()).toEqual([
      { id: 1, name: 'x' },
      { id: 2, name: null },
    ])
  })
})

describe('Parquet', () => {
  it('keeps every type without loss', async () => {
    const folder = new Folder()
    const file = await parquet(
      folder,
      'types.parquet',
      `SELECT true AS bool, '-128'::TINYINT AS i8, 255::UTINYINT AS u8, '-32768'::SMALLINT AS i16, 65535::USMALLINT AS u16,
        '-2147483648'::INTEGER AS i32, 4294967295::UINTEGER AS u32, 9223372036854775807::BIGINT AS i64, 9007199254740991::BIGINT AS safe,
        '-9223372036854775808'::BIGINT AS low, 18446744073709551615::UBIGINT AS u64, 0.1::FLOAT AS f32, 0.1::DOUBLE AS f64,
        'NaN'::DOUBLE AS nan, '-Infinity'::DOUBLE AS inf, 12345678901234567890123456789.123456789::DECIMAL(38,9) AS dec,
        DATE '0001-01-01' AS day, TIMESTAMP '2001-02-03 04:05:06.789012' AS ts, TIMESTAMP '1066-10-14 09:00:00' AS old,
        TIMESTAMP '9999-12-31 23:59:59.999999' AS far, TIMESTAMPTZ '2001-02-03 04:05:06+02' AS tz, TIMESTAMP_NS '2001-02-03 04:05:06.123456789' AS ns,
        TIMESTAMP_S '2001-02-03 04:05:06' AS s, TIMESTAMP_MS '2001-02-03 04:05:06.789' AS ms, TIME '04:05:06' AS time, '\\xAA\\x00'::BLOB AS blob,
        'a longer text, with ünïcode' AS text, uuid '00000000-0000-0000-0000-00000000000a' AS uuid, [1, NULL] AS list,
        {'a': {'b': 1.5, 'big': 12345678901234567890::UBIGINT}} AS struct, MAP {'k': 'v'} AS map, ['NaN'::DOUBLE] AS nans, NULL::INTEGER AS nothing`,
    )
    const opened = await open({ t: { path: file } })
    const [row] = await opened.read()
    expect(JSON.stringify(row!['struct'])).toBe('{"a":{"b":1.5,"big":12345678901234567890}}')
    delete row!['struct']
    expect(row).toEqual({
      bool: true,
      i8: -128,
      u8: 255,
      i16: -32768,
      u16: 65535,
      i32: -2147483648,
      u32: 4294967295,
      i64: 9223372036854775807n,
      safe: 9007199254740991,
      low: -9223372036854775808n,
      u64: '18446744073709551615',
      f32: Math.fround(0.1),
      f64: 0.1,
      nan: Number.NaN,
      inf: Number.NEGATIVE_INFINITY,
      dec: '12345678901234567890123456789.123456789',
      day: '0001-01-01',
      ts: '2001-02-03T04:05:06.789012',
      old: '1066-10-14T09:00:00',
      far: '9999-12-31T23:59:59.999999',
      tz: '2001-02-03T02:05:06Z',
      ns: '2001-02-03T04:05:06.123456789',
      s: '2001-02-03T04:05:06',
      ms: '2001-02-03T04:05:06.789000',
      time: '04:05:06',
      blob: Buffer.from([0xaa, 0]),
      text: 'a longer text, with ünïcode',
      uuid: '00000000-0000-0000-0000-00000000000a',
      list: [1, null],
      map: { k: 'v' },
      nans: ['NaN'],
      nothing: null,
    })
    expect(judged(opened, await opened.read()).bad).toEqual([])
    expect(opened.types()).toMatchObject({
      bool: 'boolean',
      u64: 'numeric',
      f32: 'double',
      dec: 'numeric',
      ts: 'local_timestamp',
      tz: 'timestamp',
      ns: 'local_timestamp',
      time: 'text',
      blob: 'bytes',
      list: 'json',
      struct: 'json',
      uuid: 'text',
      day: 'date',
    })
  })

  it('reads texts of any length, NULL and characters in any mix', async () => {
    const folder = new Folder()
    const select = `SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE repeat(chr(97 + (i % 26)::INTEGER), (i * 13 % 40)::INTEGER) || CASE WHEN i % 3 = 0 THEN 'é€😀' ELSE '' END END AS t FROM range(10000) r(i)`
    const opened = await open({ t: { path: await parquet(folder, 'texts.parquet', select) } })
    const rows = await opened.read()
    expect(rows).toHaveLength(10_000)
    for (const { i, t } of rows as { i: number; t: string | null }[]) {
      expect(t).toBe(
        i % 7 === 0 ? null : String.fromCharCode(97 + (i % 26)).repeat((i * 13) % 40) + (i % 3 === 0 ? 'é€😀' : ''),
      )
    }
  })

  it('refuses a date or time outside the years that it can write, and no other row', async () => {
    const folder = new Folder()
    const select =
      "SELECT * FROM (VALUES (1, DATE '2024-01-01', TIMESTAMP '2024-01-01'), (2, 'infinity'::DATE, TIMESTAMP '2024-01-01'), (3, DATE '2024-01-01', TIMESTAMP 'infinity')) v(id, d, t)"
    const opened = await open({ t: { path: await parquet(folder, 'far.parquet', select) } })
    const { good, bad } = judged(opened, await opened.read())
    expect(good.map((row) => row['id'])).toEqual([1])
    expect(bad.map((row) => row['id'])).toEqual([2, 3])
  })

  it('keeps names that differ only in case apart', async () => {
    const folder = new Folder()
    const file = await parquet(folder, 'case.parquet', 'SELECT 1 AS a')
    const { readFileSync } = await import('node:fs')
    const bytes = readFileSync(await parquet(folder, 'two.parquet', 'SELECT 1 AS nameq, 2 AS namez'))
    // DuckDB itself writes no such file; others do.
    const patched = Buffer.from(bytes.toString('latin1').replaceAll('namez', 'NAMEQ'), 'latin1')
    folder.write('case.parquet', patched)
    const opened = await open({ t: { path: file } })
    expect(await opened.read()).toEqual([{ nameq: 1, NAMEQ: 2 }])
  })

  it('reads three million flights', async () => {
    const flights = path.join(require.resolve('vega-datasets'), '../../data/flights-3m.parquet')
    const opened = await open({ flights: { path: flights } })
    const [partition] = await opened.files()
    const signal = new AbortController().signal
    let rows = 0
    let first: unknown
    for await (const page of opened.table().read({ client: opened.client, partition, signal, log: console } as never)) {
      rows += (page as unknown[]).length
      first ??= (page as unknown[])[0]
    }
    expect(rows).toBe(3_000_000)
    expect(first).toEqual({ date: '2001-01-01T00:01:00', delay: 33, distance: 2176, origin: 'LAS', destination: 'PHL' })
  })
})
