import { SyncError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, open, prepare, shapeOf, things } from './place.ts'
import { byHand, onPostgres } from './postgres-place.ts'

const newPlace = onPostgres()
const deletionGuard = { markDeleted: true, deletedBefore: 0 }
const row = (more: Record<string, z.ZodType> = {}) => z.object({ id: z.int(), note: z.string().nullable(), ...more })
const refused =
  (code: string, ...words: readonly (string | RegExp)[]) =>
  (error: unknown) =>
    SyncError.is(error) && error.code === code && words.every((word) => new RegExp(word).test(error.message))

describe('a table in Postgres', () => {
  it('has the columns that are documented, NOT NULL on its key alone, texts of its key by their bytes', async () => {
    const { url, rows, schema } = await newPlace()
    const shape = shapeOf(z.object({ id: z.string(), n: z.int() }), { partitioned: true, loose: true })
    await prepare(await open(url), shape)
    const columns = await rows<{ text: string }>(`select concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then 'not null' end, case when c.collname = 'C' then 'C' end) as text
      from pg_attribute a left join pg_collation c on c.oid = a.attcollation
      where a.attrelid = '${schema}.things'::regclass and a.attnum > 0 order by a.attnum`)
    expect(columns.map(({ text }) => text)).toEqual([
      'id text not null C',
      'n bigint',
      '_extra jsonb',
      '_partition text not null C',
      '_cursor bigint',
      '_synced_at timestamp with time zone',
      '_deleted_at timestamp with time zone',
    ])
  })

  it('may be called as the index of another one would be', async () => {
    const destination = await open((await newPlace()).url)
    for (const name of ['x', 'x_pkey', '_x', 'x_id_seq', '_tidemark_key_1'])
      await (await prepare(destination, shapeOf(row(), { name, table: name }))).write(things(2))
    expect((await destination.state()).tables.size).toBe(5)
  })

  it('that a user made, or a type of that name, is left alone', async () => {
    const { url, rows } = await newPlace()
    const destination = await open(url)
    await rows('create table things (mine text)')
    await rows('create view views as select 1 as one')
    await rows("create type mood as enum ('good')")
    await rows('create sequence counts')
    await expect(prepare(destination)).rejects.toSatisfy(refused('table-changed', 'a table of that name'))
    const named = (name: string) => prepare(destination, shapeOf(row(), { name, table: name }))
    await expect(named('views')).rejects.toSatisfy(refused('table-changed', 'a view'))
    await expect(named('counts')).rejects.toSatisfy(refused('table-changed', 'a sequence'))
    await expect(named('mood')).rejects.toSatisfy(refused('schema', 'mood'))
  })

  it('that a user locks is waited for, then an error that says so', async () => {
    const { url, rows, schema, server } = await newPlace()
    const { write } = await prepare(await open(url, { busyMs: 300 }))
    await write(things(2))
    const user = await byHand(server.url, schema)
    await user.rows('begin')
    await user.rows('lock table things in access exclusive mode')
    for (const [more, step] of [
      [{}, { kind: 'incremental' }],
      [{}, { kind: 'backfill' }],
      [{ staging: 'move', deletionGuard }, {}],
    ] as const)
      await expect(write(things(3), more, step)).rejects.toSatisfy(
        refused('table-locked', 'table "things" is locked by session', 'AccessExclusiveLock', 'pg_terminate_backend'),
      )
    await user.rows('rollback')
    expect(await write(things(3))).toMatchObject({ written: 1 })
    expect(await rows('select count(*)::int as n from things')).toEqual([{ n: 3 }])
  })

  it('that becomes wider keeps what the user added: columns, indexes, grants, triggers, views', async () => {
    const { url, rows, schema } = await newPlace()
    const destination = await open(url)
    const narrow = row({ n: z.int(), d: z.iso.date(), old: z.iso.date() })
    const given = { id: 1, note: 'a', n: 7, d: '2024-01-01', old: '0000-02-29' }
    await (await prepare(destination, shapeOf(narrow))).write([given])
    await rows("alter table things add column mine text not null default 'm'")
    await rows('alter table things add column doubled bigint generated always as (id * 2) stored')
    await rows('create index by_n on things (n) where id > 0')
    await rows('create view shown as select id, note, mine, doubled from things')
    await rows('create table audit (id bigint)')
    await rows(`create function audit() returns trigger language plpgsql as
      $$ begin insert into audit values (new.id); return new; end $$`)
    await rows('create trigger audit after insert on things for each row execute function audit()')
    await rows(`create role reader_${schema}`)
    await rows(`grant select on things to reader_${schema}`)
    const wide = await prepare(destination, shapeOf(row({ n: z.string(), d: z.string(), old: z.string() })))
    expect(wide.prepared.changes).toEqual(
      ['n" widened from integer', 'd" widened from date', 'old" widened from date'].map(
        (one) => `column "${one} to text`,
      ),
    )
    await wide.write(
      [
        { ...given, n: '7' },
        { ...given, id: 2, n: 'x' },
      ],
      {},
      { kind: 'incremental' },
    )
    expect(await all(destination.read('things'))).toEqual([
      { ...given, id: 1n, n: '7' },
      { ...given, id: 2n, n: 'x' },
    ])
    expect(await rows('select id::int, mine, doubled::int from shown order by id')).toEqual([
      { id: 1, mine: 'm', doubled: 2 },
      { id: 2, mine: 'm', doubled: 4 },
    ])
    expect(await rows('select id::int from audit')).toEqual([{ id: 2 }])
    expect(await rows("select 1 as one from pg_indexes where indexname = 'by_n'")).toHaveLength(1)
    expect(await rows(`select has_table_privilege('reader_${schema}', 'things', 'select') as may`)).toEqual([
      { may: true },
    ])
  })

  it('with a view in the way of a wider column names it, and goes on once it is gone', async () => {
    const { url, rows } = await newPlace()
    const destination = await open(url)
    await (await prepare(destination, shapeOf(row({ n: z.int() })))).write([{ id: 1, note: 'a', n: 7 }])
    await rows('create view my_own as select n from things')
    const wide = () => prepare(destination, shapeOf(row({ n: z.string() })))
    await expect(wide()).rejects.toSatisfy(refused('table-changed', 'things', 'my_own', 'drop it, sync'))
    expect(await rows('select n::int from my_own')).toEqual([{ n: 7 }])
    await rows('drop view my_own')
    await rows('create index my_index on things (note) where n > 0')
    await expect(wide()).rejects.toSatisfy(refused('table-changed', 'blocks a change', 'text > integer'))
    await rows('drop index my_index')
    await (await wide()).write([{ id: 2, note: 'b', n: 'x' }])
    expect(await all(destination.read('things'))).toHaveLength(2)
  })

  it("gets any shape after a reset, also from under a foreign key, and keeps what is the user's", async () => {
    const { url, rows } = await newPlace()
    const destination = await open(url)
    const { lease } = await prepare(destination, shapeOf(row({ n: z.int(), gone: z.int() })))
    await rows("alter table things add column mine text default 'm'")
    await rows('create view shown as select id, mine from things')
    await rows('create table pointing (id bigint)')
    await rows('alter table pointing add foreign key (id) references things')
    await destination.reset(lease, 'things')
    const other = shapeOf(row({ n: z.iso.date() }), { primaryKey: ['note', 'n'], partitioned: true })
    await expect(prepare(destination, other)).rejects.toSatisfy(refused('table-changed', 'blocks a change', 'pointing'))
    await rows('drop table pointing')
    const { write, prepared } = await prepare(destination, other)
    await write([{ id: 1, note: 'a', n: '2024-01-01' }], {}, { partition: 'p' })
    expect(prepared.schema.primaryKey).toEqual(['note', 'n'])
    expect(await all(destination.read('things'))).toMatchObject([{ id: 1n, note: 'a', n: '2024-01-01' }])
    expect(await rows('select id::int, mine from shown')).toEqual([{ id: 1, mine: 'm' }])
  })

  const HANDS: readonly (readonly [string, string, readonly string[]])[] = [
    ['a column that was dropped', 'alter table things drop column note', ['"note" was dropped', '--full']],
    [
      'a column of another type',
      'alter table things alter column note type varchar(99)',
      ['text', 'character varying'],
    ],
    ['a column of the system that was dropped', 'alter table things drop column _cursor', ['"_cursor" was dropped']],
    ['a partition that was dropped', 'alter table things drop column _partition', ['"_partition" was dropped']],
    ['a key that was dropped', 'alter table things drop constraint _tidemark_key_1', ['primary key .*was dropped']],
    ['a table that was dropped', 'drop table things', ['missing from the destination', '--full']],
    ['a table that was renamed', 'alter table things rename to mine', ['missing from the destination', '--full']],
    [
      'a view in its place',
      'alter table things rename to mine; create view things as select * from mine',
      ['a view now', 'restore the table'],
    ],
  ]
  it.each(HANDS)('that was changed by hand is refused with what is wrong: %s', async (_name, statement, words) => {
    const { url, rows } = await newPlace()
    const destination = await open(url)
    const shape = shapeOf(row(), { partitioned: true })
    const { write } = await prepare(destination, shape)
    await write(things(2), {}, { partition: 'p' })
    await rows(statement)
    await expect(prepare(destination, shape)).rejects.toSatisfy(refused('table-changed', ...words))
    // While a run is on, its part fails, and nothing of it stays.
    if (/constraint|varchar/.test(statement)) return
    for (const kind of ['backfill', 'incremental', 'full_refresh'] as const) {
      const more = kind === 'full_refresh' ? ({ staging: 'move', deletionGuard } as const) : {}
      await expect(write(things(3), more, { partition: 'p', kind })).rejects.toSatisfy((error) => SyncError.is(error))
    }
    expect(await rows('select count(*)::int as n from _tidemark_steps')).toEqual([{ n: 1 }])
  })

  it('whose key the user keeps by another index is fine', async () => {
    const { url, rows } = await newPlace()
    const destination = await open(url)
    await (await prepare(destination)).write(things(2))
    await rows('alter table things drop constraint _tidemark_key_1')
    await rows('create unique index mine on things (id)')
    await (await prepare(destination)).write(things(3), {}, { kind: 'backfill' })
    expect(await all(destination.read('things'))).toHaveLength(3)
  })
})
