import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Block, zipped } from '../src/blocks.ts'
import type { Misfit } from '../src/misfit.ts'
import { openParquet } from '../src/parquet-file.ts'
import { type WideGroup, wideGroups } from '../src/parquet-wide.ts'
import { Thrift, writeStruct } from '../src/thrift.ts'
import { Folder, judged, open } from './harness.ts'
import { rewritten, written } from './parquet-files.ts'
import { parquetRowsOf } from './parquet-rows.ts'

const { signal } = new AbortController()

describe('columns that are read by themselves have the values that they have beside the others', () => {
  const SELECT = `SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE 't' || i || 'ü' END AS t, ('b' || i)::BLOB AS b,
    CASE WHEN i % 3 = 0 THEN NULL ELSE '{"a":' || i || '}' END::JSON AS j, [i, i + 1] AS l, 'same' || (i % 5) AS few, i * 2 AS n
    FROM range(10000) r(i)`
  const TYPES = { i: 'integer', t: 'text', b: 'text', j: 'json', l: 'json', few: 'text', n: 'integer' } as const

  it.each([
    ['in one group', ''],
    ['in several groups of rows', ', ROW_GROUP_SIZE 2048'],
    ['without compression', ', COMPRESSION uncompressed'],
    ['with zstd, in pages of the second kind', ', COMPRESSION zstd, PARQUET_VERSION v2'],
  ])('%s', async (_, options) => {
    const folder = new Folder()
    const path = await written(folder, 'a.parquet', SELECT, options)
    const together = await parquetRowsOf(path, TYPES, 'together')
    expect(together).toHaveLength(10_000)
    expect(together[8]).toMatchObject({ i: 8, t: 't8ü', n: 16 })
    expect(await parquetRowsOf(path, TYPES, 'apart')).toEqual(together)
  })

  it('that are described in the new way alone', async () => {
    const folder = new Folder()
    const logical = writeStruct([{ id: 1, type: Thrift.struct, value: writeStruct([]) }])
    const bytes = await rewritten(await written(folder, 'a.parquet', SELECT), ({ name, fields }) =>
      name === 't'
        ? [...fields.filter(({ id }) => id !== 6 && id !== 10), { id: 10, type: Thrift.struct, value: logical }]
        : fields,
    )
    const path = folder.write('b.parquet', bytes)
    const together = await parquetRowsOf(path, TYPES, 'together')
    expect(together[8]).toMatchObject({ i: 8, t: 't8ü', n: 16 })
    expect(await parquetRowsOf(path, TYPES, 'apart')).toEqual(together)
  })

  it('where nothing else is read', async () => {
    const path = await written(new Folder(), 'a.parquet', SELECT)
    const rows = await parquetRowsOf(path, { t: 'text' }, 'apart')
    expect([rows.length, rows[1]]).toEqual([10_000, { t: 't1ü' }])
  })
})

it('columns that have not as many rows are an error', async () => {
  const blocks = async function* (...counts: number[]): AsyncGenerator<Block> {
    for (const count of counts) yield { columns: [Array.from({ length: count }, () => 1)], count }
  }
  const all = async (...streams: AsyncGenerator<Block>[]): Promise<number[]> => {
    const counts: number[] = []
    for await (const { count } of zipped(streams)) counts.push(count)
    return counts
  }
  expect(await all(blocks(5, 3), blocks(2, 6))).toEqual([2, 3, 3])
  await expect(all(blocks(5, 3), blocks(2, 5))).rejects.toThrow('have different numbers of rows')
})

