import { describe, expect, it } from 'vitest'
import { Git } from '../src/git.ts'
import { commitFiles, listener, Reading } from './reading.ts'
import { Sandbox } from './sandbox.ts'

function origin(): { sandbox: Sandbox; shas: string[] } {
  const sandbox = Sandbox.create()
  const shas = [1, 2, 3, 4, 5].map((day) =>
    sandbox.commit({ files: { [`f${day}`]: 'x\n' }, at: `2026-01-0${day}T00:00:00Z` }),
  )
  return { sandbox, shas }
}

describe('a shallow clone', () => {
  it('is said once, with the way out', async () => {
    const { sandbox } = origin()
    const clone = sandbox.clone('--depth=2')
    const log = listener()
    const client = new Git({ repositories: [sandbox.folder, clone.folder] })
    const asked = { signal: new AbortController().signal, log }
    for (const _table of ['commits', 'commit_files', 'refs']) await client.repositories(asked)
    expect(log.said).toEqual([
      { message: expect.stringContaining('git fetch --unshallow'), fields: { repository: clone.folder } },
    ])
  })

  it('gives what is there, and the rest when the clone is made whole', async () => {
    const { sandbox, shas } = origin()
    const clone = sandbox.clone('--depth=2')
    const reading = await Reading.open(clone.folder)
    const shallow = await reading.revision()
    expect(await reading.shas()).toEqual(shas.slice(3).sort())
    expect(await reading.revision(shallow.revision)).toEqual({ revision: shallow.revision, stale: [] })

    clone.git('fetch', '-q', '--unshallow')
    const whole = await reading.revision(shallow.revision)
    expect(whole.revision).not.toBe(shallow.revision)
    const found = await Promise.all(whole.stale.map((window) => reading.shas(window)))
    // The commit at the cut comes again: its changes were not known.
    expect(found.flat().sort()).toEqual(shas.slice(0, 4).sort())
    expect(await reading.revision(whole.revision)).toEqual({ revision: whole.revision, stale: [] })
  })

  it('is noticed when it is made deeper by a few commits', async () => {
    const { sandbox, shas } = origin()
    const clone = sandbox.clone('--depth=1')
    const reading = await Reading.open(clone.folder)
    const { revision } = await reading.revision()
    clone.git('fetch', '-q', '--deepen=2')
    const { stale } = await reading.revision(revision)
    const found = await Promise.all(stale.map((window) => reading.shas(window)))
    expect(found.flat().sort()).toEqual(shas.slice(2).sort())
  })

  it('tells true parents, and no changes that nobody made', async () => {
    const { sandbox, shas } = origin()
    const clone = sandbox.clone('--depth=2')
    const reading = await Reading.open(clone.folder)
    const files = async () =>
      (await reading.rows(commitFiles)).map(({ sha, path }) => `${shas.indexOf(sha as string)} ${path}`).sort()
    expect(await files()).toEqual(['4 f5'])
    clone.git('fetch', '-q', '--unshallow')
    expect(await files()).toEqual(['0 f1', '1 f2', '2 f3', '3 f4', '4 f5'])
  })

  it('keeps its revision exact when a shallow fetch moves the cut up', async () => {
    const { sandbox } = origin()
    const clone = sandbox.clone('--depth=2')
    const reading = await Reading.open(clone.folder)
    const { revision } = await reading.revision()
    sandbox.commit({ at: '2026-01-06T00:00:00Z' })
    clone.git('fetch', '-q', '--depth=1')
    clone.git('reset', '-q', '--hard', 'origin/main')
    const { stale } = await reading.revision(revision)
    expect(stale).toContainEqual({ from: '2026-01-06T00:00:00Z', to: '2026-01-06T00:00:01Z' })
  })
})
