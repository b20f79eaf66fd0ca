import { binaryPage, type Source, type Table } from '@tidemark/core'
import { isBinaryPage } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type RunOptions, resync, sync, verify } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import type { Reads as SqlReads } from '../src/database.ts'
import sql from '../src/index.ts'
import { resumed } from '../src/postgres/resumed.ts'
import { postgres, type Row, type World } from './harness.ts'
import { CREATE, INSERT, MADE_TYPES, TYPES } from './types.ts'

type Read = Table['read']
type Reads = (read: Read, name: string) => Read

/** Tables of which pages came in the binary form. */
const binaryTables = new Set<string>()

const watched: Reads = (read, name) =>
  async function* (question) {
    for await (const page of read(question)) {
      if (isBinaryPage(page)) binaryTables.add(name)
      yield page
    }
  }
const asRows: Reads = (read) => (question) => read({ ...question, binary: undefined } as typeof question)

/** The source, with another way to read its tables. */
function sourceOf(reads: Reads): Source {
  const source = sql as unknown as { tables: (context: unknown) => Promise<Table[]> }
  const tables = async (context: unknown): Promise<Table[]> =>
    (await source.tables(context)).map((table) => ({ ...table, read: reads(table.read.bind(table), table.name) }))
  return { ...source, tables } as unknown as Source
}

interface Synced {
  readonly report: Report
  readonly rows: (query: string) => Promise<Row[]>
  /** Reads again what is covered of a table. */
  readonly resync: (table: string) => Promise<unknown>
  /** Differences that `verify` finds in a table. */
  readonly differences: (table: string) => Promise<unknown>
}

/** Syncs into a database of its own. */
async function synced(world: World, source: Source, more: Record<string, unknown> = {}): Promise<Synced> {
  const to = await postgres()
  const using = async <T>(work: (options: RunOptions) => Promise<T>): Promise<T> => {
    const runner = { id: `test-${performance.now()}`, host: 'test', pid: process.pid, startedAt: 0n }
    const destination = await openDestination({ url: to.url, runner })
    try {
      return await work({
        sources: [{ name: 'crm', source, config: { url: world.url, ...more } }],
        destination,
        log: { debug() {}, info() {}, warn() {} },
      } as unknown as RunOptions)
    } finally {
      await destination.close()
    }
  }
  return {
    report: await using((options) => sync(options)),
    rows: (query) => to.run(query),
    resync: (table) => using((options) => resync(options, { table })),
    differences: (table) =>
      using(async (options) => {
        const { different, missing, extra } = await verify(options, { table })
        return { different, missing, extra }
      }),
  }
}

const counts = ({ tables }: Report): unknown =>
  tables.map(({ name, rows: { read, written, unchanged, deduped, rejected } }) => ({
    ...{ name, read, written, unchanged, deduped, rejected },
  }))

/** Rows of a query that only one of two has. */
async function onlyInOne(one: Synced, other: Synced, query: string): Promise<string[]> {
  const [ours, theirs] = [await one.rows(query), await other.rows(query)].map(
    (rows) => new Set(rows.map((row) => JSON.stringify(row))),
  )
  return [...ours!.symmetricDifference(theirs!)].slice(0, 4)
}

const REJECTS = 'SELECT name, key, code, message, payload FROM tidemark._tidemark_rejects ORDER BY name, payload, key'

