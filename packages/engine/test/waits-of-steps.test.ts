import { setImmediate as turn } from 'node:timers/promises'
import { defineSource, register, type Source, SyncError } from '@tidemark/core'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import { verify } from '../src/commands/verify.ts'
import { instant, openMemory } from './system.ts'
import { inVirtualTime, runAll, TURNS, usesOf } from './virtual-run.ts'

const never = (): Promise<never> => new Promise(() => {})
const row = z.object({ id: z.int(), at: z.iso.datetime() })
type Page = readonly { readonly id: number; readonly at: string }[]
type Answers = Readonly<Record<string, unknown>>

function sourceOf(name: string, read: () => AsyncIterable<Page>, more: Answers = {}, tables = 1): Source {
  const source = defineSource({ name })
  const all = Array.from({ length: tables }, (_, nth) =>
    source.table({ name: `rows${nth === 0 ? '' : nth}`, row, primaryKey: ['id'], read, ...more } as never),
  )
  return register(source.with(all as never)) as Source
}

const ONE = [{ id: 1, at: instant(1) }]
const well = (): Source =>
  sourceOf('well', async function* () {
    yield ONE
  })

const limited = (name: string): Source =>
  sourceOf(name, async function* () {
    await turn()
    throw new SyncError('too many requests', 'retry', { code: 'rate-limited', retryAfterMs: 90_000 })
  })

it('a step that waits before it is tried again takes no place from the others', async () => {
  const { events } = await runAll([limited('one'), limited('two'), well()], { concurrency: 2 })
  const started = events.find(([, event]) => event.type === 'step-started' && event.table === 'well_rows')
  expect(started?.[0]).toBeLessThan(2000)
})

it('tables of a source whose endpoints are dead keep its other tables waiting for seconds, not until they are given up', async () => {
  const source = defineSource({ name: 'api' })
  const names = ['dead1', 'dead2', 'well1', 'well2', 'dead3']
  const all = names.map((name) =>
    source.table({
      name,
      row,
      primaryKey: ['id'],
      async *read() {
        if (name.startsWith('dead')) await never()
        yield ONE
      },
    } as never),
  )
  const { events, report } = await runAll([register(source.with(all as never)) as Source])
  const endedAt = (name: string) =>
    events.find(([, event]) => event.type === 'step-ended' && event.table === `api_${name}`)?.[0]
  for (const name of ['well1', 'well2']) expect(endedAt(name)).toBeLessThan(13_000)
  // All that hang wait side by side.
  expect(endedAt('dead3')).toBeLessThan(640_000)
  expect(report.tables.map(({ status }) => status)).toEqual(['failing', 'failing', 'complete', 'complete', 'failing'])
})

it('a source of which everything hangs is not flooded', async () => {
  let atOnce = 0
  const mute = sourceOf(
    'mute',
    async function* () {
      atOnce++
      await never()
      yield ONE
    },
    {},
    30,
  )
  const ran = runAll([mute], { maxTimeMs: 590_000 })
  await ran
  expect(atOnce).toBe(18)
})

it('a wait that would last longer than the run may take is not begun', async () => {
  const { time, report } = await runAll([limited('one'), well()], { maxTimeMs: 30_000 })
  expect(time.now).toBeLessThan(11_000)
  expect([report.exitCode, report.tables.map(({ status }) => status)]).toEqual([3, ['failing', 'complete']])
  const [failed] = report.tables[0]!.failures
  expect(failed?.failure.message).toBe('too many requests')
})

it('a source whose every table hangs ends with the time of the run, however many tables it has', async () => {
  let isMute = false
  const mute = sourceOf(
    'mute',
    async function* () {
      if (isMute) await never()
      yield ONE
    },
    {},
    30,
  )
  const { destination } = await runAll([mute])
  isMute = true
  const { time, report } = await runAll([mute, well()], { maxTimeMs: 5000 }, destination)
  expect(time.now).toBeLessThan(11_000)
  expect(report.endedBy).toBe('max-time')
  expect(report.tables.filter(({ status }) => status === 'failing')).toHaveLength(30)
})

it('what a source tried for itself counts among the attempts of a step, and each wait is one line', async () => {
  let reads = 0
  const tries = sourceOf('tries', async function* () {
    reads++
    throw new SyncError('busy', 'retry', { attempts: 3 })
  })
  const { lines } = await runAll([tries])
  expect(reads).toBe(2)
  expect(lines.filter((line) => line.includes('trying again'))).toHaveLength(1)
})

