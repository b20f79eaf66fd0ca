import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { columnsChanged, defineSource, register, type Source, SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { plan } from '../src/commands/preview.ts'
import { sync } from '../src/commands/sync.ts'
import type { RunEvent } from '../src/report/event.ts'
import { instant, openMemory } from './system.ts'
import { inVirtualTime, type Ran, runAll, TURNS, usesOf } from './virtual-run.ts'
import type { VirtualTime } from './virtual-time.ts'

const never = (): Promise<never> => new Promise(() => {})
const row = z.object({ id: z.int(), at: z.iso.datetime() })

/** A source with one table read whole, which does all at once unless it is told otherwise. */
function sourceOf(
  name: string,
  broken: {
    readonly connect?: () => unknown
    readonly read?: () => Promise<unknown>
    readonly list?: () => Promise<never>
  } = {},
): Source {
  const source = defineSource({
    name,
    ...(broken.connect === undefined ? {} : { connect: broken.connect as () => object }),
  })
  const table = source.table({
    name: 'rows',
    row,
    primaryKey: ['id'],
    ...(broken.list === undefined ? {} : { partitions: source.partitions(broken.list) }),
    async *read() {
      await broken.read?.()
      yield [{ id: 1, at: instant(1) }]
    },
  })
  return register(source.with([table as never])) as Source
}

const releasedAt = ({ events }: Ran, source: string): number | undefined =>
  events.find(([, event]) => event.type === 'source-ended' && event.source === source)?.[0]

describe('a source that never answers', () => {
  const HANGS: readonly (readonly [string, Parameters<typeof sourceOf>[1]])[] = [
    ['to connect', { connect: never }],
    ['with its partitions', { list: never }],
    ['with a page', { read: never }],
  ]

  it.each(HANGS)('%s holds up no other, is given up once, and says why', async (_how, broken) => {
    const ran = await runAll([sourceOf('mute', broken), sourceOf('well')])
    expect(releasedAt(ran, 'well')).toBeLessThan(11_000)
    const [mute] = ran.report.tables.filter(({ source }) => source === 'mute').flatMap(({ failures }) => failures)
    const failure = mute?.failure ?? ran.report.sources.find(({ name }) => name === 'mute')?.failure
    expect(failure?.message).toMatch(/no answer within 120 s|returned no rows for 600 s/)
    // Tried once: again it would only take as long again.
    expect(ran.time.now).toBeLessThan(broken?.read === undefined ? 130_000 : 620_000)
    expect(ran.report.tables.find(({ source }) => source === 'well')).toMatchObject({
      status: 'complete',
      failures: [],
    })
    expect(ran.lines.filter((line) => line.includes('trying again'))).toEqual([])
  })

  it.each(HANGS)('%s ends with the time of the run', async (_how, broken) => {
    const ran = await runAll([sourceOf('mute', broken), sourceOf('well')], { maxTimeMs: 5000 })
    expect(ran.time.now).toBeLessThan(11_000)
    expect(ran.report.exitCode).toBe(3)
  })

  it('waits as long as the settings say', async () => {
    const ran = await runAll([sourceOf('mute', { connect: never }), sourceOf('well')], { stallTimeoutMs: 3000 })
    expect(ran.time.now).toBeLessThan(11_000)
    expect(ran.report.sources[0]?.failure?.message).toBe('no answer within 3 s')
  })

  it('takes no place from the others, however many of them hang', async () => {
    const mute = Array.from({ length: 8 }, (_, at) => sourceOf(`mute${at}`, { read: never }))
    const ran = await runAll([...mute, sourceOf('well')], { concurrency: 2 })
    const started = ran.events.find(([, event]) => event.type === 'step-started' && event.table === 'well_rows')
    expect(started?.[0]).toBeLessThan(5000)
  })

  it('gives its tables back: another runner may take those that are done, while it still hangs', async () => {
    const destination = await openMemory()
    onTestFinished(() => destination.close())
    const free: string[] = []
    const mute = sourceOf('mute', { connect: never })
    const { time, clock } = inVirtualTime()
    const watch = async (): Promise<void> => {
      await time.sleep(30_000)
      const { rows } = await destination.query('select name from _tidemark_leases where runner is null')
      free.push(...rows.map(([name]) => String(name)))
    }
    const sources = usesOf([mute, sourceOf('well')])
    await time.run(Promise.all([sync({ sources, destination, clock }), watch()]), TURNS)
    expect(free).toEqual(['well_rows'])
  })

  it.each([
    ['to connect', { connect: never }, 'a connection'],
    ['with its partitions', { list: never }, 'the partitions of table "rows"'],
  ] as const)('%s is named in the state and to who listens, long before it is given up', async (_how, broken, what) => {
    const destination = await openMemory()
    onTestFinished(() => destination.close())
    const { time, clock, log } = inVirtualTime()
    const seen: unknown[] = []
    const watch = async (): Promise<void> => {
      for (const wait of [25_000, 10_000]) {
        await time.sleep(wait)
        seen.push((await destination.state()).failingSources?.get('mute'))
      }
    }
    const said: unknown[] = []
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'source-silent') said.push([event.source, event.question])
    }
    const sources = usesOf([sourceOf('mute', broken), sourceOf('well')])
    await time.run(Promise.all([sync({ sources, destination, clock, log, onEvent }), watch()]), TURNS)
    expect(seen).toEqual([
      undefined,
      expect.objectContaining({
        ...{ failures: 0, code: 'no-answer-yet' },
        message: expect.stringMatching(
          new RegExp(`^it was asked for ${what} at \\d{4}-.*Z and had not answered 30 s later$`),
        ),
      }),
    ])
    expect(said).toEqual([['mute', { what, askedAt: expect.any(BigInt) }]])
    expect(log.lines.filter((line) => line.startsWith('mute: it was asked for'))).toHaveLength(1)
    // Given up, it fails as a source where nothing is known of it, and else its table does.
    const after = (await destination.state()).failingSources?.get('mute')
    expect(after).toEqual('connect' in broken ? expect.objectContaining({ failures: 1, code: 'timeout' }) : undefined)
  })

  it('for a while, and then answers, is not named any more while the run goes on', async () => {
    const destination = await openMemory()
    onTestFinished(() => destination.close())
    const { time, clock } = inVirtualTime()
    const seen: unknown[] = []
    const watch = async (): Promise<void> => {
      for (const wait of [35_000, 10_000]) {
        await time.sleep(wait)
        seen.push((await destination.state()).failingSources?.get('late')?.code)
      }
    }
    const late = sourceOf('late', { connect: () => time.sleep(40_000), read: () => time.sleep(20_000) })
    const report = sync({ sources: usesOf([late]), destination, clock })
    await time.run(Promise.all([report, watch()]), TURNS)
    expect(seen).toEqual(['no-answer-yet', undefined])
    expect((await report).exitCode).toBe(0)
  })

  it('is named by a plan within half a minute, which shows the others', async () => {
    const destination = await openMemory()
    onTestFinished(() => destination.close())
    const { time, clock } = inVirtualTime()
    const sources = usesOf([sourceOf('mute', { connect: never }), sourceOf('well')])
    const planned = await time.run(plan({ sources, destination, clock }), TURNS)
    expect(time.now).toBeLessThan(31_000)
    expect(planned.sources).toEqual([
      { name: 'mute', failure: expect.objectContaining({ code: 'timeout', message: 'no answer within 30 s' }) },
      { name: 'well', failure: undefined },
    ])
    expect(planned.tables.map(({ name }) => name)).toEqual(['well_rows'])
  })

  it('whose connection comes too late closes it', async () => {
    let closed = 0
    const late = Promise.withResolvers<object>()
    const ran = runAll([sourceOf('late', { connect: () => late.promise })])
    expect((await ran).report.exitCode).toBe(5)
    late.resolve({ close: () => closed++ })
    await turn()
    expect(closed).toBe(1)
  })
})

