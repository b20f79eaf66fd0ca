import { days, deleted, minutes, SyncError } from '@tidemark/core'
import { type Coverage, OpenWindows, split, union, type Windows } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { plan } from '../src/commands/preview.ts'
import { resync } from '../src/commands/resync.ts'
import type { Step } from '../src/plan/step.ts'
import { StepList } from '../src/plan/step-list.ts'
import type { RunEvent } from '../src/report/event.ts'
import { OpenRange } from '../src/run/open-range.ts'
import { fixedClock } from './catalog-of.ts'
import { destination, fill, first, row, system, useMemoryWorld } from './memory-world.ts'
import { at, instant, type Run, rowsIn, run as runAtOnce, type Spec, shape, sorted, sourceOf } from './system.ts'

useMemoryWorld()

/** Windows of 100 seconds. */
const spec: Spec = { window: minutes(100 / 60) }

/** One window after another: what the one before had says what the next one is. */
const settings = { perTable: 1 }
const run = (given: Run) =>
  runAtOnce({ ...given, options: { ...given.options, settings: { ...settings, ...given.options?.settings } } })

const asked = (): (readonly [number | undefined, number])[] =>
  system.asked.map(({ from, to }) => [from === undefined ? undefined : Date.parse(from) / 1000, Date.parse(to) / 1000])

/** What is read below 500 where rows begin at 0. */
const BELOW_500 = [
  [400, 500],
  [300, 400],
  [200, 300],
  [100, 200],
  [0, 100],
  [-100, 0],
  [undefined, -100],
]

const stateOf = async (partition = '') =>
  (await destination.state()).tables.get('memory_events')!.partitions.get(partition)!

async function coverage(partition = ''): Promise<Coverage> {
  return union((await stateOf(partition)).covered.map(({ from, to }) => ({ from: from ?? undefined, to })))
}

/** Lets every call whose window starts here fail. */
function failFrom(start: number | undefined, error: unknown = new SyncError('broken', 'fix-source')): void {
  system.beforePage = (_page, _partition, from) => {
    if (from === (start ?? Number.NEGATIVE_INFINITY)) throw error
  }
}

