import { minutes } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { instant, openMemory, run, type Spec, System } from './system.ts'

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

  it('gets its history with backfillNewColumns, as rereads beside what is live', async () => {
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
      ['live', 1],
      ['reread', 7],
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
})