describe('rows in the binary form of Postgres', () => {
  it('are stored, and rejected, as those that come as values, whatever their type', async () => {
    const world = await postgres()
    await world.run(`${MADE_TYPES}; ${CREATE}; ${INSERT}`)
    binaryTables.clear()
    const [fast, plain] = [await synced(world, sourceOf(watched)), await synced(world, sourceOf(asRows))]
    for (const [at, [type]] of TYPES.entries()) {
      const query = `SELECT id, c::text AS c, _cursor, _deleted_at FROM tidemark.crm_t${at} ORDER BY id`
      expect.soft(await fast.rows(query), type).toEqual(await plain.rows(query))
    }
    expect(await onlyInOne(fast, plain, REJECTS)).toEqual([])
    expect(counts(fast.report)).toEqual(counts(plain.report))
    // The text of json may be one that jsonb refuses; so may what becomes json.
    const values = TYPES.filter((_, at) => !binaryTables.has(`t${at}`)).map(([type]) => type)
    expect(values).toEqual(
      TYPES.map(([type]) => type).filter((type) => /^json$|\[\]|^tags$|^pair$|^nested$/.test(type)),
    )
  })

  const MANY = `CREATE TABLE many (id int PRIMARY KEY, i int8, f float8, g float4, n numeric, b bool, t text, u uuid, d date,
      l timestamp, z timestamptz, j jsonb, y bytea);
    SELECT setseed(0.4);
    INSERT INTO many SELECT n, CASE WHEN random() < 0.8 THEN (random() * 2e18)::int8 - 1000000000000000000 END,
      CASE (random() * 40)::int WHEN 0 THEN 'NaN' WHEN 1 THEN '-0' WHEN 2 THEN 'Infinity' ELSE (random() - 0.5) * 10 ^ (random() * 600 - 300) END,
      (random() - 0.5) * 10 ^ (random() * 60 - 30),
      CASE (random() * 40)::int WHEN 0 THEN 'NaN' ELSE round(((random() - 0.5) * 10 ^ (random() * 30 - 10))::numeric, (random() * 20)::int) END,
      random() < 0.5, CASE WHEN random() < 0.9 THEN repeat(chr(1 + (random() * 55000)::int), (random() * 200)::int) END,
      md5(n::text)::uuid, CASE (random() * 40)::int WHEN 0 THEN 'infinity' ELSE '0001-01-01'::date + (random() * 3700000)::int END,
      CASE (random() * 40)::int WHEN 0 THEN '-infinity' ELSE CASE (random() * 40)::int WHEN 0 THEN '4000-01-01 BC' ELSE '0001-01-01' END::timestamp + random() * interval '10100 years' END,
      '0001-01-01'::timestamptz + random() * interval '9990 years',
      jsonb_build_object('a', random() * 10 ^ (random() * 300), 'b', repeat('ä"\\', (random() * 9)::int)), decode(md5(n::text), 'hex')
      FROM generate_series(1, 30000) AS n`

  it('are those of the table, of which some are rejected', async () => {
    const world = await postgres()
    await world.run(MANY)
    binaryTables.clear()
    const config = { tables: { many: { cursor: false } } }
    const fast = await synced(world, sourceOf(watched), config)
    const plain = await synced(world, sourceOf(asRows), config)
    expect([...binaryTables]).toEqual(['many'])
    expect(await onlyInOne(fast, plain, REJECTS)).toEqual([])
    expect(counts(fast.report)).toEqual(counts(plain.report))
    const sum = `SELECT count(*), sum(hashtextextended((m.*)::text, 0)) AS hash FROM
      (SELECT id, i, f, g, n, b, t, u, d, l, z, j::text, y FROM tidemark.crm_many) AS m`
    expect(await fast.rows(sum)).toEqual(await plain.rows(sum))
    expect(Number((await fast.rows(sum))[0]!['count'])).toBeLessThan(29_500)
    expect(await onlyInOne(fast, plain, REJECTS)).toEqual([])
    expect(await fast.differences('crm_many')).toEqual({ different: 0, missing: 0, extra: 0 })
  })

  it.each(['i', 'd', 'l', 'z'])('have the positions of their cursor: %s', async (cursor) => {
    const world = await postgres()
    await world.run(MANY)
    await world.run(`DELETE FROM many WHERE n = 'NaN' OR f IN ('NaN', 'Infinity') OR NOT isfinite(d) OR NOT isfinite(l)
      OR l < '0001-01-01' OR l > '9000-01-01' OR d > '9000-01-01'; UPDATE many SET i = id * 3 WHERE random() < 0.9;
      CREATE INDEX ON many (${cursor}); ANALYZE many`)
    binaryTables.clear()
    const config = { tables: { many: { cursor, nullCursor: 'keep' } } }
    const fast = await synced(world, sourceOf(watched), config)
    const plain = await synced(world, sourceOf(asRows), config)
    expect([...binaryTables]).toEqual(['many'])
    expect(counts(fast.report)).toEqual(counts(plain.report))
    const sum = `SELECT count(*), count(_cursor), sum(hashtextextended((m.*)::text, 0)) AS hash FROM
      (SELECT id, i, f, g, n, b, t, u, d, l, z, j::text, y, _cursor FROM tidemark.crm_many) AS m`
    expect(await fast.rows(sum)).toEqual(await plain.rows(sum))
    expect(Number((await fast.rows(sum))[0]!['count'])).toBeGreaterThan(4000)
    expect(await onlyInOne(fast, plain, REJECTS)).toEqual([])
  })

  it('are found one by one where the database refuses some', async () => {
    const world = await postgres()
    // No index holds a key of so many random bytes.
    await world.run(`CREATE TABLE wide (k text PRIMARY KEY, v int);
      INSERT INTO wide SELECT n::text, n FROM generate_series(1, 5000) AS n`)
    await world.run(`ALTER TABLE wide DROP CONSTRAINT wide_pkey; INSERT INTO wide
      SELECT (SELECT string_agg(md5(random()::text || m || n), '') FROM generate_series(1, 400) AS m), -n FROM generate_series(1, 3) AS n`)
    binaryTables.clear()
    const config = { tables: { wide: { cursor: false, primaryKey: ['k'] } } }
    const fast = await synced(world, sourceOf(watched), config)
    const plain = await synced(world, sourceOf(asRows), config)
    expect([...binaryTables]).toEqual(['wide'])
    expect(counts(fast.report)).toEqual([
      { name: 'crm_wide', read: 5003, written: 5000, unchanged: 0, deduped: 0, rejected: 3 },
    ])
    expect(counts(plain.report)).toEqual(counts(fast.report))
    expect(await onlyInOne(fast, plain, REJECTS)).toEqual([])
  })

  it('are written by their rows where the database refuses their bytes', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE docs (id int PRIMARY KEY, j jsonb);
      INSERT INTO docs SELECT n, jsonb_build_object('n', n) FROM generate_series(1, 3000) AS n`)
    const broken: Reads = (read) =>
      async function* (question) {
        for await (const page of read(question)) {
          // The first brace of each page.
          if (isBinaryPage(page)) page.bytes[page.bytes.indexOf(0x7b)] = 0x5b
          yield isBinaryPage(page) ? { ...page, row: (at: number) => ({ ...page.row(at), j: { n: 'known' } }) } : page
        }
      }
    const { report, rows } = await synced(world, sourceOf(broken), { tables: { docs: { cursor: false } } })
    expect(counts(report)).toEqual([
      { name: 'crm_docs', read: 3000, written: 3000, unchanged: 0, deduped: 0, rejected: 0 },
    ])
    expect(
      await rows(`SELECT count(*), count(*) FILTER (WHERE j = '{"n": "known"}') AS known FROM tidemark.crm_docs`),
    ).toEqual([{ count: '3000', known: '3000' }])
  })

  it.each([
    ['without a cursor', { cursor: false }],
    ['by their cursor', { cursor: 'at' }],
  ])('that come twice are there once, by their last version, %s', async (_, how) => {
    const world = await postgres()
    await world.run(`CREATE TABLE twice (id int, v text, at timestamptz); CREATE INDEX ON twice (at); INSERT INTO twice
      SELECT CASE WHEN n % 3 = 0 THEN n / 2 ELSE n % 20000 END, 'version ' || n, '2024-01-01'::timestamptz + n * interval '1 second' FROM generate_series(0, 29999) AS n`)
    binaryTables.clear()
    const config = { tables: { twice: { ...how, primaryKey: ['id'] } } }
    const fast = await synced(world, sourceOf(watched), config)
    const plain = await synced(world, sourceOf(asRows), config)
    expect([...binaryTables]).toEqual(['twice'])
    // How many of them meet in one batch is chance.
    for (const { report } of [fast, plain]) {
      const { written, deduped, unchanged } = report.tables[0]!.rows
      expect([written + deduped + unchanged, deduped > 1000]).toEqual([30_000, true])
    }
    const query = 'SELECT id, v, _cursor FROM tidemark.crm_twice ORDER BY id'
    expect(await fast.rows(query)).toEqual(await plain.rows(query))
  })

  it('are read again, window by window and in the order of the cursor, to the same effect', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE log (id int PRIMARY KEY, v text, at timestamptz); CREATE INDEX ON log (at); INSERT INTO log
      SELECT n, 'version ' || n, '2024-01-01'::timestamptz + n * interval '1 minute' FROM generate_series(0, 29999) AS n`)
    // As many rows as are read in windows, each in the order of the cursor.
    await world.run(`ANALYZE log; UPDATE pg_class SET reltuples = 4000000 WHERE oid = 'log'::regclass`)
    binaryTables.clear()
    const config = { tables: { log: { cursor: 'at' } } }
    const both = [
      await synced(world, sourceOf(watched), config),
      await synced(world, sourceOf(asRows), config),
    ] as const
    expect([...binaryTables]).toEqual(['log'])
    const query = 'SELECT id, v, _cursor, _deleted_at IS NULL AS is_there FROM tidemark.crm_log ORDER BY id'
    expect(await both[0].rows(query)).toEqual(await both[1].rows(query))
    expect(both[0].report.tables[0]!.rows).toMatchObject({ read: 30_000, written: 30_000, rejected: 0 })
    await world.run(`UPDATE log SET v = 'new' WHERE id % 7 = 0; DELETE FROM log WHERE id % 1000 = 1`)
    binaryTables.clear()
    for (const one of both) await one.resync('crm_log')
    expect([...binaryTables]).toEqual(['log'])
    expect(await both[0].rows(query)).toEqual(await both[1].rows(query))
    const [count] = await both[0].rows(`SELECT count(*) FILTER (WHERE v = 'new' AND _deleted_at IS NULL) AS new,
      count(*) FILTER (WHERE _deleted_at IS NOT NULL) AS gone FROM tidemark.crm_log`)
    expect(count).toEqual({ new: '4281', gone: '30' })
  })

  it.each([
    ['window', { cursor: 'at' }],
    ['range of keys', { cursor: false, rangeRows: 2000 }],
  ])('are trimmed where they lie outside of the %s that is read', async (_, how) => {
    const world = await postgres()
    await world.run(`CREATE TABLE log (id int PRIMARY KEY, at timestamptz); CREATE INDEX ON log (at); INSERT INTO log
      SELECT n, now() - interval '7 days' + n * interval '1 minute' FROM generate_series(0, 5999) AS n`)
    await world.run('ANALYZE log')
    if (how.cursor !== false) await world.run(`UPDATE pg_class SET reltuples = 4000000 WHERE oid = 'log'::regclass`)
    const all = { from: undefined, to: how.cursor === false ? undefined : '2030-01-01T00:00:00Z', keyRange: undefined }
    const wider =
      (reads: Reads): Reads =>
      (read, name) =>
        reads((question) => read({ ...question, ...all } as typeof question), name)
    binaryTables.clear()
    const config = { tables: { log: how } }
    const fast = await synced(world, sourceOf(wider(watched)), config)
    const plain = await synced(world, sourceOf(wider(asRows)), config)
    expect([...binaryTables]).toEqual(['log'])
    expect(fast.report.tables[0]!.rows).toMatchObject({ written: 6000, unchanged: 0, deduped: 0 })
    expect(fast.report.tables[0]!.rows.trimmed).toBeGreaterThan(10_000)
    expect(plain.report.tables[0]!.rows.written).toBe(6000)
  })

  it('say how far a read has come that a standby stopped', async () => {
    const asked: (string | bigint | undefined)[] = []
    const reads = {
      table: { key: ['id'], name: 't' },
      bounds: { column: 'at', ordered: true, from: undefined, to: '2024-02-01T00:00:00Z' },
    } as unknown as SqlReads
    const rows = resumed(
      reads,
      async function* ({ bounds }) {
        asked.push(bounds?.from)
        if (asked.length > 1) return
        yield binaryPage(new Uint8Array(0), new Uint32Array(4), (at): Row => ({ at: `2024-01-0${at + 1}T00:00:00Z` }))
        throw new Error('canceling statement due to conflict with recovery')
      },
      { signal: new AbortController().signal, log: { debug() {}, info() {}, warn() {} } },
    )
    let pages = 0
    for await (const page of rows) if (isBinaryPage(page)) pages++
    expect(pages).toBe(1)
    expect(asked).toEqual([undefined, '2024-01-02T00:00:00Z'])
  })
})
