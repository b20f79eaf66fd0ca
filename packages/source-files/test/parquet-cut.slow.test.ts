import { readFileSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { numberOrRaw } from '@tidemark/core/values'
import { afterAll, describe, expect, it } from 'vitest'
import { Files } from '../src/client.ts'
import { FilesConfig } from '../src/config.ts'
import { InvalidFileError } from '../src/invalid-file-error.ts'
import { checkPages } from '../src/parquet-check.ts'
import { type SmallGroup, smallGroups } from '../src/parquet-cut.ts'
import { type ColumnChunk, type Footer, readFooter } from '../src/parquet-footer.ts'
import { isReadable } from '../src/parquet-page.ts'
import { type Page, pagesOf } from '../src/parquet-pages.ts'
import { Folder } from './harness.ts'
import { written } from './parquet-files.ts'
import { parquetRowsOf } from './parquet-rows.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.parquet`, import.meta.url))

const TYPES = { id: 'integer', t: 'text', few: 'text', b: 'bytes', nothing: 'text', always: 'text' } as const
/** What `fixtures/make_parquet.py` writes. */
const textOf = (i: number): string | null =>
  i % 7 === 3 ? null : i % 11 === 5 ? '' : `${i} äöü€𝄞 `.repeat((i % 5) + 1)
const integerOf = (value: bigint): unknown => numberOrRaw(String(value))
const ROWS = Array.from({ length: 240 }, (_, i) => ({
  id: i,
  t: textOf(i),
  few: [null, '', 'same ä', 'other'.repeat(9)][i % 4],
  b: i % 5 === 0 ? null : Uint8Array.from({ length: i % 40 }, (_, k) => (i + k) % 256),
  nothing: null,
  always: `r${i}`,
}))

const WAYS = ['none', 'snappy', 'zstd', 'gzip', 'brotli'].flatMap((codec) => [`${codec}-1.0`, `${codec}-2.0`])
/** All pages are cut: into pages of many values, and of one or two. */
const MANY = { above: 0, into: 16 << 20 }
const FEW = { above: 0, into: 200 }

const plain = (rows: readonly Record<string, unknown>[]): readonly Record<string, unknown>[] =>
  rows.map((row) => ({ ...row, b: row['b'] === null ? null : Buffer.from(row['b'] as Uint8Array).toString('hex') }))

describe('pages that are cut have the values that were written', () => {
  it.each(WAYS)('pyarrow, %s', async (way) => {
    for (const cut of way.startsWith('snappy') ? [MANY, FEW] : [MANY])
      expect(plain(await parquetRowsOf(fixture(`pages-${way}`), TYPES, cut))).toEqual(plain(ROWS))
  })

  it.each(['1.0', '2.0'])('pyarrow, with checksums, pages of kind %s', async (kind) => {
    const rows = await parquetRowsOf(fixture(`checksums-${kind}`), { id: 'integer', text: 'text' }, FEW)
    expect(rows).toEqual(Array.from({ length: 500 }, (_, i) => ({ id: i, text: `text ${i % 50}` })))
  })

  it.each(['snappy', 'zstd', 'gzip', 'brotli', 'lz4_raw', 'uncompressed'])('DuckDB, %s', async (codec) => {
    const select = `SELECT i AS id, CASE WHEN i % 7 = 0 THEN NULL ELSE 't' || i || 'ü' END AS t,
      CASE WHEN i % 3 = 0 THEN NULL ELSE 'same' || (i % 5) END AS few, ('b' || i)::BLOB AS b FROM range(5000) r(i)`
    const path = await written(new Folder(), 'a.parquet', select, `, COMPRESSION ${codec}, ROW_GROUP_SIZE 2048`)
    const rows = await parquetRowsOf(path, { id: 'integer', t: 'text', few: 'text', b: 'bytes' }, MANY)
    expect(plain(rows)).toEqual(
      Array.from({ length: 5000 }, (_, i) => ({
        id: i,
        t: i % 7 === 0 ? null : `t${i}ü`,
        few: i % 3 === 0 ? null : `same${i % 5}`,
        b: Buffer.from(`b${i}`).toString('hex'),
      })),
    )
  })

  it.each(['1.0', '2.0'])('pyarrow, as differences, in lists of structs, pages of kind %s', async (kind) => {
    const types = { id: 'integer', t: 'text', l: 'text', n: 'json' } as const
    const rows = await parquetRowsOf(fixture(`differences-${kind}`), types, FEW)
    expect(rows).toEqual(
      ROWS.map((_, i) => ({
        id: i,
        t: i % 9 === 4 ? null : `prefix ${Math.floor(i / 4)} ${i}`.repeat(i % 3),
        l: i % 9 === 4 ? null : textOf(i),
        n:
          i % 13 === 6
            ? null
            : Array.from({ length: i % 4 }, (_, k) =>
                k === 1
                  ? null
                  : { s: textOf(i + k), i: integerOf((-3n) ** BigInt(i % 39)), d: i / 8, b: i % 3 === k, k: 0 - i * k },
              ),
      })),
    )
  })

  it.each([
    ['of the first kind', ''],
    ['of the second', ', PARQUET_VERSION v2'],
    ['with LZ4', ', COMPRESSION lz4_raw'],
  ])('what DuckDB writes in structs, lists and maps, in pages %s', async (_, options) => {
    const select = `SELECT i AS id,
      CASE WHEN i % 5 = 1 THEN NULL ELSE {'a': CASE WHEN i % 3 = 0 THEN NULL ELSE 'a' || i END, 'b': {'c': [i, NULL], 'd': i % 2 = 0}} END AS s,
      CASE WHEN i % 7 = 2 THEN NULL ELSE list_transform(range(i % 4), lambda j: CASE WHEN j = 2 THEN NULL ELSE ['x' || j, NULL] END) END AS l,
      CASE WHEN i % 4 = 3 THEN NULL ELSE MAP {'k' || i: {'f': i / 4, 't': TIMESTAMP '2024-02-29 00:00:00' + to_seconds(i)}, 'same': NULL} END AS m,
      [(i % 256)::UTINYINT, 255] AS u, [12345678901234567890.5::DECIMAL(38, 1), NULL] AS d, ['\\x00\\xFF'::BLOB, ('b' || i)::BLOB] AS b,
      i::DOUBLE AS f, i % 3 = 0 AS o, DATE '2024-02-29' + i::INT AS day
      FROM range(3000) r(i)`
    const path = await written(new Folder(), 'a.parquet', select, `${options}, ROW_GROUP_SIZE 2048`)
    const types = {
      id: 'integer',
      s: 'json',
      l: 'json',
      m: 'json',
      u: 'json',
      d: 'json',
      b: 'json',
      f: 'double',
      o: 'boolean',
      day: 'date',
    } as const
    const together = await parquetRowsOf(path, types, 'together')
    expect(together).toHaveLength(3000)
    expect(together[8]).toMatchObject({
      s: { a: 'a8', b: { c: [8, null], d: true } },
      l: [],
      m: { same: null },
      day: '2024-03-08',
    })
    expect(await parquetRowsOf(path, types, { above: 0, into: 40_000 })).toEqual(together)
  })

  it('more rows than a small page has, all of them NULL but one', async () => {
    const select = `SELECT i AS id, CASE WHEN i = 150000 THEN repeat('x', 70000) END AS t FROM range(200000) r(i)`
    const path = await written(new Folder(), 'a.parquet', select, ', ROW_GROUP_SIZE 200000')
    const rows = await parquetRowsOf(path, { t: 'text' }, MANY)
    expect(rows.length).toBe(200_000)
    expect(rows.flatMap(({ t }, at) => (t === null ? [] : [[at, String(t).length]]))).toEqual([[150_000, 70_000]])
  })

  it('values of a dictionary longer than what is read of it at once', async () => {
    const select = `SELECT i AS id, repeat(chr(97 + (i % 3)::INT), 30000 * (1 + i % 3)) AS t FROM range(60) r(i)`
    const path = await written(new Folder(), 'a.parquet', select, ', DICTIONARY_SIZE_LIMIT 100')
    expect(await pagesWith(path, 1, ({ isDictionary }) => isDictionary)).toHaveLength(1)
    const rows = await parquetRowsOf(path, { t: 'text' }, MANY)
    expect(rows).toEqual(Array.from({ length: 60 }, (_, i) => ({ t: 'abc'[i % 3]!.repeat(30_000 * (1 + (i % 3))) })))
  })
})

/** Some pages of a column. */
async function pagesWith(path: string, column: number, isWanted: (page: Page) => boolean): Promise<readonly Page[]> {
  const footer = await readFooter(path)
  await using file = await openFile(path)
  const found: Page[] = []
  for (const chunk of chunksOf(footer, column)) for await (const page of pagesOf(file, chunk)) found.push(page)
  return found.filter(isWanted)
}

const chunksOf = ({ chunks, schema }: Footer, column: number): readonly ColumnChunk[] =>
  chunks.filter((_, at) => at % (schema.length - 1) === column)

describe('a page that is damaged is refused', () => {
  const T = 1
  const B = 3
  const client = new Files(FilesConfig.parse({ tables: { t: { path: 'none' } } }))
  afterAll(() => client.close())
  const { signal } = new AbortController()
  const TEXTS = { levels: { definition: 1, repetition: 0 }, stored: { width: undefined, isBoolean: false } }
  const CODECS: Readonly<Record<string, number>> = { none: 0, snappy: 1, gzip: 2, brotli: 4, zstd: 6 }

  /** What the pages of a column are cut into, when the file was checked as each is. */
  async function cutColumn(path: string, column: number, codec: number): Promise<readonly (string | null)[]> {
    const footer = await readFooter(path)
    await checkPages(path, footer, [], signal)
    await using file = await openFile(path)
    const values: (string | null)[] = []
    for (const chunk of chunksOf(footer, column)) {
      const pages: Page[] = []
      let count = 0
      for await (const page of pagesOf(file, { start: chunk.start, size: footer.start - chunk.start })) {
        pages.push(page)
        count += page.values
        if (count >= chunk.values) break
      }
      const kind = { ...TEXTS, codec, nulls: chunk.nulls, pages }
      if (!pages.every((page) => isReadable(page, kind))) throw new InvalidFileError('is left to DuckDB')
      for await (const group of smallGroups([kind], { ...FEW, most: 1 << 20 }, { file, client, signal }))
        values.push(...valuesIn(group as SmallGroup))
    }
    return values
  }

  /** The values of a small page. */
  function valuesIn({ rows, pages: [page] }: SmallGroup): readonly (string | null)[] {
    const [, , , levels, values] = page!.content as [Buffer, Buffer, Buffer, Buffer, Buffer]
    let at = 0
    return Array.from({ length: rows }, (_, row) => {
      if (((levels[row >> 3]! >> (row & 7)) & 1) === 0) return null
      const from = at + 4
      at = from + values.readUInt32LE(at)
      return values.toString('hex', from, at)
    })
  }

  const KNOWN = [T, B].map((column) =>
    ROWS.map(({ t, b }) => {
      const value = column === T ? t : b
      return value === null ? null : Buffer.from(value as string).toString('hex')
    }),
  )

  type Change = (bytes: Buffer) => void
  /** Reads columns with each change: `refused`, `same` where the values are those that were written, or `other`. */
  async function outcomes(way: string, column: number, changes: Iterable<Change>): Promise<readonly string[]> {
    const bytes = readFileSync(fixture(`pages-${way}`))
    const path = new Folder().at('a.parquet')
    const seen: string[] = []
    for (const change of [() => {}, ...changes]) {
      const copy = Buffer.from(bytes)
      change(copy)
      writeFileSync(path, copy)
      try {
        const values = await cutColumn(path, column, CODECS[way.split('-')[0]!]!)
        seen.push(isDeepStrictEqual(values, KNOWN[column === T ? 0 : 1]) ? 'same' : 'other')
      } catch (error) {
        if (!(error instanceof InvalidFileError)) throw error
        seen.push('refused')
      }
    }
    expect(seen.shift()).toBe('same')
    return seen
  }
  const flipped =
    (at: number, bits: number): Change =>
    (bytes) =>
      bytes.writeUInt8(bytes[at]! ^ bits, at)

  /** Where the values of a page begin, and where their levels do. */
  const partsOf = (bytes: Buffer, { start, second }: Page): { readonly levels: number; readonly values: number } =>
    second === undefined
      ? { levels: start, values: start + 4 + bytes.readUInt32LE(start) }
      : { levels: start, values: start + second.definitions }
  /** Where the lengths of the values stand. */
  const lengthsIn = (bytes: Buffer, from: number, end: number): readonly number[] => {
    const places: number[] = []
    for (let at = from; at < end; at += 4 + bytes.readUInt32LE(at)) places.push(at)
    return places
  }

  it.each([
    ['none-1.0', T],
    ['none-1.0', B],
    ['none-2.0', T],
    ['none-2.0', B],
  ])('where the length of a value is another: %s, column %i', async (way, column) => {
    const path = fixture(`pages-${way}`)
    const bytes = readFileSync(path)
    const pages = await pagesWith(path, column, ({ usesDictionary }) => !usesDictionary)
    const places = pages.flatMap((page) =>
      lengthsIn(bytes, page.isDictionary ? page.start : partsOf(bytes, page).values, page.start + page.size),
    )
    const changes = places.flatMap((at, nth) =>
      nth % 7 > 0
        ? []
        : [1, -1, 2 ** 24, 2 ** 31].map(
            (by): Change =>
              (all) =>
                all.writeUInt32LE((all.readUInt32LE(at) + by + 2 ** 32) % 2 ** 32, at),
          ),
    )
    expect(changes.length).toBeGreaterThan(50)
    expect(new Set(await outcomes(way, column, changes))).toEqual(new Set(['refused']))
  })

  it.each(['none-1.0', 'none-2.0'])('where another number of values is NULL: %s', async (way) => {
    const path = fixture(`pages-${way}`)
    const bytes = readFileSync(path)
    const pages = await pagesWith(path, T, ({ isDictionary }) => !isDictionary)
    const changes = pages.flatMap((page) => {
      const { levels, values } = partsOf(bytes, page)
      const bits = Array.from({ length: (values - levels) * 8 }, (_, nth) => nth)
      return bits.filter((nth) => nth % 3 === 0).map((nth) => flipped(levels + (nth >> 3), 1 << (nth & 7)))
    })
    const seen = await outcomes(way, T, changes)
    expect(changes.length).toBeGreaterThan(100)
    // The last group is filled up with bits that mean nothing.
    expect(new Set(seen)).toEqual(new Set(['refused', 'same']))
    expect(seen.filter((one) => one === 'refused').length).toBeGreaterThan(seen.length / 2)
  })

  it.each(['none-1.0', 'none-2.0'])('where it has values that the dictionary has not: %s', async (way) => {
    const path = fixture(`pages-${way}`)
    const bytes = readFileSync(path)
    const [page] = await pagesWith(path, T, ({ usesDictionary }) => usesDictionary)
    const { values } = partsOf(bytes, page!)
    const changes = [
      (all: Buffer) => all.fill(255, values + 1, page!.start + page!.size),
      (all: Buffer) => all.writeUInt8(33, values),
      (all: Buffer) => all.writeUInt8(0, values),
    ]
    expect(new Set(await outcomes(way, T, changes))).toEqual(new Set(['refused']))
    // A run of value 200, in eight bits.
    bytes.set([8, 126, 200], values)
    const copy = new Folder().write('a.parquet', bytes)
    await expect(cutColumn(copy, T, 0)).rejects.toThrow(/value 200 of a dictionary that has \d+;/)
  })

  it.each(['none-1.0', 'none-2.0', 'snappy-1.0', 'zstd-2.0'])('where its header says otherwise: %s', async (way) => {
    const pages = await pagesWith(fixture(`pages-${way}`), T, () => true)
    const all = pages.flatMap(({ from, start }) =>
      Array.from({ length: (start - from) * 8 }, (_, nth) => flipped(from + (nth >> 3), 1 << (nth & 7))),
    )
    const changes = all.filter((_, nth) => nth % 61 === 0)
    const seen = await outcomes(way, T, changes)
    expect(changes.length).toBeGreaterThan(100)
    // Not all that a header says is needed, such as whether a dictionary is sorted.
    expect(new Set(seen)).toEqual(new Set(['refused', 'same']))
  })

  it.each(['snappy-1.0', 'zstd-2.0', 'gzip-1.0', 'brotli-2.0'])('where it cannot be unpacked: %s', async (way) => {
    const pages = await pagesWith(fixture(`pages-${way}`), T, () => true)
    const changes = pages.map(({ start, size, second }) => (all: Buffer) => {
      all.fill(0x55, start + (second?.definitions ?? 0), start + size)
    })
    expect(new Set(await outcomes(way, T, changes))).toEqual(new Set(['refused']))
  })

  it('where its checksum is another', async () => {
    const path = fixture('checksums-2.0')
    const [page] = await pagesWith(path, 1, ({ isDictionary }) => isDictionary)
    const bytes = readFileSync(path)
    bytes[page!.start + 20]! ^= 1
    const copy = new Folder().write('a.parquet', bytes)
    await expect(parquetRowsOf(copy, { text: 'text' }, MANY)).rejects.toThrow('checksum')
  })
})
