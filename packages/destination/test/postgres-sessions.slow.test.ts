import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, open, prepare, shapeOf, things } from './place.ts'
import { byHand, onPostgres, type Place } from './postgres-place.ts'

const newPlace = onPostgres()

/** A role with a schema of its own, and the url by which it comes. */
async function roleIn(place: Place, name: string, owns = true): Promise<string> {
  const role = `${name}_${place.schema}`
  await place.rows(`create role ${role} login password 'secret'`)
  if (owns) await place.rows(`alter schema ${place.schema} owner to ${role}`)
  const url = new URL(place.url)
  url.username = role
  url.password = 'secret'
  return url.href
}

// What a role or a database may have set, and what a transaction that writes must not take over.
const HOSTILE: Readonly<Record<string, string>> = {
  timezone: 'Asia/Kathmandu',
  datestyle: 'German, DMY',
  intervalstyle: 'iso_8601',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  lock_timeout: '1ms',
  statement_timeout: '50ms',
  transaction_timeout: '60ms',
  idle_in_transaction_session_timeout: '30ms',
  default_transaction_read_only: 'on',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  standard_conforming_strings: 'off',
  application_name: 'somebody else',
  client_encoding: 'LATIN1',
}

const WANTED: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  lock_timeout: '30s',
  statement_timeout: '0',
  transaction_timeout: '0',
  idle_in_transaction_session_timeout: '30s',
  transaction_read_only: 'off',
  transaction_isolation: 'read committed',
  application_name: 'tidemark one',
  client_encoding: 'UTF8',
}

async function spyOn(place: Place): Promise<void> {
  const values = Object.keys(WANTED).map((name) => `'${name}', current_setting('${name}')`)
  await place.rows('create table seen (of text, settings jsonb)')
  await place.rows(
    `create function spy() returns trigger language plpgsql as $$ begin
      insert into seen values (current_query(), jsonb_build_object(${values.join(', ')})); return null; end $$`,
  )
  await place.rows('create trigger spy before insert or update on things for each statement execute function spy()')
}

const Row = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  local: z.iso.datetime({ local: true }),
  day: z.iso.date(),
  double: z.number(),
  text: z.string(),
})
const GIVEN = {
  at: '2024-03-10T07:30:00.123456Z',
  local: '2024-03-10T02:30:00.5',
  day: '2024-02-01',
  double: 0.1 + 0.2,
  text: "it's \\ \u20ac \u{1f600}",
}

