import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, open, prepare, shapeOf } from './place.ts'
import { onPostgres, type Place } from './postgres-place.ts'

const newPlace = onPostgres()
const COUNT = 20_000
const BAD = 13_577
const Thing = z.object({ id: z.int(), note: z.string().nullable() })
const rail = { markDeleted: true, deletedBefore: 0 }
const rowsWith = (...bad: readonly number[]) =>
  Array.from({ length: COUNT }, (_, id) => ({ id, note: bad.includes(id) ? 'bad' : `n${id}` }))

const raise = (how: string) => (place: Place) =>
  place.rows(`create function refuse() returns trigger language plpgsql as
    $$ begin if new.note = 'bad' then ${how}; end if; return new; end $$`)
const onEach = (place: Place) =>
  place.rows('create trigger refuse before insert or update on things for each row execute function refuse()')

/** A rule of the user's, which one of the rows breaks. */
const RULES: readonly (readonly [string, (place: Place) => Promise<unknown>])[] = [
  ['a CHECK', (place) => place.rows("alter table things add check (note <> 'bad')")],
  [
    'a unique index',
    async (place) => {
      await place.rows("create unique index one on things ((note = 'bad')) where note = 'bad'")
      await place.rows("insert into things (id, note, _synced_at) values (-1, 'bad', now())")
    },
  ],
  ['a trigger that raises', async (place) => [await raise("raise exception 'no, never'")(place), await onEach(place)]],
  [
    'a trigger that raises a code of its own',
    async (place) => [await raise("raise exception 'no, never' using errcode = 'UD001'")(place), await onEach(place)],
  ],
  [
    'a rule that is looked at only at the end',
    async (place) => {
      await raise("raise exception 'no, never'")(place)
      await place.rows(`create constraint trigger refuse after insert or update on things
        deferrable initially deferred for each row execute function refuse()`)
    },
  ],
  [
    'a foreign key',
    async (place) => {
      await place.rows('create table notes (note text primary key)')
      await place.rows(`insert into notes select 'n' || n from generate_series(0, ${COUNT}) as n`)
      await place.rows('alter table things add foreign key (note) references notes deferrable initially deferred')
    },
  ],
]

