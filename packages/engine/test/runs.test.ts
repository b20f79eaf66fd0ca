import { minutes, SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { statusOf } from '../src/report/status.ts'
import { destination, fill, first, once, row, system, useMemoryWorld } from './memory-world.ts'
import { instant, rowsIn, run, sorted, sourceOf } from './system.ts'

useMemoryWorld()

describe('a run', () => {
  it('reads the whole history of a new table, then only what is missing', async () => {
    fill(20)
    const done = await run({ system, destination })
    expect(done.exitCode).toBe(0)
    expect(done.lines).toContain('memory_events is new, needs history from the beginning')
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    system.put(row(100, 1005))
    system.now = 1010
    const second = await run({ system, destination })
    expect(first(second.tables).rows).toMatchObject({ read: 1, written: 1 })
    expect(second.lines).toContain('memory_events continues from 1970-01-01T00:16:40Z')
    expect(system.asked.at(-1)).toMatchObject({ from: '1970-01-01T00:16:40.000Z', to: '1970-01-01T00:16:50.000Z' })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('after a failure in the middle reads only the windows that did not commit', async () => {
    fill(100)
    const spec = { window: minutes(2), start: instant(0) }
    system.beforePage = (_, __, from) => {
      if (from < 500) throw new Error('broken')
    }
    const failed = await run({ system, destination, spec })
    expect(failed.exitCode).toBe(3)
    expect(first(first(failed.tables).failures).failure).toMatchObject({ message: 'broken', remedy: 'fix-source' })
    expect(statusOf(await destination.state()).synced_tables).toEqual([])
    system.beforePage = () => {}
    system.asked = []
    const done = await run({ system, destination, spec })
    expect(done.exitCode).toBe(0)
    expect(system.asked.every((one) => Date.parse(one.to) / 1000 <= 600)).toBe(true)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect(statusOf(await destination.state())).toMatchObject({
      synced_tables: ['memory_events'],
      to_timestamp: '1970-01-01T00:16:40Z',
    })
  })

  it('tries again what may pass, in the same run, and writes each row once', async () => {
    fill(30)
    once(new SyncError('busy', 'retry', { retryAfterMs: 5 }))
    const done = await run({ system, destination, options: { settings: { batch: { rows: 4, bytes: 1e6 } } } })
    expect(done.exitCode).toBe(0)
    expect(done.lines.join()).toMatch(/memory_events: busy; trying again in/)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('one partition fails alone; the others are complete, and it goes on where it was', async () => {
    system.rows = new Map([
      ['x', []],
      ['y', []],
    ])
    for (const partition of ['x', 'y'])
      for (let id = 0; id < 12; id++) system.put(row(id, id * 10, partition), partition)
    system.beforePage = (_, partition) => {
      if (partition === 'y') throw new SyncError('no access to y', 'fix-config')
    }
    const failed = await run({ system, destination })
    expect(failed.exitCode).toBe(3)
    expect(first(failed.tables)).toMatchObject({
      status: 'failing',
      failures: [{ partition: 'y', failure: { message: 'no access to y' } }],
    })
    expect(await rowsIn(destination, { partition: 'x' })).toEqual(sorted(system.all('x')))
    system.beforePage = () => {}
    const done = await run({ system, destination })
    expect(first(done.tables).status).toBe('complete')
    expect(await rowsIn(destination, { partition: 'y' })).toEqual(sorted(system.all('y')))
  })

  it('a new partition gets its history beside live ones; one that is gone keeps its rows', async () => {
    system.rows = new Map([['x', []]])
    system.put(row(1, 10), 'x')
    await run({ system, destination })
    system.rows.set('y', [])
    system.put(row(1, 20), 'y')
    system.now = 1100
    const done = await run({ system, destination })
    expect(done.lines).toContain('memory_events (y) is new, needs history from the beginning')
    expect(await rowsIn(destination, { partition: 'y' })).toEqual([row(1, 20)])
    system.rows.delete('x')
    await run({ system, destination })
    expect(await rowsIn(destination, { partition: 'x' })).toEqual([row(1, 10)])
    const state = await destination.state()
    expect(state.tables.get('memory_events')?.partitions.get('x')?.removedAt).not.toBeNull()
  })

  it('with a time budget begins no more history, but stays live', async () => {
    fill(100)
    const spec = { window: minutes(2), start: instant(0) }
    const none = await run({ system, destination, spec, options: { settings: { maxTimeMs: 0 } } })
    expect(first(none.tables)).toMatchObject({ stepsDone: 0, status: 'backfilling' })
    await run({ system, destination, spec })
    system.now = 2000
    system.put(row(500, 1990))
    const live = await run({ system, destination, spec, options: { settings: { maxTimeMs: 0 } } })
    expect(first(live.tables)).toMatchObject({ stepsDone: 1, rows: { written: 1 } })
  })

  it('a table removed and back reads only the hole', async () => {
    fill(20)
    await run({ system, destination })
    const empty = await run({ system, destination, options: { sources: [] } })
    expect(empty.lines.join()).toMatch(/memory_events is removed/)
    expect((await destination.state()).tables.get('memory_events')?.status).toBe('removed')
    system.now = 1200
    system.put(row(50, 1100))
    const back = await run({ system, destination })
    expect(back.lines).toContain('memory_events is back, continues from 1970-01-01T00:16:40Z')
    expect(first(back.tables).rows.read).toBe(1)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('a table that was renamed goes on in its old place, where it says what it was called', async () => {
    fill(20)
    await run({ system, destination })
    const spec = { name: 'happenings', aliases: ['events'] }
    for (const id of [50, 51]) {
      system.now += 100
      system.put(row(id, system.now - 10))
      const renamed = await run({ system, destination, spec })
      expect(first(renamed.tables)).toMatchObject({
        name: 'memory_events',
        table: 'happenings',
        rows: { read: 1, written: 1 },
      })
    }
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect([...(await destination.state()).tables.values()].map((table) => [table.name, table.table])).toEqual([
      ['memory_events', 'happenings'],
    ])
  })

  it('takes what another system has synced as covered', async () => {
    fill(20)
    await run({ system, destination, options: { settings: { synced: { tables: ['events'], to: instant(100) } } } })
    expect(await rowsIn(destination)).toEqual(sorted(system.all().filter((one) => one.at >= 100)))
  })

  it('stops at once when asked, keeps what is committed, and continues from there', async () => {
    fill(100)
    const stop = new AbortController()
    const spec = { window: minutes(2), start: instant(0) }
    system.beforePage = (_, __, from) => {
      if (from < 500) {
        stop.abort(new Error('stopped'))
        return new Promise(() => {})
      }
    }
    const stopped = await run({ system, destination, spec, options: { signal: stop.signal } })
    expect(stopped).toMatchObject({ interrupted: true, failure: undefined })
    system.beforePage = () => {}
    system.asked = []
    await run({ system, destination, spec })
    expect(system.asked.every((one) => Date.parse(one.to) / 1000 <= 720)).toBe(true)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })
})

describe('what a run leaves to others', () => {
  it('never holds a transaction while the source is awaited, and reads no further than one part ahead', async () => {
    fill(60)
    let inCommit = 0
    let ahead = 0
    let rowsCommitted = 0
    let pulled = 0
    const slow = new Proxy(destination, {
      get(target, name) {
        const member = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name !== 'commit') return member.bind(target)
        return async (lease: never, batch: { rows: readonly unknown[] }) => {
          inCommit++
          expect(inCommit).toBe(1)
          await new Promise((resolve) => setTimeout(resolve, 5))
          const committed = await target.commit(lease, batch as never)
          rowsCommitted += batch.rows.length
          inCommit--
          return committed
        }
      },
    })
    system.beforePage = () => {
      pulled += 5
      ahead = Math.max(ahead, pulled - rowsCommitted)
    }
    await run({ system, destination: slow, options: { settings: { batch: { rows: 10, bytes: 1e6 } } } })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    // One part that is written, one that gathers, and the page that fills it.
    expect(ahead).toBeLessThanOrEqual(10 + 10 + 5)
  })

  it('a source that cannot be connected fails only its own tables', async () => {
    fill(5)
    const broken = {
      ...sourceOf(system),
      name: 'broken',
      connect: () => Promise.reject(new SyncError('no such host', 'fix-config')),
    }
    const sources = [
      { name: 'broken', source: broken, config: {}, options: {} },
      { name: 'memory', source: sourceOf(system), config: {}, options: {} },
    ]
    const report = await run({ system, destination, options: { sources } })
    expect(report.exitCode).toBe(3)
    expect(report.sources).toMatchObject([{ name: 'broken', failure: { message: 'no such host' } }, { name: 'memory' }])
    expect((await rowsIn(destination)).length).toBe(5)
    const alone = await run({ system, destination, options: { sources: sources.slice(0, 1) } })
    expect(alone.exitCode).toBe(5)
    expect((await destination.state()).tables.get('memory_events')?.status).toBe('removed')
  })

  it('an unknown name on the command line is refused, with the one that was meant', async () => {
    await expect(run({ system, destination, options: { select: ['memory_event'] } })).rejects.toThrow(
      /did you mean "memory_events"/,
    )
  })

  it('two uses of one source are two sets of tables', async () => {
    fill(3)
    const source = sourceOf(system)
    const sources = ['one', 'two'].map((name) => ({ name, source, config: {}, options: {} }))
    const report = await run({ system, destination, options: { sources } })
    expect(report.tables.map((table) => [table.name, table.rows.written])).toEqual([
      ['one_events', 3],
      ['two_events', 3],
    ])
    const clash = sources.map((use) => ({ ...use, options: { prefix: 'same' } }))
    const both = await run({ system, destination, options: { sources: clash } })
    expect(both.exitCode).toBe(3)
    expect(both.tables.map(({ failures }) => failures[0]?.failure.message)).toEqual([
      expect.stringMatching(/both become the table "same_events"/),
      expect.stringMatching(/both become the table "same_events"/),
    ])
  })
})

it('the signal of a step aborts when the step is given up', async () => {
  fill(40)
  let signal: AbortSignal | undefined
  const spec = {
    ordered: 'ascending',
    window: minutes(2),
    start: instant(0),
    async *read(c: { signal: AbortSignal; from: string; to: string }) {
      signal ??= c.signal
      throw new Error('broken')
    },
  }
  await run({ system, destination, spec })
  expect(signal!.aborted).toBe(true)
})

it('an ascending API that breaks every few pages still gets to its end, in one run', async () => {
  fill(200, 4)
  let pages = 0
  system.beforePage = () => {
    if (++pages % 4 === 0) throw new SyncError('busy', 'retry')
  }
  // Far fewer attempts than breaks: each begins where the one before came to, not at the start.
  const settings = { retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 1 } }
  const report = await run({ system, destination, spec: { ordered: 'ascending' }, options: { settings } })
  expect(report.exitCode).toBe(0)
  expect(await rowsIn(destination)).toEqual(sorted(system.all()))
})
