import { deleted, minutes } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { resync } from '../src/commands/resync.ts'
import { fixedClock } from './catalog-of.ts'
import { destination, fill, first, row, system, useMemoryWorld } from './memory-world.ts'
import { at, instant, rowsIn, run, sourceOf } from './system.ts'

useMemoryWorld()

describe('deletions', () => {
  it('mark rows that are below them; a newer version clears the mark', async () => {
    fill(5)
    await run({ system, destination })
    system.remove(2)
    system.deletions.push({ id: 2, when: 1005 })
    system.now = 1010
    const done = await run({ system, destination })
    expect(first(done.tables).rows.deleted).toBe(1)
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([0, 1, 3, 4])
    system.put(row(2, 1015, 'back'))
    system.now = 1020
    await run({ system, destination })
    expect((await rowsIn(destination)).find((one) => one.id === 2)).toEqual(row(2, 1015, 'back'))
  })

  it('stay, while an older version of the row is still on its way', async () => {
    const spec = { window: minutes(5), start: instant(0) }
    fill(3)
    await run({ system, destination, spec: { ...spec, start: instant(900) } })
    system.deletions.push({ id: 1, when: 1005 })
    system.now = 1010
    system.beforePage = (_, __, from) => {
      if (from < 900) throw new Error('history is away')
    }
    await run({ system, destination, spec })
    system.beforePage = () => {}
    // The history still answers with the deleted row.
    await run({ system, destination, spec })
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([0, 2])
  })

  it('with deletes: hard the row is gone from the table', async () => {
    fill(3)
    const use = { options: { deletes: 'hard' as const } }
    await run({ system, destination, use })
    system.deletions.push({ id: 1, when: 1005 })
    system.now = 1010
    await run({ system, destination, use })
    expect((await rowsIn(destination, { deleted: true })).map((one) => one.id)).toEqual([0, 2])
  })
})

it('pages as the docs have them: the deletions of the last page', async () => {
  const changes = [
    { id: 1, at: 100 },
    { id: 2, at: 200 },
    { id: 3, at: 950 },
  ]
  const gone = [{ id: 2, at: 980 }]
  const pages = [
    { rows: changes, gone: [] as { id: number; at: number }[] },
    {
      rows: [
        { id: 9, at: 970 },
        { id: 10, at: 1500 },
      ],
      gone,
    },
  ]
  const spec = {
    ordered: 'ascending',
    async *read() {
      for (const p of pages) {
        yield p.rows.map((o) => ({ id: o.id, at: instant(o.at), text: 'a' }))
        yield deleted(p.gone.map((o) => ({ id: o.id, at: instant(o.at) })))
      }
    },
  }
  await run({ system, destination, spec })
  system.now = 2000
  await run({ system, destination, spec })
  expect((await rowsIn(destination)).map((o) => o.id)).not.toContain(2)
})

it('retention: rows that left the system while a resync was settled are not marked', async () => {
  system.now = 1000
  for (let id = 0; id < 100; id++) system.put(row(id, id * 10))
  const keep = () =>
    system.rows.set(
      '',
      system.all().filter((o) => o.at >= system.now - 600),
    )
  const spec = { retention: minutes(10), minAge: minutes(1) }
  keep()
  await run({ system, destination, spec })
  system.now = 1030
  keep()
  const sources = [{ name: 'memory', source: sourceOf(system, spec), config: {}, options: {} }]
  await resync({ sources, destination, clock: fixedClock(at(1030)) }, { table: 'memory_events' })
  const marked = (await destination.query('select id from memory_events where _deleted_at is not null')).rows
  expect(marked).toEqual([])
})

it('an update that moved a row out of a resync window', async () => {
  fill(20)
  await run({ system, destination })
  system.now = 1010
  const source = (s: object) => [
    { name: 'memory', source: sourceOf(system, s as never), config: {}, options: { deletes: 'hard' as const } },
  ]
  let first = true
  const spec = {
    async *read(c: { from?: string; to: string }) {
      const low = c.from === undefined ? -Infinity : Date.parse(c.from) / 1000,
        high = Date.parse(c.to) / 1000
      if (!first) system.put(row(4, 1011, 'moved')) // after the live step, before the resync
      first = false
      yield system
        .all()
        .filter((o) => o.at >= low && o.at < high)
        .map((o) => ({ ...o, at: instant(o.at) }))
    },
  }
  await resync({ sources: source(spec), destination, clock: fixedClock(at(1010)) }, { table: 'memory_events' })
  system.now = 1100
  await run({ system, destination })
  expect((await rowsIn(destination)).some((o) => o.id === 4)).toBe(true)
})
