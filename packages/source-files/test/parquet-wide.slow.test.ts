import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Block, zipped } from '../src/blocks.ts'
import { openParquet } from '../src/parquet-file.ts'
import { type WideGroup, wideGroups } from '../src/parquet-wide.ts'
import { Thrift, writeStruct } from '../src/thrift.ts'
import { Folder, open } from './harness.ts'
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

  it('take less memory than they have together', async () => {
    const folder = new Folder()
    const path = await file(folder)
    const script = fileURLToPath(new URL('read-wide.ts', import.meta.url))
    const run = spawnSync(process.execPath, ['--max-old-space-size=512', script, path], { encoding: 'utf8' })
    const { rows, sum, peakMb, error } = JSON.parse(run.stdout || '{}') as Record<string, unknown>
    expect(error, run.stderr).toBeUndefined()
    const all = createHash('sha256')
    for (let id = 0; id < ROWS; id++)
      all.update(
        createHash('md5')
          .update(String(id))
          .digest('hex')
          .repeat(LENGTH / 32),
      )
    expect([rows, sum]).toEqual([ROWS, all.digest('hex')])
    expect(peakMb).toBeLessThan(900)
  })
})
