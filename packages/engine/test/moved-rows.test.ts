// What did not come back with its window is not yet gone: a row may have moved on.
import { minutes, SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import { verify } from '../src/commands/verify.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, Lines, openMemory, type Row, rowsIn, run, type Spec, System, sourceOf } from './system.ts'

let system: System
let destination: Destination
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
})
afterEach(() => destination.close())

const row = (id: number, when: number, text = 'a'): Row => ({ id, at: when, text })
const fill = (count: number, partition = ''): void => {
  for (let id = 0; id < count; id++) system.put(row(id, 100 + id * 50), partition)
}
const settled: Spec = { minAge: minutes(1), lookback: minutes(2) }
const DAY = 86_400

function optionsFor(spec: Spec, more: object = {}) {
  const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: more }]
  return { sources, destination, clock: fixedClock(at(system.now)) }
}
const ids = async (options: { partition?: string } = {}): Promise<number[]> =>
  (await rowsIn(destination, options)).map((one) => one.id)
const all = (count: number): number[] => Array.from({ length: count }, (_, id) => id)

describe.each(['soft', 'hard'] as const)('rows that were updated a moment ago, deletes: %s', (deletes) => {
  const windows: readonly [string, Spec][] = [
    ['in one window', {}],
    ['in windows', { window: minutes(2), start: instant(0) }],
    ['ascending', { ordered: 'ascending' }],
    ['descending', { ordered: 'descending' }],
  ]
  const moves: readonly [string, number][] = [
    ['younger than the minimum age', 990],
    ['tomorrow', 1000 + DAY],
  ]
  const cases = windows.flatMap(([how, spec]) => moves.map(([where, to]) => [how, where, spec, to] as const))
  it.each(cases)('%s, now %s: a resync marks none, and finds those that are deleted', async (_, __, more, to) => {
    const spec = { ...settled, ...more }
    if (more['ordered'] === 'descending') system.rows.set('', [])
    fill(10)
    const order = () => {
      const sorted = system.all().sort((a, b) => (more['ordered'] === 'descending' ? b.at - a.at : a.at - b.at))
      system.rows.set('', sorted)
    }
    order()
    await run({ system, destination, spec, use: { options: { deletes } } })
    expect(await ids()).toEqual(all(10))
    for (const id of [2, 5, 7]) system.put(row(id, to, 'b'))
    system.remove(3)
    order()
    const report = await resync(optionsFor(spec, { deletes }), { table: 'memory_events' })
    expect(report.exitCode).toBe(0)
    expect(await ids()).toEqual(all(10).filter((id) => id !== 3))
    expect(report.tables[0]?.rows.deleted).toBe(1)
    // What a part of it says, it says of that part.
    system.remove(1)
    await resync(optionsFor(spec, { deletes }), { table: 'memory_events', from: instant(100), to: instant(400) })
    expect(await ids()).toEqual([0, 2, 4, 5, 6, 7, 8, 9])
  })
})

it('a row that moves again and again while it is looked for is found', async () => {
  fill(10)
  await run({ system, destination, spec: settled })
  let moved = 990
  // Before each page, wherever it is read.
  system.beforePage = () => system.put(row(4, ++moved, 'b'))
  system.put(row(4, moved, 'b'))
  const spec = {
    ...settled,
    async *read({ from, to }: { from?: string; to: string }) {
      for (let id = 0; id < 10; id++) {
        await system.beforePage(id, '', 0)
        const low = from === undefined ? 0 : Date.parse(from) / 1000
        yield system
          .all()
          .filter((one) => one.id === id && one.at >= low && one.at < Date.parse(to) / 1000)
          .map((one) => ({ ...one, at: instant(one.at) }))
      }
    },
  }
  await resync(optionsFor(spec), { table: 'memory_events' })
  expect(await ids()).toEqual(all(10))
})

