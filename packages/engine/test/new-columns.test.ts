import { filledWith, minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { at, instant, openMemory, run, type Spec, System, shape, sourceOf } from './system.ts'

const before: Spec = { window: minutes(5), lookback: minutes(0), start: instant(0), end: () => instant(0) }
const more = z.object({ id: z.int(), at: z.iso.datetime(), text: z.string(), size: z.int() })
const use = { options: { backfillNewColumns: true } }

/** A system whose rows have a column more than their source told at first. */
function systemOf(rows: number): System {
  const system = new System()
  system.now = 2000
  for (let id = 0; id < rows; id++) system.put({ id, at: 100 + id * 60, text: 'x', size: id * 10 } as never)
  return system
}

async function sizes(destination: Destination): Promise<readonly unknown[]> {
  return (await destination.query('select size from memory_events order by id')).rows.map(([size]) => size)
}

describe('a column that is new', () => {
  const spec = (): Spec => ({ ...before, end: () => instant(2000) })
  const wider = (): Spec => ({ ...spec(), row: more })

  it('is NULL in the rows that are there, where nobody asked for more', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    await run({ system, destination, spec: wider() })
    expect(await sizes(destination)).toEqual(Array(30).fill(null))
  })

  it('gets its history with backfillNewColumns, as resyncs beside what is live', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    system.asked = []
    system.put({ id: 99, at: 2100, text: 'new', size: 990 } as never)
    const report = await run({ system, destination, use, spec: { ...wider(), end: () => instant(2200) } })
    expect(report.exitCode).toBe(0)
    // Live first, then what was read before.
    expect(system.asked[0]?.from).toBe(instant(2000))
    expect(await sizes(destination)).toEqual([...Array.from({ length: 30 }, (_, id) => id * 10), 990])
    const kinds = await destination.query(
      'select kind, count(*) from _tidemark_steps where run = 2 group by kind order by kind',
    )
    expect(kinds.rows).toEqual([
      ['incremental', 1],
      ['resync', 7],
    ])
    system.asked = []
    await run({ system, destination, use, spec: { ...wider(), end: () => instant(2200) } })
    expect(system.asked).toEqual([])
  })

  it('is not forgotten where the run that found it broke', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    system.beforePage = () => {
      throw new Error('broken')
    }
    expect((await run({ system, destination, use, spec: wider() })).exitCode).toBe(3)
    system.beforePage = () => {}
    // The column is there by now: only what was asked for says that its history is wanted.
    await run({ system, destination, spec: wider() })
    expect(await sizes(destination)).toEqual(Array.from({ length: 30 }, (_, id) => id * 10))
  })

  it('asks nothing again of what another system has read', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    const settings = { synced: { tables: ['memory_events'], to: instant(1000) } }
    await run({ system, destination, spec: spec(), options: { settings } })
    system.asked = []
    await run({ system, destination, use, spec: wider(), options: { settings } })
    expect(system.asked.map(({ from }) => from).sort()[0]).toBe(instant(1000))
  })

  const named = 'memory_events: column "size" is new and NULL in rows synced before; run: tidemark resync memory_events'
  const late = async (destination: Destination) =>
    (await destination.state()).tables.get('memory_events')!.schema!.columns.filter((one) => one.addedLater === true)

  it('says once how its history is read, and a resync reads it', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    const report = await run({ system, destination, spec: wider() })
    expect(report.lines.filter((line) => line.includes('size'))).toEqual([named])
    expect((await run({ system, destination, spec: wider() })).lines.join()).not.toContain('size')
    expect((await late(destination)).map(({ name }) => name)).toEqual(['size'])
    const sources = [{ name: 'memory', source: sourceOf(system, wider()), config: {}, options: {} }]
    const options = { sources, destination, clock: fixedClock(at(system.now)) }
    // A part of it is not its history.
    await resync(options, { table: 'memory_events', from: instant(0), to: instant(600) })
    expect(await late(destination)).toHaveLength(1)
    await resync(options, { table: 'memory_events' })
    expect(await sizes(destination)).toEqual(Array.from({ length: 30 }, (_, id) => id * 10))
    expect(await late(destination)).toEqual([])
  })

  it('gets its history once when backfillNewColumns is set afterwards, whatever breaks', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    await run({ system, destination, spec: wider() })
    system.beforePage = () => {
      throw new Error('broken')
    }
    expect((await run({ system, destination, use, spec: wider() })).exitCode).toBe(3)
    system.beforePage = () => {}
    // By now what was asked for says that it is wanted.
    await run({ system, destination, spec: wider() })
    expect(await sizes(destination)).toEqual(Array.from({ length: 30 }, (_, id) => id * 10))
    system.asked = []
    await run({ system, destination, use, spec: wider() })
    expect(system.asked).toEqual([])
  })

  it('is filled with what the source says that old rows hold, marked ones too', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    system.deletions.push({ id: 3, when: 1990, at: 1990 })
    system.remove(3)
    system.now = 2100
    await run({ system, destination, spec: { ...spec(), end: () => instant(2100) } })
    const filled = shape.extend({ state: filledWith(z.string(), 'active').nullish() })
    const report = await run({ system, destination, spec: { ...spec(), row: filled, end: () => instant(2100) } })
    expect((await destination.query('select state, count(*) from memory_events group by state')).rows).toEqual([
      ['active', 30],
    ])
    expect((await late(destination)).map(({ name }) => name)).toEqual([])
    expect(report.lines).toContain('memory_events: column "state" added')
  })

  it('that was filled needs no history, though it is asked for', async () => {
    const system = systemOf(30)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    system.asked = []
    const row = shape.extend({ state: filledWith(z.string(), 'active').nullish() })
    await run({ system, destination, use, spec: { ...spec(), row } })
    await run({ system, destination, use, spec: { ...spec(), row } })
    expect(system.asked).toEqual([])
    expect((await destination.query("select count(*) from memory_events where state = 'active'")).rows).toEqual([[30]])
  })

  it('of an empty table, or of one that is read whole, needs no history', async () => {
    const system = systemOf(0)
    const destination = await openMemory()
    await run({ system, destination, spec: spec() })
    const report = await run({ system, destination, spec: wider() })
    expect(report.lines.join()).not.toContain('resync')
    const whole = { cursor: undefined, minAge: undefined, lookback: undefined }
    const other = await openMemory()
    await run({ system: systemOf(3), destination: other, spec: whole })
    const next = await run({ system: systemOf(3), destination: other, spec: { ...whole, row: more } })
    expect(next.lines.join()).not.toContain('resync')
    expect(await sizes(other)).toEqual([0, 10, 20])
  })
})
