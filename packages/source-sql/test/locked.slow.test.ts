import { describe, expect, it } from 'vitest'
import { errorOf, hasMariaDb, mariadb, open, postgres, type World } from './harness.ts'

const systems = [
  ['Postgres', postgres, 'timestamptz', ['BEGIN', 'LOCK TABLE b IN ACCESS EXCLUSIVE MODE']],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'datetime(6)', ['LOCK TABLES b WRITE']] as const] : []),
] as const

describe.each(systems)('a table of %s that somebody has locked', (_, make, time, lock) => {
  it('fails alone and is named; the others are found and read at once', async () => {
    const world = await make()
    for (const name of ['a', 'b', 'c']) {
      await world.run(`CREATE TABLE ${name} (id int NOT NULL PRIMARY KEY, updated_at ${time} NOT NULL)`)
      await world.run(`CREATE INDEX ${name}_u ON ${name} (updated_at)`)
      await world.run(`INSERT INTO ${name} VALUES (1, '2024-01-01 00:00:00')`)
    }
    const other = await world.session()
    for (const statement of lock) await other(statement)
    const begun = Date.now()
    const opened = await open(world)
    expect(opened.tables.map(({ name, cursor }) => [name, cursor?.column])).toEqual(
      ['a', 'b', 'c'].map((name) => [name, 'updated_at']),
    )
    expect([await opened.read('a'), await opened.read('c')].map((rows) => rows.length)).toEqual([1, 1])
    expect(Date.now() - begun).toBeLessThan(4000)
    const error = await errorOf(opened.read('b'))
    expect([error.remedy, error.message]).toEqual(['retry', expect.stringMatching(/: table "b": .*(lock|Lock)/)])
  })
})

describe('the look at the tables of Postgres', () => {
  async function large(): Promise<World> {
    const world = await postgres()
    await world.run(`CREATE SCHEMA s; CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL); CREATE INDEX ON t (updated_at);
      INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-02-01'); CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS id`)
    await world.run(`UPDATE pg_class SET reltuples = 10000000, relpages = 100000 WHERE oid = 't'::regclass`)
    return world
  }

  it('waits for no lock, whatever is locked', async () => {
    const world = await large()
    const [one, two] = [await world.session(), await world.session()]
    await one('BEGIN; REFRESH MATERIALIZED VIEW s.m')
    await two('BEGIN; ALTER TABLE t ADD x int')
    const begun = Date.now()
    const opened = await open(world, { views: true, exclude: ['t'] })
    expect(opened.tables.map(({ name }) => name)).toEqual(['s.m'])
    expect(Date.now() - begun).toBeLessThan(2000)
  })

  it('gives up the ends of a large table that is locked, which then fails by itself', async () => {
    const world = await large()
    const other = await world.session()
    await other('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE')
    const opened = await open(world)
    expect(opened.table('t').cursor?.column).toBe('updated_at')
    expect((await errorOf(opened.read('t'))).message).toContain('table "t": locked by other sessions')
    await other('COMMIT')
    expect(await opened.read('t')).toHaveLength(2)
  })

  it('knows how many rows there are before anybody has analyzed them', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5000)')
    await world.run('SELECT pg_stat_force_next_flush()')
    const asked = { signal: new AbortController().signal, log: { debug() {}, info() {}, warn() {} } }
    const rows = async () => (await (await open(world)).client.database.tables(asked))[0]!.rows
    expect(await rows()).toBe(5000)
    await world.run('ANALYZE t')
    expect(await rows()).toBe(5000)
  })
})
