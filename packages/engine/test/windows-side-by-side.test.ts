import { minutes } from '@tidemark/core'
import { type Destination, union } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { resync } from '../src/commands/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { destination, fill, row, system, useMemoryWorld } from './memory-world.ts'
import { at, instant, rowsIn, run, sorted, sourceOf } from './system.ts'

useMemoryWorld()

const windowed = { window: minutes(1), start: instant(0), primaryKey: ['id'] }
const keyless = { ...windowed, primaryKey: undefined }

/** Holds windows back until so many are read at once; where that never comes, the run ends all the same. */
function untilAtOnce(count: number): { most: number } {
  const seen = { most: 0 }
  let waiting: (() => void)[] = []
  system.beforePage = async (page) => {
    if (page > 0) return
    const all = new Promise<void>((go) => waiting.push(go))
    seen.most = Math.max(seen.most, waiting.length)
    const go = (): void => {
      for (const one of waiting) one()
      waiting = []
    }
    if (waiting.length === count) go()
    await Promise.race([all, new Promise((late) => setTimeout(late, 200))])
    waiting = []
  }
  return seen
}

/** A destination whose commits take their time. */
const slow = (to: Destination): Destination =>
  new Proxy(to, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'commit') return value.bind(target)
      return async (...asked: unknown[]) => {
        await new Promise((later) => setTimeout(later, 30))
        return value.apply(target, asked)
      }
    },
  })

const partition = async () => (await destination.state()).tables.get('memory_events')!.partitions.get('')!

describe('windows of one partition', () => {
  it.each([
    ['with a key', windowed],
    ['without a key', keyless],
  ])('are read side by side: %s', async (_, spec) => {
    fill(100)
    const seen = untilAtOnce(2)
    const report = await run({ system, destination, spec })
    expect(report.exitCode).toBe(0)
    expect(seen.most).toBe(2)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect(union((await partition()).covered)).toEqual([{ from: at(0), to: at(1000) }])
  })

  it.each([
    ['perTable', { perSource: 4, perTable: 3 }, 3],
    ['perTable of one', { perSource: 4, perTable: 1 }, 1],
    ['perSource', { perSource: 3 }, 3],
    ['concurrency', { perSource: 9, concurrency: 2 }, 2],
  ])('are no more at once than the settings say: %s', async (_, settings, most) => {
    fill(100)
    const seen = untilAtOnce(5)
    await run({ system, destination, spec: windowed, options: { settings } })
    expect(seen.most).toBe(most)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('that end at the same time commit the revision of their pass', async () => {
    fill(100)
    untilAtOnce(4)
    const spec = { ...windowed, window: minutes(5), revision: () => 'r1' }
    const report = await run({ system, destination, spec, options: { settings: { perSource: 4 } } })
    expect(report.tables[0]?.status).toBe('complete')
    expect((await partition()).revision?.text).toBe('r1')
    system.asked = []
    await run({ system, destination, spec })
    expect(system.asked).toEqual([])
  })

  it('do not commit a revision where one of them failed', async () => {
    fill(100)
    system.beforePage = async (_page, _partition, from) => {
      if (from === 300) throw new Error('broken')
    }
    const spec = { ...windowed, window: minutes(5), revision: () => 'r1' }
    await run({ system, destination, spec, options: { settings: { perSource: 4 } } })
    expect((await partition()).revision).toBeNull()
  })

  const deletionLimit = { share: 0.25, above: 20 }

  it('delete together no more than the deletion limit lets pass', async () => {
    fill(24)
    await run({ system, destination, spec: windowed })
    for (const id of [1, 2, 3, 4, 13, 14, 15, 16]) system.remove(id)
    untilAtOnce(2)
    const spec = { ...windowed, window: minutes(2), findKeys: async () => [] }
    const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: { deletionLimit } }]
    const clock = fixedClock(at(1000))
    const report = await resync({ sources, destination: slow(destination), clock }, { table: 'memory_events' })
    expect(report.tables[0]?.failures.map(({ failure }) => failure.code)).toEqual(['deletion-limit'])
    expect(await rowsIn(destination)).toHaveLength(20)
  })

  it('delete no more in several runs of one resync than the deletion limit lets pass', async () => {
    fill(24)
    const spec = { ...windowed, window: minutes(2), findKeys: async () => [] }
    await run({ system, destination, spec })
    for (const id of [1, 2, 3, 4, 13, 14, 15, 16]) system.remove(id)
    const { leases } = await destination.lease(['memory_events'])
    await destination.record(leases[0]!, [
      { kind: 'resync', partition: '', window: { from: at(0), to: at(240) }, reason: 'test' },
    ])
    await destination.release(leases)
    const half = (from: number, to: number) =>
      run({
        system,
        destination,
        spec,
        use: { options: { deletionLimit } },
        options: { select: ['memory_events'], range: { window: { from: at(from), to: at(to) } } },
      })
    expect((await half(0, 120)).exitCode).toBe(0)
    expect(await rowsIn(destination)).toHaveLength(20)
    const held = await half(120, 240)
    expect(held.tables[0]?.failures.map(({ failure }) => failure.code)).toEqual(['deletion-limit'])
    expect(await rowsIn(destination)).toHaveLength(20)
  })

  it('leave no marked row of a table whose deleted rows are removed', async () => {
    fill(20)
    const spec = { ...windowed, window: minutes(2) }
    await run({ system, destination, spec, use: { options: { deletes: 'hard' } } })
    for (const id of [1, 11]) system.remove(id)
    untilAtOnce(2)
    const sources = [
      { name: 'memory', source: sourceOf(system, spec), config: {}, options: { deletes: 'hard' } as const },
    ]
    await resync({ sources, destination, clock: fixedClock(at(1000)) }, { table: 'memory_events' })
    expect(await rowsIn(destination, { deleted: true })).toEqual(sorted(system.all()))
  })

  it('find a row that moved from one to another while both were read', async () => {
    fill(40)
    const seen = new Set<number>()
    system.beforePage = async (page, _partition, from) => {
      if (page > 0) return
      seen.add(from)
      if (seen.size === 2) for (let id = 0; id < 5; id++) system.put(row(id, 395 + id))
      await new Promise((soon) => setTimeout(soon, 5))
    }
    await run({ system, destination, spec: { ...windowed, window: minutes(3), lookback: minutes(10) } })
    system.now++
    system.beforePage = () => {}
    await run({ system, destination, spec: { ...windowed, window: minutes(3), lookback: minutes(20) } })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })
})
