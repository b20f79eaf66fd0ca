import { days, minutes, SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { statusOf } from '../src/report/status.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, type Row, rowsIn, run, System, sorted, sourceOf } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
})
afterEach(() => destination.close())

const row = (id: number, when: number, text = 'a'): Row => ({ id, at: when, text })
const fill = (count: number, step = 10): void => {
  for (let id = 0; id < count; id++) system.put(row(id, id * step))
}
const once = (error: unknown, page = 1): void => {
  let thrown = false
  system.beforePage = (at) => {
    if (at !== page || thrown) return
    thrown = true
    throw error
  }
}
const first = <T>(values: readonly T[]): T => {
  if (values[0] === undefined) throw new Error('there is none')
  return values[0]
}

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
    const done = await run({ system, destination, options: { settings: { part: { rows: 4, bytes: 1e6 } } } })
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
    expect(first(done.tables).status).toBe('live')
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
    expect(state.tables.get('memory_events')?.partitions.get('x')?.goneAt).not.toBeNull()
  })

  it('with a time budget begins no more history, but stays live', async () => {
    fill(100)
    const spec = { window: minutes(2), start: instant(0) }
    const none = await run({ system, destination, spec, options: { settings: { maxTimeMs: 0 } } })
    expect(first(none.tables)).toMatchObject({ stepsDone: 0, status: 'history' })
    await run({ system, destination, spec })
    system.now = 2000
    system.put(row(500, 1990))
    const live = await run({ system, destination, spec, options: { settings: { maxTimeMs: 0 } } })
    expect(first(live.tables)).toMatchObject({ stepsDone: 1, rows: { written: 1 } })
  })

  it('a table removed and back reads only the hole', async () => {
    fill(20)
    await run({ system, destination })
    const empty = await run({ system, destination, options: { uses: [] } })
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

describe('windows of a coarse cursor', () => {
  it('asks for whole days, however the start and the windows lie between them', async () => {
    const day = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10)
    system.now = 10 * 86_400
    const spec = {
      row: z.object({ id: z.int(), at: z.iso.date(), text: z.string() }),
      settle: undefined,
      lookback: undefined,
      window: days(1),
      async *read({ from, to }: { from: string; to: string }) {
        const all = Array.from({ length: 12 }, (_, id) => ({ id, at: day(id), text: 'a' }))
        yield all.filter((one) => one.at >= from && one.at < to)
      },
    }
    const options = { settings: { initialSyncStart: '1970-01-03T12:00:00Z' } }
    const done = await run({ system, destination, spec, options })
    expect(done.exitCode).toBe(0)
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([3, 4, 5, 6, 7, 8, 9])
  })
})

describe('late and changed rows', () => {
  it('the lookback finds a row that came late', async () => {
    fill(20)
    const spec = { lookback: minutes(5) }
    await run({ system, destination, spec })
    system.put(row(70, 800))
    system.now = 1100
    const done = await run({ system, destination, spec })
    expect(first(done.tables).rows.written).toBe(1)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('settle leaves young rows to the next run', async () => {
    system.put(row(1, 990))
    const spec = { settle: minutes(1) }
    expect(first((await run({ system, destination, spec })).tables).rows.written).toBe(0)
    system.now = 1100
    expect(first((await run({ system, destination, spec })).tables).rows.written).toBe(1)
  })

  it('a row that history still holds in an older version never covers the newer one', async () => {
    system.put(row(1, 100, 'old'))
    const spec = { window: minutes(5), start: instant(0) }
    const stale = [row(1, 100, 'old')]
    await run({ system, destination, spec: { ...spec, start: instant(900) } })
    system.put(row(1, 1050, 'new'))
    system.now = 1100
    await run({ system, destination, spec: { ...spec, start: instant(900) } })
    // The system answers the old window from a replica that is behind.
    system.rows.set('', [...system.all(), ...stale])
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 1050, 'new')])
  })
})

describe('rows without a key', () => {
  const spec = { primaryKey: undefined, lookback: minutes(5) }

  it('are replaced by window, so that a lookback doubles none and keeps equal ones', async () => {
    system.rows.set('', [row(1, 900), row(1, 900), row(2, 950)])
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 900), row(1, 900), row(2, 950)])
    system.now = 1100
    const again = await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 900), row(1, 900), row(2, 950)])
    expect(first(again.tables).rows).toMatchObject({ read: 3, written: 0, unchanged: 3 })
    system.rows.set('', [row(1, 900), row(2, 950), row(3, 960)])
    system.now = 1200
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 900), row(2, 950), row(3, 960)])
  })

  it('show nothing of a window that failed half-way', async () => {
    fill(40)
    once(new Error('broken'), 5)
    await run({ system, destination, spec, options: { settings: { part: { rows: 4, bytes: 1e6 } } } })
    expect(await rowsIn(destination)).toEqual([])
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })
})