it('a row that moves on behind the only page in which it is looked for is found', async () => {
  fill(10)
  await run({ system, destination, spec: settled })
  system.put(row(4, 950, 'b'))
  system.put(row(10, 960))
  const spec = {
    ...settled,
    ordered: 'descending',
    async *read({ from, to }: { from?: string; to: string }) {
      const low = from === undefined ? 0 : Date.parse(from) / 1000
      const isLookedFor = low >= 800
      let below = Date.parse(to) / 1000
      for (;;) {
        const rows = system.all().filter((one) => one.at >= low && one.at < below)
        const page = rows.toSorted((a, b) => b.at - a.at).slice(0, isLookedFor ? 1 : 10)
        if (page.length === 0) return
        below = page.at(-1)!.at
        yield page.map((one) => ({ ...one, at: instant(one.at) }))
        // It is updated once more, and lies above the page that came.
        if (isLookedFor) system.put(row(4, 970, 'c'))
      }
    },
  }
  await resync(optionsFor(spec), { table: 'memory_events', from: instant(100), to: instant(400) })
  expect(await ids()).toEqual(all(10))
})

it('a row whose cursor is NULL now is there', async () => {
  for (const nullCursor of ['keep', 'skip', 'reject'] as const) {
    destination = await openMemory()
    system = new System()
    fill(3)
    const spec = {
      ...settled,
      nullCursor,
      async *read({ from, to }: { from?: string; to: string }) {
        const low = from === undefined ? 0 : Date.parse(from) / 1000
        const isNewest = Date.parse(to) / 1000 >= 940
        yield system
          .all()
          .filter((one) => (one.at === 0 ? isNewest : one.at >= low && one.at < Date.parse(to) / 1000))
          .map((one) => ({ ...one, at: one.at === 0 ? null : instant(one.at) }))
      },
    }
    await run({ system, destination, spec })
    system.put(row(1, 0))
    await resync(optionsFor(spec), { table: 'memory_events', from: instant(100), to: instant(300) })
    expect(await ids(), nullCursor).toEqual([0, 1, 2])
  }
})

describe('a key that is global', () => {
  const spec = { ...settled, globalKey: true as const }
  beforeEach(() => {
    system.rows = new Map([
      ['x', []],
      ['y', []],
    ])
    fill(5, 'x')
  })

  it('is looked for in all partitions', async () => {
    await run({ system, destination, spec })
    system.remove(2, 'x')
    system.put(row(2, 980, 'moved'), 'y')
    system.remove(3, 'x')
    await resync(optionsFor(spec), { table: 'memory_events' })
    expect(await ids()).toEqual([0, 1, 2, 4])
    system.now = 1100
    await run({ system, destination, spec })
    expect(await rowsIn(destination, { partition: 'y' })).toEqual([row(2, 980, 'moved')])
  })

  it('is not looked for where another was read well and is only wished for again', async () => {
    for (const id of all(5)) system.put(row(10 + id, 100 + id * 50), 'y')
    await run({ system, destination, spec })
    system.remove(2, 'x')
    system.asked = []
    await resync(optionsFor(spec), { table: 'memory_events' })
    expect(await rowsIn(destination, { partition: 'x' })).toHaveLength(4)
    // Each is read from its beginning once, for itself.
    expect(system.asked.filter(({ from }) => from === undefined).map(({ partition }) => partition)).toEqual(['x', 'y'])
  })

  it('says nothing where a partition cannot be asked, and is asked again', async () => {
    await run({ system, destination, spec })
    system.remove(2, 'x')
    let broken = true
    const end = ({ partition }: { partition: string }) => {
      if (broken && partition === 'y') throw new Error('y is broken')
      return instant(system.now)
    }
    const log = new Lines()
    await resync({ ...optionsFor({ ...spec, end }), log }, { table: 'memory_events' })
    expect(await ids()).toEqual(all(5))
    expect(log.lines.join()).toContain('a row did not come back, and Tidemark could not ask the source everywhere')
    broken = false
    await run({ system, destination, spec: { ...spec, end } })
    expect(await ids()).toEqual([0, 1, 3, 4])
  })
})

