import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Opened, open, postgres, type World } from './harness.ts'

/** Tables that somebody writes again while we wait for their lock: a snapshot from before sees them empty. */
const FILLED = `INSERT INTO t SELECT n, '2024-01-01'::timestamptz + n * interval '1 hour' FROM generate_series(1, 300) n`

async function filled(makes: string): Promise<World> {
  const world = await postgres()
  await world.run(`${makes}; CREATE INDEX ON t (updated_at); ${FILLED}`)
  return world
}

const PLAIN = 'CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL)'
const PARTITIONED = `CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL) PARTITION BY HASH (id);
  CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)`

/** Does work while another session has changed the table and not yet committed; that one ends once it is waited for. */
async function beside<T>(world: World, change: string, work: () => Promise<T>): Promise<T> {
  const other = await world.session()
  await other('BEGIN')
  await other(change)
  const working = work()
  // Whatever becomes of it is looked at below.
  working.catch(() => {})
  for (let waiting = 0; waiting === 0; await sleep(20)) {
    const [row] = await world.run(`SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted`)
    waiting = Number(row!['n'])
  }
  await other('COMMIT')
  return await working
}

const reading = (opened: Opened) => () => opened.read('t', { to: '2025-01-01T00:00:00Z' })

describe('a table that is written again while its lock is waited for is read as it is then', () => {
  it.each([
    ['a column of another type', PLAIN, 'ALTER TABLE t ALTER id TYPE bigint'],
    ['a column that is filled', PLAIN, 'ALTER TABLE t ADD COLUMN more float8 DEFAULT random()'],
    ['a column that is filled, in partitions', PARTITIONED, 'ALTER TABLE t ADD COLUMN more float8 DEFAULT random()'],
    ['emptied and filled', PLAIN, `TRUNCATE t; ${FILLED}`],
    ['dropped and made', PLAIN, `DROP TABLE t; ${PLAIN}; ${FILLED}`],
    [
      'another one of its name',
      PLAIN,
      `ALTER TABLE t RENAME TO old; ${PLAIN.replace(' t ', ' u ')}; ${FILLED.replace(' t ', ' u ')}; ALTER TABLE u RENAME TO t`,
    ],
  ])('%s', async (_, makes, change) => {
    const world = await filled(makes)
    const opened = await open(world)
    const rows = await beside(world, change, reading(opened))
    expect(new Set(rows.map((row) => Number(row['id']))).size).toBe(300)
    expect(rows).toHaveLength(300)
  })

  it('read whole', async () => {
    const world = await filled(PLAIN)
    const opened = await open(world, { tables: { t: { cursor: false } } })
    expect(await beside(world, `TRUNCATE t; ${FILLED}`, () => opened.read('t'))).toHaveLength(300)
  })

  it('a view of it, and a view that keeps its rows', async () => {
    const world = await filled(PLAIN)
    await world.run(`CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT * FROM t`)
    const opened = await open(world, { views: true })
    expect(await beside(world, `TRUNCATE t; ${FILLED}`, () => opened.read('v'))).toHaveLength(300)
    expect(await beside(world, 'REFRESH MATERIALIZED VIEW m', () => opened.read('m'))).toHaveLength(300)
  })

  it('and so is the end of an integer cursor', async () => {
    const world = await filled(PLAIN)
    const opened = await open(world, { tables: { t: { cursor: 'id' } } })
    expect(String(await beside(world, `TRUNCATE t; ${FILLED}`, () => opened.end('t')))).toBe('301')
  })
})
