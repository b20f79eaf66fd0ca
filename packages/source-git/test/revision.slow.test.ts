import { describe, expect, it } from 'vitest'
import { readSeen } from '../src/history-snapshot.ts'
import { FAR, Reading } from './reading.ts'
import { Sandbox } from './sandbox.ts'

const second = (at: string) => ({ from: at, to: new Date(Date.parse(at) + 1000).toISOString().replace('.000Z', 'Z') })

describe('the revision of the history', () => {
  it('stays while nothing happens, and calls everything stale where there was none before', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit()
    const now = Date.parse('2026-06-01T00:00:00.500Z')
    const reading = await Reading.open(sandbox.folder, () => now)
    const first = await reading.revision()
    expect(first.stale).toEqual([{ from: undefined, to: '2026-06-01T00:00:00.500Z' }])
    expect(await reading.revision(first.revision)).toEqual({ revision: first.revision, stale: [] })
    expect((await reading.revision('written by another version')).stale).toEqual(first.stale)
  })

  it('names a new commit, and nothing else', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit()
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    sandbox.commit({ at: '2026-03-01T00:00:00Z' })
    const after = await reading.revision(revision)
    expect(after.revision).not.toBe(revision)
    expect(after.stale).toEqual([second('2026-03-01T00:00:00Z')])
  })

  it('names the dates of an older branch when it is merged or fetched, and no others', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ at: '2026-01-01T00:00:00Z' })
    const elsewhere = sandbox.clone()
    elsewhere.git('checkout', '-q', '-b', 'old')
    for (const day of ['02', '03']) elsewhere.commit({ files: { [day]: day }, at: `2026-01-${day}T00:00:00Z` })
    sandbox.commit({ files: { main: '1' }, at: '2026-01-10T00:00:00Z' })
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    sandbox.git('fetch', '-q', elsewhere.folder, 'old:old')
    const fetched = await reading.revision(revision)
    expect(fetched.stale).toEqual(['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'].map(second))
    sandbox.merge('old', '2026-01-11T00:00:00Z')
    expect((await reading.revision(fetched.revision)).stale).toEqual([second('2026-01-11T00:00:00Z')])
    expect((await reading.revision(revision)).stale).toEqual(
      ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z', '2026-01-11T00:00:00Z'].map(second),
    )
  })

  it('names what a force-push brought, and survives that what it took is collected', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ at: '2026-01-01T00:00:00Z' })
    sandbox.commit({ at: '2026-01-02T00:00:00Z' })
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    sandbox.git('reset', '-q', '--hard', 'HEAD~1')
    sandbox.commit({ at: '2026-01-01T12:00:00Z' })
    expect((await reading.revision(revision)).stale).toEqual([second('2026-01-01T12:00:00Z')])
    sandbox.git('reflog', 'expire', '--expire=now', '--all')
    sandbox.git('gc', '-q', '--prune=now')
    // The old tip is gone, so nothing tells what could be reached from it: all that is there counts as new.
    expect((await reading.revision(revision)).stale).toEqual(
      ['2026-01-01T00:00:00Z', '2026-01-01T12:00:00Z'].map(second),
    )
  })

  it('calls a commit new again that was away', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ at: '2026-01-01T00:00:00Z' })
    const away = sandbox.commit({ at: '2026-01-02T00:00:00Z' })
    const reading = await Reading.open(sandbox.folder)
    const whole = await reading.revision()
    sandbox.git('reset', '-q', '--hard', 'HEAD~1')
    const without = await reading.revision(whole.revision)
    expect(without.stale).toEqual([])
    sandbox.git('branch', 'back', away)
    expect((await reading.revision(without.revision)).stale).toEqual([second('2026-01-02T00:00:00Z')])
  })

  it('changes when the date of a commit from the future comes', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ at: '2026-01-01T00:00:00Z' })
    sandbox.commit({ at: '2026-01-05T00:00:00Z' })
    sandbox.commit({ at: '2026-01-03T00:00:00Z' })
    let now = '2026-01-02T00:00:00Z'
    const reading = await Reading.open(sandbox.folder, () => Date.parse(now))
    const first = await reading.revision()
    expect(readSeen(first.revision)?.next).toBe(Date.parse('2026-01-03T00:00:00Z') / 1000)
    now = '2026-01-03T00:00:00Z'
    expect(await reading.revision(first.revision)).toEqual({ revision: first.revision, stale: [] })
    now = '2026-01-03T00:00:00.001Z'
    const third = await reading.revision(first.revision)
    expect(third.revision).not.toBe(first.revision)
    expect(third.stale).toEqual([second('2026-01-03T00:00:00Z')])
    now = '2026-01-06T00:00:00Z'
    const fifth = await reading.revision(third.revision)
    expect(fifth.stale).toEqual([second('2026-01-05T00:00:00Z')])
    expect((await reading.revision(first.revision)).stale).toEqual(
      ['2026-01-03T00:00:00Z', '2026-01-05T00:00:00Z'].map(second),
    )
    expect(readSeen(fifth.revision)?.next).toBeUndefined()
    expect(await reading.revision(fifth.revision)).toEqual({ revision: fifth.revision, stale: [] })
  })

  it('changes by the real clock too', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit()
    const due = Math.floor(Date.now() / 1000) + 2
    sandbox.commit({ at: `${due} +0000` })
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    expect((await reading.revision(revision)).revision).toBe(revision)
    await new Promise((resolve) => setTimeout(resolve, due * 1000 + 50 - Date.now()))
    const after = await reading.revision(revision)
    expect(after.revision).not.toBe(revision)
    expect(after.stale).toEqual([second(new Date(due * 1000).toISOString().replace('.000Z', 'Z'))])
  })

  it('finds a commit that is made in the very moment in the next windows', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit()
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    const sha = sandbox.commit({ at: `${Math.floor(Date.now() / 1000)} +0000` })
    const { stale } = await reading.revision(revision)
    const end = new Date().toISOString()
    expect(stale).toHaveLength(1)
    expect(await reading.shas({ from: stale[0]!.from, to: end })).toEqual([sha])
  })

  it('names at most 20 windows, which hold every date', async () => {
    const sandbox = Sandbox.create()
    sandbox.commit({ at: '2026-01-01T00:00:00Z' })
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    const dates = Array.from({ length: 500 }, (_, n) => 1_767_225_600 - n * n * 60)
    const stream = dates.map(
      (date, n) => `commit refs/heads/many\nmark :${n + 1}\ncommitter C <c@x> ${date} +0000\ndata 1\nx\n`,
    )
    sandbox.gitWith({ input: stream.join('') }, 'fast-import', '--quiet')
    const { stale } = await reading.revision(revision)
    expect(stale).toHaveLength(20)
    const inside = (date: number) =>
      stale.some(({ from, to }) => Date.parse(from!) / 1000 <= date && date < Date.parse(to) / 1000)
    expect(dates.every(inside)).toBe(true)
  })

  it('stays small with thousands of refs, and finds what is new among them', async () => {
    const sandbox = Sandbox.create()
    const stream = Array.from({ length: 3000 }, (_, n) => {
      const branch = n % 10 === 0 ? `refs/heads/side-${n}` : 'refs/heads/main'
      return `commit ${branch}\nmark :${n + 1}\ncommitter C <c@x> ${1_600_000_000 + n} +0000\ndata 1\nx\n${n > 0 ? `from :${n - (n % 10 === 1 && n > 1 ? 1 : 0)}\n` : ''}reset refs/tags/v${n}\nfrom :${n + 1}\n\n`
    })
    sandbox.gitWith({ input: stream.join('') }, 'fast-import', '--quiet')
    const reading = await Reading.open(sandbox.folder)
    const { revision } = await reading.revision()
    expect(revision.length).toBeLessThan(20_000)
    expect(await reading.revision(revision)).toEqual({ revision, stale: [] })
    sandbox.git('tag', 'again', 'v7')
    expect(await reading.revision(revision)).toEqual({ revision, stale: [] })
    sandbox.git('checkout', '-q', '--detach', 'v7')
    sandbox.commit({ at: '2021-01-01T00:00:00Z' })
    expect((await reading.revision(revision)).stale).toEqual([second('2021-01-01T00:00:00Z')])
    expect(await reading.shas({ to: FAR })).toHaveLength(3001)
  })
})
