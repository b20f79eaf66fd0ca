import { defineSource, hours, minutes, type Source, seconds } from '@tidemark/core'
import { type Destination, textAt, union } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { plan } from '../src/commands/preview.ts'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import { verify } from '../src/commands/verify.ts'
import { planRun as planOf } from '../src/plan/plan.ts'
import { catalogOf, EVERYTHING, fixedClock, tableOf } from './catalog-of.ts'
import { at, instant, Lines, openMemory, rowsIn, run, System, sourceOf } from './system.ts'

const SNOWFLAKE = 1_700_000_000_000_000_000n

/** A table of ids that a counter gave out, and then ids that begin with a time. */
class Ids {
  ids: bigint[] = Array.from({ length: 50 }, (_, id) => BigInt(id))
  window: number | bigint | undefined = 1000
  asked: { readonly from: bigint | undefined; readonly to: bigint }[] = []
  partitions: readonly string[] | undefined

  get source(): Source {
    const draft = defineSource({ name: 'ids' })
    const table = draft.table({
      name: 'events',
      row: z.object({ id: z.bigint(), text: z.string() }),
      primaryKey: ['id'],
      cursor: 'id',
      start: 0n,
      ...(this.window === undefined ? {} : { window: this.window }),
      ...(this.partitions === undefined ? {} : { partitions: draft.partitions(() => this.partitions!) }),
      end: () => this.ids.at(-1)! + 1n,
      read: (context: unknown) => this.#read(context as { from: bigint | undefined; to: bigint; partition?: string }),
    } as never)
    return draft.with([table]) as Source
  }

  async *#read({ from, to, partition = '' }: { from: bigint | undefined; to: bigint; partition?: string }) {
    this.asked.push({ from, to })
    if (partition !== '' && partition !== this.partitions?.[0]) return
    yield this.ids
      .filter((id) => (from === undefined || id >= from) && id < to)
      .map((id) => ({ id, text: `row ${id}` }))
  }

  jump(): void {
    this.ids.push(SNOWFLAKE, SNOWFLAKE + 5n)
  }
}

async function opened(): Promise<Destination> {
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  return destination
}

function runOf(system: Ids, destination: Destination) {
  const log = new Lines()
  const memory = defineSource({ name: 'memory' })
  const other = memory.with([
    memory.table({
      name: 'healthy',
      row: z.object({ id: z.int() }),
      primaryKey: ['id'],
      async *read() {
        yield [{ id: 1 }]
      },
    }),
  ])
  const sources = [
    { name: 'ids', source: system.source, config: {}, options: {} },
    { name: 'memory', source: other as unknown as Source, config: {}, options: {} },
  ]
  return { sources, destination, log, clock: fixedClock(at(1000)) }
}

const idsIn = async (destination: Destination): Promise<bigint[]> => {
  const ids: bigint[] = []
  for await (const row of destination.read('ids_events', {})) ids.push(BigInt(row['id'] as bigint))
  return ids.sort((a, b) => (a < b ? -1 : 1))
}

describe('an id that jumps from a counter to one with a time in it', () => {
  it('is planned in a moment, with windows that are counted and not made', () => {
    const table = tableOf({ cursor: 'id', start: 0, window: 1, lookback: 0, minAge: 0, end: () => 0 } as never)
    const end = 2n ** 63n - 1n
    const [planned] = planOf(
      catalogOf({ table, partitions: [{ end, ownEnd: true }] }),
      { tables: new Map() },
      EVERYTHING,
    ).tables
    const { steps } = planned!.partitions[0]!
    expect(steps.count).toBe(Number(end))
    const [first, second] = steps
    expect([first?.window, second?.window]).toEqual([
      { from: end - 1n, to: end },
      { from: end - 2n, to: end - 1n },
    ])
  })

  it('fails with the setting and the way out; its newest rows and the other source are read', async () => {
    const [system, destination] = [new Ids(), await opened()]
    expect((await sync(runOf(system, destination))).exitCode).toBe(0)
    system.jump()
    system.asked = []
    const report = await sync(runOf(system, destination))
    const [events, healthy] = report.tables
    expect(report.exitCode).toBe(3)
    expect(healthy).toMatchObject({ status: 'complete', failures: [] })
    expect(events?.status).toBe('failing')
    expect(events?.failures).toHaveLength(1)
    const { failure } = events!.failures[0]!
    expect(failure).toMatchObject({ code: 'too-many-windows', remedy: 'fix-config' })
    expect(failure.message).toMatch(
      /^ids_events: the range to read, 50 to 1700000000000000006, has 1,700,000,000,000,000 windows of 1,000/,
    )
    expect(failure.message).toContain('sources.ids.tables.events.initialSyncStart')
    expect(failure.message).toContain('a longer "window", or none')
    expect(await idsIn(destination)).toEqual(system.ids)
    expect(system.asked.length).toBe(1001)
    expect(system.asked.every(({ from, to }) => to - from! <= 1000n)).toBe(true)
    const state = (await destination.state()).tables.get('ids_events')!
    expect(state.status).toBe('failing')
    expect(state.partitions.get('')).toMatchObject({ errorCode: 'too-many-windows', lastError: failure.message })
    expect(union(state.partitions.get('')!.covered)).toHaveLength(2)
  })

  it('goes on with the next newest windows in each run, and is well when the windows are long enough', async () => {
    const [system, destination] = [new Ids(), await opened()]
    system.jump()
    await sync(runOf(system, destination))
    system.asked = []
    await sync(runOf(system, destination))
    expect(system.asked[0]?.to).toBe(SNOWFLAKE - 999_000n)
    system.window = undefined
    const report = await sync(runOf(system, destination))
    expect(report.exitCode).toBe(0)
    expect(report.tables[0]).toMatchObject({ status: 'complete', failures: [] })
    expect(await idsIn(destination)).toEqual(system.ids)
  })

  it('is said by a plan, which stays small', async () => {
    const [system, destination] = [new Ids(), await opened()]
    system.jump()
    const [events] = (await plan(runOf(system, destination))).tables
    expect(events).toMatchObject({ windows: 1_700_000_000_000_001, more: 1_700_000_000_000_001 - 1000 })
    expect(events?.steps).toHaveLength(1000)
    expect(events?.ranges).toHaveLength(1)
    expect(events?.ranges[0]?.windows).toBe(1_700_000_000_000_001)
    expect(events?.failure).toMatch(/has 1,700,000,000,000,001 windows/)
  })

  it('costs a table of many partitions no more than one of one', async () => {
    const [system, destination] = [new Ids(), await opened()]
    system.partitions = Array.from({ length: 40 }, (_, at) => `part ${at}`)
    system.jump()
    const report = await sync(runOf(system, destination))
    expect(system.asked).toHaveLength(1000)
    expect(report.tables[0]?.failures).toHaveLength(40)
  })

  it('may be many windows, as long as they come to an end', async () => {
    const [system, destination] = [new Ids(), await opened()]
    system.ids.push(2_000_000n)
    system.window = 1000
    expect(await sync(runOf(system, destination))).toMatchObject({ exitCode: 0, tables: [{ status: 'complete' }, {}] })
    expect(system.asked).toHaveLength(2001)
  })
})

