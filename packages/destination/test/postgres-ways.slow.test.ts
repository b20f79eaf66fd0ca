import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, open, prepare, type Ready, shapeOf, things } from './place.ts'
import { onPostgres, type Place } from './postgres-place.ts'

const newPlace = onPostgres()

/** Writes down by which statement rows came into a table. */
async function watch(place: Place, table = 'things'): Promise<() => Promise<readonly string[]>> {
  await place.rows('create table ways (at serial, way text)')
  await place.rows(
    `create function watch() returns trigger language plpgsql as
      $$ begin insert into ways (way) values (split_part(current_query(), ' ', 1)); return null; end $$`,
  )
  await place.rows(`create trigger watch before insert on ${table} for each statement execute function watch()`)
  return async () => {
    const rows = await place.rows<{ way: string }>('delete from ways returning way, at')
    return rows.map(({ way }) => way)
  }
}

const parts =
  (ready: Ready) =>
  async (step: number, number: number, from: number, count = 3, kind = 'backfill') =>
    await ready.write(things(count, from), { number, completes: undefined }, { step, kind: kind as 'backfill' })

describe('a part of a history', () => {
  it('goes straight into the table until it meets a known key, and by a merge for the rest of its step', async () => {
    const place = await newPlace()
    const ready = await prepare(await open(place.url))
    const ways = await watch(place)
    const write = parts(ready)
    await write(1, 1, 0)
    await write(1, 2, 10)
    expect(await ways()).toEqual(['copy', 'copy'])
    // Two of these are known, one of them in another version.
    expect(
      await ready.write(
        [
          { id: 11, note: 'n1' },
          { id: 12, note: 'new' },
          { id: 13, note: 'n' },
        ],
        { number: 3, completes: undefined },
        { step: 1, kind: 'backfill' },
      ),
    ).toMatchObject({ written: 2, unchanged: 1 })
    expect(await write(1, 4, 100)).toMatchObject({ written: 3 })
    expect(await ways()).toEqual(['merge', 'merge'])
    await write(2, 1, 200)
    expect(await ways()).toEqual(['copy'])
    expect(await place.rows('select count(*)::int as n, count(distinct id)::int as ids from things')).toEqual([
      { n: 13, ids: 13 },
    ])
  })

  it('of a feed goes straight in where its table was empty, until it meets a known key', async () => {
    const place = await newPlace()
    const ready = await prepare(await open(place.url))
    const ways = await watch(place)
    const write = parts(ready)
    await write(1, 1, 0, 3, 'changes')
    await write(1, 2, 10, 3, 'changes')
    expect(await ways()).toEqual(['copy', 'copy'])
    expect(await write(1, 3, 12, 3, 'changes')).toMatchObject({ written: 3 })
    await write(1, 4, 100, 3, 'changes')
    // Another run finds rows there.
    await write(2, 1, 200, 3, 'changes')
    expect(await ways()).toEqual(['merge', 'merge', 'merge'])
    expect(await place.rows('select count(*)::int as n, count(distinct id)::int as ids from things')).toEqual([
      { n: 14, ids: 14 },
    ])
  })

  it('goes straight in where its table has no key, and by a merge where it is none', async () => {
    const place = await newPlace()
    const destination = await open(place.url)
    const ready = await prepare(destination)
    const ways = await watch(place)
    await parts(ready)(1, 1, 0, 3, 'incremental')
    expect(await ways()).toEqual(['merge'])
    const keyless = await prepare(destination, shapeOf(undefined, { name: 'log', table: 'log', primaryKey: [] }))
    await place.rows('create trigger watch before insert on log for each statement execute function watch()')
    await parts(keyless)(2, 1, 0, 3, 'incremental')
    expect(await ways()).toEqual(['copy'])
  })

  it('that meets a marked row brings it back', async () => {
    const place = await newPlace()
    const { destination, write } = await prepare(await open(place.url))
    await write(things(3))
    const rail = { markDeleted: true, deletedBefore: 0 }
    expect(await write(things(1), { staging: 'move', deletionGuard: rail })).toMatchObject({ deleted: 2 })
    expect(await write(things(4), {}, { kind: 'backfill' })).toMatchObject({ written: 3, unchanged: 1 })
    expect(await all(destination.read('things'))).toHaveLength(4)
  })

  it('of many rows fits no buffer, and comes whole', async () => {
    const place = await newPlace()
    const row = z.object({ id: z.int(), text: z.string(), json: z.any(), number: z.bigint() })
    const { destination, write } = await prepare(await open(place.url), shapeOf(row))
    // Around the size of a chunk, in characters of one to four bytes.
    const text = (at: number) =>
      ['x', 'é', '€', '\u{1f600}'][at % 4]!.repeat(at % 7 === 0 ? 16_384 + (at % 5) : at % 60)
    const rows = Array.from({ length: 400 }, (_, id) => ({
      id,
      text: text(id),
      json: { [text(id + 1)]: [id] },
      number: 2n ** 62n + BigInt(id),
    }))
    expect(await write(rows, {}, { kind: 'backfill' })).toMatchObject({ written: 400 })
    const read = await all(destination.read('things'))
    expect(read).toEqual(rows.map((one) => ({ ...one, id: BigInt(one.id) })))
  })

  it('into a table that its user made a partitioned one is replaced row by row', async () => {
    const place = await newPlace()
    const shape = shapeOf(undefined, { primaryKey: [] })
    const destination = await open(place.url)
    await prepare(destination, shape)
    await place.rows('alter table things rename to one')
    await place.rows('create table things (like one including defaults) partition by hash (id)')
    for (const at of [0, 1, 2])
      await place.rows(`create table things_${at} partition of things for values with (modulus 3, remainder ${at})`)
    const { write } = await prepare(destination, shape)
    const rail = { markDeleted: true, deletedBefore: 0 }
    const move = (rows: readonly object[]) => write(rows, { staging: 'move', deletionGuard: rail })
    await move(things(60))
    // Rows of different partitions stand at the same place of theirs.
    expect(await move(things(30))).toMatchObject({ written: 0, unchanged: 30, deleted: 30 })
    const rows = await place.rows<{ id: string }>('select id from things order by id')
    expect(rows.map(({ id }) => Number(id))).toEqual(things(30).map(({ id }) => id))
  })
})
