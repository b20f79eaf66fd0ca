import { expect, it } from 'vitest'
import source from '../src/index.ts'
import { Folder, open } from './harness.ts'

it('is registered as "files", and without a table says that nothing is configured', () => {
  const slots = globalThis as unknown as Record<symbol, Map<string, unknown>>
  expect(source.name).toBe('files')
  expect(slots[Symbol.for('tidemark.sources')]?.get('files')).toBe(source)
  expect(source.config?.safeParse({}).error?.issues).toMatchObject([
    { path: ['tables'], message: expect.stringContaining('nothing is configured to read yet') },
  ])
})

it('has a key per file unless it is said to be global', async () => {
  const folder = new Folder()
  folder.write('a.csv', 'id,v\n1,x\n')
  const options = { path: folder.at('*.csv'), primaryKey: ['id'] }
  const opened = await open({ own: options, all: { ...options, globalKey: true }, none: { path: options.path } })
  expect(opened.tables.map((table) => [table.name, table.primaryKey, table.globalKey, table.cursor])).toEqual([
    ['own', ['id'], false, undefined],
    ['all', ['id'], true, undefined],
    ['none', [], false, undefined],
  ])
})

it('finds the columns of many files beyond the limit in some, and passes on those of a file that it did not look at', async () => {
  const folder = new Folder()
  for (let at = 0; at < 200; at++)
    folder.write(`${String(at).padStart(3, '0')}.csv`, at === 1 ? 'id,rare\n1,x\n' : `id,c${at % 3}\n${at},x\n`)
  const opened = await open({ t: { path: folder.at('*.csv') } }, {}, {}, { scanLimit: '1KB' })
  expect(Object.keys(opened.types()).sort()).toEqual(['c0', 'c1', 'c2', 'id'])
  expect(await opened.read('t', '001.csv')).toEqual([{ id: 1, rare: 'x' }])
  expect(opened.warnings.at(-1)).toMatchObject({
    message: expect.stringContaining('does not have, because they first appear after the part that scanLimit'),
    fields: { columns: ['rare'] },
  })
  expect(await opened.read()).toHaveLength(200)
})

it('reads several files at a time', async () => {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const folder = new Folder()
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  for (let at = 0; at < 6; at++)
    await connection.run(`COPY (SELECT ${at} AS file, range AS i FROM range(20000)) TO '${folder.at(`${at}.parquet`)}'`)
  const opened = await open({ t: { path: folder.at('*.parquet') } })
  const files = await Promise.all(Array.from({ length: 6 }, (_, at) => opened.read('t', `${at}.parquet`)))
  for (const [at, rows] of files.entries()) {
    expect(rows).toHaveLength(20_000)
    expect(rows.every((row, i) => row['file'] === at && row['i'] === i)).toBe(true)
  }
})

it('keeps formats of one table together', async () => {
  const folder = new Folder()
  folder.write('a.csv', 'id,v\n1,5\n')
  folder.write('b.ndjson', '{"id":2,"v":"x"}\n')
  const opened = await open({ t: { path: folder.at('*') } })
  expect(await opened.read()).toEqual([
    { id: 1, v: '5' },
    { id: 2, v: 'x' },
  ])
})
