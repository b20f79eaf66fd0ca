import { days, minutes } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { destination, fill, first, row, system, useMemoryWorld } from './memory-world.ts'
import { instant, rowsIn, run, sorted } from './system.ts'

useMemoryWorld()

describe('windows of a coarse cursor', () => {
  it('asks for whole days, however the start and the windows lie between them', async () => {
    const day = (n: number) => new Date(n * 86_400_000).toISOString().slice(0, 10)
    system.now = 10 * 86_400
    const spec = {
      row: z.object({ id: z.int(), at: z.iso.date(), text: z.string() }),
      minAge: undefined,
      lookback: undefined,
      window: days(1),
      async *read({ from, to }: { from: string; to: string }) {
        const all = Array.from({ length: 12 }, (_, id) => ({ id, at: day(id), text: 'a' }))
        yield all.filter((one) => one.at >= from && one.at < to)
      },
    }
    const options = { settings: { initialSyncStart: '1970-01-03T12:00:00Z' } }
    const done = await run({ system, destination, spec, options })
    expect(done.exitCode).toBe(0)
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([3, 4, 5, 6, 7, 8, 9])
  })
})

describe('late and changed rows', () => {
  it('the lookback finds a row that came late', async () => {
    fill(20)
    const spec = { lookback: minutes(5) }
    await run({ system, destination, spec })
    system.put(row(70, 800))
    system.now = 1100
    const done = await run({ system, destination, spec })
    expect(first(done.tables).rows.written).toBe(1)
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('minAge leaves young rows to the next run', async () => {
    system.put(row(1, 990))
    const spec = { minAge: minutes(1) }
    expect(first((await run({ system, destination, spec })).tables).rows.written).toBe(0)
    system.now = 1100
    expect(first((await run({ system, destination, spec })).tables).rows.written).toBe(1)
  })

  it('a row that history still holds in an older version never covers the newer one', async () => {
    system.put(row(1, 100, 'old'))
    const spec = { window: minutes(5), start: instant(0) }
    const stale = [row(1, 100, 'old')]
    await run({ system, destination, spec: { ...spec, start: instant(900) } })
    system.put(row(1, 1050, 'new'))
    system.now = 1100
    await run({ system, destination, spec: { ...spec, start: instant(900) } })
    // The system answers the old window from a replica that is behind.
    system.rows.set('', [...system.all(), ...stale])
    await run({ system, destination, spec })
    expect(await rowsIn(destination)).toEqual([row(1, 1050, 'new')])
  })
})

it('lookback set in the config counts for "went back"', async () => {
  let end = 1000
  const spec = {
    row: z.object({ id: z.int(), text: z.string() }),
    cursor: 'id',
    minAge: undefined,
    lookback: undefined,
    end: () => end,
    async *read() {},
  }
  const use = { options: { tables: { events: { lookback: 100 } } } }
  await run({ system, destination, spec, use })
  end = 950
  const r = await run({ system, destination, spec, use })
  expect(r.tables[0]!.status).toBe('complete')
})
