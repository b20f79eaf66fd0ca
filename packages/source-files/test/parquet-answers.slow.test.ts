import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it, onTestFinished } from 'vitest'
import { chunksOf } from '../src/duckdb.ts'
import { parquetRows } from '../src/parquet.ts'
import { openParquet } from '../src/parquet-file.ts'
import { Folder, open } from './harness.ts'
import { written } from './parquet-files.ts'
import { world } from './world.ts'

async function connected() {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  onTestFinished(() => {
    connection.closeSync()
    instance.closeSync()
  })
  return connection
}

const { signal } = new AbortController()

async function all<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const page of pages) found.push(page)
  return found
}

describe('an answer of DuckDB', () => {
  it.each([
    ['another type', 'SELECT 1::BIGINT AS a, 2::INTEGER AS b', ['BIGINT', 'VARCHAR']],
    ['a type inside of another', 'SELECT [1::BIGINT] AS a', ['INTEGER[]']],
    ['more columns', 'SELECT 1::BIGINT AS a, 2::INTEGER AS b', ['BIGINT']],
    ['fewer columns', 'SELECT 1::BIGINT AS a', ['BIGINT', 'INTEGER']],
  ])('is not decoded where it is of %s than the decoder was made for', async (_, query, types) => {
    await expect(all(chunksOf(await connected(), query, types, signal))).rejects.toThrow(/DuckDB gave/)
  })

  it('with other rows than the file says is an error', async () => {
    const folder = new Folder()
    const path = await written(folder, 'a.parquet', 'SELECT range AS i FROM range(10)')
    const source = await open({ t: { path } })
    await using file = await openParquet(path, source.client, signal, 'check')
    const wanted = [{ name: 'i', type: 'integer', declared: false }] as const
    const rowsOf = (rows: number) =>
      all(parquetRows(source.client, { ...file, footer: { ...file.footer, rows } }, wanted, signal))
    expect((await rowsOf(10)).flat()).toHaveLength(10)
    await expect(rowsOf(11)).rejects.toThrow('declares 11 rows, but 10 were read')
  })
})

it('a Parquet file that comes later, of other types and another order, has its own values', async () => {
  const { folder, sync, rows } = await world()
  const tables = { t: { path: folder.at('*.parquet'), primaryKey: ['id'] } }
  await written(folder, 'a.parquet', 'SELECT 1 AS id, 7::INTEGER AS n, 2.50::DECIMAL(9,2) AS d, 0.1::DOUBLE AS f')
  await sync(tables)
  await written(folder, 'b.parquet', `SELECT 0.25::DOUBLE AS d, 'x' AS n, 2::BIGINT AS id, 9.10::DECIMAL(30,2) AS f`)
  await written(folder, 'c.parquet', 'SELECT 3::UTINYINT AS id, [1] AS more')
  await sync(tables)
  expect(await rows('SELECT id, n, d, f, more FROM files_t ORDER BY id')).toEqual([
    { id: 1, n: '7', d: '2.50', f: '0.1', more: null },
    { id: 2, n: 'x', d: '0.25', f: '9.10', more: null },
    { id: 3, n: null, d: null, f: null, more: '[1]' },
  ])
})
