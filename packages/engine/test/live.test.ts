import { minutes, type Source, SyncError, seconds } from '@tidemark/core'
import { type Destination, union } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import { statusOf } from '../src/report/status.ts'
import type { Clock } from '../src/time/clock.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, Lines, openMemory, type Row, rowsIn, run, type Spec, System, sorted, sourceOf } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
})
afterEach(() => destination.close())

const row = (id: number, when: number, text = 'a'): Row => ({ id, at: when, text })
const fill = (count: number, step: number, to: System = system): void => {
  for (let id = 0; id < count; id++) to.put(row(id, id * step))
}

/** A clock whose hands, also the monotonic one, move only when they are moved. */
function movable(start: number): Clock & { move(seconds: number): void } {
  let now = start
  return {
    ...fixedClock(at(start)),
    now: () => at(now),
    monotonic: () => now * 1000,
    move: (seconds) => {
      now += seconds
    },
  }
}

const inSeconds = (text: string): number => Date.parse(text) / 1000
const windows = (of: System = system): readonly (readonly [number, number])[] =>
  of.asked.map((one) => [one.from === undefined ? Number.NEGATIVE_INFINITY : inSeconds(one.from), inSeconds(one.to)])

interface Long {
  readonly source: Source
  readonly clock: Clock
  readonly every?: string
  readonly log?: Lines
  readonly signal?: AbortSignal
}

function syncLong({ source, clock, every = '1m', log = new Lines(), signal }: Long): ReturnType<typeof sync> {
  const sources = [{ name: 'memory', source, config: {}, options: { every } }]
  // One step of a table after another, so that the order says what has its turn.
  const settings = { perTable: 1 }
  return sync({ sources, destination, clock, log, settings, ...(signal === undefined ? {} : { signal }) })
}

/** Two tables of one source, each of its own system. */
function both(a: Source, b: Source): Source {
  return { ...a, tables: [...(a.tables as []), ...(b.tables as [])] } as Source
}

describe('while a long history is read', () => {
  const windowed = { window: minutes(1), start: instant(0) }

  it('a table that has nothing new is as fresh as the last question', async () => {
    fill(50, 20)
    const clock = movable(1000)
    const checks = new Set<string | null>()
    system.beforePage = async () => {
      clock.move(60)
      checks.add(statusOf(await destination.state()).tables[0]?.last_checked_at ?? null)
    }
    const source = sourceOf(system, { ...windowed, end: () => instant(1000) })
    expect((await syncLong({ source, clock })).exitCode).toBe(0)
    const times = [...checks].flatMap((one) => (one === null ? [] : [Date.parse(one)]))
    expect(times.length).toBeGreaterThan(5)
    // Asked a minute later each time, whatever is committed meanwhile.
    for (const [place, time] of times.slice(1).entries()) expect(time - times[place]!).toBeGreaterThanOrEqual(59_000)
  })

  it('a new table is live from its cut on', async () => {
    fill(50, 20)
    const clock = movable(1000)
    let id = 1000
    system.beforePage = () => {
      clock.move(60)
      system.put(row(id++, Number(clock.now() / 1_000_000n) - 1))
    }
    const report = await syncLong({ source: sourceOf(system, windowed), clock })
    expect(report.exitCode).toBe(0)
    const above = windows().filter(([from]) => from >= 1000)
    expect(above.length).toBeGreaterThan(5)
    expect(above[0]![0]).toBe(1000)
    for (const [place, [from]] of above.slice(1).entries()) expect(from).toBe(above[place]![1])
    const readTo = above.at(-1)![1]
    expect(await rowsIn(destination)).toEqual(sorted(system.all().filter((one) => one.at < readTo)))
    const { covered } = (await destination.state()).tables.get('memory_events')!.partitions.get('')!
    expect(Math.max(...covered.map((one) => Number(one.to / 1_000_000n)))).toBe(readTo)
  })

  it('a known table that had nothing new at the start is live', async () => {
    system.put(row(1, 10))
    await run({ system, destination, spec: { name: 'known' } })
    system.asked = []
    const clock = movable(1000)
    const long = new System()
    fill(50, 20, long)
    long.beforePage = () => {
      clock.move(60)
      system.put(row(2, 1010))
    }
    const source = both(sourceOf(system, { name: 'known' }), sourceOf(long, { name: 'long', ...windowed }))
    await syncLong({ source, clock })
    expect(windows()[0]).toEqual([1000, 1060])
    const ids = (await destination.query('select id from memory_known order by id')).rows.map((one) => Number(one[0]))
    expect(ids).toEqual([1, 2])
  })

  it('a table that starts later than now is not read below its start', async () => {
    const clock = movable(1000)
    const long = new System()
    fill(50, 20, long)
    long.beforePage = () => clock.move(60)
    const future = sourceOf(system, { name: 'future', start: instant(2000) })
    await syncLong({ source: both(future, sourceOf(long, { name: 'long', ...windowed })), clock })
    expect(windows().every(([from]) => from >= 2000)).toBe(true)
  })

  it('a live step reads one window, the oldest first, and the next at once', async () => {
    fill(100, 10)
    const clock = movable(660)
    let pages = 0
    // Ten minutes pass with the first page, then none: ten windows are to come.
    system.beforePage = () => clock.move(pages++ === 0 ? 600 : 0)
    await syncLong({ source: sourceOf(system, windowed), clock })
    const above = windows().filter(([from]) => from >= 660)
    expect(above).toEqual(Array.from({ length: 10 }, (_, place) => [660 + place * 60, 720 + place * 60]))
    // In turn with the history, which both would hold up otherwise.
    const order = windows().map(([from]) => from >= 660)
    expect(order.slice(0, 5)).toEqual([false, true, false, true, false])
  })

  it('ends though it never catches up', async () => {
    fill(50, 20)
    const clock = movable(1000)
    const pages = system.asked
    system.beforePage = () => {
      if (pages.length > 500) throw new Error('the history is starved')
      clock.move(300)
      for (let id = 0; id < 5; id++) system.put(row(10_000 + system.all().length, 1000 + system.all().length * 10))
    }
    const report = await syncLong({ source: sourceOf(system, windowed), clock, every: '1s' })
    expect(report.exitCode).toBe(0)
    expect(windows().filter(([, to]) => to <= 1000).length).toBe(17)
  })

  it('a hole in the middle does not send the live steps back to it', async () => {
    fill(100, 10)
    const spec: Spec = { window: minutes(1), start: instant(60) }
    system.now = 120
    await run({ system, destination, spec })
    system.now = 960
    system.beforePage = (_page, _partition, from) => {
      if (from === 300) throw new Error('broken')
    }
    await run({ system, destination, spec, options: { settings: { perTable: 1 } } })
    const { covered } = (await destination.state()).tables.get('memory_events')!.partitions.get('')!
    expect(union(covered).map((one) => [one.from, one.to])).toEqual([
      [at(60), at(120)],
      [at(360), at(960)],
    ])
    const clock = movable(960)
    system.asked = []
    system.beforePage = () => clock.move(5)
    await syncLong({
      source: sourceOf(system, { ...spec, start: instant(0), window: seconds(10) }),
      clock,
      every: '1s',
    })
    expect(windows().filter(([from]) => from >= 360 && from < 960)).toEqual([])
    const above = windows().filter(([from]) => from >= 960)
    expect(above.length).toBeGreaterThan(2)
    expect(new Set(above.map(([from]) => from)).size).toBe(above.length)
  })
})