it('a source that is closed before the others is waited for, as long as it closes', async () => {
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  let isClosed = false
  const close = async (): Promise<void> => {
    await wait(200)
    isClosed = true
  }
  await sync({ sources: usesOf([sourceOf('slow', { connect: () => ({ close }) })]), destination })
  expect(isClosed).toBe(true)
})

describe('a table whose columns take long to find', () => {
  /** Two tables, of which one is listed without columns until its partitions were waited for. */
  function lateOf(time: VirtualTime, found: () => readonly string[]): Source {
    const source = defineSource({ name: 'api' })
    const read = async function* () {
      yield [{ id: 1, at: instant(1) }]
    }
    const full = (name: string) => source.table({ name, row, primaryKey: ['id'], read })
    const late = source.table({
      name: 'late',
      row: z.object({}),
      partitions: source.partitions(async () => {
        await time.sleep(5000)
        throw columnsChanged('they are known now')
      }),
      read,
    } as never)
    const tables = async () => [full('quick'), ...(time.now < 5000 ? [late] : found().map(full))]
    return register(source.with(tables as never)) as Source
  }

  async function runOf(found: () => readonly string[], options: object = {}) {
    const destination = await openMemory()
    onTestFinished(() => destination.close())
    const { time, clock } = inVirtualTime()
    const ended: [string, number][] = []
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'step-ended') ended.push([event.table, time.now])
    }
    const sources = usesOf([lateOf(time, found)]).map((use) => ({ ...use, options }))
    const report = await time.run(sync({ sources, destination, clock, onEvent }), TURNS)
    return { report, ended, tables: report.tables.map(({ table, status }) => [table, status]) }
  }

  it('is read as soon as they are known, and holds up no other', async () => {
    const { report, ended } = await runOf(() => ['late'])
    expect([report.exitCode, ended.map(([table]) => table)]).toEqual([0, ['api_quick', 'api_late']])
    expect(ended[0]![1]).toBeLessThan(2000)
    // Asked for once, without the wait before another try.
    expect(ended[1]![1]).toBeLessThan(5500)
  })

  it('is not listed where it turns out to have none', async () => {
    const { report, tables } = await runOf(() => [])
    expect([report.exitCode, tables]).toEqual([0, [['quick', 'complete']]])
  })

  it('may have options for its columns before', async () => {
    const { report, tables } = await runOf(() => ['late'], { tables: { late: { columns: { at: false } } } })
    expect([report.exitCode, tables]).toEqual([
      0,
      [
        ['quick', 'complete'],
        ['late', 'complete'],
      ],
    ])
  })

  it('fails alone where its columns never come', async () => {
    const source = defineSource({ name: 'api' })
    const refuse = (): never => {
      throw columnsChanged('not yet')
    }
    const late = source.table({
      name: 'late',
      row: z.object({}),
      partitions: source.partitions(refuse),
      read: refuse,
    } as never)
    const { report } = await runAll([register(source.with((async () => [late]) as never)) as Source])
    expect(report.tables).toMatchObject([{ status: 'failing', failures: [{ failure: { code: 'columns-changed' } }] }])
  })
})