describe('ordered tables', () => {
  it('an ascending one keeps what it covered, and continues from the last value seen', async () => {
    fill(100)
    const spec = { ordered: 'ascending' }
    const options = { settings: { part: { rows: 10, bytes: 1e6 } } }
    once(new Error('broken'), 10)
    await run({ system, destination, spec, options })
    expect((await rowsIn(destination)).length).toBeGreaterThan(20)
    system.asked = []
    await run({ system, destination, spec, options })
    expect(Date.parse(String(first(system.asked).from)) / 1000).toBeGreaterThanOrEqual(200)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('an ascending one whose pages go back fails, and reads again what it had covered', async () => {
    fill(60)
    const backwards = [...system.all().slice(0, 50), row(200, 5), ...system.all().slice(50)]
    system.rows.set('', backwards)
    const options = { settings: { part: { rows: 10, bytes: 1e6 } } }
    const failed = await run({ system, destination, spec: { ordered: 'ascending' }, options })
    expect(first(first(failed.tables).failures).failure).toMatchObject({ remedy: 'fix-source', code: 'order' })
    await run({ system, destination, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect((await destination.state()).tables.get('memory_events')?.partitions.get('')?.rereads).toEqual([])
  })

  it.each(['ascending', 'descending'] as const)(
    'a source that bounds nothing is stopped past the window (%s)',
    async (ordered) => {
      fill(100)
      let pages = 0
      const all = system.all().sort((a, b) => (ordered === 'ascending' ? a.at - b.at : b.at - a.at))
      const spec = {
        ordered,
        window: minutes(5),
        start: instant(0),
        async *read() {
          for (let start = 0; start < all.length; start += 5) {
            pages++
            yield all.slice(start, start + 5).map((one) => ({ ...one, at: instant(one.at) }))
          }
        },
      }
      await run({ system, destination, spec })
      expect(await rowsIn(destination)).toEqual(sorted(all))
      expect(pages).toBeLessThan(4 * 20)
    },
  )
})

describe('deletions', () => {
  it('mark rows that are below them; a newer version clears the mark', async () => {
    fill(5)
    await run({ system, destination })
    system.remove(2)
    system.deletions.push({ id: 2, when: 1005 })
    system.now = 1010
    const done = await run({ system, destination })
    expect(first(done.tables).rows.deleted).toBe(1)
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([0, 1, 3, 4])
    system.put(row(2, 1015, 'back'))
    system.now = 1020
    await run({ system, destination })
    expect((await rowsIn(destination)).find((one) => one.id === 2)).toEqual(row(2, 1015, 'back'))
  })

  it('stay, while an older version of the row is still on its way', async () => {
    const spec = { window: minutes(5), start: instant(0) }
    fill(3)
    await run({ system, destination, spec: { ...spec, start: instant(900) } })
    system.deletions.push({ id: 1, when: 1005 })
    system.now = 1010
    system.beforePage = (_, __, from) => {
      if (from < 900) throw new Error('history is away')
    }
    await run({ system, destination, spec })
    system.beforePage = () => {}
    // The history still answers with the deleted row.
    await run({ system, destination, spec })
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([0, 2])
  })

  it('with deletes: hard the row is gone from the table', async () => {
    fill(3)
    const use = { options: { deletes: 'hard' as const } }
    await run({ system, destination, use })
    system.deletions.push({ id: 1, when: 1005 })
    system.now = 1010
    await run({ system, destination, use })
    expect((await rowsIn(destination, { deleted: true })).map((one) => one.id)).toEqual([0, 2])
  })
})

describe('tables read whole', () => {
  const spec = { cursor: undefined, settle: undefined, lookback: undefined }

  it('mark what vanished, and nothing where the pass failed', async () => {
    fill(30)
    await run({ system, destination, spec })
    system.remove(3)
    once(new Error('broken'), 4)
    await run({ system, destination, spec })
    expect((await rowsIn(destination)).length).toBe(30)
    system.beforePage = () => {}
    const done = await run({ system, destination, spec })
    expect(first(done.tables).rows).toMatchObject({ written: 0, unchanged: 29, deleted: 1 })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('the rail holds back a mass of deletions, until they are accepted', async () => {
    fill(200)
    await run({ system, destination, spec })
    system.rows.set('', system.all().slice(0, 20))
    const held = await run({ system, destination, spec })
    expect(held.exitCode).toBe(3)
    expect(first(first(held.tables).failures).failure).toMatchObject({ code: 'rail' })
    expect(first(first(held.tables).failures).failure.message).toMatch(/180 of 200 rows of "memory_events" would go/)
    expect((await rowsIn(destination)).length).toBe(200)
    const accepted = await run({ system, destination, spec, options: { acceptDeletions: true } })
    expect(accepted.exitCode).toBe(0)
    expect((await rowsIn(destination)).length).toBe(20)
  })

  it('a rejected row counts as seen; where its key cannot be read nothing is marked', async () => {
    fill(10)
    await run({ system, destination, spec })
    const page = (rows: unknown[]) => ({
      ...spec,
      async *read() {
        yield rows
      },
    })
    const whole = system.all().map((one) => ({ ...one, at: instant(one.at) }))
    const bad = await run({
      system,
      destination,
      spec: page([...whole.slice(0, 8), { id: 8, at: 'never', text: 'a' }]),
    })
    expect(first(bad.tables).rows).toMatchObject({ rejected: 1, deleted: 1 })
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    await run({ system, destination, spec: page([...whole.slice(0, 5), { id: null }]) })
    expect((await rowsIn(destination)).length).toBe(9)
  })
})

describe('rejects', () => {
  const page = (rows: unknown[]) => ({
    async *read() {
      yield rows
    },
  })
  const good = (count: number) => Array.from({ length: count }, (_, id) => ({ id, at: instant(id), text: 'a' }))

  it('one bad row in many is set aside, the others land, and all is counted', async () => {
    const done = await run({ system, destination, spec: page([...good(999), { id: 999, at: instant(5), text: 7 }]) })
    expect(done.exitCode).toBe(0)
    expect(first(done.tables).rows).toMatchObject({ read: 1000, written: 999, rejected: 1 })
    const { rows } = await destination.query('select code, message, payload from _tidemark_rejects')
    expect(rows.length).toBe(1)
    expect(String(first(rows)[1])).toMatch(/text/)
  })

  it('past the limit the window is not covered, earlier parts stay, and the exit code says so', async () => {
    const bad = Array.from({ length: 10 }, (_, id) => ({ id: 500 + id, at: instant(5), text: 7 }))
    const options = { settings: { part: { rows: 50, bytes: 1e6 } } }
    const done = await run({ system, destination, spec: page([...good(200), ...bad]), options })
    expect(done.exitCode).toBe(4)
    expect((await rowsIn(destination)).length).toBe(200)
    const state = await destination.state()
    expect(state.tables.get('memory_events')?.partitions.get('')?.covered).toEqual([])
    const healed = await run({ system, destination, spec: page(good(210)), options })
    expect(healed.exitCode).toBe(0)
    expect((await destination.query('select * from _tidemark_rejects')).rows).toEqual([])
  })

  it.each([
    ['null', [null]],
    ['a number', [7]],
    ['a row without its cursor', [{ id: 1, text: 'a' }]],
    ['a cursor that is none', [{ id: 1, at: 'yesterday', text: 'a' }]],
  ])('%s is a reject, not the end', async (_, rows) => {
    const done = await run({ system, destination, spec: page([...good(3), ...rows]) })
    expect(first(done.tables).rows).toMatchObject({ written: 3, rejected: 1 })
  })

  it.each([
    ['an object', { rows: [] }],
    ['a text', 'rows'],
    ['nothing', undefined],
  ])('a page that is %s is the bug of the source', async (_, what) => {
    const done = await run({
      system,
      destination,
      spec: {
        async *read() {
          yield what
        },
      },
    })
    expect(first(first(done.tables).failures).failure).toMatchObject({ remedy: 'fix-source' })
  })
})

describe('revisions', () => {
  const revision = { current: 'r1' }
  const spec = { revision: () => revision.current }
  beforeEach(() => {
    revision.current = 'r1'
  })

  it('an unchanged one is not read, and counts as covered', async () => {
    fill(5)
    await run({ system, destination, spec })
    system.asked = []
    system.now = 1100
    const done = await run({ system, destination, spec })
    expect(system.asked).toEqual([])
    expect(done.exitCode).toBe(0)
    expect(statusOf(await destination.state()).to_timestamp).toBe('1970-01-01T00:18:20Z')
    revision.current = 'r2'
    system.put(row(9, 1150))
    system.now = 1200
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('one that was seen before its rows had settled is not committed until they have', async () => {
    const settled = { ...spec, settle: minutes(1) }
    system.put(row(1, 980))
    await run({ system, destination, spec: settled })
    expect((await rowsIn(destination)).length).toBe(0)
    system.now = 1100
    await run({ system, destination, spec: settled })
    expect((await rowsIn(destination)).length).toBe(1)
    system.asked = []
    system.now = 1300
    await run({ system, destination, spec: settled })
    expect(system.asked).toEqual([])
  })

  it('stale windows are read again, once, and what is gone from them is marked', async () => {
    fill(20)
    await run({ system, destination, spec })
    system.put(row(50, 55))
    system.remove(7)
    const stale = { revision: () => ({ revision: 'r2', stale: [{ from: instant(50), to: instant(80) }] }) }
    system.asked = []
    system.now = 1100
    await run({ system, destination, spec: stale })
    // And whether what did not come back is there by now where nothing was read.
    expect(system.asked.map((one) => one.from)).toEqual([instant(1000), instant(50), instant(1100)])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    system.asked = []
    await run({ system, destination, spec: { revision: () => 'r2' } })
    expect(system.asked).toEqual([])
  })
})

describe('resync', () => {
  const options = (spec = {}) => ({
    uses: [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }],
    destination,
    clock: fixedClock(at(system.now)),
  })

  it('reads a window again: what changed is written, what is gone is marked, what is newer stays', async () => {
    fill(20)
    await run({ system, destination })
    system.rows.set(
      '',
      system
        .all()
        .filter((one) => one.id !== 3)
        .map((one) => (one.id === 4 ? { ...one, text: 'edited' } : one)),
    )
    const report = await resync(options(), { table: 'memory_events', from: instant(0), to: instant(100) })
    expect(report.exitCode).toBe(0)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('--full reads a table with another key again', async () => {
    fill(20)
    await run({ system, destination })
    const changed = { primaryKey: ['id', 'text'] }
    const paused = await run({ system, destination, spec: changed })
    expect(paused.exitCode).toBe(3)
    expect(paused.lines.join()).toMatch(/memory_events is paused: its primary key changed from id to id, text/)
    expect((await rowsIn(destination)).length).toBe(20)
    const report = await resync(options(changed), { table: 'events', full: true })
    expect(report.exitCode).toBe(0)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect((await run({ system, destination, spec: changed })).exitCode).toBe(0)
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
        return async (lease: never, part: { rows: readonly unknown[] }) => {
          inCommit++
          expect(inCommit).toBe(1)
          await new Promise((resolve) => setTimeout(resolve, 5))
          const committed = await target.commit(lease, part as never)
          rowsCommitted += part.rows.length
          inCommit--
          return committed
        }
      },
    })
    system.beforePage = () => {
      pulled += 5
      ahead = Math.max(ahead, pulled - rowsCommitted)
    }
    await run({ system, destination: slow, options: { settings: { part: { rows: 10, bytes: 1e6 } } } })
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
    const uses = [
      { name: 'broken', source: broken, config: {}, options: {} },
      { name: 'memory', source: sourceOf(system), config: {}, options: {} },
    ]
    const report = await run({ system, destination, options: { uses } })
    expect(report.exitCode).toBe(3)
    expect(report.sources).toMatchObject([{ name: 'broken', failure: { message: 'no such host' } }, { name: 'memory' }])
    expect((await rowsIn(destination)).length).toBe(5)
    const alone = await run({ system, destination, options: { uses: uses.slice(0, 1) } })
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
    const uses = ['one', 'two'].map((name) => ({ name, source, config: {}, options: {} }))
    const report = await run({ system, destination, options: { uses } })
    expect(report.tables.map((table) => [table.name, table.rows.written])).toEqual([
      ['one_events', 3],
      ['two_events', 3],
    ])
    const clash = uses.map((use) => ({ ...use, options: { prefix: 'same' } }))
    const both = await run({ system, destination, options: { uses: clash } })
    expect(both.exitCode).toBe(3)
    expect(both.tables.map(({ failures }) => failures[0]?.failure.message)).toEqual([
      expect.stringMatching(/both become the table "same_events"/),
      expect.stringMatching(/both become the table "same_events"/),
    ])
  })
})