describe('one of 20,000 rows that the server refuses', () => {
  it.each(RULES)('is found, rejected, and takes nothing along: %s', async (_name, rule) => {
    const place = await newPlace()
    const destination = await open(place.url)
    const { write } = await prepare(destination)
    await rule(place)
    const before = Number((await place.rows<{ n: string }>('select count(*) as n from things'))[0]!.n)
    const straight = await write(rowsWith(BAD), { completes: undefined }, { kind: 'backfill' })
    expect(straight).toMatchObject({ written: COUNT - 1, rejected: 1, unchanged: 0 })
    const moved = await write(rowsWith(BAD), { staging: 'move', deletionGuard: rail })
    expect(moved).toMatchObject({ rejected: 1, unchanged: COUNT - 1, written: 0 })
    const rows = await place.rows('select count(*)::int as n from things where _deleted_at is null and id <> -1')
    expect(rows).toEqual([{ n: COUNT - 1 }])
    expect(before).toBeLessThan(2)
    const rejects = await place.rows('select key, code, payload::jsonb as row from _tidemark_rejects')
    expect(rejects).toEqual([{ key: `[${BAD}]`, code: 'destination', row: { id: BAD, note: 'bad' } }])
  })

  it('is found among others of its kind, wherever they are', async () => {
    const place = await newPlace()
    const { write } = await prepare(await open(place.url))
    await place.rows("alter table things add check (note <> 'bad')")
    const bad = [0, 1, 2, 7_000, 9_999, 10_000, COUNT - 1]
    expect(await write(rowsWith(...bad), {}, { kind: 'backfill' })).toMatchObject({ rejected: bad.length })
    const rows = await place.rows<{ key: string }>('select key from _tidemark_rejects order by id')
    expect(rows.map(({ key }) => (JSON.parse(key) as number[])[0])).toEqual(bad)
    expect(await place.rows('select count(*)::int as n from things')).toEqual([{ n: COUNT - bad.length }])
  })

  it('is one of very many, and all others land', async () => {
    const place = await newPlace()
    const { write } = await prepare(await open(place.url))
    await place.rows("alter table things add check (note <> 'bad')")
    const rows = Array.from({ length: 2000 }, (_, id) => ({ id, note: id % 10 === id % 7 ? 'bad' : 'n' }))
    const bad = rows.filter(({ note }) => note === 'bad').length
    expect(await write(rows, {}, { kind: 'incremental' })).toMatchObject({ written: 2000 - bad, rejected: bad })
    expect(await place.rows('select count(*)::int as n from things')).toEqual([{ n: 2000 - bad }])
    expect(await place.rows('select count(*)::int as n from _tidemark_rejects')).toEqual([{ n: bad }])
  })

  it('is found in a table without a key, straight and by staging', async () => {
    const place = await newPlace()
    const destination = await open(place.url)
    const { write } = await prepare(destination, shapeOf(Thing, { primaryKey: [] }))
    await place.rows("alter table things add check (note <> 'bad')")
    expect(await write(rowsWith(BAD), { staging: 'move', deletionGuard: rail })).toMatchObject({
      written: COUNT - 1,
      rejected: 1,
    })
    expect(await write(rowsWith(5, 6), {}, { kind: 'incremental' })).toMatchObject({ written: COUNT - 2, rejected: 2 })
    expect(await place.rows('select count(*)::int as n from things')).toEqual([{ n: 2 * COUNT - 3 }])
  })

  it('keeps its old version, which is not marked as gone', async () => {
    const place = await newPlace()
    const destination = await open(place.url)
    const { write } = await prepare(destination)
    await write(
      [
        { id: 1, note: 'a' },
        { id: 2, note: 'b' },
      ],
      { staging: 'move', deletionGuard: rail },
    )
    await place.rows("alter table things add check (note <> 'bad')")
    const done = await write(
      [
        { id: 1, note: 'bad' },
        { id: 2, note: 'c' },
      ],
      { staging: 'move', deletionGuard: rail },
    )
    expect(done).toMatchObject({ written: 1, rejected: 1, deleted: 0 })
    expect(await all(destination.read('things'))).toEqual([
      { id: 1n, note: 'a' },
      { id: 2n, note: 'c' },
    ])
  })

  it('because its key is too long is named with the reason', async () => {
    const place = await newPlace()
    const { destination, write } = await prepare(await open(place.url), shapeOf(z.object({ id: z.string() })))
    const long = Array.from({ length: 3000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join('')
    expect(await write([{ id: 'a' }, { id: long }, { id: 'b' }], {}, { kind: 'backfill' })).toMatchObject({
      written: 2,
      rejected: 1,
    })
    expect(
      await write([{ id: 'a' }, { id: long }, { id: 'b' }], { staging: 'move', deletionGuard: rail }),
    ).toMatchObject({
      unchanged: 2,
      rejected: 1,
    })
    expect(await all(destination.read('things'))).toEqual([{ id: 'a' }, { id: 'b' }])
    const [reject] = await place.rows<{ message: string }>('select message from _tidemark_rejects')
    expect(reject!.message).toMatch(/index row size \d+ exceeds|index row requires \d+ bytes/)
  })
})

describe("a rule of the user's that no row is to blame for", () => {
  it('is told as what it is: a foreign key on rows that are to go', async () => {
    const place = await newPlace()
    const { write, destination } = await prepare(await open(place.url))
    await write([
      { id: 1, note: 'a' },
      { id: 2, note: 'b' },
    ])
    await place.rows('create table mine (thing bigint references things)')
    await place.rows('insert into mine values (2)')
    await write([{ id: 1, note: 'a' }], { staging: 'move', deletionGuard: rail })
    const purge = write([{ id: 1, note: 'a' }], { completes: { last: true, status: 'complete', purge: true } })
    await expect(purge).rejects.toSatisfy(
      (error) => SyncError.is(error) && error.remedy === 'fix-config' && /refused.*"mine"/.test(error.message),
    )
    expect(await all(destination.read('things', { deleted: true }))).toHaveLength(2)
  })

  it('a disk that is full stops the part, and nothing of it stays', async () => {
    const place = await newPlace()
    const { write } = await prepare(await open(place.url))
    await raise("raise exception 'could not extend file' using errcode = '53100'")(place)
    await onEach(place)
    for (const kind of ['backfill', 'incremental'] as const)
      await expect(write(rowsWith(BAD), {}, { kind })).rejects.toSatisfy(
        (error) => SyncError.is(error) && error.code === 'destination-full' && error.remedy === 'retry',
      )
    await expect(write(rowsWith(BAD), { staging: 'move', deletionGuard: rail })).rejects.toThrow('free some space')
    expect(await place.rows('select count(*)::int as n from things')).toEqual([{ n: 0 }])
    expect(await place.rows('select count(*)::int as n from _tidemark_rejects')).toEqual([{ n: 0 }])
    await place.rows('drop trigger refuse on things')
    expect(await write(rowsWith(BAD))).toMatchObject({ written: COUNT })
  })
})
