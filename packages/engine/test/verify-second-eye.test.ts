import { minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { verify } from '../src/commands/verify.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, run, type Spec, System, sourceOf } from './system.ts'

const WHOLE: Spec = { cursor: undefined, minAge: undefined, lookback: undefined }

async function synced(system: System, spec: Spec, exitCode = 0): Promise<Destination> {
  const destination = await openMemory()
  onTestFinished(() => destination.close())
  expect((await run({ system, destination, spec })).exitCode).toBe(exitCode)
  return destination
}

const look = (destination: Destination, system: System, spec: Spec) =>
  verify(
    {
      sources: [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }],
      destination,
      clock: fixedClock(at(system.now)),
    },
    { table: 'memory_events' },
  )

function rows(count: number, partitions: readonly string[] = ['']): System {
  const system = new System()
  if (!partitions.includes('')) system.rows.clear()
  for (const partition of partitions)
    for (let id = 0; id < count; id++) system.put({ id, at: id, text: `row ${id}` }, partition)
  return system
}

/** A reader that stops in the middle, as one does that takes the first part of a file for all of it. */
const HALF: Spec = {
  async *read({ from, to }: { from?: string; to?: string }) {
    const all = Array.from({ length: 200 }, (_, id) => ({ id, at: instant(id), text: `row ${id}` }))
    yield all.filter(
      (row) => row.id % 2 === 0 && (from === undefined || row.at >= from) && (to === undefined || row.at < to),
    )
  },
}

describe('rows that the source counts and its reader does not give', () => {
  it.each([
    ['whole', WHOLE],
    ['by windows', { window: minutes(1), start: instant(0) }],
  ])('are found in a table read %s, although what was read matches', async (_name, more) => {
    const system = rows(0)
    const count = ({ from, to }: { from?: string; to?: string }) =>
      Array.from({ length: 200 }, (_, id) => instant(id)).filter(
        (one) => (from === undefined || one >= from) && (to === undefined || one < to),
      ).length
    const spec: Spec = { ...HALF, ...more, countRows: async (context: object) => count(context) }
    const report = await look(await synced(system, spec), system, spec)
    expect(report).toMatchObject({ exitCode: 3, missing: 0, extra: 0, different: 0, unread: 100 })
    expect(report.found.reduce((sum, { unread }) => sum + unread, 0)).toBe(100)
  })

  it('are none where the system counts as many, or cannot count', async () => {
    const system = rows(200)
    for (const countRows of [async () => 200, async () => undefined, async () => 150]) {
      const spec: Spec = { ...WHOLE, countRows }
      expect(await look(await synced(system, spec), system, spec)).toMatchObject({ exitCode: 0, unread: 0 })
    }
  })

  it('are not those that came twice, nor those that were rejected', async () => {
    const system = new System()
    const spec: Spec = {
      ...WHOLE,
      countRows: async () => 102,
      async *read() {
        const all = Array.from({ length: 100 }, (_, id) => ({ id, at: instant(id), text: 'x' }))
        yield [...all, all[0], { id: 'no number' }]
      },
    }
    expect(await look(await synced(system, spec), system, spec)).toMatchObject({ exitCode: 4, unread: 0 })
  })

  it('count only where that is so at the second look, too', async () => {
    const system = rows(100)
    let asked = 0
    const spec: Spec = { ...WHOLE, countRows: async () => (asked++ === 0 ? 101 : 100) }
    expect(await look(await synced(system, spec), system, spec)).toMatchObject({ exitCode: 0, unread: 0 })
    expect(asked).toBe(2)
  })
})

describe('what keeps a table from matching its source as a whole', () => {
  it('is a partition that no sync has read', async () => {
    const system = rows(20, ['a', 'b'])
    system.beforePage = (_page, partition) => {
      if (partition === 'b') throw new Error('the second is broken')
    }
    const destination = await synced(system, WHOLE, 3)
    system.beforePage = () => {}
    const report = await look(destination, system, WHOLE)
    expect(report).toMatchObject({ exitCode: 3, found: [] })
    expect(report.unreadPartitions).toEqual([
      { partition: 'b', why: 'never-read', message: expect.stringContaining('the second is broken') },
    ])
  })

  it('is a partition that the source cannot be asked about', async () => {
    const system = rows(20, ['a', 'b'])
    const destination = await synced(system, WHOLE)
    const spec: Spec = {
      ...WHOLE,
      revision: async ({ partition }: { partition: string }) => {
        if (partition === 'b') throw new Error('no answer for b')
        return undefined
      },
    }
    const report = await look(destination, system, spec)
    expect(report).toMatchObject({ exitCode: 3, unreadPartitions: [{ partition: 'b', why: 'failed' }] })
  })

  it('is a partition that is no longer listed with most of the others; one that is gone is only noted', async () => {
    const system = rows(2, ['a', 'b', 'c', 'd', 'e'])
    const destination = await synced(system, WHOLE)
    const listing = (...listed: readonly string[]): Spec => ({ ...WHOLE, partitions: { list: async () => listed } })
    const most = await look(destination, system, listing('a', 'b'))
    const message = 'the source no longer lists it'
    expect(most).toMatchObject({ exitCode: 3, found: [], notes: [] })
    expect(most.unreadPartitions).toEqual(
      ['c', 'd', 'e'].map((partition) => ({ partition, why: 'not-listed', message })),
    )
    const one = await look(destination, system, listing('a', 'b', 'c', 'd'))
    expect(one).toMatchObject({ exitCode: 0, unreadPartitions: [], notes: [`e: ${message}`] })
  })

  it('is a source that lists none of its partitions', async () => {
    const system = rows(20, ['a'])
    const destination = await synced(system, {})
    system.rows.clear()
    const report = await look(destination, system, { partitions: { list: async () => [] } })
    expect(report).toMatchObject({ exitCode: 3, failure: { code: 'not-readable' } })
    expect(report.failure?.message).toContain('lists none of the partitions of memory_events')
  })

  it('is a rejected row: all that fits matches, and the exit code says that this is not all', async () => {
    const system = new System()
    const spec: Spec = {
      ...WHOLE,
      async *read() {
        yield [{ id: 'no number' }, ...Array.from({ length: 50 }, (_, id) => ({ id, at: instant(id), text: 'x' }))]
      },
    }
    expect(await look(await synced(system, spec), system, spec)).toMatchObject({
      exitCode: 4,
      found: [],
      rows: { source: 50, rejected: 1 },
    })
  })

  it('is not a field that no column holds; it is counted', async () => {
    const system = new System()
    const spec: Spec = {
      ...WHOLE,
      async *read() {
        yield [{ id: 1, at: instant(1), text: 'x', late: true }]
      },
    }
    expect(await look(await synced(system, spec), system, spec)).toMatchObject({ exitCode: 0, rows: { undeclared: 1 } })
  })
})