describe('windows of an hour from the year 1', () => {
  const system = (): System => {
    const made = new System()
    made.now = 1_700_000_000
    for (let id = 1; id <= 20; id++) made.put({ id, at: made.now - id * 3600, text: `row ${id}` })
    return made
  }
  const start = textAt(-62_135_596_800_000_000n, { type: 'timestamp', precision: undefined })

  it('give the newest rows first, and the table fails with the way out', async () => {
    const [hourly, destination] = [system(), await opened()]
    const report = await run({ system: hourly, destination, spec: { window: hours(1), start } })
    expect(await rowsIn(destination)).toEqual(hourly.all())
    expect(hourly.asked).toHaveLength(1000)
    expect(report.tables[0]?.failures[0]?.failure).toMatchObject({ code: 'too-many-windows' })
    expect(report.tables[0]?.failures[0]?.failure.message).toMatch(
      /0001-01-01T00:00:00Z to 2023-11-14T.* has 17,732,111 windows of 1 h/,
    )
  })

  it('are too many where the config says when history begins, too', async () => {
    const [hourly, destination] = [system(), await opened()]
    const use = { options: { initialSyncStart: '0001-01-01' } }
    const report = await run({ system: hourly, destination, use, spec: { window: hours(1) } })
    expect(report.tables[0]?.failures[0]?.failure).toMatchObject({ code: 'too-many-windows' })
    const later = { options: { initialSyncStart: '2023-11-01' } }
    const healed = await run({ system: hourly, destination, use: later, spec: { window: hours(1) } })
    expect(healed).toMatchObject({ exitCode: 0, tables: [{ status: 'complete', failures: [] }] })
  })
})

describe('what was covered in one go, and has short windows by now', () => {
  const long = async (): Promise<{ system: System; destination: Destination }> => {
    const system = new System()
    system.now = 1_700_000_000
    system.put({ id: 1, at: system.now - 10, text: 'one' })
    const destination = await opened()
    await run({ system, destination, spec: { start: instant(0) } })
    system.asked = []
    return { system, destination }
  }
  const short = { start: instant(0), window: seconds(1), lookback: minutes(10) }

  it('is resynced as far as it can be, and stays to be read again', async () => {
    const { system, destination } = await long()
    const clock = fixedClock(at(system.now))
    const sources = [{ name: 'memory', source: sourceOf(system, short), config: {}, options: {} }]
    const report = await resync({ sources, destination, clock }, { table: 'memory_events' })
    expect(report.tables[0]?.failures[0]?.failure).toMatchObject({ code: 'too-many-windows' })
    expect(system.asked.length).toBeLessThan(1100)
    const { resyncs } = (await destination.state()).tables.get('memory_events')!.partitions.get('')!
    expect(resyncs).toMatchObject([{ from: 0n, to: at(system.now - 1000) }])
  })

  it('is not verified window by window for ever', async () => {
    const { system, destination } = await long()
    const sources = [{ name: 'memory', source: sourceOf(system, short), config: {}, options: {} }]
    const report = await verify({ sources, destination, clock: fixedClock(at(system.now)) }, { table: 'memory_events' })
    expect(JSON.stringify(report)).toContain('too-many-windows')
    expect(system.asked).toEqual([])
  })
})
