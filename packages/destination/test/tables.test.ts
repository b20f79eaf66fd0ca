import { join } from 'node:path'
import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, byHand, capturing, folder, open, prepare, shapeOf, things } from './place.ts'

const row = (more: Record<string, z.ZodType> = {}) => z.object({ id: z.int(), note: z.string().nullable(), ...more })

describe('a table in SQLite', () => {
  it('is STRICT, with NOT NULL on its key alone', async () => {
    const path = join(folder(), 'x.db')
    await prepare(await open(path), shapeOf(row(), { partitioned: true, loose: true }))
    const { sql } = byHand(path).prepare("select sql from sqlite_schema where name = 'things'").get() as { sql: string }
    expect(sql).toBe(
      'CREATE TABLE "things" ("id" INTEGER not null, "note" TEXT, "_extra" TEXT, "_partition" TEXT not null, "_cursor" INTEGER, "_synced_at" TEXT, "_deleted_at" TEXT, primary key ("_partition", "id")) strict',
    )
  })

  it('without a key has an index on its positions; with one only from its first resync', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    const indexes = (table: string) =>
      byHand(path)
        .prepare("select sql from sqlite_schema where type = 'index' and tbl_name = ? and sql is not null")
        .all(table)
    await prepare(destination, shapeOf(row(), { name: 'log', table: 'log', primaryKey: [], partitioned: true }))
    expect(indexes('log')).toMatchObject([{ sql: expect.stringContaining('("_partition", "_cursor")') }])
    const cursor = { column: 'id', type: 'integer', precision: undefined } as const
    const { write } = await prepare(destination, shapeOf(row(), { cursor }))
    await write(things(3))
    expect(indexes('things')).toEqual([])
    await write(
      [],
      { staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } },
      { kind: 'resync', window: { from: 0n, to: 1n } },
    )
    expect(indexes('things')).toMatchObject([{ sql: expect.stringContaining('("_cursor")') }])
  })

  it('that a user made is left alone', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    byHand(path).exec('create table Things (mine); create view views as select 1')
    await expect(prepare(destination)).rejects.toSatisfy(
      (error) => SyncError.is(error) && error.code === 'table-changed' && error.message.includes('Things'),
    )
    await expect(prepare(destination, shapeOf(row(), { name: 'views' }))).rejects.toThrow('a view')
  })

  it('that was dropped is made again only where it never held a row', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    const { write } = await prepare(destination)
    byHand(path).exec('drop table things')
    expect((await destination.state()).tables.get('things')).toMatchObject({ present: 'missing', everFilled: false })
    expect((await prepare(destination)).prepared.changes).toEqual(['table created'])
    void write
    await (await prepare(destination)).write(things(1))
    byHand(path).exec('drop table things')
    expect((await destination.state()).tables.get('things')).toMatchObject({ present: 'missing', everFilled: true })
    await expect(prepare(destination)).rejects.toThrow('--full')
    const { leases } = await destination.lease(['things'])
    await destination.reset(leases[0]!, 'things')
    expect((await prepare(destination)).prepared.changes).toEqual(['table created'])
  })

  it('from which a column was taken by hand says so', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    await (await prepare(destination)).write(things(1))
    byHand(path).exec('alter table things drop column note')
    await expect(prepare(destination)).rejects.toThrow('"note" was dropped')
  })

  const remade = (columns: string, key = ', primary key (id)') =>
    `alter table things rename to was; create table things (${columns}${key}) strict;
    insert into things select * from was; drop table was`
  const SYSTEM = '_cursor INTEGER, _synced_at TEXT, _deleted_at TEXT'
  it.each([
    ['a column of another type', remade(`id INTEGER not null, note ANY, ${SYSTEM}`), '"note" was TEXT and is ANY now'],
    ['a key of another type', remade(`id TEXT not null, note TEXT, ${SYSTEM}`), '"id" was INTEGER and is TEXT now'],
    [
      'the position as text',
      remade(`id INTEGER not null, note TEXT, ${SYSTEM.replace('INTEGER', 'TEXT')}`),
      '"_cursor" was INTEGER and is TEXT now',
    ],
    ['no key', remade(`id INTEGER not null, note TEXT, ${SYSTEM}`, ''), 'its primary key (id) was dropped'],
  ])('that a hand made again is refused with what is wrong and the way out: %s', async (_, statement, words) => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    await (await prepare(destination)).write(things(1))
    byHand(path).exec(statement)
    await expect(prepare(destination)).rejects.toSatisfy(
      (error) =>
        SyncError.is(error) &&
        error.code === 'table-changed' &&
        [words, path, 'resync things --full'].every((one) => error.message.includes(one)),
    )
    const { leases } = await destination.lease(['things'])
    await destination.reset(leases[0]!, 'things')
    await (await prepare(destination)).write(things(2))
    expect(await all(destination.read('things'))).toHaveLength(2)
  })

  it('whose key the user keeps by another index is fine', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    await (await prepare(destination)).write(things(1))
    byHand(path).exec(
      `${remade(`id INTEGER not null, note TEXT, ${SYSTEM}`, '')}; create unique index mine on things (id)`,
    )
    await (await prepare(destination)).write(things(2))
    expect(await all(destination.read('things'))).toHaveLength(2)
  })

  it('made again for a wider type keeps what the user added: columns, indexes, triggers, views', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    await (await prepare(destination, shapeOf(row({ n: z.int(), d: z.iso.date() })))).write([
      { id: 1, note: 'a, "b" (c)', n: 7, d: '2024-01-01' },
    ])
    const hand = byHand(path)
    hand.exec(`
      alter table things add column mine TEXT default 'it''s, (mine)' check (length(mine) < 99); -- a comment
      alter table things add column [doubled (x)] ANY generated always as (id * 2) virtual;
      create index by_mine on things (mine, note) where mine is not null;
      create unique index by_note on things (note);
      create table audit (id integer);
      create trigger watch after insert on things begin insert into audit values (new.id); end;
      create view shown as select id, note, mine, "doubled (x)" as two, n from things where _deleted_at is null;
      update things set mine = 'x' where id = 1`)
    const objects = () =>
      hand
        .prepare(
          "select type, name, tbl_name, sql from sqlite_schema where type <> 'table' and name not like '%tidemark%' order by name",
        )
        .all()
    const before = objects()
    const wide = await prepare(destination, shapeOf(row({ n: z.string(), d: z.string() })))
    expect(wide.prepared.changes).toEqual([
      'column "n" widened from integer to text',
      'column "d" widened from date to text',
    ])
    expect(objects()).toEqual(before)
    expect(hand.prepare('select * from shown').all()).toEqual([
      { id: 1, note: 'a, "b" (c)', mine: 'x', two: 2, n: '7' },
    ])
    await wide.write([{ id: 2, note: 'b', n: 'text', d: 'text' }])
    expect(hand.prepare('select mine from things where id = 2').get()).toEqual({ mine: "it's, (mine)" })
    expect(hand.prepare('select * from audit').all()).toEqual([{ id: 2 }])
    expect(hand.prepare('select type from pragma_table_info(?) where name = ?').get('things', 'n')).toEqual({
      type: 'TEXT',
    })
    expect(hand.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  })

  it('reset and given another key keeps the user’s views and what still fits', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    const first = await prepare(destination)
    await first.write(things(5))
    const hand = byHand(path)
    hand.exec(
      `alter table things add column mine TEXT; create index by_note on things (note); create view shown as select note, mine from things`,
    )
    await destination.reset(first.lease, 'things')
    expect(hand.prepare('select count(*) as n from shown').get()).toEqual({ n: 0 })
    const next = await prepare(destination, shapeOf(row({ code: z.string() }), { primaryKey: ['code'] }))
    expect(next.prepared.changes).toEqual(['table created again'])
    await next.write([{ id: 1, note: 'x', code: 'c' }])
    expect(hand.prepare('select * from shown').all()).toEqual([{ note: 'x', mine: null }])
    expect(hand.prepare("select count(*) as n from sqlite_schema where name = 'by_note'").get()).toEqual({ n: 1 })
  })

  it('takes no column of the source for a column of the user’s', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    await prepare(destination)
    byHand(path).exec('alter table things add column mine TEXT')
    const { prepared } = await prepare(destination, shapeOf(row({ mine: z.string() })))
    expect(prepared.schema.columns.find(({ name }) => name === 'mine')?.column).toMatch(/^mine_[0-9a-f]{8}$/)
  })

  it('gives a row back as a reject that a rule of the user’s refuses, and keeps the rest', async () => {
    const path = join(folder(), 'x.db')
    const destination = await open(path)
    const ready = await prepare(destination)
    byHand(path).exec(`
      create unique index by_note on things (note);
      create trigger no_sevens before insert on things when new.id = 777 begin select raise(abort, 'no sevens'); end`)
    const rows = [...things(1000), { id: 2000, note: 'n5' }]
    expect(await ready.write(rows)).toMatchObject({ written: 999, unchanged: 0, rejected: 2 })
    const rejects = await destination.query('select key, code, message, payload from _tidemark_rejects order by key')
    expect(rejects.rows).toEqual([
      ['[2000]', 'destination', expect.stringContaining('things.note'), expect.stringContaining('"n5"')],
      ['[777]', 'destination', expect.stringContaining('no sevens'), expect.any(String)],
    ])
    const staged = await ready.write([...things(10, 5000), { id: 777, note: 'x' }], {
      staging: 'move',
      deletionGuard: { markDeleted: false, deletedBefore: 0 },
    })
    expect(staged).toMatchObject({ written: 0, rejected: 11 })
    expect((await all(destination.read('things'))).length).toBe(999)
  })

  describe.each([
    ['without a key', []],
    ['with a key', ['id']],
  ])('%s, beside a trigger of the user’s', (_, primaryKey) => {
    const place = async (trigger: string) => {
      const path = join(folder(), 'x.db')
      const destination = await open(path)
      const ready = await prepare(destination, shapeOf(row(), { primaryKey }))
      byHand(path).exec(`create trigger no_sevens ${trigger}`)
      const ids = async () => (await all(destination.read('things'))).map(({ id }) => Number(id))
      return { path, destination, ready, ids }
    }
    const sixty = Array.from({ length: 60 }, (_one, id) => id)
    const kept = sixty.filter((id) => id !== 30)
    const move = { staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } } as const

    it.each(['before', 'after'])('that fails %s an insert, keeps all others once and rejects the one', async (when) => {
      for (const how of ['abort', 'fail'])
        for (const rest of [60, 250]) {
          const trigger = `${when} insert on things when new.id = 30 begin select raise(${how}, 'no'); end`
          const { ready, ids } = await place(trigger)
          expect(await ready.write(things(rest))).toMatchObject({ written: rest - 1, rejected: 1 })
          expect((await ids()).toSorted((a, b) => a - b)).toEqual(
            things(rest)
              .map(({ id }) => id)
              .filter((id) => id !== 30),
          )
          const staged = await place(trigger)
          expect(await staged.ready.write(things(rest), move)).toMatchObject({ written: rest - 1, rejected: 1 })
          expect(await staged.ids()).toHaveLength(rest - 1)
        }
    })

    it('that ignores a row, leaves it out', async () => {
      const { ready, ids } = await place('before insert on things when new.id = 30 begin select raise(ignore); end')
      expect(await ready.write(things(60))).toMatchObject({ written: 59, rejected: 0 })
      expect((await ids()).toSorted((a, b) => a - b)).toEqual(kept)
    })

    it('that rolls everything back, writes nothing and says how it may refuse a row', async () => {
      const { ready, ids } = await place(
        `before insert on things when new.id = 30 begin select raise(rollback, 'no'); end`,
      )
      for (const more of [{}, move])
        await expect(ready.write(things(60), more)).rejects.toSatisfy(
          (error) => SyncError.is(error) && error.code === 'table-changed' && error.message.includes('RAISE(ABORT'),
        )
      expect(await ids()).toEqual([])
      expect(await ready.write(things(20))).toMatchObject({ written: 20 })
    })
  })

  it.each([['id'], []])('takes as many columns as SQLite does, and says so beyond (key: %s)', async (...primaryKey) => {
    const destination = await open(':memory:')
    const columns = Object.fromEntries(Array.from({ length: 1996 }, (_, at) => [`c${at}`, z.int()]))
    const wide = z.object({ id: z.int(), ...columns })
    const given = Array.from({ length: 30 }, (_, id) => ({
      id,
      ...Object.fromEntries(Object.keys(columns).map((name) => [name, id])),
    }))
    const ready = await prepare(
      destination,
      shapeOf(wide, { primaryKey: primaryKey.filter((name) => typeof name === 'string') }),
    )
    const move = { staging: 'move', deletionGuard: { markDeleted: true, deletedBefore: 0 } } as const
    expect(await ready.write(given, move)).toMatchObject({ written: 30 })
    expect(await ready.write(given, move)).toMatchObject({ written: 0, unchanged: 30 })
    const wider = shapeOf(z.object({ id: z.int(), ...columns, more: z.int() }), { name: 'wider', table: 'wider' })
    await expect(prepare(destination, wider)).rejects.toThrow('2001 columns')
  })

  it('survives a disk that is full: the part is rolled back and can come again', async () => {
    const path = join(folder(), 'x.db')
    const { destination, raw } = await capturing(() => open(path))
    const ready = await prepare(destination)
    await ready.write(things(10))
    raw.exec('pragma max_page_count = 60')
    const big = things(2000, 100).map((one) => ({ ...one, note: 'x'.repeat(500) }))
    await expect(ready.write(big)).rejects.toSatisfy(
      (error) =>
        SyncError.is(error) &&
        error.code === 'destination-full' &&
        error.remedy === 'retry' &&
        error.message.includes(path) &&
        /\d+ MB are free/.test(error.message),
    )
    expect((await all(destination.read('things'))).length).toBe(10)
    raw.exec('pragma max_page_count = 1000000')
    expect(await ready.write(big)).toMatchObject({ written: 2000 })
  })
})
