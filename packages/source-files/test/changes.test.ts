import { appendFileSync, chmodSync, rmSync, utimesSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FilesConfig } from '../src/config.ts'
import { errorOf, Folder, open, opened } from './harness.ts'

const BIG = `a,b\n${Array.from({ length: 50_000 }, (_, at) => `${at},text ${Math.sin(at)}`).join('\n')}\n`

describe('files that come, go and change', () => {
  it('says that nothing matches, and lists no table it knows nothing of', async () => {
    const folder = new Folder()
    const source = await open({ t: { path: folder.at('*.csv'), primaryKey: ['id'] } })
    expect(source.tables).toEqual([])
    expect(source.warnings[0]).toMatchObject({ message: 'no file matches', fields: { table: 't' } })
    const known = await open(
      { t: { path: folder.at('*.csv'), primaryKey: ['id'] } },
      { t: [{ name: 'id', type: 'integer' }] },
    )
    expect(await known.files()).toEqual([])
    expect(known.types()).toEqual({ id: 'integer' })
  })

  it('asks for another try when a file disappears', async () => {
    const folder = new Folder()
    const source = await opened('x.csv', 'a\n1\n')
    const [file] = await source.files()
    rmSync(file!.path)
    expect(await errorOf(source.read())).toMatchObject({
      remedy: 'retry',
      message: expect.stringContaining('disappeared'),
    })
    expect(folder).toBeDefined()
  })

  it.skipIf(process.getuid?.() === 0)('names a file that may not be read', async () => {
    const source = await opened('x.csv', 'a\n1\n')
    const [file] = await source.files()
    chmodSync(file!.path, 0)
    expect(await errorOf(source.read())).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringContaining('may not be read'),
    })
  })

  it.each(['append', 'touch'])('asks for another try when a file changes while it is read: %s', async (how) => {
    const source = await opened('x.csv', BIG)
    const [partition] = await source.files()
    const reading = async (): Promise<void> => {
      let first = true
      const question = { client: source.client, partition, signal: new AbortController().signal, log: { warn() {} } }
      for await (const _page of source.table().read(question as never)) {
        if (first && how === 'append') appendFileSync(partition!.path, '1,x\n')
        if (first && how === 'touch') utimesSync(partition!.path, 1, 1)
        first = false
      }
    }
    expect(await errorOf(reading())).toMatchObject({
      remedy: 'retry',
      message: expect.stringContaining('changed while'),
    })
  })
})

describe('config', () => {
  it.each([
    [{ path: 'x.csv', globalKey: true }, ['tables', 't', 'globalKey']],
    [{ path: 'x.csv', primaryKey: ['a', 'a'] }, ['tables', 't', 'primaryKey']],
    [{ path: 'x.csv', encoding: 'nope' }, ['tables', 't', 'encoding']],
    [{ path: 'x.csv', delimiter: ';;' }, ['tables', 't', 'delimiter']],
    [{ path: 'x.csv', columns: { a: 'varchar' } }, ['tables', 't', 'columns', 'a']],
    [{ path: 'x.csv', delimeter: ';' }, ['tables', 't']],
    [{ path: 'x.csv', format: 'xlsx' }, ['tables', 't', 'format']],
  ])('%j is refused at its path', (table, at) => {
    expect(FilesConfig.safeParse({ tables: { t: table } }).error?.issues[0]?.path).toEqual(at)
  })

  it('says nothing but its tables', () => {
    const tables = { t: { path: 'a.csv' } }
    expect(FilesConfig.parse({ tables })).toMatchObject({ scanLimit: '256MB', memoryLimit: '512MB', threads: 2 })
  })

  it('names a key that no file has', async () => {
    const error = await errorOf(opened('x.csv', 'a\n1\n', { primaryKey: ['id'] }))
    expect(error).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(/tables\.t\.primaryKey names "id".*columns: a$/),
    })
  })

  it('warns of a delimiter that is probably another', async () => {
    const source = await opened('x.csv', 'a;b\n1;2\n')
    expect(source.warnings[0]?.message).toContain('set tables.t.delimiter to ";"')
  })
})