describe('a source that can be asked for keys', () => {
  it('says itself which rows are there, wherever their cursor lies', async () => {
    fill(10)
    const asked: number[][] = []
    const spec = {
      ...settled,
      findKeys: ({ keys }: { keys: readonly { id: number }[] }) => {
        asked.push(keys.map(({ id }) => id))
        return keys.filter(({ id }) => system.all().some((one) => one.id === id))
      },
    }
    await run({ system, destination, spec })
    system.put(row(2, 400_000_000, 'far'))
    system.put(row(3, 480, 'in the middle of what is covered'))
    system.remove(4)
    await resync(optionsFor(spec), { table: 'memory_events', from: instant(100), to: instant(310) })
    expect(asked).toEqual([[2, 3, 4]])
    expect(await ids()).toEqual(all(10).filter((id) => id !== 4))
    const report = await verify(optionsFor(spec), { table: 'memory_events', repair: true })
    expect(report.found.map(({ extra }) => extra)).toEqual([0])
    expect(await rowsIn(destination)).toContainEqual(row(3, 480, 'in the middle of what is covered'))
    expect(await ids()).toEqual(all(10).filter((id) => id !== 4))
  })

  it('that cannot say is read instead', async () => {
    fill(10)
    const spec = { ...settled, findKeys: () => undefined }
    await run({ system, destination, spec })
    system.put(row(2, 990, 'b'))
    system.remove(4)
    await resync(optionsFor(spec), { table: 'memory_events' })
    expect(await ids()).toEqual(all(10).filter((id) => id !== 4))
  })
})

it('verify finds a row of tomorrow on its way, and its repair marks nothing', async () => {
  fill(10)
  await run({ system, destination, spec: settled })
  system.put(row(2, 1000 + DAY, 'b'))
  system.remove(3)
  const report = await verify(optionsFor(settled), { table: 'memory_events', repair: true })
  expect(report).toMatchObject({ extra: 1, missing: 0, different: 0, repair: { remaining: 0 } })
  expect(await ids()).toEqual(all(10).filter((id) => id !== 3))
})

it('a system that refuses times of the future is read up to the present', async () => {
  fill(10)
  const refusing: Spec = {
    ...settled,
    async *read({ from, to }: { from?: string; to: string }) {
      if (Date.parse(to) / 1000 > system.now) throw new Error('"to" lies in the future')
      const low = from === undefined ? 0 : Date.parse(from) / 1000
      const rows = system.all().filter((one) => one.at >= low && one.at < Date.parse(to) / 1000)
      yield rows.map((one) => ({ ...one, at: instant(one.at) }))
    },
  }
  await run({ system, destination, spec: refusing })
  system.put(row(2, 990, 'b'))
  system.remove(3)
  for (const window of [undefined, minutes(3)]) {
    const spec = window === undefined ? refusing : { ...refusing, window, start: instant(0) }
    const report = await resync(optionsFor(spec), { table: 'memory_events' })
    expect(report.exitCode).toBe(0)
    expect(await ids()).toEqual(all(10).filter((id) => id !== 3))
  }
})

it('counts in the deletion limit what is really gone', async () => {
  for (let id = 0; id < 200; id++) system.put(row(id, 100 + id))
  await run({ system, destination, spec: settled })
  // Most of them are updated, and some are deleted.
  for (let id = 0; id < 150; id++) system.put(row(id, 950, 'b'))
  for (let id = 150; id < 160; id++) system.remove(id)
  const report = await resync(optionsFor(settled), { table: 'memory_events' })
  expect(report.exitCode).toBe(0)
  expect(await ids()).toHaveLength(190)
  expect(report.tables[0]?.rows.deleted).toBe(10)
  for (let id = 0; id < 150; id++) system.remove(id)
  const held = await resync(optionsFor(settled), { table: 'memory_events' })
  expect(held.tables[0]?.failures.map(({ failure }) => failure.code)).toEqual(['deletion-limit'])
  expect(await ids()).toHaveLength(190)
})

