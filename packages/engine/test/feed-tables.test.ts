import { UNCHANGED } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import { fixedClock } from './catalog-of.ts'
import { Living } from './living.ts'
import { at, Lines, openMemory } from './system.ts'
import { put, toldIn } from './told.ts'

let destination: Destination
let living: Living
beforeEach(async () => {
  destination = await openMemory()
  living = new Living(['orders'], ['lines'])
})
afterEach(() => destination.close())

const settings = { batch: { rows: 2, bytes: 1e6 }, deletionLimit: 'none' as const }
async function run(more: Partial<RunOptions> = {}, use: object = {}) {
  const sources = [{ name: 'memory', source: living.source(), config: {}, options: use }]
  const report = await sync({
    ...{ sources, destination, clock: fixedClock(at(1000)), log: new Lines(), settings },
    ...more,
  })
  expect(report.tables.flatMap(({ failures }) => failures)).toEqual([])
}
const line = (id: number) => put(id, 'l', id, { table: 'lines' })
const order = (id: number) => put(id, 'o', id)
const all = async (table: string) => await toldIn(destination, `memory_${table}`, true)

/** Does one thing after another, at the moments at which the source is waited for. */
function meanwhile(...works: readonly (() => void)[]): void {
  const left = [...works]
  living.meanwhile = () => left.shift()?.()
}

const deletions = (...ids: number[]) => ids.map((id) => () => living.transaction({ op: 'delete', id }))

describe('a table without a key that is read while its feed tells more of it', () => {
  it('has each row of large transactions once, wherever among them a run ends', async () => {
    for (let id = 0; id < 12; id++) living.transaction(line(id))
    const transaction = (at: number) => () => living.transaction(...[1, 2, 3, 4, 5].map((one) => line(one * 100 + at)))
    meanwhile(...Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? transaction(at) : () => {})))
    await run()
    meanwhile()
    await run()
    expect(await all('lines')).toEqual(living.expected('lines'))
  })

  it('is replaced when it is read again, though none of its rows of before stay', async () => {
    for (let id = 0; id < 300; id++) living.transaction(line(id % 12))
    await run({ settings: {} })
    living.lose('lines', (rows) => rows.slice(20))
    await run({ settings: {} })
    expect(await all('lines')).toEqual(living.expected('lines'))
  })
})

it('tables that are read from snapshots are all read again where those have ended, however few attempts there are', async () => {
  const keyless = ['lines', 'events', 'visits']
  living = new Living(['orders'], keyless)
  for (const table of keyless) for (let id = 0; id < 12; id++) living.transaction(put(id, 'n', id, { table }))
  const retry = { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 }
  let reads = 0
  living.meanwhile = () => {
    if (++reads > 12) throw new Error('broken')
  }
  await expect(run({ settings: { ...settings, retry } })).rejects.toThrow()
  living.meanwhile = () => {}
  await run({ settings: { ...settings, retry, perSource: 1 } })
  for (const table of keyless) expect(await all(table)).toEqual(living.expected(table))
})

it('a feed that is read again on request begins once, also where a table is lost meanwhile', async () => {
  for (let id = 0; id < 12; id++) living.transaction(put(id, 'o', id), line(id))
  await run()
  const lose = () => living.lose('lines', (rows) => rows.slice(1))
  meanwhile(...Array.from({ length: 8 }, () => () => {}), lose)
  await run({ restartFeed: 'memory/log' })
  expect(living.begun).toBe(2)
  meanwhile()
  await run()
  for (const table of ['orders', 'lines']) expect(await all(table)).toEqual(living.expected(table))
})

describe('a table whose deleted rows are removed', () => {
  const hard = { deletes: 'hard' as const }

  it('has no marked row left from the time in which it was read', async () => {
    for (let id = 0; id < 12; id++) living.transaction(order(id))
    meanwhile(...Array.from({ length: 4 }, () => () => {}), ...deletions(4, 5, 6, 7, 8, 9, 10))
    await run({}, hard)
    meanwhile()
    await run({}, hard)
    expect(await all('orders')).toEqual(living.expected('orders'))
  })

  it('does not get a row back that is deleted while it is read by its key', async () => {
    living.transaction(order(1))
    await run({}, hard)
    // Of a row that nobody has read, a part is told.
    living.rows.get('orders')!.push({ id: 7, note: 'seven', total: 7 })
    living.transaction(put(7, UNCHANGED, 8))
    living.meanwhile = () => {
      if (living.readByKey !== 1 || living.rows.get('orders')!.length < 2) return
      living.transaction({ op: 'delete', id: 7 })
    }
    await run({}, hard)
    expect(living.readByKey).toBeGreaterThan(0)
    expect(await all('orders')).toEqual(living.expected('orders'))
  })
})
