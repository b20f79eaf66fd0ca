import { describe, expect, it } from 'vitest'
import { Reading, refs } from './reading.ts'
import { Sandbox } from './sandbox.ts'

describe('refs', () => {
  it('has a row for HEAD and every ref, with the commit each leads to', async () => {
    const sandbox = Sandbox.create()
    const sha = sandbox.commit({ files: { a: '1' } })
    sandbox.git('branch', 'side')
    sandbox.git('tag', 'light')
    sandbox.at('2026-05-01T00:00:00Z', 'tag', '-a', '-m', 'annotated', 'v1')
    sandbox.git('tag', '-a', '-m', 'nested', 'v1-signed-off', 'v1')
    sandbox.git('tag', 'tree', 'HEAD^{tree}')
    sandbox.git('update-ref', 'refs/remotes/origin/main', sha)
    sandbox.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main')
    sandbox.git('symbolic-ref', 'refs/remotes/gone/HEAD', 'refs/remotes/gone/main')
    sandbox.git('update-ref', 'refs/pull/1/head', sha)
    const reading = await Reading.open(sandbox.folder)
    const rows = await reading.rows(refs)
    const short = rows.map((row) => [
      row['name'],
      row['kind'],
      row['type'],
      row['commit_sha'] === sha,
      row['target'],
      row['is_head'],
    ])
    expect(short).toEqual([
      ['HEAD', 'head', 'commit', true, 'refs/heads/main', false],
      ['refs/heads/main', 'branch', 'commit', true, null, true],
      ['refs/heads/side', 'branch', 'commit', true, null, false],
      ['refs/pull/1/head', 'other', 'commit', true, null, false],
      ['refs/remotes/origin/HEAD', 'remote', 'commit', true, 'refs/remotes/origin/main', false],
      ['refs/remotes/origin/main', 'remote', 'commit', true, null, false],
      ['refs/tags/light', 'tag', 'commit', true, null, false],
      ['refs/tags/tree', 'tag', 'tree', false, null, false],
      ['refs/tags/v1', 'tag', 'tag', true, null, false],
      ['refs/tags/v1-signed-off', 'tag', 'tag', true, null, false],
    ])
    expect(rows.find((row) => row['name'] === 'refs/tags/v1')).toMatchObject({
      sha: sandbox.git('rev-parse', 'v1'),
      tagger_name: 'Cy',
      tagger_email: 'cy@example.com',
      tagged_at: '2026-05-01T00:00:00Z',
    })
    expect(rows.find((row) => row['name'] === 'refs/tags/tree')).toMatchObject({ commit_sha: null, tagged_at: null })
  })

  it.each([
    ['18446744073709551617', null],
    ['99999999999999', null],
    ['253402300799', '9999-12-31T23:59:59Z'],
  ])('takes the date %s of a tag only where a calendar has it', async (date, expected) => {
    const sandbox = Sandbox.create()
    const sha = sandbox.commit({ files: { a: '1' } })
    const input = `object ${sha}\ntype commit\ntag t\ntagger C <c@x> ${date} +0000\n\nx\n`
    const tag = sandbox.gitWith({ input }, 'hash-object', '-t', 'tag', '-w', '--stdin', '--literally')
    sandbox.git('update-ref', 'refs/tags/t', tag)
    const reading = await Reading.open(sandbox.folder)
    const rows = await reading.rows(refs)
    expect(rows.find((row) => row['name'] === 'refs/tags/t')).toMatchObject({ tagged_at: expected })
  })

  it('shows a detached HEAD, and none before the first commit', async () => {
    const sandbox = Sandbox.create()
    const reading = await Reading.open(sandbox.folder)
    expect(await reading.rows(refs)).toEqual([])
    const sha = sandbox.commit()
    sandbox.git('checkout', '-q', '--detach')
    expect((await reading.rows(refs))[0]).toMatchObject({ name: 'HEAD', sha, target: null })
  })

  it('has a revision that changes with every ref that comes, moves or goes, and with HEAD', async () => {
    const sandbox = Sandbox.create()
    const reading = await Reading.open(sandbox.folder)
    const seen = new Set<string>()
    const isNew = async () => {
      const { revision } = await reading.revision(undefined, refs)
      expect((await reading.revision(undefined, refs)).revision).toBe(revision)
      const { size } = seen
      return seen.add(revision).size > size
    }
    expect(await isNew()).toBe(true)
    const steps: string[][] = [
      ['commit', '-q', '--allow-empty', '-m', 'one'],
      ['branch', 'side'],
      ['commit', '-q', '--allow-empty', '-m', 'two'],
      ['checkout', '-q', 'side'],
      ['checkout', '-q', '--detach'],
      ['tag', '-a', '-m', 'x', 'v1'],
    ]
    for (const step of steps) {
      sandbox.git(...step)
      expect([step, await isNew()]).toEqual([step, true])
    }
    expect(await isNew()).toBe(false)
  })
})
