import { defineSource, type Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination, type WindowJob } from '@tidemark/destination'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { RunWindows } from '../../src/work/run-windows.ts'

const many = defineSource({ name: 'many' })
const plain = z.object({ id: z.int(), at: z.int() })
const tableOf = (name: string, row: typeof plain = plain) =>
  many.table({
    name,
    row,
    primaryKey: ['id'],
    cursor: 'at',
    window: 10,
    start: 0,
    end: () => 30,
    async *read({ from, to }) {
      const first = Number(from)
      yield Array.from({ length: Number(to) - first }, (_, n) => ({ id: first + n, at: first + n }))
    },
  })
const sourceOf = (...names: readonly string[]) => many.with(names.map((name) => tableOf(name))) as Source

async function openMemory(): Promise<Destination> {
  const destination = await openDestination({
    url: ':memory:',
    runner: { id: 'worker', host: 'test', pid: 1, startedAt: 1n },
  })
  onTestFinished(() => destination.close())
  return destination
}

/** What plans and reads the windows of a source, and all that it plans. */
async function worker(destination: Destination, source: Source, options: object = {}) {
  const sources = [{ name: 'many', source, config: {}, options }]
  const engine = new RunWindows({ destination, run: { sources, destination } })
  onTestFinished(() => engine.close())
  const signal = new AbortController().signal
  const windows: WindowJob[] = []
  for await (const window of engine.plan('many', signal)) windows.push(window)
  return { windows, read: (window: WindowJob) => engine.run(window, { signal, completeWithin: async () => {} }) }
}

const countOf = async (destination: Destination, table: string): Promise<number> => {
  let count = 0
  for await (const _ of destination.read(table)) count++
  return count
}

/** A destination that counts how often it is asked about a name. */
function counted(destination: Destination) {
  const seen = { names: 0 }
  const counting = new Proxy(destination, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name === 'nameOf' || name === 'problemOf') seen.names++
      return value.bind(target)
    },
  })
  return { seen, counting }
}

it('a window costs the same, however many tables its source has', async () => {
  const namesOf = async (tables: number): Promise<number> => {
    const destination = await openMemory()
    const { seen, counting } = counted(destination)
    const { windows, read } = await worker(counting, sourceOf(...Array.from({ length: tables }, (_, n) => `t${n}`)))
    expect(windows.length).toBe(tables * 3)
    seen.names = 0
    expect(await read(windows.at(-1)!)).toBe('done')
    expect(await countOf(destination, `many_t${tables - 1}`)).toBe(10)
    return seen.names
  }
  expect(await namesOf(40)).toBe(await namesOf(4))
})

it('goes on after its run could not be started, because the database was away for a moment', async () => {
  const destination = await openMemory()
  let failures = 1
  const away = new Proxy(destination, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name === 'startRun' && failures-- > 0) return () => Promise.reject(new Error('the connection was refused'))
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const sources = [{ name: 'many', source: sourceOf('one'), config: {}, options: {} }]
  const engine = new RunWindows({ destination: away, run: { sources, destination: away } })
  onTestFinished(() => engine.close())
  const plan = async (): Promise<readonly WindowJob[]> => {
    const windows: WindowJob[] = []
    for await (const window of engine.plan('many', new AbortController().signal)) windows.push(window)
    return windows
  }
  await expect(plan()).rejects.toThrow('the connection was refused')
  expect(await plan()).toHaveLength(3)
})

it('a window is read while another table, which the config names, is away', async () => {
  const destination = await openMemory()
  const options = { tables: { other: { lookback: '1' } } }
  const { windows, read } = await worker(destination, sourceOf('days', 'other'), options)
  for (const window of windows) expect(await read(window)).toBe('done')
  await destination.release((await destination.lease(['many_days'])).leases)
  const without = await worker(destination, sourceOf('days'), options)
  expect(await without.read(windows[0]!)).toBe('done')
})

describe('of two versions of a source', () => {
  const versions = {
    older: sourceOf('days'),
    newer: many.with([tableOf('days', plain.extend({ note: z.string().default('new') }))]) as Source,
  }
  const columnsOf = async (destination: Destination) =>
    (await destination.state()).tables.get('many_days')!.schema!.columns.map(({ name }) => name)

  it.each([
    ['older', 'newer'],
    ['newer', 'older'],
  ] as const)('only the %s reads what it planned, and the %s changes no table', async (planning, other) => {
    const destination = await openMemory()
    const first = await worker(destination, versions[planning])
    const columns = await columnsOf(destination)
    const engine = new RunWindows({
      destination,
      run: { sources: [{ name: 'many', source: versions[other], config: {}, options: {} }], destination },
    })
    onTestFinished(() => engine.close())
    const context = { signal: new AbortController().signal, completeWithin: async () => {} }
    for (const window of first.windows) expect(await engine.run(window, context)).toBe('changed')
    expect([await countOf(destination, 'many_days'), await columnsOf(destination)]).toEqual([0, columns])
    for (const window of first.windows) expect(await first.read(window)).toBe('done')
    expect(await countOf(destination, 'many_days')).toBe(30)
  })

  it('whoever plans the next time has its columns made, and from then on the other reads nothing', async () => {
    const destination = await openMemory()
    const older = await worker(destination, versions.older)
    expect(await older.read(older.windows[0]!)).toBe('done')
    const newer = await worker(destination, versions.newer)
    expect(await columnsOf(destination)).toEqual(['id', 'at', 'note'])
    expect(newer.windows).toEqual(older.windows.slice(1))
    expect(await older.read(newer.windows[0]!)).toBe('changed')
    for (const window of newer.windows) expect(await newer.read(window)).toBe('done')
    const notes = []
    for await (const row of destination.read('many_days')) notes.push(row['note'])
    expect(notes.toSorted()).toEqual([...Array(20).fill('new'), ...Array(10).fill(null)])
  })
})