describe('a backfill without a start', () => {
  it('reads windows side by side, and those that were begun before one was found empty', async () => {
    for (let id = 0; id < 50; id++) system.put(row(id, id < 10 ? id * 10 : 500 + id * 10))
    const report = await runAtOnce({ system, destination, spec, options: { settings: { perSource: 3 } } })
    expect(first(report.tables)).toMatchObject({ status: 'complete', stepsLeft: 0, untilEmpty: false })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect(await coverage()).toEqual([{ from: undefined, to: at(1000) }])
    expect(asked().filter(([from]) => from === undefined)).toHaveLength(1)
  })

  it('reads windows from its end down until one is empty, and then what is left in one call', async () => {
    // From 0 to 90, and from 600 to 990.
    for (let id = 0; id < 50; id++) system.put(row(id, id < 10 ? id * 10 : 500 + id * 10))
    const report = await run({ system, destination, spec })
    expect(report.exitCode).toBe(0)
    expect(asked()).toEqual([
      [900, 1000],
      [800, 900],
      [700, 800],
      [600, 700],
      [500, 600],
      [undefined, 500],
    ])
    expect(first(report.tables)).toMatchObject({ status: 'complete', stepsDone: 6, stepsLeft: 0, untilEmpty: false })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect(await coverage()).toEqual([{ from: undefined, to: at(1000) }])
  })

  it('asks for everything at once where the newest window is empty', async () => {
    system.put(row(1, 5))
    await run({ system, destination, spec })
    expect(asked()).toEqual([
      [900, 1000],
      [undefined, 900],
    ])
    expect(await rowsIn(destination)).toEqual(system.all())
    expect(await coverage()).toEqual([{ from: undefined, to: at(1000) }])
  })

  it('is one call where the table has no window', async () => {
    fill(100)
    await run({ system, destination })
    expect(asked()).toEqual([[undefined, 1000]])
  })

  it('continues where a run broke off, and asks for no committed window again', async () => {
    fill(100)
    failFrom(400)
    const broken = await run({ system, destination, spec })
    expect(first(broken.tables)).toMatchObject({ status: 'failing', stepsDone: 5, stepsLeft: 2, untilEmpty: true })
    expect(await coverage()).toEqual([{ from: at(500), to: at(1000) }])
    system.beforePage = () => {}
    system.asked = []
    await run({ system, destination, spec })
    expect(asked()).toEqual(BELOW_500)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect(await coverage()).toEqual([{ from: undefined, to: at(1000) }])
    system.asked = []
    await run({ system, destination, spec })
    expect(asked()).toEqual([])
  })

  it('commits what is left as it goes where the table is ordered', async () => {
    fill(30)
    failFrom(undefined)
    const ascending = { ...spec, ordered: 'ascending' }
    await run({ system, destination, spec: ascending })
    expect(await coverage()).toEqual([{ from: at(900), to: at(1000) }])
    let pages = 0
    system.beforePage = () => {
      if (++pages > 3) throw new SyncError('broken', 'fix-source')
    }
    await run({ system, destination, spec: ascending })
    // The window below the empty one is empty as well; three pages of what is left came.
    expect(await coverage()).toEqual([
      { from: undefined, to: at(140) },
      { from: at(800), to: at(1000) },
    ])
  })

  it('goes down past a window of bad rows, and the next run reads that one alone', async () => {
    fill(100)
    const bad = (text: string) => ({ ...spec, row: shape.extend({ text: z.literal(text) }) })
    for (const one of system.all().filter((one) => one.at >= 700 && one.at < 800)) system.put({ ...one, text: 'b' })
    const report = await run({ system, destination, spec: bad('a') })
    expect(first(first(report.tables).failures).failure.code).toBe('reject-limit')
    expect(first(report.tables)).toMatchObject({ stepsLeft: 1, untilEmpty: false })
    expect(await coverage()).toEqual([
      { from: undefined, to: at(700) },
      { from: at(800), to: at(1000) },
    ])
    system.asked = []
    await run({ system, destination, spec })
    expect(asked()).toEqual([[700, 800]])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('starts nothing when its time is over, and says that more is left than is known', async () => {
    fill(100)
    const report = await run({ system, destination, spec, options: { settings: { maxTimeMs: 0 } } })
    expect(asked()).toEqual([])
    expect(first(report.tables)).toMatchObject({ status: 'backfilling', stepsLeft: 1, untilEmpty: true })
  })

  it('ends, whatever a source gives beside the rows of a window', async () => {
    fill(20, 5)
    system.now = 100
    const odd: Spec = {
      ...spec,
      row: shape.extend({ at: z.iso.datetime().nullable() }),
      nullCursor: 'keep',
      async *read({ from, to }: { from?: string; to: string }) {
        system.asked.push({ partition: '', from, to })
        // Bounds nothing, keeps rows without a cursor, and reports each deletion with every window.
        yield [...system.all().map((one) => ({ ...one, at: instant(one.at) })), { id: 99, at: null, text: 'null' }]
        yield deleted([{ id: 500, at: instant(50) }])
      },
    }
    const report = await run({ system, destination, spec: odd })
    expect(report.exitCode).toBe(0)
    expect(asked()).toEqual([
      [0, 100],
      [-100, 0],
      [undefined, -100],
    ])
  })

  it('reads each partition by itself', async () => {
    system.rows.clear()
    for (let id = 0; id < 20; id++) system.put(row(id, 900 + id * 5), 'long')
    system.put(row(1, 950), 'short')
    for (let id = 20; id < 40; id++) system.put(row(id, 500 + id * 10), 'long')
    await run({ system, destination, spec })
    const of = (name: string) => system.asked.filter(({ partition }) => partition === name).length
    expect(of('long')).toBe(5)
    expect(of('short')).toBe(3)
    for (const name of ['long', 'short']) expect(await coverage(name)).toEqual([{ from: undefined, to: at(1000) }])
  })

  it('replaces windows of a table without a key one by one', async () => {
    fill(100)
    const keyless = { ...spec, primaryKey: undefined }
    failFrom(400)
    await run({ system, destination, spec: keyless })
    expect((await rowsIn(destination)).length).toBe(50)
    system.beforePage = () => {}
    await run({ system, destination, spec: keyless })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('is the same subtraction when a start is set later, and when it moves down', async () => {
    fill(100)
    failFrom(400)
    await run({ system, destination, spec })
    system.beforePage = () => {}
    const from = (start: number) => ({ options: { initialSyncStart: instant(start) } })
    system.asked = []
    const later = await run({ system, destination, spec, use: from(250) })
    expect(asked()).toEqual([
      [450, 500],
      [350, 450],
      [250, 350],
    ])
    expect(first(later.tables)).toMatchObject({ status: 'complete', stepsLeft: 0, untilEmpty: false })
    system.asked = []
    await run({ system, destination, spec, use: from(50) })
    expect(asked()).toEqual([
      [150, 250],
      [50, 150],
    ])
    system.asked = []
    await run({ system, destination, spec })
    expect(asked()).toEqual([
      [-50, 50],
      [-150, -50],
      [undefined, -150],
    ])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('never asks below zero for integers that are above it, nor below what a cursor holds', async () => {
    const ids: Spec = {
      row: z.object({ id: z.int(), text: z.string() }),
      cursor: 'id',
      minAge: undefined,
      lookback: 0,
      window: 100,
      end: () => 250,
      async *read({ from, to }: { from?: number; to: number }) {
        system.asked.push({ partition: '', from: from === undefined ? undefined : String(from), to: String(to) })
        const all = Array.from({ length: 250 }, (_, id) => ({ id, text: 'a' }))
        yield all.filter(({ id }) => (from === undefined || id >= from) && id < to)
      },
    }
    await run({ system, destination, spec: ids })
    expect(system.asked.map(({ from, to }) => [from, to])).toEqual([
      ['150', '250'],
      ['50', '150'],
      ['0', '50'],
      [undefined, '0'],
    ])
  })

  it('has no window below the year 1', async () => {
    for (const [id, year] of ['1500', '0900', '0400', '0100'].entries())
      system.put(row(id, Date.parse(`${year}-01-01T00:00:00Z`) / 1000))
    const report = await run({ system, destination, spec: { window: days(200_000) } })
    expect(system.asked.map(({ from, to }) => [from?.slice(0, 4), to.slice(0, 4)])).toEqual([
      ['1422', '1970'],
      ['0874', '1422'],
      ['0327', '0874'],
      ['0001', '0327'],
      [undefined, '0001'],
    ])
    expect(first(report.tables)).toMatchObject({ status: 'complete', rows: { read: 4 } })
  })
})

it('of 40,000 rows 24,000 stay when a run dies, and the next one asks for the rest alone', async () => {
  const ids = (most: number): Spec => ({
    row: z.object({ id: z.int(), text: z.string() }),
    cursor: 'id',
    minAge: undefined,
    lookback: 0,
    window: 1000,
    end: () => 40_001,
    async *read({ from, to }: { from?: number; to: number }) {
      system.asked.push({ partition: '', from: String(from), to: String(to) })
      if (system.asked.length > most) throw new SyncError('killed', 'fix-source')
      const start = Math.max(1, from ?? 1)
      const count = Math.max(0, Math.min(to, 40_001) - start)
      yield Array.from({ length: count }, (_, at) => ({ id: start + at, text: 'a' }))
    },
  })
  const dead = await run({ system, destination, spec: ids(24) })
  expect(first(dead.tables).rows.read).toBe(24_000)
  const count = async () => Number((await destination.query('select count(*) from memory_events')).rows[0]![0])
  expect(await count()).toBe(24_000)
  system.asked = []
  const report = await run({ system, destination, spec: ids(1000) })
  expect(first(report.tables)).toMatchObject({ status: 'complete', rows: { read: 16_000, written: 16_000 } })
  // 16 windows of what was not read, the last one down to zero, and what may be below.
  expect(system.asked).toHaveLength(18)
  expect(system.asked[0]).toMatchObject({ from: '15001', to: '16001' })
  expect(await count()).toBe(40_000)
})

describe('a resync of everything without a start', () => {
  const again = () =>
    resync(
      {
        sources: [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }],
        destination,
        settings,
        clock: fixedClock(at(system.now)),
      },
      { table: 'memory_events' },
    )

  it('is cut in the same way, and continues where it broke off', async () => {
    fill(100)
    await run({ system, destination, spec })
    system.remove(10)
    system.remove(90)
    failFrom(400)
    system.asked = []
    const broken = await again()
    expect(broken.exitCode).not.toBe(0)
    expect((await stateOf()).resyncs.map(({ from, to }) => [from, to])).toEqual([[null, at(500)]])
    expect((await rowsIn(destination)).map(({ id }) => id)).not.toContain(90)
    system.beforePage = () => {}
    system.asked = []
    await run({ system, destination, spec })
    // A row that did not come back is looked for ahead of the end, too.
    expect(asked().filter(([, to]) => to <= 1000)).toEqual(BELOW_500)
    expect((await stateOf()).resyncs).toEqual([])
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })
})

describe('what is said of it', () => {
  it('by the plan: one step down to the beginning, and that there may be more windows', async () => {
    fill(100)
    failFrom(400)
    await run({ system, destination, spec })
    const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
    const { tables } = await plan({ sources, destination, clock: fixedClock(at(1000)) })
    const window = { from: undefined, to: '1970-01-01T00:08:20Z' }
    expect(first(tables)).toMatchObject({
      windows: 1,
      untilEmpty: true,
      more: 0,
      ranges: [{ lane: 'backfill', kind: 'backfill', window, windows: 1, untilEmpty: true }],
      steps: [{ lane: 'backfill', kind: 'backfill', window }],
    })
  })

  it('by the run: the total grows while it is not known, and the line is full only at the end', async () => {
    for (let id = 0; id < 20; id++) system.put(row(id, 800 + id * 10))
    const events: RunEvent[] = []
    await run({ system, destination, spec, options: { onEvent: (event) => void events.push(event) } })
    const steps = events.filter((event) => event.type === 'step-started')
    expect(steps.map(({ index, of, untilEmpty }) => [index, of, untilEmpty])).toEqual([
      [1, 2, true],
      [2, 3, true],
      [3, 4, true],
      [4, 4, false],
    ])
    expect(steps.map(({ span }) => span!.from > 0)).toEqual([true, true, true, false])
    expect(events.find((event) => event.type === 'tables-planned')?.work).toMatchObject([
      { steps: 1, untilEmpty: true },
    ])
  })

  it('by the log of a run that continues it', async () => {
    fill(100)
    failFrom(400)
    await run({ system, destination, spec })
    const { lines } = await run({ system, destination, spec })
    expect(lines).toContain(
      'memory_events continues from 1970-01-01T00:16:40Z, at least a window of its backfill remaining',
    )
  })
})

it('windows that were handed out before one came back empty are read as they are', () => {
  const window = (from: number | undefined, to: number): Step => {
    const range = { from: from === undefined ? undefined : BigInt(from), to: BigInt(to) }
    return { table: 't', partition: '', lane: 'backfill', kind: 'backfill', window: range, read: range }
  }
  const open = new OpenRange({ from: undefined, to: 40n })
  const [a, b, c] = [window(30, 40), window(20, 30), window(10, 20)]
  for (const step of [a, b, c]) open.handOut(step)
  expect(open.begin(a)).toBe(a)
  open.foundEmpty()
  expect(open.begin(b)).toBe(b)
  expect(open.isOver).toBe(false)
  expect(open.begin(c)).toEqual(window(undefined, 20))
  expect(open.isOver).toBe(true)
})

it('no step is behind the windows of a range without a start, whose end only a run finds', () => {
  const span = (windows: Windows | OpenWindows) => ({
    ...({ table: 't', partition: '', lane: 'current', kind: 'resync' } as const),
    windows,
  })
  const steps = new StepList([
    span(new OpenWindows({ from: undefined, to: 100n }, 10n, 0n)),
    span(split({ from: 200n, to: 210n }, 10n)),
  ])
  const [first, second] = steps.inLane('current')
  expect([first?.window, second?.window]).toEqual([
    { from: 200n, to: 210n },
    { from: 90n, to: 100n },
  ])
})
