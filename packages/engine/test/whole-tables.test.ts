import { describe, expect, it } from 'vitest'
import { destination, fill, first, once, small, system, useMemoryWorld } from './memory-world.ts'
import { instant, rowsIn, run, sorted } from './system.ts'

useMemoryWorld()

describe('tables read whole', () => {
  const spec = { cursor: undefined, minAge: undefined, lookback: undefined }

  it('mark what vanished, and nothing where the pass failed', async () => {
    fill(30)
    await run({ system, destination, spec })
    system.remove(3)
    once(new Error('broken'), 4)
    await run({ system, destination, spec })
    expect((await rowsIn(destination)).length).toBe(30)
    system.beforePage = () => {}
    const done = await run({ system, destination, spec })
    expect(first(done.tables).rows).toMatchObject({ written: 0, unchanged: 29, deleted: 1 })
    expect(await rowsIn(destination)).toEqual(sorted(system.all()))
  })

  it('the rail holds back a mass of deletions, until they are accepted', async () => {
    fill(200)
    await run({ system, destination, spec })
    system.rows.set('', system.all().slice(0, 20))
    const held = await run({ system, destination, spec })
    expect(held.exitCode).toBe(3)
    expect(first(first(held.tables).failures).failure).toMatchObject({ code: 'deletion-limit' })
    expect(first(first(held.tables).failures).failure.message).toMatch(
      /180 of 200 rows of "memory_events" would be deleted/,
    )
    expect((await rowsIn(destination)).length).toBe(200)
    const accepted = await run({ system, destination, spec, options: { acceptDeletions: true } })
    expect(accepted.exitCode).toBe(0)
    expect((await rowsIn(destination)).length).toBe(20)
  })

  it('a rejected row counts as seen; where its key cannot be read nothing is marked', async () => {
    fill(10)
    await run({ system, destination, spec })
    const page = (rows: unknown[]) => ({
      ...spec,
      async *read() {
        yield rows
      },
    })
    const whole = system.all().map((one) => ({ ...one, at: instant(one.at) }))
    const bad = await run({
      system,
      destination,
      spec: page([...whole.slice(0, 8), { id: 8, at: 'never', text: 'a' }]),
    })
    expect(first(bad.tables).rows).toMatchObject({ rejected: 1, deleted: 1 })
    expect((await rowsIn(destination)).map((one) => one.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    await run({ system, destination, spec: page([...whole.slice(0, 5), { id: null }]) })
    expect((await rowsIn(destination)).length).toBe(9)
  })
})

it('whole table, two partitions at once, several parts each: no row is lost', async () => {
  system.rows = new Map([
    ['x', []],
    ['y', []],
  ])
  fill(40, 10, 'x')
  fill(40, 10, 'y')
  system.beforePage = () => new Promise((r) => setTimeout(r, 1))
  const spec = { cursor: undefined, minAge: undefined, lookback: undefined }
  await run({ system, destination, spec, options: small }).catch((e) => ({
    exitCode: String(e),
    tables: [{ rows: 0 }],
  }))
  const x = await rowsIn(destination, { partition: 'x' }),
    y = await rowsIn(destination, { partition: 'y' })
  expect([x.length, y.length]).toEqual([40, 40])
})