it('the newest of each table is planned before a queue could be full of others, and what is new before all of the past', async () => {
  const destination = await openMemory()
  let end = 5000
  const names = Array.from({ length: 8 }, (_, at) => `t${at}`)
  const table = (name: string) =>
    many.table({
      ...{ name, row: plain, primaryKey: ['id'], cursor: 'at', window: 10, start: 0, end: () => end },
      async *read({ to }) {
        yield [{ id: Number(to) - 1, at: Number(to) - 1 }]
      },
    })
  const source = many.with(names.map(table)) as Source
  const first = await worker(destination, source)
  expect(first.windows.length).toBe(8 * 500)
  const seenAt = (windows: readonly WindowJob[], lane: WindowJob['lane']) =>
    names.map((name) => windows.findIndex((one) => one.table === `many_${name}` && one.lane === lane))
  for (const at of seenAt(first.windows, 'backfill')) expect(at).toBeLessThanOrEqual(1000 + 8)
  const fifth = names.map((name) => first.windows.filter((one) => one.table === `many_${name}`)[400])
  expect(fifth.every((window) => window?.from === 990n)).toBe(true)
  for (const window of first.windows.filter(({ from }) => from === 4990n)) expect(await first.read(window)).toBe('done')
  end = 5005
  const second = await worker(destination, source)
  for (const at of seenAt(second.windows, 'current')) expect(at).toBeLessThanOrEqual(1000 + 16)
  expect(Math.min(...seenAt(second.windows, 'current'))).toBe(0)
})

it('a window of a table that this worker has not is left to others, until the table is removed', async () => {
  const destination = await openMemory()
  const { windows, read } = await worker(destination, sourceOf('days', 'other'))
  const [window] = windows.filter(({ table }) => table === 'many_other')
  const without = await worker(destination, sourceOf('days'))
  // Whoever planned without it has marked it as removed: nobody reads it any more.
  expect((await destination.state()).tables.get('many_other')!.status).toBe('removed')
  expect(await without.read(window!)).toBe('done')
  await worker(destination, sourceOf('days', 'other'))
  expect(await without.read(window!)).toBe('changed')
  expect(await countOf(destination, 'many_other')).toBe(0)
  expect(await read(window!)).toBe('done')
  expect(await countOf(destination, 'many_other')).toBe(10)
})

it('a window of a table that is nobody’s is done, and none of another source is read for it', async () => {
  const destination = await openMemory()
  const { windows, read } = await worker(destination, sourceOf('days'))
  expect(await read({ ...windows[0]!, table: 'many_unknown' })).toBe('done')
  expect(await countOf(destination, 'many_days')).toBe(0)
})

it('a job of a table that is read in key ranges reads one of them at a time, and its last commit completes it', async () => {
  const destination = await openDestination({
    url: ':memory:',
    runner: { id: 'worker', host: 'test', pid: 1, startedAt: 1n },
  })
  const shop = defineSource({ name: 'shop' })
  let [open, most] = [0, 0]
  const asked: unknown[] = []
  const source = shop.with([
    shop.table({
      name: 'orders',
      row: z.object({ id: z.int() }),
      primaryKey: ['id'],
      keyRanges: { column: 'id', bounds: () => [100, 200, 300] },
      async *read({ keyRange }) {
        asked.push(keyRange?.from)
        most = Math.max(most, ++open)
        await new Promise((later) => setImmediate(later))
        yield [{ id: keyRange?.from ?? 1 }]
        open--
      },
    }),
  ])
  const engine = new RunWindows({
    destination,
    run: {
      sources: [{ name: 'shop', source: source as never, config: {}, options: {} }],
      destination,
      settings: { perSource: 4 },
    },
  })
  const completed: number[] = []
  const job = {
    source: 'shop',
    table: 'shop_orders',
    partition: '',
    from: undefined,
    to: undefined,
    lane: 'backfill',
  } as const
  const completeWithin = async (): Promise<void> => void completed.push(asked.length)
  const { signal } = new AbortController()
  expect(await engine.run(job, { signal, completeWithin })).toBe('done')
  expect(asked).toEqual([undefined, 100, 200, 300])
  expect(most).toBe(1)
  expect(completed).toEqual([4])
  await engine.close()
  await destination.close()
})
