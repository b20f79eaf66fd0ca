import type { Table } from '@tidemark/core'
import type { RunOptions } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import type { Reads } from '../src/database.ts'
import { dialect as postgresDialect } from '../src/postgres/read.ts'
import { selectOf } from '../src/select.ts'
import type { Client } from '../src/source.ts'
import { dialect as sqliteDialect } from '../src/sqlite/dialect.ts'
import { hasMariaDb, mariadb, type Opened, open, postgres, type Row, sqlite, type World } from './harness.ts'
import { target } from './target.ts'

const systems = [
  ['Postgres', postgres],
  ['SQLite', sqlite],
  ...(hasMariaDb ? [['MariaDB', mariadb] as const] : []),
] as const

/** Ids with a large hole, and one that is far from all others. */
const ROWS = 20_000
async function filled(world: World, more = ''): Promise<void> {
  const id = 'CASE WHEN n < 10000 THEN n WHEN n < 19999 THEN 4000000 + n ELSE 9000000000000000 END'
  const series =
    world.system === 'postgres'
      ? `generate_series(0, ${ROWS - 1}) AS s(n)`
      : world.system === 'mysql'
        ? `(SELECT seq AS n FROM seq_0_to_${ROWS - 1}) AS s`
        : `(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < ${ROWS - 1}) SELECT n FROM s)`
  await world.run(
    `CREATE TABLE t (id bigint NOT NULL, x int NOT NULL, PRIMARY KEY (id${more === '' ? '' : ', x'}))${more}`,
  )
  await world.run(`INSERT INTO t SELECT ${id}, n FROM ${series}`)
  await analyzed(world)
}

/** What Postgres and MariaDB do by themselves after a while. */
async function analyzed(world: World): Promise<void> {
  if (world.system === 'postgres') await world.run('VACUUM ANALYZE t')
  if (world.system === 'mysql') await world.run('ANALYZE TABLE t')
}

const silent = { debug() {}, info() {}, warn() {} }
const config = (rangeRows: number | false) => ({ tables: { t: { rangeRows } } })

async function boundsOf({ client, table }: Opened): Promise<readonly bigint[] | undefined> {
  const question = { client, signal: new AbortController().signal, log: silent }
  const bounds = await table().keyRanges!.bounds(question as never)
  return bounds as readonly bigint[] | undefined
}

async function rangeOf(
  { client }: Opened,
  table: Table<Client>,
  keyRange: { from: bigint | undefined; to: bigint | undefined },
): Promise<readonly Row[]> {
  const question = { client, signal: new AbortController().signal, log: silent, keyRange }
  const rows: Row[] = []
  for await (const page of table.read(question as never)) rows.push(...(page as Row[]))
  return rows
}

