import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { STATE_VERSION } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { describe, expect, it } from 'vitest'
import { Checker, rowsOf, runQuietly, startVictim } from '../src/crash-harness.ts'
import { type CrashPlace, looker, sqlitePlaces } from './places.ts'
import { postgresPlaces } from './postgres-server.ts'

const FOLDER = join(import.meta.dirname, 'released')
/** How far the source of the states in `released` had come, and how far it comes now. */
const [BEFORE, NOW] = [14, 20]

/** A database of one kind, and a user's own way into it. */
interface Kind {
  readonly name: 'sqlite' | 'postgres'
  empty(): Promise<{ readonly place: CrashPlace; run(script: string): Promise<void> }>
  /** What makes the last statement of every migration fail, and what takes that away again. */
  readonly obstacle: readonly [string, string]
  /** Views of a user that a migration must not break, or trip over. */
  readonly views: string
  /** Everything by which the database can be told from another one, as one query of texts. */
  readonly made: string
}

const postgres = postgresPlaces()
const kinds: readonly Kind[] = [
  {
    name: 'sqlite',
    async empty() {
      const place = await sqlitePlaces.empty()
      const run = async (script: string): Promise<void> => {
        const database = new DatabaseSync(place.url)
        database.exec(script)
        database.close()
      }
      return { place, run }
    },
    obstacle: [
      "create trigger no before update on _tidemark_meta begin select raise(abort, 'not today'); end",
      'drop trigger no',
    ],
    views:
      'create view mine as select name, partition from tidemark_coverage; create table x (a); create view broken as select a from x; drop table x',
    made: "select type || ' ' || name || ' ' || coalesce(sql, '') as made from sqlite_schema order by 1",
  },
  {
    name: 'postgres',
    async empty() {
      const place = await postgres.empty()
      return { place, run: async (script) => void (await postgres.server().rows(script, place.database)) }
    },
    obstacle: [
      `create function no() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$;
      create trigger no before update on _tidemark_meta for each row execute function no()`,
      'drop trigger no on _tidemark_meta; drop function no',
    ],
    views:
      'create view mine as select c.name, c.partition from tidemark_coverage as c join tidemark_status as s on s.name = c.name',
    made: `select c.relname || ' ' || coalesce(string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum), '')
      || coalesce(pg_get_viewdef(case when c.relkind = 'v' then c.oid end), '') as made
      from pg_class as c left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace group by c.oid, c.relname, c.relkind order by 1`,
  },
]

const versions = (kind: Kind): readonly number[] =>
  readdirSync(FOLDER)
    .flatMap((file) => new RegExp(`^state-(\\d+)\\.${kind.name}\\.sql$`).exec(file)?.[1] ?? [])
    .map(Number)

async function ask({ connect }: CrashPlace, statement: string): Promise<readonly (readonly unknown[])[]> {
  const destination = await connect()
  try {
    return (await destination.query(statement)).rows
  } finally {
    await destination.close()
  }
}

type Columns = readonly string[]

/** The rows of a database's state tables, read by hand and not by a destination, which would migrate them first. */
async function stateOf(kind: Kind, place: CrashPlace, tables: ReadonlyMap<string, Columns>) {
  const found = new Map<string, readonly string[]>()
  for (const [table, columns] of tables) {
    const rows = await byHand(kind, place, `select ${columns.map((one) => `"${one}"`).join(', ')} from ${table}`)
    found.set(table, rows.toSorted())
  }
  return found
}

