import { describe, expect, it } from 'vitest'
import { commits, FAR, Reading } from './reading.ts'
import { Sandbox } from './sandbox.ts'

describe('commits', () => {
  it('has a row for every commit, with what its object says', async () => {
    const sandbox = Sandbox.create()
    const first = sandbox.commit({ at: '2026-01-01T10:00:00+02:00', message: 'first\nline\n\nand\n\nmore\n' })
    const second = sandbox.commit({ at: '2026-01-02T00:00:00Z', message: 'second' })
    const reading = await Reading.open(sandbox.folder)
    const rows = await reading.rows(commits)
    expect(rows.find((row) => row['sha'] === first)).toEqual({
      sha: first,
      tree: sandbox.git('rev-parse', `${first}^{tree}`),
      parents: [],
      author_name: 'Ada',
      author_email: 'ada@example.com',
      authored_at: '2026-01-01T08:00:00Z',
      author_zone: '+0200',
      committer_name: 'Cy',
      committer_email: 'cy@example.com',
      committed_at: '2026-01-01T08:00:00Z',
      committer_zone: '+0200',
      subject: 'first line',
      body: 'and\n\nmore',
    })
    expect(rows.find((row) => row['sha'] === second)).toMatchObject({ parents: [first], subject: 'second', body: '' })
    expect(rows).toHaveLength(2)
  })

  it('reads half-open windows, to the microsecond', async () => {
    const sandbox = Sandbox.create()
    const shas = ['00', '01', '02'].map((second) => sandbox.commit({ at: `2026-01-01T00:00:${second}Z` }))
    const reading = await Reading.open(sandbox.folder)
    expect(await reading.shas({ from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:02Z' })).toEqual(
      shas.slice(0, 2).sort(),
    )
    expect(await reading.shas({ from: '2026-01-01T00:00:00.000001Z', to: '2026-01-01T00:00:02.000001Z' })).toEqual(
      shas.slice(1).sort(),
    )
    expect(await reading.shas({ from: '2026-01-01T00:00:03Z', to: FAR })).toEqual([])
  })

  it('misses none where dates go backwards', async () => {
    const sandbox = Sandbox.create()
    const years = [2020, 2035, 1999, 2001, 2024, 1970, 2030, 2002]
    const made = years.map((year) => ({ year, sha: sandbox.commit({ at: `${year}-06-01T00:00:00Z` }) }))
    const reading = await Reading.open(sandbox.folder)
    for (const { year, sha } of made) {
      expect(await reading.shas({ from: `${year}-01-01T00:00:00Z`, to: `${year + 1}-01-01T00:00:00Z` })).toEqual([sha])
    }
  })

  it('reads what any ref, a stash, a detached HEAD or another worktree reaches', async () => {
    const sandbox = Sandbox.create()
    const root = sandbox.commit({ files: { a: '1' } })
    const shas = [root]
    for (const ref of [
      'refs/heads/side',
      'refs/tags/v1',
      'refs/remotes/origin/x',
      'refs/pull/1/head',
      'refs/notes/other',
    ]) {
      sandbox.git('checkout', '-q', '--detach', root)
      shas.push(sandbox.commit({ message: ref }))
      sandbox.git('update-ref', ref, 'HEAD')
    }
    sandbox.git('checkout', '-q', '--detach', root)
    shas.push(sandbox.commit({ message: 'detached' }))
    const worktree = new Sandbox(`${sandbox.folder}/linked`)
    sandbox.git('worktree', 'add', '-q', '--detach', worktree.folder)
    shas.push(worktree.commit({ message: 'in the worktree' }))
    const reading = await Reading.open(sandbox.folder)
    expect(await reading.shas()).toEqual(shas.sort())
  })

  it('shows text in other encodings, and what is no text at all', async () => {
    const sandbox = Sandbox.create()
    const tree = sandbox.git('write-tree')
    const object = (lines: string[]) => {
      const sha = sandbox.gitWith(
        { input: Buffer.from(lines.join('\n'), 'latin1') },
        'hash-object',
        '-t',
        'commit',
        '-w',
        '--stdin',
        '--literally',
      )
      sandbox.git('update-ref', `refs/heads/${sha}`, sha)
      return sha
    }
    const people = ['author J\xf6rg <j@x> 1767225600 +0100', 'committer J\xf6rg <j@x> 1767225600 +0100']
    const latin = object([`tree ${tree}`, ...people, 'encoding ISO-8859-1', '', 'gr\xfc\xdfe', ''])
    const broken = object([`tree ${tree}`, ...people, '', 'gr\xfc\xdfe\0after', ''])
    const odd = object([
      `tree ${tree}`,
      'author nobody',
      'committer <> 99999999999999999999 +0000',
      'encoding made-up',
      'gpgsig x',
      ' author y',
      '',
      '\n \n  subject\n \n\n\nbody\n',
    ])
    const reading = await Reading.open(sandbox.folder)
    const rows = await reading.rows(commits)
    const row = (sha: string) => rows.find((one) => one['sha'] === sha)
    expect(row(latin)).toMatchObject({ author_name: 'Jörg', subject: 'grüße' })
    expect(row(broken)).toMatchObject({ author_name: 'J\ufffdf6rg', subject: 'gr\ufffdfc\ufffddfe\ufffd00after' })
    expect(row(odd)).toMatchObject({
      author_name: 'nobody',
      author_email: '',
      authored_at: null,
      author_zone: null,
      committer_name: '',
      committed_at: '1970-01-01T00:00:00Z',
      subject: '  subject',
      body: 'body',
    })
  })

  it.each([
    ['18446744073709551617 +0000', null, '+0000'],
    ['18446744073709551615 +0000', null, '+0000'],
    ['99999999999999 +0000', null, '+0000'],
    ['253402300800 +0000', null, '+0000'],
    ['253402300799 +0000', '9999-12-31T23:59:59Z', '+0000'],
    ['0001767225600  +0100', '2026-01-01T00:00:00Z', '+0100'],
    ['1767225600', '2026-01-01T00:00:00Z', null],
    ['1767225600e5 +0000', null, null],
  ])('takes %j for a date only where a calendar has it', async (date, expected, zone) => {
    const sandbox = Sandbox.create()
    const tree = sandbox.git('write-tree')
    const text = [`tree ${tree}`, `author A <a@x> ${date}`, 'committer C <c@x> 1767225600 +0000', '', 'dated', '']
    const input = text.join('\n')
    const sha = sandbox.gitWith({ input }, 'hash-object', '-t', 'commit', '-w', '--stdin', '--literally')
    sandbox.git('update-ref', 'refs/heads/main', sha)
    const reading = await Reading.open(sandbox.folder)
    const [row] = await reading.rows(commits)
    expect(row).toMatchObject({ sha, authored_at: expected, author_zone: zone, committed_at: '2026-01-01T00:00:00Z' })
  })

  it('reads an object that is larger than any chunk', async () => {
    const sandbox = Sandbox.create()
    const message = `large\n\n${'x'.repeat(3_000_000)}`
    sandbox.gitWith({ input: message }, 'commit', '-q', '--allow-empty', '-F', '-')
    sandbox.commit({ message: 'small' })
    const reading = await Reading.open(sandbox.folder)
    expect((await reading.rows(commits)).map((row) => (row['body'] as string).length).sort()).toEqual([0, 3_000_000])
  })

  it('reads what its revision answered for, even if it was forced away in between', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit()
    const lost = sandbox.commit({ message: 'lost' })
    const reading = await Reading.open(sandbox.folder)
    await reading.revision()
    sandbox.git('reset', '-q', '--hard', 'HEAD~1')
    expect(await reading.shas()).toContain(lost)
    const other = await Reading.open(sandbox.folder)
    expect(await other.shas()).not.toContain(lost)
  })

  it('is not led astray by replace refs, grafts or the environment of a hook', async () => {
    const sandbox = Sandbox.create()
    const first = sandbox.commit()
    const second = sandbox.commit({ message: 'true' })
    const elsewhere = Sandbox.create()
    const replacement = sandbox.git('commit-tree', `${second}^{tree}`, '-m', 'false')
    sandbox.git('replace', second, replacement)
    process.env['GIT_DIR'] = `${elsewhere.folder}/.git`
    process.env['GIT_INDEX_FILE'] = '/nowhere'
    process.env['GIT_CONFIG_PARAMETERS'] = "'log.showSignature'='true'"
    try {
      const reading = await Reading.open(sandbox.folder)
      const rows = await reading.rows(commits)
      expect(rows.find((row) => row['sha'] === second)).toMatchObject({ subject: 'true', parents: [first] })
    } finally {
      for (const name of ['GIT_DIR', 'GIT_INDEX_FILE', 'GIT_CONFIG_PARAMETERS']) delete process.env[name]
    }
  })

  it('reads repositories whose hashes are SHA-256', async () => {
    const sandbox = Sandbox.create('--object-format=sha256')
    const sha = sandbox.commit({ files: { a: '1' } })
    const reading = await Reading.open(sandbox.folder)
    expect(sha).toHaveLength(64)
    expect(await reading.shas()).toEqual([sha])
    const { revision } = await reading.revision()
    const next = sandbox.commit({ at: '2026-02-01T00:00:00Z' })
    expect((await reading.revision(revision)).stale).toEqual([
      { from: '2026-02-01T00:00:00Z', to: '2026-02-01T00:00:01Z' },
    ])
    expect(await reading.shas()).toContain(next)
  })
})
