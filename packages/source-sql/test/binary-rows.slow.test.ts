import type { Source, Table } from '@tidemark/core'
import { isBinaryPage } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type Report, type RunOptions, sync, verify } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import sql from '../src/index.ts'
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

describe('rows in the binary form of Postgres', { timeout: 300_000 }, () => {
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

  it('that come twice are there once, by their last version', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE twice (id int, v text); INSERT INTO twice
      SELECT n % 20000, 'version ' || n FROM generate_series(0, 29999) AS n`)
    binaryTables.clear()
    const config = { tables: { twice: { cursor: false, primaryKey: ['id'] } } }
    const fast = await synced(world, sourceOf(watched), config)
    const plain = await synced(world, sourceOf(asRows), config)
    expect([...binaryTables]).toEqual(['twice'])
    expect(counts(fast.report)).toEqual(counts(plain.report))
    const query = 'SELECT id, v FROM tidemark.crm_twice ORDER BY id'
    expect(await fast.rows(query)).toEqual(await plain.rows(query))
  })
})