/** What version 4 calls otherwise, by table: the table itself, its columns, and values of columns. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  _tidemark_tables: { facts: 'schema', free: 'reshape_allowed', filled: 'ever_filled' },
  _tidemark_partitions: {
    cut: 'backfill_end',
    revision_facts: 'revision_schema_hash',
    seen: 'pending_revision',
    seen_end: 'pending_revision_end',
    gone_at: 'removed_at',
  },
  _tidemark_coverage: { claimed: 'assumed' },
  _tidemark_steps: { parts: 'batches' },
  _tidemark_rereads: { _tidemark_rereads: '_tidemark_resyncs', asked_at: 'requested_at' },
}
const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  status: { live: 'complete', history: 'backfilling' },
  kind: { live: 'incremental', history: 'backfill', whole: 'full_refresh', reread: 'resync' },
  error_code: { rail: 'deletion-limit' },
}
const isRenamed = (version: number): boolean => version < 4

function namesOfToday(tables: ReadonlyMap<string, Columns>): ReadonlyMap<string, Columns> {
  return new Map(
    [...tables].map(([table, columns]) => {
      const names = RENAMED[table] ?? {}
      return [names[table] ?? table, columns.map((one) => names[one] ?? one)]
    }),
  )
}

/** Rows of an earlier version as this one has them. */
function rowsOfToday(
  before: ReadonlyMap<string, readonly string[]>,
  tables: ReadonlyMap<string, Columns>,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...before].map(([table, rows]) => {
      const columns = tables.get(table)!
      const today = (row: string): string =>
        JSON.stringify((JSON.parse(row) as unknown[]).map((one, at) => VALUES[columns[at]!]?.[String(one)] ?? one))
      return [RENAMED[table]?.[table] ?? table, rows.map(today).toSorted()]
    }),
  )
}

async function byHand(kind: Kind, place: CrashPlace, statement: string): Promise<readonly string[]> {
  const shown = (row: readonly unknown[]) =>
    JSON.stringify(row, (_, one) => (typeof one === 'bigint' ? String(one) : one))
  if (kind.name === 'postgres') {
    const { database } = place as Awaited<ReturnType<typeof postgres.empty>>
    return (await postgres.server().rows(statement, database)).map(shown)
  }
  const database = new DatabaseSync(place.url)
  const prepared = database.prepare(statement)
  prepared.setReadBigInts(true)
  const rows = prepared.all().map((row) => shown(Object.values(row)))
  database.close()
  return rows
}

/** The tables of a state's fixture but its version, each with the columns that it had then. */
function tablesIn(script: string): ReadonlyMap<string, Columns> {
  const made = [...script.matchAll(/^create table "(_tidemark_(?!meta)\w+)" \((.*)\);$/gim)]
  return new Map(
    made.map(([, table, columns]) => [
      table!,
      [...columns!.matchAll(/(?:^|, )"(\w+)" (?:text|bigint|integer)/g)].map(([, column]) => column!),
    ]),
  )
}

