// A source that says that its data was replaced as a whole, behind the cursor.
import { minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instant, openMemory, type Row, rowsIn, run, type Spec, System, sorted } from './system.ts'

let system: System
let destination: Destination
let generation: string | { generation: string; replaced: false } | undefined
let previous: (string | undefined)[]
beforeEach(async () => {
  system = new System()
  destination = await openMemory()
  generation = 'a'
  previous = []
  for (let id = 0; id < 10; id++) system.put(row(id, 100 + id * 50))
})
afterEach(() => destination.close())

const row = (id: number, when: number, text = 'a'): Row => ({ id, at: when, text })
const spec: Spec = {
  window: minutes(3),
  start: instant(0),
  generation: (context: { previous?: string }) => {
    previous.push(context.previous)
    return generation
  },
}
/** Reloads the table: equal cursors, other values, and rows that are no more. */
const reload = (): void => {
  system.rows.set('', [])
  for (let id = 0; id < 8; id++) system.put(row(id, 100 + id * 50, 'reloaded'))
}
const known = async () => (await destination.state()).tables.get('memory_events')!.partitions.get('')!

describe('data that was replaced as a whole', () => {
  it('is resynced, the newest first, and said once', async () => {
    await run({ system, destination, spec })
    expect(await known()).toMatchObject({ generation: 'a', resyncs: [] })
    reload()
    generation = 'b'
    system.now = 1100
    system.asked = []
    const report = await run({ system, destination, spec })
    expect(report.lines).toContain(
      'memory_events: the source replaced its data as a whole (a is now b); every covered range is resynced',
    )
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    const [live, ...again] = [...new Set(system.asked.map(({ from }) => from!))]
    expect(live).toBe(instant(1000))
    const below = again.filter((from) => from < instant(1000))
    expect(below).toEqual(below.toSorted().toReversed())
    expect(below).toHaveLength(6)
    expect(await known()).toMatchObject({ generation: 'b', resyncs: [] })
    system.asked = []
    system.now = 1200
    const next = await run({ system, destination, spec })
    expect(next.lines.join()).not.toContain('replaced')
    expect(system.asked.map(({ from }) => from)).toEqual([instant(1100)])
    expect(previous).toEqual([undefined, 'a', 'b'])
  })

  it('is neither forgotten nor asked for twice where the run breaks', async () => {
    await run({ system, destination, spec })
    reload()
    generation = 'b'
    system.beforePage = () => {
      throw new Error('broken')
    }
    expect((await run({ system, destination, spec })).exitCode).toBe(3)
    const { resyncs } = await known()
    expect(resyncs).not.toEqual([])
    system.beforePage = () => {}
    const report = await run({ system, destination, spec })
    expect(report.lines.join()).not.toContain('replaced')
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    expect((await known()).resyncs).toEqual([])
  })

  it('is only recorded where it is first known, or where parts came and went', async () => {
    generation = undefined
    await run({ system, destination, spec })
    expect((await known()).generation).toBeNull()
    for (const next of ['a', { generation: 'b', replaced: false } as const]) {
      generation = next
      system.asked = []
      await run({ system, destination, spec })
      expect(system.asked).toEqual([])
    }
    expect((await known()).generation).toBe('b')
  })

  it('is held back by the deletion limit where too much of it is gone', async () => {
    for (let id = 0; id < 300; id++) system.put(row(id, 100 + id))
    const whole = { ...spec, window: undefined }
    await run({ system, destination, spec: whole })
    reload()
    generation = 'b'
    const report = await run({ system, destination, spec: whole })
    expect(report.exitCode).toBe(3)
    expect(await rowsIn(destination)).toHaveLength(300)
    await run({ system, destination, spec: whole, options: { acceptDeletions: true } })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('of a table read whole is read though its revision is the same, also after a crash', async () => {
    const whole: Spec = {
      cursor: undefined,
      minAge: undefined,
      lookback: undefined,
      revision: () => 'r',
      generation: () => generation,
    }
    await run({ system, destination, spec: whole })
    await run({ system, destination, spec: whole })
    expect(system.asked).toHaveLength(1)
    reload()
    generation = 'b'
    system.beforePage = () => {
      throw new Error('broken')
    }
    await run({ system, destination, spec: whole })
    system.beforePage = () => {}
    await run({ system, destination, spec: whole })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
    system.asked = []
    await run({ system, destination, spec: whole })
    expect(system.asked).toEqual([])
  })

  it('fails the table where the answer is none', async () => {
    generation = { wrong: true } as never
    const report = await run({ system, destination, spec })
    expect(report.tables[0]?.failures[0]?.failure).toMatchObject({ remedy: 'fix-source' })
  })
})
