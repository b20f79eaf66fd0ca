import { minutes, SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { resync } from '../src/commands/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { destination, fill, row, small, system, useMemoryWorld } from './memory-world.ts'
import { at, instant, rowsIn, run, sorted, sourceOf } from './system.ts'

useMemoryWorld()

describe('resync', () => {
  const options = (spec = {}) => ({
    sources: [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }],
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

it('a resync of one partition beside an ordinary step of another marks nothing that is there', async () => {
  system.rows = new Map([
    ['x', []],
    ['y', []],
  ])
  fill(40, 10, 'x')
  fill(10, 10, 'y')
  await run({ system, destination, options: small })
  fill(40, 10, 'y')
  const clock = fixedClock(at(1100))
  system.now = 1100
  for (let id = 100; id < 140; id++) system.put(row(id, 1000 + id - 100), 'y')
  system.beforePage = () => new Promise((r) => setTimeout(r, 1))
  const sources = [{ name: 'memory', source: sourceOf(system), config: {}, options: {} }]
  await resync(
    { sources, destination, clock, settings: small.settings },
    { table: 'memory_events', from: instant(0), to: instant(400) },
  )
  const x = await rowsIn(destination, { partition: 'x' })
  expect(x.length).toBe(40)
})

it('a resync is not struck out by a lookback, which marks nothing', async () => {
  fill(20, 50)
  const spec = { lookback: minutes(5) }
  await run({ system, destination, spec })
  system.remove(18) // at 900
  system.now = 1010
  // the run of the resync breaks in its resync
  system.beforePage = (_, __, from) => {
    if (from <= 0) throw new Error('broken')
  }
  const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
  await resync({ sources, destination, clock: fixedClock(at(1010)) }, { table: 'memory_events' })
  await destination.state()
  system.beforePage = () => {}
  await run({ system, destination, spec })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(18)
})

it('a resync that marked nothing does not count as answered', async () => {
  fill(20)
  await run({ system, destination })
  system.remove(3)
  const bad = {
    async *read() {
      yield [...system.all().map((one) => ({ ...one, at: instant(one.at) })), { id: null, at: instant(1), text: 'x' }]
    },
  }
  const use = (spec: object) => [{ name: 'memory', source: sourceOf(system, spec as never), config: {}, options: {} }]
  await resync({ sources: use(bad), destination, clock: fixedClock(at(1000)) }, { table: 'memory_events' })
  await run({ system, destination })
  const ids = (await rowsIn(destination)).map((one) => one.id)
  expect(ids).not.toContain(3)
})

it('resync --full of a table whose source is not there leaves its rows', async () => {
  fill(5)
  await run({ system, destination })
  await resync({ sources: [], destination, clock: fixedClock(at(1000)) }, { table: 'memory_events', full: true }).catch(
    (e) => String(e),
  )
  expect((await rowsIn(destination)).length).toBe(5)
})

it('resync --full leaves the rows of a table whose source cannot be connected', async () => {
  fill(5)
  await run({ system, destination })
  const source = { ...sourceOf(system), connect: () => Promise.reject(new SyncError('away', 'fix-config')) }
  const sources = [{ name: 'memory', source, config: {}, options: {} }]
  await expect(
    resync({ sources, destination, clock: fixedClock(at(1000)) }, { table: 'memory_events', full: true }),
  ).rejects.toThrow(/was not changed.*away/)
  expect((await rowsIn(destination)).length).toBe(5)
})
