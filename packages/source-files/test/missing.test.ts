import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FilesConfig } from '../src/config.ts'
import { errorOf, Folder, open, remembered } from './harness.ts'

const messageOf = (path: string): string => {
  const issues = FilesConfig.safeParse({ tables: { t: { path } } }).error?.issues ?? []
  expect(issues.map((issue) => issue.path)).toEqual([['tables', 't', 'path']])
  return issues[0]!.message
}

describe('a path that cannot be read', () => {
  it.each(['s3://bucket/a.csv', 'https://example.org/a.csv', 'gs://b/*.parquet', 'abfss://c@a/x.csv'])(
    'is refused in the config: %s',
    (path) => {
      expect(messageOf(path)).toMatch(/is an address.*download/)
    },
  )

  it('is told how a file: address is written', () => {
    expect(messageOf('file:///data/a.csv')).toContain('write the path itself, /data/a.csv')
  })

  it.each<[string, string, RegExp]>([
    ['a misspelt file', 'oders.csv', /the file does not exist; the folder .* has orders\.csv, sub$/],
    ['a misspelt ending of a pattern', '*.cvs', /no file matches; the folder .* has orders\.csv/],
    ['a misspelt folder', 'data/*.csv', /the folder .*\/data does not exist/],
    ['a misspelt folder deep down', 'data/2024/01/a.csv', /the folder .*\/data does not exist/],
    ['a folder', 'sub', /is a folder; name the files in it, such as .*sub\/\*\.csv/],
  ])('fails its table, and no other: %s', async (_name, path, message) => {
    const folder = new Folder()
    folder.write('orders.csv', 'id\n1\n')
    folder.write('sub/x.txt', '')
    const source = await open({ bad: { path: folder.at(path) }, good: { path: folder.at('orders.csv') } })
    const error = await errorOf(source.read('bad'))
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(/^tables\.bad\.path "/)
    expect(error.remedy).toBe('fix-config')
    expect(await source.read('good')).toEqual([{ id: 1 }])
  })

  it('fails its table where a home folder or a variable stands in it', async () => {
    const source = await open({ home: { path: '~/a.csv' }, variable: { path: '$DATA/a.csv' } })
    expect((await errorOf(source.read('home'))).message).toContain('"~" is not expanded')
    expect((await errorOf(source.read('variable'))).message).toContain('variables are not expanded')
  })

  it('fails a known table whose folder is away, as when its disk is not mounted', async () => {
    const folder = new Folder()
    folder.write('data/a.csv', 'id\n1\n')
    const first = await open({ t: { path: folder.at('data/*.csv') } })
    rmSync(folder.at('data'), { recursive: true })
    const second = await open({ t: { path: folder.at('data/*.csv') } }, { t: remembered(first) })
    expect(second.types()).toEqual({ id: 'integer' })
    expect((await errorOf(second.read())).message).toContain('/data does not exist')
  })
})

describe('a file that is gone', () => {
  it.each(['a.csv', '*.csv'])('leaves a known table without a failure: %s', async (path) => {
    const folder = new Folder()
    folder.write('a.csv', 'id\n1\n')
    const first = await open({ t: { path: folder.at(path) } })
    rmSync(folder.at('a.csv'))
    const second = await open({ t: { path: folder.at(path) } }, { t: remembered(first) })
    expect(await second.files()).toEqual([])
    expect(second.warnings.map(({ message }) => message)).toContain('no file matches')
  })

  it('that could not be read is not listed any more', async () => {
    const folder = new Folder()
    folder.write('a.json', '[{"id":1}]')
    folder.write('b.json', '[{"id":')
    const first = await open({ t: { path: folder.at('*.json') } })
    await errorOf(first.read('t', 'b.json'))
    rmSync(folder.at('b.json'))
    const second = await open({ t: { path: folder.at('*.json') } }, { t: remembered(first) })
    expect((await second.files()).map((file) => file.id)).toEqual(['a.json'])
    expect(await second.read()).toEqual([{ id: 1 }])
  })
})
