import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { all, open, prepare, type Ready, shapeOf, things } from './place.ts'
import { onPostgres, type Place, sessionsOf, until } from './postgres-place.ts'
import { proxyTo } from './postgres-proxy.ts'

const newPlace = onPostgres()
const rail = { markDeleted: true, deletedBefore: 0 }
const COUNT = 2000

/** Lets the row of one id wait until the test says so, and tells who waits. */
async function gate(place: Place, table = 'things', id = 1500) {
  await place.rows('select pg_advisory_lock(hashtext($1))', [place.schema])
  await place.rows(`create function wait() returns trigger language plpgsql as
    $$ begin if new.id = ${id} then perform pg_advisory_xact_lock_shared(hashtext('${place.schema}')); end if; return new; end $$`)
  await place.rows(`create trigger wait before insert or update on ${table} for each row execute function wait()`)
  return {
    waiting: () =>
      until(
        async () => (await sessionsOf(place, 'one', "and wait_event_type = 'Lock' and wait_event = 'advisory'"))[0],
      ),
    open: () => place.rows('select pg_advisory_unlock(hashtext($1))', [place.schema]),
  }
}

const WAYS: readonly (readonly [string, RegExp, boolean, (ready: Ready) => ReturnType<Ready['write']>])[] = [
  ['COPY', /^copy/i, true, ({ write }) => write(things(COUNT), {}, { kind: 'backfill' })],
  ['the merge', /^merge/i, true, ({ write }) => write(things(COUNT), {}, { kind: 'incremental' })],
  ['a first move', /^insert/i, true, ({ write }) => write(things(COUNT), { staging: 'move', deletionGuard: rail })],
  [
    'a move',
    /^merge/i,
    true,
    ({ write }) =>
      write(things(COUNT), { staging: 'move', deletionGuard: rail, deletions: [{ key: [-1n], position: null }] }),
  ],
  ['COPY without a key', /^copy/i, false, ({ write }) => write(things(COUNT), {}, { kind: 'incremental' })],
  [
    'a move without a key',
    /^insert/i,
    false,
    ({ write }) => write(things(COUNT), { staging: 'move', deletionGuard: rail }),
  ],
]

describe('a session that is ended', () => {
  it.each(WAYS)(
    'in the middle of %s takes nothing along, and the part lands once',
    async (_name, way, keyed, write) => {
      const place = await newPlace()
      // Longer than the test may wait at the gate: it is the session's end that is tried, not the end of its patience.
      const destination = await open(place.url, { busyMs: 170_000 })
      const ready = await prepare(destination, shapeOf(undefined, keyed ? {} : { primaryKey: [] }))
      const { waiting, open: letGo } = await gate(place)
      const writing = write(ready)
      const { pid, query } = await waiting()
      expect(query).toMatch(way)
      await place.rows('select pg_terminate_backend($1)', [pid])
      await until(async () => (await waiting()).pid !== pid)
      await letGo()
      expect(await writing).toMatchObject({ written: COUNT })
      expect(await place.rows('select count(*)::int as n, count(distinct id)::int as ids from things')).toEqual([
        { n: COUNT, ids: COUNT },
      ])
      expect(await place.rows('select rows_written::int as n, batches::int from _tidemark_steps')).toEqual([
        { n: COUNT, batches: 1 },
      ])
    },
  )

  it('while nobody uses it is replaced without a word', async () => {
    const place = await newPlace()
    const ready = await prepare(await open(place.url))
    for (let at = 0; at < 3; at++) {
      const ended = await place.rows(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
        ['tidemark one'],
      )
      // A connection between transactions is known by the name it came with.
      expect(ended.length).toBeGreaterThan(0)
      expect(await ready.write(things(10, at * 10), {}, { kind: 'backfill' })).toMatchObject({ written: 10 })
    }
    expect(await all(ready.destination.read('things'))).toHaveLength(30)
  })

  it('between the parts of a staged read takes nothing of it along', async () => {
    const place = await newPlace()
    const { write } = await prepare(await open(place.url))
    const step = { step: 1, kind: 'full_refresh' } as const
    await write(things(10), { staging: 'fill', completes: undefined }, step)
    await place.rows('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [
      'tidemark one',
    ])
    expect(await write(things(10, 10), { staging: 'move', number: 2, deletionGuard: rail }, step)).toMatchObject({
      written: 20,
    })
  })

  it('again and again is an error in the end, which says where', async () => {
    const place = await newPlace()
    const { write } = await prepare(await open(place.url, { leaseMs: 3000 }))
    await place.rows(`create function ends() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$`)
    await place.rows('create trigger ends before insert on things for each row execute function ends()')
    await expect(write(things(3))).rejects.toSatisfy(
      (error) => SyncError.is(error) && error.code === 'destination-unavailable' && error.remedy === 'retry',
    )
    await place.rows('drop trigger ends on things')
    expect(await write(things(3))).toMatchObject({ written: 3 })
  })
})

describe('the answer to COMMIT', () => {
  it.each([
    ['an upsert', true, {}],
    ['a table without a key', false, {}],
    ['a move', true, { staging: 'move', deletionGuard: rail }],
    ['a move without a key', false, { staging: 'move', deletionGuard: rail }],
  ] as const)('can be lost, before or after it was done: %s', async (_name, keyed, more) => {
    const place = await newPlace()
    const proxy = await proxyTo(place.url)
    const destination = await open(proxy.url)
    const { write } = await prepare(destination, shapeOf(undefined, keyed ? {} : { primaryKey: [] }))
    let expected = 0
    for (const lose of ['reply', 'commit', 'reply', 'commit'] as const) {
      proxy.lose(lose)
      const rows = 'staging' in more ? things(10 + expected) : things(10, expected)
      const done = await write(rows, more, { kind: 'staging' in more ? 'full_refresh' : 'incremental' })
      expect(proxy.lost(), lose).toBe(true)
      expect(done.written, lose).toBe(10)
      expected += 10
      expect(await place.rows('select count(*)::int as n, count(distinct id)::int as ids from things')).toEqual([
        { n: expected, ids: expected },
      ])
    }
    expect(await place.rows('select sum(rows_written)::int as n, count(*)::int as steps from _tidemark_steps')).toEqual(
      [{ n: expected, steps: 4 }],
    )
  })

  it('that is lost for everything a run does leaves one of each', async () => {
    const place = await newPlace()
    const proxy = await proxyTo(place.url)
    const destination = await open(proxy.url)
    proxy.lose('reply')
    const { write, lease } = await prepare(destination)
    expect(proxy.lost()).toBe(true)
    proxy.lose('reply')
    await destination.record(lease, [{ kind: 'resync', partition: '', window: undefined, reason: 'x' }])
    proxy.lose('reply')
    await destination.renew()
    await write(things(3))
    proxy.lose('reply')
    await destination.reset(lease, 'things')
    expect((await destination.state()).tables.get('things')).toMatchObject({ present: 'empty', everFilled: false })
    proxy.lose('reply')
    await destination.release([lease])
    expect(await place.rows('select runner from _tidemark_leases')).toEqual([{ runner: null }])
  })
})
