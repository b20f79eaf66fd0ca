import type { Batch, Committed, Shape, StepRef } from '@tidemark/core/engine'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { PostgresConnections } from '../src/dialects/postgres/connections.ts'
import { openDestination } from '../src/index.ts'
import { open, prepare, type Ready, runner, shapeOf, things } from './place.ts'
import { byHand, onPostgres, type Place, sessionsOf, until } from './postgres-place.ts'

const newPlace = onPostgres()

const GUARD = { markDeleted: true, deletedBefore: 0 } as const
const FILL = { staging: 'fill', completes: undefined, deletionGuard: GUARD } as const
const MOVE = { staging: 'move', deletionGuard: GUARD } as const

async function table(place: Place, more: Partial<Shape> = {}): Promise<Ready> {
  return await prepare(await open(place.url), shapeOf(undefined, more))
}

interface Staging {
  readonly step?: Partial<StepRef>
  /** The number of the first batch. */
  readonly from?: number
}

/** Stages batches of a full refresh, one after another. */
async function stage({ write }: Ready, batches: readonly (readonly object[])[], { step, from = 1 }: Staging = {}) {
  for (const [at, rows] of batches.entries()) await write(rows, { ...FILL, number: from + at }, { step: 1, ...step })
}

/** The last batch of a full refresh. */
async function finish({ write }: Ready, rows: readonly object[], number: number, more: Partial<Batch> = {}, step = {}) {
  return await write(rows, { ...MOVE, number, ...more }, { step: 1, ...step })
}

const ahead = (place: Place) => sessionsOf(place, runner.id, "and state = 'idle in transaction'")
/** Waits until rows are inserted of which nobody sees anything yet. */
const inserted = (place: Place) => until(async () => (await ahead(place)).find(({ query }) => /^insert/.test(query)))
const ended = (place: Place) => until(async () => (await ahead(place)).length === 0)

const stagingTables = ({ schema }: Place) =>
  `select relname as name from pg_class where relname like '%staging%' and relkind = 'r' and relnamespace = '"${schema}"'::regnamespace`
const stagings = (place: Place) => place.rows(stagingTables(place))

/** By how many transactions and statements the rows were written, and with how many stamps. */
async function written(place: Place): Promise<object | undefined> {
  const [found] = await place.rows(`select count(*)::int as rows, count(distinct xmin::text)::int as transactions,
    count(distinct cmin::text)::int > 1 as ahead, count(distinct _synced_at)::int as stamps from things`)
  return found
}
const AHEAD = { transactions: 1, ahead: true, stamps: 1 }
const AT_THE_END = { transactions: 1, ahead: false, stamps: 1 }

const three = [things(10), things(10, 10), things(10, 20)]