describe('a row that went to another partition in the time of a window that is read again', () => {
  const spec = { ...settled, globalKey: true as const }
  /** Rows found marked or away after any commit. */
  let lost: number[]
  beforeEach(() => {
    system.rows = new Map([
      ['x', []],
      ['y', []],
    ])
    fill(5, 'x')
    // One that lies in what an ahead clock covers, as the source looks back.
    system.put(row(4, 930), 'x')
    lost = []
    const { commit } = destination
    destination.commit = async (...given) => {
      const committed = await commit.apply(destination, given)
      const there = await ids()
      lost.push(...all(5).filter((id) => !there.includes(id)))
      return committed
    }
  })
  const carry = (id: number, when: number): void => {
    system.remove(id, 'x')
    system.put(row(id, when, 'moved'), 'y')
  }
  const runAt = async (now: number, more: Spec = {}) => {
    system.now = now
    // One partition behind the other: what is read again of the first is done before the second begins.
    const settings = { concurrency: 1, perSource: 1 }
    return await run({ system, destination, spec: { ...spec, ...more }, options: { settings } })
  }

  it('is not gone while what a clock that was ahead covered there is still to be read again', async () => {
    await runAt(1000)
    await runAt(1000 + 3600)
    await runAt(1060)
    carry(4, 1100)
    await runAt(1300)
    expect(lost).toEqual([])
    expect(await rowsIn(destination, { partition: 'y' })).toEqual([row(4, 1100, 'moved')])
  })

  it('nor where the run that reads it again is the first to find that a clock was ahead', async () => {
    await runAt(1000)
    await runAt(1000 + 3600)
    carry(2, 1100)
    system.now = 1300
    await resync(optionsFor(spec), { table: 'memory_events' })
    expect(lost).toEqual([])
  })

  it('nor while the other partition is behind', async () => {
    await runAt(1000)
    carry(2, 1100)
    let isBroken = true
    system.beforePage = (_page, partition) => {
      if (isBroken && partition === 'y') throw new SyncError('y is torn', 'fix-config')
    }
    await runAt(1300)
    isBroken = false
    await destination.record((await destination.lease(['memory_events'])).leases[0]!, [
      { kind: 'resync', partition: 'x', window: { from: undefined, to: at(1200) }, reason: 'resync' },
    ])
    // Only what is wanted again is read, as a repair does.
    system.now = 1310
    await sync({ ...optionsFor(spec), only: 'resyncs' })
    expect(lost).toEqual([])
    expect(await ids()).toEqual(all(5))
  })

  it('nor while the source calls stale where it lies now', async () => {
    let stale: readonly object[] = []
    const revision = () => ({ revision: JSON.stringify(stale), stale })
    await runAt(1000, { revision })
    carry(2, 410)
    stale = [{ from: instant(100), to: instant(500) }]
    await runAt(1300, { revision })
    expect(lost).toEqual([])
    expect(await rowsIn(destination, { partition: 'y' })).toEqual([row(2, 410, 'moved')])
  })
})

it.each(['soft', 'hard'] as const)(
  'a row that moved on in what a clock that was ahead had covered is there, also in the run that finds it, deletes: %s',
  async (deletes) => {
    fill(10)
    const clocks = [1000, 1000 + 3600]
    for (const now of clocks) {
      system.now = now
      await run({ system, destination, spec: settled, use: { options: { deletes } } })
    }
    system.now = 1300
    system.put(row(2, 1100, 'b'))
    system.remove(3)
    await resync(optionsFor(settled, { deletes }), {
      table: 'memory_events',
      from: instant(100),
      to: instant(400),
    })
    expect(await ids()).toEqual(all(10).filter((id) => id !== 3))
  },
)
