import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { all, open, prepare, shapeOf, things } from './place.ts'
import { onPostgres, until } from './postgres-place.ts'

// Each of these ends the server, so they have one of their own.
const newPlace = onPostgres({})
const rail = { markDeleted: true, deletedBefore: 0 }
const lost = (error: unknown) => SyncError.is(error) && error.code === 'staging-lost' && error.remedy === 'retry'

describe('a server that crashes', () => {
  it.each([
    ['with a key', {}],
    ['without a key', { primaryKey: [] }],
  ])('between the parts of a staged read is noticed, and nothing counts as gone: %s', async (_name, more) => {
    const { url, server, rows } = await newPlace()
    const { destination, write } = await prepare(await open(url), shapeOf(undefined, more))
    const step = { step: 1, kind: 'full_refresh' } as const
    await write(things(20), { staging: 'move', deletionGuard: rail })
    // What is staged of a step without a log is gone, and so are its parts.
    await write(things(10), { staging: 'fill', completes: undefined }, { ...step, step: 2 })
    await server.crash()
    const moved = write(things(10, 10), { staging: 'move', number: 2, deletionGuard: rail }, { ...step, step: 2 })
    await expect(moved).rejects.toSatisfy(lost)
    expect(await all(destination.read('things'))).toHaveLength(20)
    expect((await destination.query('select completed_at is not null from _tidemark_partitions')).rows).toEqual([
      [true],
    ])
    expect(await write(things(20), { staging: 'move', deletionGuard: rail }, { ...step, step: 3 })).toMatchObject({
      unchanged: 20,
      deleted: 0,
    })
    expect(await until(() => rows('select 1 as one').catch(() => undefined))).toEqual([{ one: 1 }])
  })

  it('between two commits is waited for', async () => {
    const { url, server } = await newPlace()
    const { destination, write } = await prepare(await open(url))
    for (let at = 0; at < 3; at++) {
      await write(things(10, at * 10), {}, { kind: 'backfill' })
      await server.crash()
    }
    await write(things(10, 30), {}, { kind: 'backfill' })
    expect(await all(destination.read('things'))).toHaveLength(40)
  })

  it('while parts are written leaves each whole or not at all, and once', async () => {
    const { url, server } = await newPlace()
    const { destination, write } = await prepare(await open(url))
    const keyless = await prepare(destination, shapeOf(undefined, { name: 'log', table: 'log', primaryKey: [] }))
    let on = true
    const writing = async () => {
      let at = 0
      for (; on; at++) {
        const step = { step: 100 + at, kind: 'incremental' } as const
        await Promise.all([
          write(things(500, at * 500), {}, step),
          keyless.write(things(500, at * 500), {}, { ...step, step: 10_000 + at }),
        ])
      }
      return at * 500
    }
    const written = writing()
    for (let crash = 0; crash < 4; crash++) {
      await new Promise((done) => setTimeout(done, 150 + crash * 70))
      await server.crash()
    }
    on = false
    const n = await written
    for (const table of ['things', 'log'])
      expect((await destination.query(`select count(*), count(distinct id) from ${table}`)).rows).toEqual([[n, n]])
    expect((await destination.query('select sum(rows_written) from _tidemark_steps')).rows).toEqual([[String(2 * n)]])
  })

  it('for longer than is waited for ends the part with an error, and the next one goes on', async () => {
    const { url, server } = await newPlace()
    const { write } = await prepare(await open(url, { leaseMs: 3000 }))
    await write(things(5))
    await server.halt()
    await expect(write(things(6))).rejects.toSatisfy(
      (error) => SyncError.is(error) && error.code === 'destination-unavailable' && error.remedy === 'retry',
    )
    await server.crash()
    expect(await write(things(6))).toMatchObject({ written: 1 })
  })
})

describe('a server that takes no changes', () => {
  it('because it is a standby says so', async () => {
    const { url, server } = await newPlace()
    const { write } = await prepare(await open(url))
    await write(things(3))
    await server.standby()
    const destination = await open(url)
    // Looking is fine.
    expect(await all(destination.read('things'))).toHaveLength(3)
    await expect(destination.startRun()).rejects.toSatisfy(
      (error) =>
        SyncError.is(error) &&
        error.code === 'destination-unavailable' &&
        /standby.*name the primary/.test(error.message),
    )
  })
})
