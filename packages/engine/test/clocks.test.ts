import { minutes } from '@tidemark/core'
import { type Destination, union } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, Lines, openMemory, rowsIn, run, System, sorted, sourceOf } from './system.ts'

const spec = { lookback: minutes(1), window: minutes(5), start: instant(0) }

/** A destination whose clock says another time. */
function withClock(destination: Destination, now: () => bigint): Destination {
  return new Proxy(destination, {
    get(target, name) {
      if (name === 'now') return async () => now()
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe('a clock that was ahead', () => {
  it('loses nothing in the end: what it covered too early is read again as time comes to it', async () => {
    const system = new System()
    const destination = await openMemory()
    system.now = 1000
    system.put({ id: 1, at: 900, text: 'a' })
    await run({ system, destination, spec })
    // An hour ahead, for one run.
    system.now = 1060 + 3600
    await run({ system, destination, spec })
    for (const [id, when] of [
      [2, 1100],
      [3, 1900],
      [4, 3000],
      [5, 4600],
    ] as const) {
      system.now = when + 30
      system.put({ id, at: when, text: `${when}` })
      const report = await run({ system, destination, spec })
      expect(report.exitCode).toBe(0)
      if (id === 2)
        expect(report.lines.join()).toContain(
          'ahead of the clock, so a clock was wrong. Tidemark resyncs what was covered in that time',
        )
    }
    // One that comes late to what was just read again.
    system.put({ id: 6, at: 4590, text: 'late' })
    for (const now of [4650, 4700, 5000]) {
      system.now = now
      await run({ system, destination, spec })
    }
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    const [partition] = [...(await destination.state()).tables.get('memory_events')!.partitions.values()]
    expect(partition?.resyncs).toEqual([])
  })

  it('again, when it was right in between, loses nothing either', async () => {
    const system = new System()
    const destination = await openMemory()
    for (const now of [5000, 1000, 4990]) {
      system.now = now
      await run({ system, destination, spec })
    }
    system.now = 1030
    system.put({ id: 1, at: 1020, text: 'a' })
    // The first notices and asks, the second reads.
    for (const now of [1030, 1031]) {
      system.now = now
      await run({ system, destination, spec })
    }
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('asks once, however many runs there are until then', async () => {
    const system = new System()
    const destination = await openMemory()
    for (const now of [1000, 5000, 1200, 1300, 1400]) {
      system.now = now
      await run({ system, destination, spec })
    }
    const { rows } = await destination.query('select reason, to_position from _tidemark_resyncs')
    expect(rows.map(([reason, to]) => [reason, BigInt(to as number)])).toEqual([['a clock was ahead', at(5000)]])
  })
})

describe('a runner beside the clock of its destination', () => {
  it.each([600, 86_400])(
    'reads up to the time of the destination when it is %i seconds ahead, and says so',
    async (ahead) => {
      const system = new System()
      system.now = 1000
      system.put({ id: 1, at: 900, text: 'a' })
      const memory = await openMemory()
      const destination = withClock(memory, () => at(1000))
      const log = new Lines()
      const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
      await sync({ sources, destination, clock: fixedClock(at(1000 + ahead)), log })
      expect(log.lines.join()).toMatch(/the clock of this machine is .* ahead of the destination's/)
      const [partition] = [...(await memory.state()).tables.get('memory_events')!.partitions.values()]
      expect(union(partition?.covered ?? []).at(-1)?.to).toBe(at(1000))
    },
  )

  it.each([600, 86_400])('loses nothing when it is %i seconds behind', async (behind) => {
    const system = new System()
    system.now = 100_000
    system.put({ id: 1, at: 99_990, text: 'young' })
    system.put({ id: 2, at: 500, text: 'old' })
    const memory = await openMemory()
    const log = new Lines()
    const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
    await sync({
      sources,
      destination: withClock(memory, () => at(100_000)),
      clock: fixedClock(at(100_000 - behind)),
      log,
    })
    expect(log.lines.join()).toContain('behind the destination')
    await sync({
      sources,
      destination: withClock(memory, () => at(100_000)),
      clock: fixedClock(at(100_000)),
      log,
    })
    expect(await rowsIn(memory)).toEqual(sorted(system.all()))
  })

  it('that jumps back in the middle of a run measures no length below zero and covers what it planned', async () => {
    const system = new System()
    system.now = 10_000
    for (let id = 0; id < 30; id++) system.put({ id, at: 9000 + id * 10, text: 'x' })
    const destination = await openMemory()
    const clock = fixedClock(at(10_000))
    system.beforePage = () => {
      clock.at -= at(3600)
    }
    const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
    const report = await sync({ sources, destination, clock })
    expect(report.exitCode).toBe(0)
    expect(report.durationMs).toBeGreaterThanOrEqual(0)
    expect((await destination.query('select count(*) from _tidemark_steps where duration_ms < 0')).rows).toEqual([[0]])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    const [partition] = [...(await destination.state()).tables.get('memory_events')!.partitions.values()]
    expect(union(partition?.covered ?? []).at(-1)?.to).toBe(at(10_000))
  })
})

describe("a system's own clock", () => {
  const behind = 900
  const told = (system: System) => ({ ...spec, window: undefined, clock: () => instant(system.now - behind) })

  it('that is behind is where what is read ends: what it stamps later is read later', async () => {
    const system = new System()
    const destination = await openMemory()
    for (const [id, now] of [2000, 2010, 2300, 4000].entries()) {
      system.now = now
      await run({ system, destination, spec: told(system) })
      // It comes now, with the time that it is there.
      system.put({ id, at: now - behind, text: 'a' })
    }
    system.now = 6000
    await run({ system, destination, spec: told(system) })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('that is ahead, or says nothing, leaves it at the runner’s', async () => {
    for (const clock of [() => instant(999_999), () => undefined]) {
      const system = new System()
      const destination = await openMemory()
      system.now = 2000
      await run({ system, destination, spec: { ...spec, clock } })
      const [partition] = [...(await destination.state()).tables.get('memory_events')!.partitions.values()]
      expect(union(partition!.covered).at(-1)?.to).toBe(at(2000))
    }
  })

  it('that goes back pauses nothing, and what was covered beyond it is read again', async () => {
    const system = new System()
    const destination = await openMemory()
    system.now = 5000
    await run({ system, destination, spec })
    system.put({ id: 1, at: 4500, text: 'stamped by a clock that is behind' })
    for (const now of [5010, 5020, 5300, 7000, 7010]) {
      system.now = now
      const report = await run({ system, destination, spec: told(system) })
      expect(report.tables[0]).toMatchObject({ pausedFor: undefined, failures: [] })
    }
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('that says what is no time fails its table, by name', async () => {
    const system = new System()
    const report = await run({ system, destination: await openMemory(), spec: { ...spec, clock: () => 'noon' } })
    expect(report.tables[0]!.failures[0]!.failure.message).toContain('clock() returned noon, which is not a timestamp')
  })
})
