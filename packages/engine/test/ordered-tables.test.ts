import { minutes, SyncError } from '@tidemark/core'
import { union } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { destination, fill, first, once, row, system, useMemoryWorld } from './memory-world.ts'
import { at, instant, rowsIn, run, shape, sorted } from './system.ts'

useMemoryWorld()

const ORDERS = ['ascending', 'descending'] as const

/** As the table says that its rows come. */
function sort(ordered: (typeof ORDERS)[number]): void {
  const rows = system.all().toSorted((a, b) => (ordered === 'ascending' ? a.at - b.at : b.at - a.at))
  system.rows.set('', rows)
}

const partition = async () => (await destination.state()).tables.get('memory_events')!.partitions.get('')!
const covered = async () => union((await partition()).covered).map(({ from, to }) => ({ from: from ?? undefined, to }))

describe('ordered tables', () => {
  it.each(ORDERS)('one that is %s keeps what it covered, and the next run asks for the rest alone', async (ordered) => {
    fill(100)
    sort(ordered)
    const options = { settings: { batch: { rows: 10, bytes: 1e6 } } }
    once(new SyncError('broken', 'fix-source'), 10)
    await run({ system, destination, spec: { ordered }, options })
    expect(await rowsIn(destination)).toHaveLength(50)
    system.asked = []
    await run({ system, destination, spec: { ordered }, options })
    // The last page was in the batch that it filled, so that it was not known to be whole. Of the one before
    // the last value is asked for once more: more rows may have it. Every bound is a value of the source's own.
    expect(system.asked).toEqual([
      ordered === 'ascending'
        ? { partition: '', from: instant(440), to: instant(1000) }
        : { partition: '', from: undefined, to: instant(560) },
    ])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect(await covered()).toEqual([{ from: undefined, to: at(1000) }])
  })

  it.each(ORDERS)('one that is %s continues within the run where a page failed', async (ordered) => {
    fill(100)
    sort(ordered)
    const spec = { ordered, window: minutes(20), start: instant(0) }
    once(new SyncError('busy', 'retry'), 10)
    const report = await run({ system, destination, spec })
    expect(report.exitCode).toBe(0)
    expect(system.asked.map(({ from, to }) => [from, to])).toEqual([
      [instant(0), instant(1000)],
      ordered === 'ascending' ? [instant(490), instant(1000)] : [instant(0), instant(510)],
    ])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it.each(ORDERS)('one that is %s loses no row whose cursor others have on the page before', async (ordered) => {
    for (let id = 0; id < 40; id++) system.put(row(id, Math.floor(id / 8) * 100))
    sort(ordered)
    for (let page = 1; page < 8; page++) {
      once(new SyncError('broken', 'fix-source'), page)
      await run({ system, destination, spec: { ordered } })
    }
    system.beforePage = () => {}
    await run({ system, destination, spec: { ordered } })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it.each(ORDERS)('one that is %s covers whole steps of its cursor', async (ordered) => {
    for (let id = 0; id < 10; id++) system.put(row(id, id * 86_400 + 60))
    system.now = 20 * 86_400
    sort(ordered)
    const spec = {
      ordered,
      row: shape.extend({ at: z.iso.date() }),
      async *read({ from, to }: { from?: string; to: string }) {
        system.asked.push({ partition: '', from, to })
        const days = system.all().map((one) => ({ ...one, at: instant(one.at).slice(0, 10) }))
        const inside = days.filter((one) => (from === undefined || one.at >= from) && one.at < to)
        for (const [page, one] of inside.entries()) {
          await system.beforePage(page, '', 0)
          yield [one]
        }
      },
    }
    once(new SyncError('broken', 'fix-source'), 5)
    await run({ system, destination, spec })
    system.asked = []
    await run({ system, destination, spec })
    expect(system.asked).toEqual([
      ordered === 'ascending'
        ? { partition: '', from: '1970-01-05', to: '1970-01-21' }
        : { partition: '', from: undefined, to: '1970-01-07' },
    ])
    expect((await destination.query('select count(*) from memory_events')).rows).toEqual([[10]])
  })

  it.each(ORDERS)('one that is %s still looks back under its window after a failure', async (ordered) => {
    fill(50)
    sort(ordered)
    const spec = { ordered, lookback: minutes(2) }
    system.now = 500
    await run({ system, destination, spec })
    for (let id = 50; id < 90; id++) system.put(row(id, id * 10))
    // Came late: its cursor is below what was covered.
    system.put(row(200, 450))
    sort(ordered)
    system.now = 1000
    system.asked = []
    once(new SyncError('busy', 'retry'), 5)
    const report = await run({ system, destination, spec })
    expect(report.exitCode).toBe(0)
    expect(system.asked).toHaveLength(2)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it.each(ORDERS)('one that is %s whose pages go back fails, and reads again what it had covered', async (ordered) => {
    fill(60)
    sort(ordered)
    const backwards = [...system.all()]
    backwards.splice(50, 0, row(200, ordered === 'ascending' ? 5 : 595))
    system.rows.set('', backwards)
    const options = { settings: { batch: { rows: 10, bytes: 1e6 } } }
    const failed = await run({ system, destination, spec: { ordered }, options })
    expect(first(first(failed.tables).failures).failure).toMatchObject({ remedy: 'fix-source', code: 'order' })
    const [again] = (await partition()).resyncs
    expect(again).toMatchObject(ordered === 'ascending' ? { from: null, to: at(440) } : { from: at(160), to: at(1000) })
    await run({ system, destination, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect((await partition()).resyncs).toEqual([])
  })

  it.each(ORDERS)('one that is %s and has no key is covered as a whole', async (ordered) => {
    fill(60)
    sort(ordered)
    const options = { settings: { batch: { rows: 10, bytes: 1e6 } } }
    once(new SyncError('broken', 'fix-source'), 8)
    await run({ system, destination, spec: { ordered, primaryKey: undefined }, options })
    expect(await covered()).toEqual([])
    await run({ system, destination, spec: { ordered, primaryKey: undefined }, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it.each(ORDERS)('a source that bounds nothing is stopped past the window (%s)', async (ordered) => {
    fill(100)
    let pages = 0
    sort(ordered)
    const all = system.all()
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
  })
})

it('an ascending page that goes back within itself is noticed', async () => {
  const pages = [
    [10, 20],
    [30, 500, 40],
    [50, 60],
    [490, 600],
  ]
  const spec = {
    ordered: 'ascending',
    window: minutes(6),
    start: instant(0),
    async *read() {
      for (const p of pages) yield p.map((n) => ({ id: n, at: instant(n), text: 'a' }))
    },
  }
  system.now = 360
  const r = await run({ system, destination, spec })
  expect(r.exitCode === 3 || (await rowsIn(destination)).some((o) => o.id === 60)).toBe(true)
})

it('goes back after a retry: what the first attempt covered is read again', async () => {
  fill(60)
  const all = system.all()
  let attempt = 0
  const spec = {
    ordered: 'ascending',
    async *read({ from }: { from?: string }) {
      attempt++
      const low = from === undefined ? -Infinity : Date.parse(from) / 1000
      const order = [...all.slice(0, 50), row(200, 5), ...all.slice(50)].filter((o) => o.at >= low || o.id === 200)
      for (let i = 0; i < order.length; i += 5) {
        if (attempt === 1 && i === 25) throw new SyncError('busy', 'retry')
        yield order.slice(i, i + 5).map((o) => ({ ...o, at: instant(o.at) }))
      }
    },
  }
  await run({ system, destination, spec, options: { settings: { batch: { rows: 10, bytes: 1e6 } } } })
  const p = (await destination.state()).tables.get('memory_events')!.partitions.get('')!
  expect(p.resyncs[0]?.from ?? undefined).toBeUndefined()
})

it('descending pages that go up are noticed', async () => {
  const pages = [
    [990, 980],
    [100, 90],
    [700, 600],
  ]
  const spec = {
    ordered: 'descending',
    window: minutes(10),
    start: instant(0),
    async *read() {
      for (const p of pages) yield p.map((n) => ({ id: n, at: instant(n), text: 'a' }))
    },
  }
  await run({ system, destination, spec })
})

it('a descending table that is broken off while it looks back covers nothing before that is read', async () => {
  const spec = { ordered: 'descending', lookback: minutes(2) }
  fill(20)
  sort('descending')
  system.now = 200
  await run({ system, destination, spec })
  system.put(row(200, 95))
  sort('descending')
  system.now = 300
  once(new SyncError('broken', 'fix-source'), 1)
  await run({ system, destination, spec })
  expect(await covered()).toEqual([{ from: undefined, to: at(200) }])
  await run({ system, destination, spec })
  expect(await rowsIn(destination)).toEqual(sorted(system.all()))
})