describe('a session', () => {
  it('depends on nothing that its role has set', async () => {
    const place = await newPlace()
    const url = await roleIn(place, 'hostile')
    const role = new URL(url).username
    for (const [name, value] of Object.entries(HOSTILE)) await place.rows(`alter role ${role} set ${name} = '${value}'`)
    const destination = await open(url)
    const cursor = { column: 'at', type: 'timestamp', precision: undefined } as const
    const { write } = await prepare(destination, shapeOf(Row, { cursor }))
    await spyOn(place)
    await place.rows(`alter table seen owner to ${role}`)
    await write([{ id: 1, ...GIVEN }])
    await write([{ id: 1, ...GIVEN, text: 'other' }])
    await write([{ id: 1, ...GIVEN }])
    expect(await all(destination.read('things'))).toEqual([{ id: 1n, ...GIVEN, local: '2024-03-10T02:30:00.500000' }])
    const seen = await place.rows<{ settings: object; of: string }>('select settings, of from seen')
    expect(seen.length).toBeGreaterThanOrEqual(3)
    for (const { settings } of seen) expect(settings).toEqual(WANTED)
    await destination.state()
    await destination.renew()
  })

  it('is known by its own name, whatever the url says', async () => {
    const place = await newPlace()
    const destination = await open(`${place.url}&application_name=psql`)
    await destination.startRun()
    const rows = await place.rows('select 1 from pg_stat_activity where application_name = $1', ['tidemark one'])
    expect(rows.length).toBeGreaterThan(0)
  })

  it('writes its own schema, whatever the search path names first', async () => {
    const place = await newPlace()
    const evil = `evil_${place.schema}`
    const url = await roleIn(place, 'path')
    const role = new URL(url).username
    await place.rows(`create schema ${evil}`)
    for (const table of ['things', '_tidemark_meta', '_tidemark_tables', '_tidemark_leases', '_tidemark_part'])
      await place.rows(`create table ${evil}.${table} (version bigint, name text)`)
    await place.rows(`insert into ${evil}._tidemark_meta values (99)`)
    await place.rows(
      `create function ${evil}.clock_timestamp() returns timestamptz language sql as $$ select 'epoch'::timestamptz $$`,
    )
    await place.rows(`create function ${evil}.ne(bigint, bigint) returns boolean language sql as $$ select false $$`)
    await place.rows(`create operator ${evil}.= (leftarg = bigint, rightarg = bigint, function = ${evil}.ne)`)
    await place.rows(`grant usage on schema ${evil} to public`)
    await place.rows(`alter role ${role} set search_path = ${evil}, pg_catalog, public`)
    const destination = await open(url)
    const { write } = await prepare(destination)
    await write(things(3), {}, { kind: 'backfill' })
    await write([{ id: 0, note: 'new' }], { staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } })
    expect(await all(destination.read('things'))).toEqual([{ id: 0n, note: 'new' }])
    expect(await destination.now()).toBeGreaterThan(1_600_000_000_000_000n)
    expect(await place.rows(`select count(*)::int as n from ${evil}.things`)).toEqual([{ n: 0 }])
  })

  it('needs no more than a role that owns its schema', async () => {
    const place = await newPlace()
    const url = await roleIn(place, 'plain')
    const role = new URL(url).username
    await place.rows('revoke all on schema public from public')
    const flags = await place.rows(
      'select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication from pg_roles where rolname = $1',
      [role],
    )
    expect(Object.values(flags[0]!)).toEqual([false, false, false, false, false])
    const destination = await open(url)
    const keyed = await prepare(destination)
    await keyed.write(things(10), {}, { kind: 'backfill' })
    await keyed.write(things(5, 5), {}, { kind: 'backfill' })
    await keyed.write(things(4), { staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } })
    expect(await all(destination.read('things'))).toHaveLength(4)
    const { leases } = await destination.lease(['things'])
    await destination.reset(leases[0]!, 'things')
    await (await prepare(destination, shapeOf(z.object({ id: z.string() })))).write([{ id: 'x' }])
    expect((await destination.query('select id from things')).rows).toEqual([['x']])
  })

  it("of a user's question leaves nothing behind in the next one", async () => {
    const place = await newPlace()
    const destination = await open(place.url)
    const locks = () => place.rows('select 1 from pg_locks where locktype = $1 and objid = 77', ['advisory'])
    const backend = async () => (await destination.query('select pg_backend_pid()')).rows
    const before = await backend()
    await destination.query("select set_config('work_mem', '64kB', false), pg_advisory_lock(77)")
    expect(await locks()).toEqual([])
    const failing = destination.query(
      'select 1 / (length(pg_advisory_lock(77)::text) - length(pg_advisory_lock(77)::text))',
    )
    await expect(failing).rejects.toThrow(/division by zero/)
    expect(await locks()).toEqual([])
    // One connection for all of them: whoever looks again and again would pay for a new one each time.
    expect(await backend()).toEqual(before)
    for (let at = 0; at < 5; at++)
      expect((await destination.query("select current_setting('work_mem') <> '64kB'")).rows).toEqual([[true]])
    for (const statement of [
      'with x as (delete from _tidemark_meta returning 1) select * from x',
      "select set_config('transaction_read_only', 'off', true), nextval('_tidemark_runs_run_seq')",
      'select 1; delete from _tidemark_meta',
      'select * into taken from _tidemark_meta',
      'explain analyze delete from _tidemark_meta',
    ])
      await expect(destination.query(statement), statement).rejects.toSatisfy(
        (error) => SyncError.is(error) && error.code === 'query',
      )
    expect((await destination.query('select count(*) from _tidemark_meta')).rows).toEqual([[1]])
  })

  it('is there for the heartbeat however many tables are written at once', async () => {
    const place = await newPlace()
    const destination = await open(place.url)
    const tables = await Promise.all(
      Array.from({ length: 24 }, (_, at) =>
        prepare(destination, shapeOf(undefined, { name: `t${at}`, table: `t${at}` })),
      ),
    )
    const hand = await byHand(place.server.url, place.schema)
    await hand.rows('begin')
    for (const [at] of tables.entries()) await hand.rows(`lock table t${at} in access exclusive mode`)
    const writes = tables.map(({ write }) => write(things(2)))
    // Longer than a connection is waited for.
    await new Promise((done) => setTimeout(done, 11_000))
    await destination.renew()
    await destination.now()
    await hand.rows('commit')
    const done = await Promise.all(writes)
    expect(done.every(({ written }) => written === 2)).toBe(true)
  })
})
