import { appendFileSync, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { committed, Folder, open, remembered } from './harness.ts'

const TEXT = 'id\n1\n'

/** Opens a table as in the run after one that has read it. */
async function runAfter(before: Awaited<ReturnType<typeof open>>, path: string, gone = false, state = before) {
  return open({ t: { path } }, { t: remembered(before) }, { partitions: await committed(state, gone) })
}

const ids = async (opened: Awaited<ReturnType<typeof open>>) =>
  (await opened.files()).map((file) => [file.id, file.name])

describe('a file that was renamed', () => {
  it.each([
    ['renamed', renameSync],
    [
      'copied, and the old one removed',
      (from: string, to: string) => {
        copyFileSync(from, to)
        rmSync(from)
      },
    ],
  ])('keeps its partition, so that its rows do not come twice: %s', async (_name, move) => {
    const folder = new Folder()
    folder.write('a.csv', 'id\n1\n')
    folder.write('b.csv', 'id\n2\n')
    const path = folder.at('*.csv')
    const first = await open({ t: { path } })
    const state = await committed(first)
    move(folder.at('a.csv'), folder.at('c.csv'))
    const second = await open({ t: { path } }, { t: remembered(first) }, { partitions: state })
    expect(await ids(second)).toEqual([
      ['b.csv', 'b.csv'],
      ['a.csv', 'c.csv'],
    ])
    expect(await second.read('t', 'a.csv')).toEqual([{ id: 1 }])

    // The run after knows it by what the revision says, also when it has other rows by then.
    const after = await committed(second)
    appendFileSync(folder.at('c.csv'), '3\n')
    const third = await open({ t: { path } }, { t: remembered(first) }, { partitions: after })
    expect(await ids(third)).toEqual([
      ['b.csv', 'b.csv'],
      ['a.csv', 'c.csv'],
    ])
    expect(await third.read('t', 'a.csv')).toEqual([{ id: 1 }, { id: 3 }])

    // A new file of the old name is the old partition, and the renamed one becomes one of its own.
    writeFileSync(folder.at('a.csv'), 'id\n9\n')
    const fourth = await open({ t: { path } }, { t: remembered(first) }, { partitions: await committed(third) })
    expect(await ids(fourth)).toEqual([
      ['a.csv', 'a.csv'],
      ['b.csv', 'b.csv'],
      ['c.csv', 'c.csv'],
    ])
  })

  it('is known under a pattern that begins in another folder', async () => {
    const folder = new Folder()
    folder.write('2024/a.csv', 'id\n1\n')
    folder.write('2024/b.csv', 'id\n2\n')
    const first = await open({ t: { path: folder.at('2024/*.csv') } })
    const second = await runAfter(first, folder.at('*/*.csv'))
    expect(await ids(second)).toEqual([
      ['a.csv', '2024/a.csv'],
      ['b.csv', '2024/b.csv'],
    ])
  })

  it.each([
    ['a.csv', 'a.csv.gz'],
    ['a.csv.gz', 'a.csv.zst'],
  ])('is known where it was compressed: %s to %s', async (from, to) => {
    const folder = new Folder()
    const pack = (name: string): Buffer | string =>
      name.endsWith('gz') ? gzipSync(TEXT) : name.endsWith('zst') ? zstdCompressSync(TEXT) : TEXT
    folder.write(from, pack(from))
    const path = folder.at('*.csv*')
    const first = await open({ t: { path } })
    const state = await committed(first)
    rmSync(folder.at(from))
    folder.write(to, pack(to))
    const second = await open({ t: { path } }, { t: remembered(first) }, { partitions: state })
    expect(await ids(second)).toEqual([[from, to]])
    expect(await second.read()).toEqual([{ id: 1 }])
  })

  it.each([
    ['short', 'id\n1\n', '2\n', {}],
    ['longer than what is looked at', `id\n${'1234567\n'.repeat(30_000)}`, '2\n', {}],
    ['told by its content', 'id\n1\n', '2\n', { hash: true }],
  ])('is known where it also grew: %s', async (_name, text, more, options) => {
    const folder = new Folder()
    folder.write('a.csv', text)
    folder.write('b.csv', 'id\n2\n')
    const tables = { t: { path: folder.at('*.csv'), ...options } }
    const first = await open(tables)
    const state = await committed(first)
    renameSync(folder.at('a.csv'), folder.at('c.csv'))
    appendFileSync(folder.at('c.csv'), more)
    folder.write('d.csv', 'id\n9\n')
    const second = await open(tables, { t: remembered(first) }, { partitions: state })
    expect(await ids(second)).toEqual([
      ['b.csv', 'b.csv'],
      ['a.csv', 'c.csv'],
      ['d.csv', 'd.csv'],
    ])
    expect(await second.read('t', 'a.csv')).toHaveLength(text.split('\n').length - 1)
  })

  it('that grew is the longest that it may have been, and one that got shorter is new', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'id\n1\n')
    folder.write('b.csv', 'id\n1\n2\n')
    folder.write('c.csv', 'id\n7\n8\n')
    const path = folder.at('*.csv')
    const first = await open({ t: { path } })
    const state = await committed(first)
    for (const name of ['a', 'b', 'c']) rmSync(folder.at(`${name}.csv`))
    folder.write('x.csv', 'id\n1\n2\n3\n')
    folder.write('y.csv', 'id\n7\n')
    const second = await open({ t: { path } }, { t: remembered(first) }, { partitions: state })
    expect(await ids(second)).toEqual([
      ['b.csv', 'x.csv'],
      ['y.csv', 'y.csv'],
    ])
  })

  it('is another one where the old one is still there, was gone before, is empty or has other content', async () => {
    const folder = new Folder()
    folder.write('a.csv', 'id\n1\n')
    const path = folder.at('*.csv')
    const first = await open({ t: { path } })
    const state = await committed(first)
    const gone = await committed(first, true)
    copyFileSync(folder.at('a.csv'), folder.at('b.csv'))
    const both = await open({ t: { path } }, { t: remembered(first) }, { partitions: state })
    expect(await ids(both)).toEqual([
      ['a.csv', 'a.csv'],
      ['b.csv', 'b.csv'],
    ])
    rmSync(folder.at('a.csv'))
    const later = await open({ t: { path } }, { t: remembered(first) }, { partitions: gone })
    expect(await ids(later)).toEqual([['b.csv', 'b.csv']])
    writeFileSync(folder.at('b.csv'), 'id\n7\n')
    const other = await open({ t: { path } }, { t: remembered(first) }, { partitions: state })
    expect(await ids(other)).toEqual([['b.csv', 'b.csv']])
  })

  it('of several with the same content each has a partition of its own', async () => {
    const folder = new Folder()
    for (const name of ['a', 'b', 'c']) folder.write(`${name}.csv`, 'id\n1\n')
    const first = await open({ t: { path: folder.at('*.csv') } })
    const state = await committed(first)
    for (const name of ['a', 'b', 'c']) renameSync(folder.at(`${name}.csv`), folder.at(`x${name}.csv`))
    const second = await open({ t: { path: folder.at('*.csv') } }, { t: remembered(first) }, { partitions: state })
    expect((await second.files()).map((file) => file.id).sort()).toEqual(['a.csv', 'b.csv', 'c.csv'])
  })
})
