import { minutes } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { resync } from '../src/commands/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { destination, fill, first, once, row, small, system, useMemoryWorld } from './memory-world.ts'
import { at, rowsIn, run, sorted, sourceOf } from './system.ts'

useMemoryWorld()

describe('rows without a key', () => {
  const spec = { primaryKey: undefined, lookback: minutes(5) }

  it('are replaced by window, so that a lookback doubles none and keeps equal ones', async () => {
    system.rows.set('', [row(1, 900), row(1, 900), row(2, 950)])
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 900), row(1, 900), row(2, 950)])
    system.now = 1100
    const again = await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 900), row(1, 900), row(2, 950)])
    expect(first(again.tables).rows).toMatchObject({ read: 3, written: 0, unchanged: 3 })
    system.rows.set('', [row(1, 900), row(2, 950), row(3, 960)])
    system.now = 1200
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 900), row(2, 950), row(3, 960)])
  })

  it('show nothing of a window that failed half-way', async () => {
    fill(40)
    once(new Error('broken'), 5)
    await run({ system, destination, spec, options: { settings: { batch: { rows: 4, bytes: 1e6 } } } })
    expect(await rowsIn(destination)).toEqual([])
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })
})

it('keyless, two partitions at once, several parts', async () => {
  system.rows = new Map([
    ['x', []],
    ['y', []],
  ])
  fill(40, 10, 'x')
  fill(40, 10, 'y')
  system.beforePage = () => new Promise((r) => setTimeout(r, 1))
  const spec = { primaryKey: undefined }
  await run({ system, destination, spec, options: small }).catch((e) => {
    console.log('A1b', String(e))
    return undefined
  })
  const x = await rowsIn(destination, { partition: 'x' }),
    y = await rowsIn(destination, { partition: 'y' })
  expect([x.length, y.length]).toEqual([40, 40])
})

it('a keyless table whose rows no longer fit is not emptied', async () => {
  fill(80, 10)
  const spec = { primaryKey: undefined, cursor: undefined, minAge: undefined, lookback: undefined }
  await run({ system, destination, spec })
  system.rows.set(
    '',
    system.all().map((one) => ({ ...one, text: 7 as never })),
  )
  await run({ system, destination, spec })
  expect((await rowsIn(destination)).length).toBe(80)
})

it('keyless with cursor: a bad row in the lookback does not take the good one away', async () => {
  system.rows.set('', [row(1, 900), row(2, 950)])
  const spec = { primaryKey: undefined, lookback: minutes(5) }
  await run({ system, destination, spec })
  system.rows.set('', [row(1, 900), { ...row(2, 950), text: 7 as never }])
  system.now = 1100
  await run({ system, destination, spec })
  expect((await rowsIn(destination)).length).toBe(2)
})

it('keyless: what the system no longer keeps is not replaced away', async () => {
  for (let id = 0; id < 100; id++) system.put(row(id, id * 10))
  const keep = () =>
    system.rows.set(
      '',
      system.all().filter((o) => o.at >= system.now - 600),
    )
  const spec = { retention: minutes(10), minAge: minutes(1), primaryKey: undefined }
  keep()
  await run({ system, destination, spec })
  system.now = 1030
  keep()
  const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
  const r = await resync({ sources, destination, clock: fixedClock(at(1030)) }, { table: 'memory_events' })
  expect(r.tables[0]!.rows.deleted).toBe(0)
})