describe('rows of a first full refresh', () => {
  it('are inserted while others are staged, and are seen with all of them', async () => {
    const place = await newPlace()
    const ready = await table(place)
    await stage(ready, three)
    await inserted(place)
    expect(await place.rows('select * from things')).toEqual([])
    expect(await finish(ready, things(5, 30), 4)).toMatchObject({ written: 35, unchanged: 0, deduped: 0, deleted: 0 })
    expect(await written(place)).toEqual({ rows: 35, ...AHEAD })
    expect(await stagings(place)).toEqual([])
    // The second one finds them there.
    await stage(ready, three, { step: { step: 2 } })
    expect(await finish(ready, things(5, 30), 4, {}, { step: 2 })).toMatchObject({ written: 0, unchanged: 35 })
  })

  it('are found wherever a COPY put them', async () => {
    const place = await newPlace()
    const ready = await table(place)
    await stage(ready, three)
    const [{ name } = {}] = await place.rows(`${stagingTables(place)} limit 1`)
    // Blocks at the beginning that are free again.
    await place.rows(`insert into "${name}" (id, note, _kind, _at)
      select 0, string_agg(md5(g::text || h), ''), 0, -1 from generate_series(1, 10000) g, generate_series(1, 46) h group by g`)
    await stage(ready, [things(10, 30)], { from: 4 })
    await place.rows(`delete from "${name}" where _at < 0`)
    await place.rows(`vacuum "${name}"`)
    await inserted(place)
    await stage(ready, [things(10, 40), things(10, 50), things(10, 60)], { from: 5 })
    const [{ early } = {}] = await place.rows(
      `select count(*)::int as early from "${name}" where ctid < '(500,0)' and id >= 40`,
    )
    expect(early).toBeGreaterThan(0)
    expect(await finish(ready, things(5, 70), 8)).toMatchObject({ written: 75 })
    expect(await written(place)).toEqual({ rows: 75, ...AHEAD })
  })

  it('are what they would be without', async () => {
    const one = await newPlace()
    const other = await newPlace()
    const batch = fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 60 }),
        note: fc.option(fc.constantFrom('a', 'b', 'refused', 'late')),
      }),
      { maxLength: 8 },
    )
    const given = fc.record({
      batches: fc.array(batch, { minLength: 2, maxLength: 6 }),
      unique: fc.boolean(),
      limit: fc.option(
        fc.record({
          share: fc.constantFrom(0, 0.1, 0.3),
          above: fc.integer({ min: 0, max: 3 }),
          first: fc.constantFrom(true as const, undefined),
        }),
        { nil: undefined },
      ),
      partitioned: fc.boolean(),
      rejected: fc.boolean(),
      deleted: fc.boolean(),
    })
    const replay = async (place: Place, { batches, unique, limit, partitioned, rejected, deleted }: Given) => {
      await place.rows(`drop schema "${place.schema}" cascade; create schema "${place.schema}"`)
      const destination = await openDestination({ url: place.url, runner })
      const ready = await prepare(destination, shapeOf(undefined, { partitioned }))
      await place.rows("alter table things add check (note <> 'refused')")
      let next = 0
      const all = batches.map((rows) => rows.map((row) => (unique ? { ...row, id: next++ } : row)))
      const seen = rejected ? [{ code: 'x', message: 'x', hash: 'x', payload: '{}', encodedKey: [1_000_000n] }] : []
      const rejectLimit =
        limit === undefined ? undefined : { ...limit, rows: all.flat().length + seen.length, rejected: seen.length }
      await stage(ready, all.slice(0, -1), { step: { partition: partitioned ? 'p' : '' } })
      const committed = await finish(
        ready,
        all.at(-1)!,
        all.length,
        { rejectLimit, rejects: seen as never, deletions: deleted ? [{ key: [5], position: null }] : [] },
        { partition: partitioned ? 'p' : '' },
      )
      const rows = await place.rows('select id, note, _deleted_at from things order by id')
      const [{ rejects } = {}] = await place.rows('select count(*)::int as rejects from _tidemark_rejects')
      const [step] = await place.rows(
        'select rows_read, rows_written, rows_unchanged, rows_deduped, rows_rejected from _tidemark_steps',
      )
      await destination.close()
      return { committed, rows, rejects, step }
    }
    type Given = typeof given extends fc.Arbitrary<infer T> ? T : never
    const begin = PostgresConnections.prototype.beginEarlyInsert
    let begun = 0
    await fc.assert(
      fc.asyncProperty(given, async (history) => {
        const spy = vi.spyOn(PostgresConnections.prototype, 'beginEarlyInsert')
        spy.mockImplementation(function (this: PostgresConnections, terms) {
          begun++
          return begin.call(this, terms)
        })
        const with_ = await replay(one, history)
        spy.mockRejectedValue(new Error('not now'))
        const without = await replay(other, history)
        spy.mockRestore()
        expect(with_).toEqual(without)
      }),
      { numRuns: 30 },
    )
    expect(begun).toBeGreaterThan(10)
  })

  it('wait for no step that is past its limit, and none of them stays', async () => {
    const place = await newPlace()
    const ready = await table(place)
    await place.rows("alter table things add check (note <> 'refused')")
    await stage(ready, three)
    await inserted(place)
    const rejectLimit = { share: 0, above: 0, rows: 31, rejected: 0 }
    const over = await finish(ready, [{ id: 99, note: 'refused' }], 4, { rejectLimit })
    expect(over).toMatchObject({ overLimit: true, written: 0 })
    expect(await place.rows('select * from things')).toEqual([])
    await ended(place)
  })

  it('are there when their connection was cut', async () => {
    const place = await newPlace()
    const ready = await table(place)
    await stage(ready, three)
    const { pid } = await inserted(place)
    await place.rows(`select pg_terminate_backend(${pid})`)
    await ended(place)
    expect(await finish(ready, things(5, 30), 4)).toMatchObject({ written: 35 })
    expect(await written(place)).toEqual({ rows: 35, ...AT_THE_END })
  })

  it('let whoever waits for their table pass', async () => {
    const place = await newPlace()
    const ready = await table(place)
    await stage(ready, three)
    await inserted(place)
    const user = await byHand(place.server.url, place.schema)
    let isDone = false
    const altered = user.rows('alter table things alter column note set storage plain').then(() => {
      isDone = true
    })
    for (let batch = 4; !isDone; batch++) {
      await stage(ready, [things(1, batch * 100)], { from: batch })
      if (batch > 1000) throw new Error('it is still waiting')
    }
    await altered
    await ended(place)
  })

  it('let whoever waits pass also where nothing comes for a while', async () => {
    const place = await newPlace()
    const ready = await table(place)
    await stage(ready, three)
    await inserted(place)
    await place.rows('alter table things alter column note set storage plain')
    await ended(place)
    expect(await finish(ready, things(5, 30), 4)).toMatchObject({ written: 35 })
    expect(await written(place)).toEqual({ rows: 35, ...AT_THE_END })
  })

  it('have no older stamp than rows of another partition that were seen meanwhile', async () => {
    const place = await newPlace()
    const ready = await table(place, { partitioned: true })
    await stage(ready, three, { step: { partition: 'a' } })
    await inserted(place)
    await ready.write(things(3), { ...MOVE }, { step: 9, partition: 'b' })
    expect(await finish(ready, things(5, 30), 4, {}, { partition: 'a' })).toMatchObject({ written: 35 })
    const [{ later } = {}] = await place.rows(
      "select min(_synced_at) filter (where _partition = 'a') > max(_synced_at) filter (where _partition = 'b') as later from things",
    )
    expect(later).toBe(true)
  })

  it.each([
    [
      'failed',
      async ({ destination, lease }: Ready, step: StepRef) => {
        const counts = { read: 0, deduped: 0, trimmed: 0, rejected: 0 }
        await destination.record(lease, [{ kind: 'failure', step, counts, error: 'x', nextTryAt: 1n, durationMs: 1 }])
      },
    ],
    ['lost its lease', async ({ destination, lease }: Ready) => await destination.release([lease])],
  ] as const)('are gone with the staging table of a step that %s', async (_name, end) => {
    const place = await newPlace()
    const ready = await table(place)
    await stage(ready, three)
    await inserted(place)
    const beganAt = await ready.destination.now()
    await end(ready, {
      run: 1,
      step: 1,
      table: 'things',
      partition: '',
      kind: 'full_refresh',
      window: undefined,
      attempt: 1,
      beganAt,
    })
    expect(await ahead(place)).toEqual([])
    expect(await stagings(place)).toEqual([])
    expect(await place.rows('select * from things')).toEqual([])
  })

  it('are given up where their table gets another shape', async () => {
    const place = await newPlace()
    const ready = await table(place)
    await stage(ready, three)
    await inserted(place)
    const { columns, ...shape } = shapeOf()
    await ready.destination.prepare(ready.lease, { ...shape, columns: [...columns, { ...columns[1]!, name: 'more' }] })
    expect(await ahead(place)).toEqual([])
    expect(await place.rows('select more from things')).toEqual([])
  })

  it('are given up where the destination is closed', async () => {
    const place = await newPlace()
    const closing = { ...runner, id: 'closing' }
    const destination = await openDestination({ url: place.url, runner: closing })
    await stage(await prepare(destination), three)
    const sessions = () => sessionsOf(place, closing.id)
    await until(async () => (await sessions()).find(({ query }) => /^insert/.test(query)))
    await destination.close()
    expect(await place.rows('select * from things')).toEqual([])
    await until(async () => (await sessions()).length === 0)
  })

  it('are not written by a runner whose table another one took over', async () => {
    const place = await newPlace()
    const ready = await prepare(await open(place.url, { leaseMs: 2000 }), shapeOf())
    await stage(ready, three)
    await inserted(place)
    await place.rows("update _tidemark_leases set fence = fence + 1, runner = 'two'")
    await expect(finish(ready, things(5, 30), 4)).rejects.toMatchObject({ code: 'fenced' })
    expect(await place.rows('select * from things')).toEqual([])
    await ended(place)
  })

  it('are no part of what takes more than two connections', async () => {
    const place = await newPlace()
    const destination = await open(place.url)
    const readies = await Promise.all(
      Array.from({ length: 5 }, (_, at) => prepare(destination, shapeOf(undefined, { name: `things_${at}` }))),
    )
    await Promise.all(
      readies.map((ready, at) => stage(ready, three, { step: { step: 10 + at, table: `things_${at}` } })),
    )
    expect((await ahead(place)).length).toBeLessThanOrEqual(2)
    const done: readonly Committed[] = await Promise.all(
      readies.map((ready, at) => finish(ready, things(1, 30), 4, {}, { step: 10 + at, table: `things_${at}` })),
    )
    expect(done.map((one) => one.written)).toEqual([31, 31, 31, 31, 31])
  })
})
