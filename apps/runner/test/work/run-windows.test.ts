import { defineSource, type Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination, type WindowJob } from '@tidemark/destination'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { RunWindows } from '../../src/work/run-windows.ts'

const many = defineSource({ name: 'many' })
const tableOf = (name: string) =>
  many.table({
    name,
    row: z.object({ id: z.int(), at: z.int() }),
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
const sourceOf = (...names: readonly string[]) => many.with(names.map(tableOf)) as Source

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

it('a window is read while another table, which the config names, is away', async () => {
  const destination = await openMemory()
  const options = { tables: { other: { lookback: '1' } } }
  const { windows, read } = await worker(destination, sourceOf('days', 'other'), options)
  for (const window of windows) expect(await read(window)).toBe('done')
  await destination.release((await destination.lease(['many_days'])).leases)
  const without = await worker(destination, sourceOf('days'), options)
  expect(await without.read(windows[0]!)).toBe('done')
})