// Hundreds of megabytes each: on a busy machine that takes minutes.
describe('long values in one group of rows', () => {
  const LENGTH = 1 << 20
  const ROWS = 600
  const file = async (folder: Folder): Promise<string> =>
    await written(
      folder,
      'wide.parquet',
      `SELECT i AS id, repeat(md5(i::VARCHAR), ${LENGTH / 32}) AS v FROM range(${ROWS}) r(i)`,
    )

  it('are read a few pages at a time', async () => {
    const folder = new Folder()
    const path = await file(folder)
    const source = await open({ t: { path } })
    await using opened = await openParquet(path, source.client, signal, 'check')
    const [wide, ...more] = [...opened.wide]
    expect([wide?.element.name, more]).toEqual(['v', []])
    const groups: number[] = []
    const column = { ...opened, client: source.client, field: wide!, signal }
    for await (const group of wideGroups(column)) groups.push((group as WideGroup).rows)
    expect(groups.length).toBeGreaterThan(3)
    expect(groups.reduce((sum, rows) => sum + rows, 0)).toBe(ROWS)
  })

  /** Reads columns in a process of its own; the texts that they must have, one behind the other. */
  function expectWithin900Mb(
    path: string,
    type: 'text' | 'json',
    names: readonly string[],
    [count, texts]: readonly [rows: number, texts: Iterable<string>],
  ): void {
    const script = fileURLToPath(new URL('read-wide.ts', import.meta.url))
    const args = ['--max-old-space-size=512', script, path, type, ...names]
    const run = spawnSync(process.execPath, args, { encoding: 'utf8' })
    const { rows, sum, peakMb, error } = JSON.parse(run.stdout || '{}') as Record<string, unknown>
    expect(error, run.stderr).toBeUndefined()
    const all = createHash('sha256')
    for (const text of texts) all.update(text)
    expect([rows, sum]).toEqual([count, all.digest('hex')])
    expect(peakMb).toBeLessThan(900)
  }
  function* bothOf(first: Iterable<string>, second: Iterable<string>): Generator<string> {
    yield* first
    yield* second
  }
  const md5 = (id: number | string): string => createHash('md5').update(String(id)).digest('hex')
  const ids = Array.from({ length: ROWS }, (_, id) => id)

  it('take less memory than they have together', async () => {
    const path = await file(new Folder())
    const texts = ids.values().map((id) => md5(id).repeat(LENGTH / 32))
    expectWithin900Mb(path, 'text', ['v'], [ROWS, texts])
  })

  it('do so in structs, lists and maps, behind small ones', async () => {
    const small = `SELECT {'a': ['x'], 'm': MAP {'k': NULL}} AS v FROM range(2000)`
    const long = `SELECT {'a': [repeat(md5(i::VARCHAR), ${LENGTH / 64}), 'y'], 'm': MAP {'k': repeat(md5('m' || i), ${LENGTH / 64})}} FROM range(${ROWS}) r(i)`
    const path = await written(new Folder(), 'nested.parquet', `FROM (${small}) UNION ALL (${long})`)
    const first = Array.from({ length: 2000 }, () => '{"a":["x"],"m":{"k":null}}')
    const texts = ids.values().map((id) => {
      const [a, m] = [md5(id).repeat(LENGTH / 64), md5(`m${id}`).repeat(LENGTH / 64)]
      return JSON.stringify({ a: [a, 'y'], m: { k: m } })
    })
    expectWithin900Mb(path, 'json', ['v'], [2000 + ROWS, bothOf(first, texts)])
  })

  it('do so where they are written as differences', () => {
    const path = fileURLToPath(new URL('fixtures/long-differences.parquet', import.meta.url))
    const texts = ids.values().map((id) =>
      String(Math.min(id, 299))
        .padStart(8, '0')
        .repeat(LENGTH / 8),
    )
    expectWithin900Mb(path, 'text', ['v'], [600, texts])
  })

  it('do so in many columns', async () => {
    const names = Array.from({ length: 24 }, (_, column) => `c${column}`)
    const columns = names.map((name) => `repeat(md5('${name}' || i), 3000) AS ${name}`)
    const path = await written(new Folder(), 'many.parquet', `SELECT ${columns} FROM range(400) r(i)`)
    const texts = Iterator.from(ids.slice(0, 400)).flatMap((id) =>
      names.map((name) => md5(`${name}${id}`).repeat(3000)),
    )
    expectWithin900Mb(path, 'text', names, [400, texts])
  })
})

describe('a row that is too long is a reject of its own', () => {
  it.each([
    ['text', `repeat('x', 20000000)`, `'a' || i`, /^expected at most 16000000 bytes in a row, .* got 20000001; raise/],
    ['list', `list_value(repeat('x', 9000000), repeat('y', 9000000))`, `['a' || i]`, /, got 18000002; raise/],
    [
      'what only its JSON makes too long',
      `{'a': repeat('x', 15000000)}`,
      `{'a': 'a' || i}`,
      /^does not fit into the memory/,
    ],
  ])('%s', async (_, long, short, problem) => {
    const path = await written(
      new Folder(),
      'a.parquet',
      `SELECT i, CASE WHEN i = 4 THEN ${long} ELSE ${short} END AS v FROM range(10) r(i)`,
    )
    const source = await open({ t: { path } }, {}, {}, { memoryLimit: '64MB' })
    const { good, bad } = judged(source, await source.read())
    expect(good.map(({ i }) => i)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9])
    expect(JSON.stringify(good[4])).toMatch(/"a5"/)
    expect(bad.map(({ i, v }) => [i, (v as Misfit).problem])).toEqual([[4, expect.stringMatching(problem)]])
  })
})