describe('a table with nothing left to do is given back at once:', () => {
  /** Tables that another runner may take, so long after a run began. */
  async function freeAfter(
    ms: number,
    sources: (time: VirtualTime) => readonly Source[],
    given?: Destination,
  ): Promise<readonly string[]> {
    const destination = given ?? (await openMemory())
    if (given === undefined) onTestFinished(() => destination.close())
    const { time, clock } = inVirtualTime()
    let free: readonly string[] = []
    const watch = async (): Promise<void> => {
      await time.sleep(ms)
      const { rows } = await destination.query('select name from _tidemark_leases where runner is null order by name')
      free = rows.map(([name]) => String(name))
    }
    await time.run(Promise.all([sync({ sources: usesOf(sources(time)), destination, clock }), watch()]), TURNS)
    return free
  }

  it('one that has nothing to read, while its source still looks for the others', async () => {
    const source = defineSource({ name: 'half' })
    const table = (name: string, list: () => unknown) =>
      source.table({
        name,
        row,
        primaryKey: ['id'],
        partitions: source.partitions(list as () => string[]),
        async *read() {},
      })
    const tables = [table('empty', () => []), table('mute', never)]
    expect(await freeAfter(5000, () => [register(source.with(tables as never)) as Source])).toEqual(['half_empty'])
  })

  it('one that would be kept fresh beside history, as soon as all sources are known and none reads any', async () => {
    const destination = await openMemory()
    onTestFinished(() => destination.close())
    const late = (time?: VirtualTime): Source =>
      sourceOf('late', {
        connect: () => time?.sleep(2000),
        read: async () => (time === undefined ? undefined : never()),
      })
    const source = defineSource({ name: 'stream' })
    const table = source.table({
      name: 'rows',
      row,
      primaryKey: ['id'],
      cursor: 'at',
      async *read() {
        yield [{ id: 1, at: instant(1) }]
      },
    } as never)
    const stream = register(source.with([table as never])) as Source
    await runAll([late(), stream], {}, destination)
    expect(await freeAfter(5000, (time) => [late(time), stream], destination)).toEqual(['stream_rows'])
  })
})

it('a table of a source is read before its other tables are known', async () => {
  const source = defineSource({ name: 'half' })
  const quick = source.table({
    name: 'quick',
    row,
    primaryKey: ['id'],
    async *read() {
      yield [{ id: 1, at: instant(1) }]
    },
  })
  const slow = source.table({
    name: 'slow',
    row,
    primaryKey: ['id'],
    partitions: source.partitions(never),
    async *read() {},
  })
  const ran = await runAll([register(source.with([slow, quick] as never)) as Source])
  const read = ran.events.find(([, event]) => event.type === 'step-ended' && event.table === 'half_quick')
  expect(read?.[0]).toBeLessThan(2000)
  expect(ran.report.tables.map(({ table, status }) => [table, status])).toEqual([
    ['slow', 'failing'],
    ['quick', 'complete'],
  ])
})

it('a source that fails is recorded as failing while others are still read', async () => {
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  await runAll([sourceOf('one'), sourceOf('two')], {}, destination)
  let during: string | undefined
  const refuses = sourceOf('one', {
    connect: () => {
      throw new SyncError('no entry', 'fix-config')
    },
  })
  const slow = sourceOf('two', {
    read: async () => {
      await turn()
      for (let n = 0; n < 50; n++) await turn()
      during = (await destination.state()).tables.get('one_rows')?.status
    },
  })
  await runAll([refuses, slow], {}, destination)
  expect(during).toBe('failing')
})