describe.each(kinds)('the state of an earlier version on $name', (kind) => {
  it.each(versions(kind))('of version %i is kept, row by row, and gone on from', async (version) => {
    const script = readFileSync(join(FOLDER, `state-${version}.${kind.name}.sql`), 'utf8')
    const { place, run } = await kind.empty()
    await run(script)
    await run(kind.views)
    // What the next run overcomes.
    if (version === 3) await run("update _tidemark_partitions set error_code = 'rail' where name = 'crash_whole'")
    const tables = tablesIn(script)
    expect(tables.size).toBeGreaterThan(8)
    const before = await stateOf(kind, place, tables)
    for (const table of [
      '_tidemark_coverage',
      '_tidemark_steps',
      '_tidemark_rejects',
      isRenamed(version) ? '_tidemark_rereads' : '_tidemark_resyncs',
      '_tidemark_leases',
    ])
      expect(before.get(table)!.length, table).toBeGreaterThan(0)

    expect(await ask(place, 'select version from _tidemark_meta')).toEqual([[STATE_VERSION]])
    expect(await stateOf(kind, place, isRenamed(version) ? namesOfToday(tables) : tables)).toEqual(
      isRenamed(version) ? rowsOfToday(before, tables) : before,
    )
    expect((await byHand(kind, place, 'select distinct name from mine')).length).toBeGreaterThan(1)
    const checker = new Checker(place.connect)
    expect(await checker.check(BEFORE)).toEqual([])

    const quiet = await kind.empty()
    for (const one of [place, quiet.place])
      expect(await runQuietly({ url: one.url, until: NOW, pageMs: 0 })).toEqual([])
    expect(await checker.check(NOW)).toEqual([])
    expect(await rowsOf(place.connect)).toEqual(await rowsOf(quiet.place.connect))
    expect(await ask(place, 'select count(*) from _tidemark_resyncs')).toEqual([[0]])
    // Runs and steps go on from their numbers.
    expect(await ask(place, 'select max(run) from _tidemark_runs')).toEqual([[3]])
    expect(await kindsOf(kind, place)).toEqual(await kindsOf(kind, quiet.place))
  })

  it.each(versions(kind))('of version %i is migrated once by runners that open it together', async (version) => {
    const { place, run } = await kind.empty()
    await run(readFileSync(join(FOLDER, `state-${version}.${kind.name}.sql`), 'utf8'))
    const runners = Array.from({ length: 4 }, () =>
      startVictim({ url: place.url, until: NOW, pageMs: 0, waitsBefore: 'open' }),
    )
    for (const runner of runners) await runner.says('waiting')
    for (const runner of runners) runner.go()
    for (const runner of runners) await runner.ended
    expect(runners.map((runner) => [runner.stderr(), runner.lines.at(-1)?.type])).toEqual(
      runners.map(() => ['', 'report']),
    )
    const codes = runners.map((runner) => runner.report()!.exitCode)
    expect(codes).toContain(0)
    expect(codes.filter((code) => code !== 0 && code !== 7)).toEqual([])
    expect(await ask(place, 'select version from _tidemark_meta')).toEqual([[STATE_VERSION]])
    expect(await new Checker(place.connect).check(NOW)).toEqual([])
  })

  // The present version's own state has nothing to be migrated.
  it.each(versions(kind).filter((version) => version < STATE_VERSION))(
    'of version %i stays what it is where its migration fails, and is migrated when nothing is in the way',
    async (version) => {
      const { place, run } = await kind.empty()
      const script = readFileSync(join(FOLDER, `state-${version}.${kind.name}.sql`), 'utf8')
      await run(script)
      await run(kind.obstacle[0])
      const look = async () => [await byHand(kind, place, kind.made), await stateOf(kind, place, tablesIn(script))]
      const before = await look()
      await expect(place.connect()).rejects.toThrow()
      expect(await look()).toEqual(before)
      expect(await byHand(kind, place, 'select version from _tidemark_meta')).toEqual([`["${version}"]`])
      await run(kind.obstacle[1])
      expect(await ask(place, 'select version from _tidemark_meta')).toEqual([[STATE_VERSION]])
    },
  )

  it('that cannot be made leaves nothing behind, and is made when nothing is in the way', async () => {
    const { place, run } = await kind.empty()
    // The last thing that is made.
    await run('create view tidemark_runs as select 1 as mine')
    const before = await byHand(kind, place, kind.made)
    await expect(openDestination({ url: place.url, runner: looker })).rejects.toThrow()
    expect(await byHand(kind, place, kind.made)).toEqual(before)
    await run('drop view tidemark_runs')
    expect(await runQuietly({ url: place.url, until: NOW, pageMs: 0 })).toEqual([])
  })
})

/** What the state tables and views are, without the tables of the source and the indexes that their resyncs get. */
async function kindsOf(kind: Kind, place: CrashPlace): Promise<readonly string[]> {
  const made = await byHand(kind, place, kind.made)
  // Keys are named after the leases of their tables, which come in the order in which a run meets the tables.
  return made
    .filter((one) => /^\["(\w+ )?_?tidemark_(?!position_)/.test(one))
    .map((one) => one.replaceAll(/_tidemark_key_\d+/g, '_tidemark_key'))
    .toSorted()
}
