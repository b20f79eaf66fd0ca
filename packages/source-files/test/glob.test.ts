import { mkdirSync, symlinkSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { listFiles } from '../src/listing.ts'
import { Folder, open } from './harness.ts'

const home = process.cwd()
afterEach(() => process.chdir(home))

const NAMES = [
  'b.csv',
  'a.csv',
  'q\'u"o;te.csv',
  'r[1].csv',
  'a*b.csv',
  'ü é.csv',
  '-- x.csv',
  '$(x).csv',
  'sub/c.csv',
  'sub/deep/d.csv',
  '.hidden.csv',
  'x.txt',
]

async function ids(pattern: string): Promise<string[]> {
  return (await listFiles(pattern)).map((file) => file.id)
}

function filled(): Folder {
  const folder = new Folder()
  for (const name of NAMES) folder.write(name, 'a\n1\n')
  mkdirSync(folder.at('dir.csv'))
  return folder
}

it('gives a file the same id from any place: its path below the start of the pattern', async () => {
  const folder = filled()
  const absolute = await ids(folder.at('*.csv'))
  expect(absolute).toEqual([
    '$(x).csv',
    '-- x.csv',
    'a*b.csv',
    'a.csv',
    'b.csv',
    'q\'u"o;te.csv',
    'r[1].csv',
    'ü é.csv',
  ])
  process.chdir(folder.path)
  expect(await ids('*.csv')).toEqual(absolute)
  expect(await ids('./*.csv')).toEqual(absolute)
  process.chdir(folder.at('sub'))
  expect(await ids('../*.csv')).toEqual(absolute)
})

it.each([
  ['**/*.csv', ['sub/c.csv', 'sub/deep/d.csv', 'a.csv']],
  ['sub/**', ['c.csv', 'deep/d.csv']],
  ['{a,b}.csv', ['a.csv', 'b.csv']],
  ['r[1].csv', ['r[1].csv']],
  ['a*b.csv', ['a*b.csv']],
  ['a.csv', ['a.csv']],
  ['sub/c.csv', ['c.csv']],
  ['.hidden.csv', ['.hidden.csv']],
  ['nothing/*.csv', []],
  ['~/*.csv', []],
])('%s', async (pattern, expected) => {
  const folder = filled()
  const found = await ids(folder.at(pattern))
  expect(found).toEqual(expect.arrayContaining(expected))
  if (!pattern.startsWith('**')) expect(found).toHaveLength(expected.length)
})

it('follows links to files, and lists no file twice', async () => {
  const folder = new Folder()
  folder.write('real.csv', 'a\n1\n')
  symlinkSync(folder.at('real.csv'), folder.at('link.csv'))
  symlinkSync(folder.at('nowhere.csv'), folder.at('broken.csv'))
  expect(await ids(folder.at('{*,*}.csv'))).toEqual(['link.csv', 'real.csv'])
})

it('reads files of every name', async () => {
  const folder = filled()
  const source = await open({ t: { path: folder.at('*.csv') } })
  expect(await source.read()).toHaveLength(8)
})

it('reads a Parquet file whose name is a pattern and an SQL text, and no other', async () => {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const { copyFileSync } = await import('node:fs')
  const folder = new Folder()
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(`COPY (SELECT 1 AS v) TO '${folder.at('plain.parquet')}'`)
  await connection.run(`COPY (SELECT 2 AS v) TO '${folder.at('other.parquet')}'`)
  for (const name of ["[o]*'); SELECT 1; --.parquet", 'a=1', 'back\\slash.parquet', '?ther.parquet']) {
    const source = name === 'a=1' ? 'a=1/x.parquet' : name
    if (name === 'a=1') mkdirSync(folder.at(name))
    copyFileSync(folder.at('plain.parquet'), folder.at(source))
    const opened = await open({ t: { path: folder.at(source) } })
    expect(await opened.read()).toEqual([{ v: 1 }])
  }
})