it('rows that only drip are given up when the run is over its time; those that flow are read to their end', async () => {
  const { time, clock, log } = inVirtualTime()
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  let id = 0
  const dripping = sourceOf('drips', async function* () {
    for (;;) {
      await time.sleep(500)
      yield [{ id: id++, at: instant(1) }]
    }
  })
  const flowing = sourceOf('flows', async function* () {
    for (let page = 0; page < 60; page++) {
      await time.sleep(500)
      yield Array.from({ length: 20 }, (_, nth) => ({ id: page * 20 + nth, at: instant(1) }))
    }
  })
  const settings = { maxTimeMs: 5000 }
  const report = await time.run(
    sync({ sources: usesOf([dripping, flowing]), destination, clock, log, settings }),
    TURNS,
  )
  expect(time.now).toBeLessThan(40_000)
  expect(report.endedBy).toBe('max-time')
  expect(report.tables.map(({ status, failures }) => [status, failures[0]?.failure.code])).toEqual([
    ['failing', 'max-time'],
    ['complete', undefined],
  ])
})

it('a table that is read whole is free for others as soon as it is read, while another source hangs', async () => {
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  const { time, clock } = inVirtualTime()
  const free: unknown[] = []
  const watch = async (): Promise<void> => {
    await time.sleep(1000)
    const { rows } = await destination.query('select name from _tidemark_leases where runner is null')
    free.push(...rows.flat())
  }
  const mute = register({ ...well(), name: 'mute', connect: never } as Source)
  await time.run(Promise.all([sync({ sources: usesOf([mute, well()]), destination, clock }), watch()]), TURNS)
  expect(free).toEqual(['well_rows'])
})

it('tables whose questions are never answered keep no other table of their source waiting', async () => {
  const source = defineSource({ name: 'half' })
  const table = (name: string, more: Answers) =>
    source.table({
      name,
      row,
      primaryKey: ['id'],
      async *read() {
        yield ONE
      },
      ...more,
    } as never)
  const mute = Array.from({ length: 12 }, (_, nth) => table(`mute${nth}`, { partitions: { list: never } }))
  const { events } = await runAll([register(source.with([...mute, table('quick', {})] as never)) as Source])
  const read = events.find(([, event]) => event.type === 'step-ended' && event.table === 'half_quick')
  expect(read?.[0]).toBeLessThan(5000)
})

it('a source that answers nothing is asked no more, however many partitions it lists', async () => {
  let asked = 0
  const ids = Array.from({ length: 500 }, (_, nth) => `p${nth}`)
  const mute = sourceOf(
    'mute',
    async function* () {
      yield ONE
    },
    {
      partitions: { list: async () => ids },
      revision: () => {
        asked++
        return never()
      },
    },
  )
  const { time, report } = await runAll([mute])
  expect(time.now).toBeLessThan(300_000)
  expect(asked).toBeLessThan(100)
  expect(report.tables[0]?.failures).toHaveLength(500)
})

/** A table of which one row does not come back when it is read again, and which then is asked where that row is. */
async function withMissingRow(more: Answers, secondRead: () => AsyncIterable<Page>) {
  let pass = 0
  const both = [...ONE, { id: 2, at: instant(2) }]
  const source = sourceOf(
    'shop',
    async function* () {
      pass++
      if (pass === 1) yield both
      else if (pass === 2) yield ONE
      else yield* secondRead()
    },
    { cursor: 'at', start: instant(0), ...more },
  )
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  await runAll([source], {}, destination)
  return { source, destination }
}

const hangs = async function* (): AsyncGenerator<Page> {
  await never()
}

it.each<[string, Answers, RegExp]>([
  ['by its keys', { findKeys: never }, /no answer within 120 s/],
  ['in what is not read yet', {}, /returned no rows for 600 s/],
])('a source that does not say %s where a row is ends no run', async (_how, more, message) => {
  const { source, destination } = await withMissingRow(more, hangs)
  const { time, clock, log } = inVirtualTime()
  const report = await time.run(
    resync({ sources: usesOf([source]), destination, clock, log, settings: { perTable: 1 } }, { table: 'shop_rows' }),
    TURNS,
  )
  expect(time.now).toBeLessThan(700_000)
  expect(JSON.stringify(report)).toMatch(message)
})

it('a comparison with a source that gives no page ends, and says so', async () => {
  const { source, destination } = await withMissingRow({}, hangs)
  const { time, clock, log } = inVirtualTime()
  await time.run(sync({ sources: usesOf([source]), destination, clock, log }), TURNS)
  const report = await time.run(
    verify({ sources: usesOf([source]), destination, clock, log }, { table: 'shop_rows' } as never),
    TURNS,
  )
  expect(JSON.stringify(report)).toMatch(/returned no rows for 600 s/)
})

it('a source that is let go hears it, also where a question of it is still open', async () => {
  const heard: AbortSignal[] = []
  const mute = sourceOf(
    'mute',
    async function* () {
      yield ONE
    },
    {
      revision: ({ signal }: { signal: AbortSignal }) => {
        heard.push(signal)
        return never()
      },
    },
  )
  await runAll([mute, well()])
  expect(heard.map(({ aborted }) => aborted)).toEqual([true])
})
