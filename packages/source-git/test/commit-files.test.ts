import { symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exactText } from '../src/bytes.ts'
import { commitFiles, Reading } from './reading.ts'
import { Sandbox } from './sandbox.ts'

async function changes(sandbox: Sandbox, sha?: string): Promise<unknown[][]> {
  const reading = await Reading.open(sandbox.folder)
  const rows = (await reading.rows(commitFiles)).filter((row) => sha === undefined || row['sha'] === sha)
  return rows.map((row) => ['status', 'path', 'old_path', 'added', 'deleted'].map((name) => row[name]))
}

describe('commit_files', () => {
  it('has a row for every path of a commit, the first one too', async () => {
    const sandbox = Sandbox.create()
    const sha = sandbox.commit({ files: { a: '1\n2\n', 'd/b': '1\n', empty: '' } })
    const reading = await Reading.open(sandbox.folder)
    expect(await reading.rows(commitFiles)).toEqual([
      { sha, committed_at: '2026-01-01T00:00:00Z', path: 'a', old_path: null, status: 'A', added: 2, deleted: 0 },
      { sha, committed_at: '2026-01-01T00:00:00Z', path: 'd/b', old_path: null, status: 'A', added: 1, deleted: 0 },
      { sha, committed_at: '2026-01-01T00:00:00Z', path: 'empty', old_path: null, status: 'A', added: 0, deleted: 0 },
    ])
  })

  it('tells changed, deleted, renamed, binary and mode changes apart, whatever the user has configured', async () => {
    const sandbox = Sandbox.create()
    sandbox.git('config', 'diff.renames', 'false')
    sandbox.git('config', 'diff.relative', 'true')
    sandbox.git('config', 'color.ui', 'always')
    sandbox.git('config', 'core.quotePath', 'true')
    const text = '1\n2\n3\n4\n5\n6\n7\n8\n'
    sandbox.commit({
      files: { moved: text, changed: 'a\nb\n', gone: 'x\n', blob: Buffer.from([0, 1]), link: 'file', run: 'r\n' },
    })
    sandbox.git('mv', 'moved', 'new place')
    sandbox.git('rm', '-q', 'gone')
    sandbox.git('update-index', '--chmod=+x', 'run')
    sandbox.git('config', 'core.fileMode', 'false')
    unlinkSync(`${sandbox.folder}/link`)
    symlinkSync('changed', `${sandbox.folder}/link`)
    const sha = sandbox.commit({
      files: { 'new place': `${text}9\n`, changed: 'a\nc\nd\n', blob: Buffer.from([0, 2]) },
    })
    expect(await changes(sandbox, sha)).toEqual([
      ['M', 'blob', null, null, null],
      ['M', 'changed', null, 2, 1],
      ['D', 'gone', null, 0, 1],
      ['T', 'link', null, 1, 1],
      ['R', 'new place', 'moved', 1, 0],
      ['M', 'run', null, 0, 0],
    ])
  })

  it('counts lines as they are, whatever .gitattributes says in the checkout', async () => {
    const sandbox = Sandbox.create()
    writeFileSync(`${sandbox.folder}/.gitattributes`, '*.lock -diff\n')
    sandbox.commit({ files: { 'a.lock': '1\n2\n' } })
    expect(await changes(sandbox)).toContainEqual(['A', 'a.lock', null, 2, 0])
  })

  it('leaves merges and empty commits out', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ files: { a: '1\n' } })
    sandbox.git('checkout', '-q', '-b', 'side')
    sandbox.commit({ files: { b: '1\n' } })
    sandbox.git('checkout', '-q', 'main')
    sandbox.commit()
    sandbox.merge('side', '2026-01-02T00:00:00Z')
    expect((await changes(sandbox)).map(([, path]) => path).sort()).toEqual(['a', 'b'])
  })

  it('keeps the names of files exact and apart', async () => {
    const sandbox = Sandbox.create()
    const blob = sandbox.gitWith({ input: 'x\n' }, 'hash-object', '-w', '--stdin')
    const names = [
      'tab\there',
      'new\nline',
      '"quoted"',
      'back\\slash',
      ' spaced ',
      'zażółć/日本/🐙',
      ':000000',
      'R100',
      '\ufffd',
      '\ufeffbom',
      'a'.repeat(40),
    ]
    const invalid = [
      Buffer.from([0x61, 0xff]),
      Buffer.from([0x61, 0xfe]),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from([0xe2, 0x82]),
    ]
    const paths = [...names.map((name) => Buffer.from(name)), ...invalid]
    const entries = paths.flatMap((path) => [Buffer.from(`100644 ${blob}\t`), path, Buffer.from([0])])
    sandbox.gitWith({ input: Buffer.concat(entries) }, 'update-index', '-z', '--index-info')
    sandbox.at('2026-01-01T00:00:00Z', 'commit', '-q', '-m', 'odd names')
    const read = (await changes(sandbox)).map(([, path]) => path)
    expect(read.sort()).toEqual(paths.map(exactText).sort())
    expect(new Set(read).size).toBe(paths.length)
    expect(read).toEqual(expect.arrayContaining(names.filter((name) => name !== '\ufffd')))
    expect(read).toEqual(expect.arrayContaining(['a\ufffdff', 'a\ufffdfe', '\ufffd\ufffd']))
  })

  it('reads windows by the date of the commit', async () => {
    const sandbox = Sandbox.create()
    for (const day of [1, 2, 3]) sandbox.commit({ files: { [`f${day}`]: 'x' }, at: `2026-01-0${day}T00:00:00Z` })
    const reading = await Reading.open(sandbox.folder)
    const rows = await reading.rows(commitFiles, { from: '2026-01-02T00:00:00Z', to: '2026-01-03T00:00:00Z' })
    expect(rows.map((row) => row['path'])).toEqual(['f2'])
  })

  it('says what to do in a partial clone, and fetches nothing by itself', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ files: { a: '1\n' } })
    sandbox.git('config', 'uploadpack.allowFilter', 'true')
    const clone = sandbox.clone('--filter=blob:none', '--no-checkout')
    const reading = await Reading.open(clone.folder)
    expect(await reading.shas()).toHaveLength(1)
    await expect(reading.rows(commitFiles)).rejects.toMatchObject({
      remedy: 'fix-config',
      message: expect.stringContaining('git fetch --refetch --no-filter'),
    })
    clone.git('fetch', '-q', '--refetch', '--no-filter')
    expect(await reading.rows(commitFiles)).toHaveLength(1)
  })
})