describe('an end that is asked for when a live step is due', () => {
  const long = (clock: { move(seconds: number): void }): Source => {
    const other = new System()
    fill(50, 20, other)
    other.beforePage = () => clock.move(60)
    return sourceOf(other, { name: 'long', window: minutes(1), start: instant(0) })
  }

  it('may throw: it is asked again later, and the run goes on', async () => {
    const clock = movable(1000)
    const log = new Lines()
    let asked = 0
    const end = (): string => {
      if (++asked === 2) throw new Error('not now')
      return instant(900 + asked)
    }
    const source = both(sourceOf(system, { name: 'moody', end }), long(clock))
    const report = await syncLong({ source, clock, log })
    expect(report.exitCode).toBe(0)
    expect(log.lines).toContainEqual(expect.stringContaining('not now'))
    expect(asked).toBeGreaterThan(2)
  })

  it('may hang: the run can be stopped', async () => {
    const clock = movable(1000)
    const stop = new AbortController()
    let asked = 0
    const end = (): unknown => {
      if (++asked === 1) return instant(900)
      setImmediate(() => stop.abort(new Error('stopped')))
      return new Promise(() => {})
    }
    const source = both(sourceOf(system, { name: 'hung', end }), long(clock))
    const report = await syncLong({ source, clock, signal: stop.signal })
    expect(report.interrupted).toBe(true)
    expect(asked).toBe(2)
  }, 2000)
})

it('a destination that is broken ends the run though a source hangs', async () => {
  system.rows = new Map([
    ['x', [row(1, 10)]],
    ['y', [row(2, 20)]],
  ])
  system.beforePage = (_, partition) => (partition === 'y' ? new Promise(() => {}) : undefined)
  const full = new SyncError('disk full', 'retry', { code: 'destination-full' })
  const broken = new Proxy(destination, {
    get(target, name) {
      if (name === 'commit') return () => Promise.reject(full)
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const report = await run({ system, destination: broken })
  expect(report.failure?.message).toContain('disk full')
}, 2000)