describe.each(systems)('a large table without a cursor of %s', (_, make) => {
  it('is cut so that its ranges have about equally many rows, and together are the table', async () => {
    const world: World = await make()
    await filled(world)
    const opened = await open(world, config(2000))
    expect(opened.table().keyRanges?.column.column).toBe('id')
    const bounds = (await boundsOf(opened))!
    expect(bounds.length).toBeGreaterThanOrEqual(7)
    expect(bounds.length).toBeLessThanOrEqual(20)
    const sizes: number[] = []
    const seen = new Set<unknown>()
    for (const [at, from] of [undefined, ...bounds].entries()) {
      const rows = await rangeOf(opened, opened.table(), { from, to: bounds[at] })
      sizes.push(rows.length)
      for (const { id } of rows) {
        expect(from === undefined || BigInt(id as number) >= from).toBe(true)
        expect(bounds[at] === undefined || BigInt(id as number) < bounds[at]!).toBe(true)
        seen.add(id)
      }
    }
    expect(sizes.reduce((sum, size) => sum + size)).toBe(ROWS)
    expect(seen.size).toBe(ROWS)
    expect(Math.max(...sizes)).toBeLessThan(4500)
  })

  it('is cut by the first column of a key of two', async () => {
    const world: World = await make()
    await world.run('CREATE TABLE t (tenant int NOT NULL, id int NOT NULL, PRIMARY KEY (tenant, id))')
    const values = Array.from({ length: 40 }, (_, tenant) =>
      Array.from({ length: 100 }, (_, id) => `(${tenant}, ${id})`).join(),
    )
    await world.run(`INSERT INTO t VALUES ${values.join()}`)
    await analyzed(world)
    const opened = await open(world, config(500))
    const bounds = (await boundsOf(opened))!
    expect(bounds.length).toBeGreaterThanOrEqual(3)
    const sizes: number[] = []
    for (const [at, from] of [undefined, ...bounds].entries())
      sizes.push((await rangeOf(opened, opened.table(), { from, to: bounds[at] })).length)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(4000)
    expect(Math.max(...sizes)).toBeLessThan(2000)
  })

  it('is one read where it is small, where the config says so, and where no integer of its key cuts it', async () => {
    const world: World = await make()
    await filled(world)
    const small = await open(world)
    expect((await boundsOf(small)) ?? []).toEqual([])
    expect((await open(world, config(false))).table().keyRanges).toBeUndefined()
    await world.run('CREATE TABLE named (name varchar(20) NOT NULL PRIMARY KEY, x int)')
    const named = await open(world, { tables: { named: { rangeRows: 10 } } })
    expect(named.table('named').keyRanges).toBeUndefined()
    expect(named.warnings).toEqual([
      'named: rangeRows has no effect: no index begins with an integer of its key (name)',
    ])
  })

  it('resumes where it was stopped, finds deletions in each range, and is read from the beginning by the next run', async () => {
    const world: World = await make()
    await filled(world)
    const into = target(world, config(2000))
    const stop = new AbortController()
    let ended = 0
    const onEvent: RunOptions['onEvent'] = ({ type }) => {
      if (type === 'step-ended' && ++ended === 3) stop.abort(new Error('stopped'))
    }
    await into.run({}, { signal: stop.signal, onEvent }).catch(() => {})
    const held = () => Number(into.rows('SELECT count(*) AS n FROM crm_t WHERE _deleted_at IS NULL')[0]!['n'])
    const ranges = () =>
      into.rows(
        'SELECT from_position, to_position FROM _tidemark_steps WHERE ended_at IS NOT NULL AND run = (SELECT max(run) FROM _tidemark_runs) ORDER BY step',
      )
    const before = ranges()
    expect(before.length).toBeGreaterThanOrEqual(3)
    expect(held()).toBeLessThan(ROWS / 2)
    expect(held()).toBeGreaterThan(0)
    await into.run()
    expect(held()).toBe(ROWS)
    const rest = ranges()
    // Two are read at a time, and the second may end first: each was read once, and together they are the table.
    const low = (range: (typeof rest)[number]) => range['from_position'] as bigint | number | null
    const inOrder = [...before, ...rest].toSorted((a, b) =>
      low(a) === null ? -1 : low(b) === null ? 1 : low(a)! < low(b)! ? -1 : 1,
    )
    expect(inOrder.map(low)).toEqual([null, ...inOrder.slice(0, -1).map((range) => range['to_position'])])
    expect(inOrder.at(-1)!['to_position']).toBe(null)
    expect(into.rows('SELECT count(*) AS n FROM _tidemark_refreshed_ranges')).toEqual([{ n: 0 }])

    await world.run('DELETE FROM t WHERE id IN (0, 5000, 4015000, 9000000000000000)')
    await world.run('UPDATE t SET x = -1 WHERE id > 4010000')
    const next = await into.run()
    expect(next.tables[0]!.rows).toMatchObject({ deleted: 4, written: 9997 })
    expect(held()).toBe(ROWS - 4)
    // How many there are is for the statistics to say.
    expect([ranges()[0]!['from_position'], ranges().at(-1)!['to_position']]).toEqual([null, null])
  })
})

it.each([
  ['Postgres', postgres, postgresDialect, 'EXPLAIN ', /Index (Only )?Scan/],
  ['SQLite', sqlite, sqliteDialect, 'EXPLAIN QUERY PLAN ', /SEARCH t USING (INTEGER PRIMARY KEY|.*INDEX)/],
] as const)('is read by its index, not by looking at all rows: %s', async (_, make, dialect, explain, index) => {
  const world: World = await make()
  await filled(world)
  const { client } = await open(world)
  const tables = await client.database.tables({ signal: new AbortController().signal, log: silent })
  const table = tables.find(({ name }) => name === 't')!
  const reads: Reads = {
    table,
    columns: table.columns,
    bounds: undefined,
    keys: { column: 'id', from: 100n, to: 200n },
  }
  const { sql, parameters } = selectOf(reads, dialect, { range: 'window' })
  expect(JSON.stringify(await world.run(`${explain}${sql}`, parameters))).toMatch(index)
  const { sql: whole } = selectOf({ ...reads, keys: undefined }, dialect, { range: 'window' })
  expect(JSON.stringify(await world.run(`${explain}${whole}`, []))).not.toMatch(index)
})

it('of partitions is cut by the statistics of all of them: Postgres', async () => {
  const world = await postgres()
  await world.run(`CREATE TABLE t (id bigint NOT NULL, x int NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id)`)
  await world.run(`CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (1000)`)
  await world.run(`CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (1000) TO (4000)`)
  await world.run(`INSERT INTO t SELECT n, n FROM generate_series(0, 3999) n`)
  await world.run('ANALYZE t')
  await world.run('ANALYZE t1; ANALYZE t2')
  const opened = await open(world, config(1000))
  const bounds = (await boundsOf(opened))!
  expect(bounds.map((bound) => Math.round(Number(bound) / 100))).toEqual([10, 20, 30])
})

it('that was never analyzed is one read: Postgres', async () => {
  const world = await postgres()
  await world.run('CREATE TABLE t (id bigint PRIMARY KEY) WITH (autovacuum_enabled = false)')
  await world.run('INSERT INTO t SELECT generate_series(1, 5000)')
  const opened = await open(world, config(1000))
  expect((await boundsOf(opened)) ?? []).toEqual([])
})

it('warns where rangeRows has no effect, once', async () => {
  const world = await sqlite()
  await world.run(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at DATETIME NOT NULL); CREATE INDEX u ON t (updated_at)',
  )
  const opened = await open(world, config(10))
  expect(opened.warnings).toEqual(['t: rangeRows has no effect: the table is read by its cursor "updated_at"'])
  expect((await open(world, config(10), opened.known())).warnings).toEqual([])
})
