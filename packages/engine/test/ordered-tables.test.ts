import { minutes, SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { destination, fill, first, once, row, system, useMemoryWorld } from './memory-world.ts'
import { instant, rowsIn, run, sorted } from './system.ts'

useMemoryWorld()

describe('ordered tables', () => {
  it('an ascending one keeps what it covered, and continues from the last value seen', async () => {
    fill(100)
    const spec = { ordered: 'ascending' }
    const options = { settings: { batch: { rows: 10, bytes: 1e6 } } }
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
    const options = { settings: { batch: { rows: 10, bytes: 1e6 } } }
    const failed = await run({ system, destination, spec: { ordered: 'ascending' }, options })
    expect(first(first(failed.tables).failures).failure).toMatchObject({ remedy: 'fix-source', code: 'order' })
    await run({ system, destination, options })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect((await destination.state()).tables.get('memory_events')?.partitions.get('')?.resyncs).toEqual([])
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
