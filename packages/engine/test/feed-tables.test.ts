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
const all = async (table: string) => await toldIn(destination, `memory_${table}`, true)

/** Does one thing after another, at the moments at which the source is waited for. */
function meanwhile(...works: readonly (() => void)[]): void {
  const left = [...works]
  living.meanwhile = () => left.shift()?.()
}

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
})
