import { OpenSources } from '@tidemark/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LogConnection } from '../src/postgres/log/log-connection.ts'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'

/** The rows of table t at both ends. */
async function bothEnds(
  world: LogWorld,
  columns: string,
): Promise<{ readonly there: unknown; readonly here: unknown }> {
  const rows = await world.sql(`SELECT ${columns} FROM t ORDER BY id`)
  const names = columns.split(', ')
  const text = (value: unknown): string => String(value)
  return {
    there: rows.map((row) => row.map(text)),
    here: world.live('t', columns).map((row) => names.map((name) => text(row[name]))),
  }
}

async function expectEqual(world: LogWorld, columns: string): Promise<void> {
  const { there, here } = await bothEnds(world, columns)
  expect(here).toEqual(there)
}

/** Statements that change rows that no change of the log tells, and the columns that are compared. */
const UNTOLD: readonly (readonly [title: string, statements: readonly string[], columns: string])[] = [
  [
    'a column that came, went and came again',
    [
      'ALTER TABLE t ADD COLUMN made int DEFAULT 8',
      'UPDATE t SET v = 100 WHERE id = 1',
      'ALTER TABLE t DROP COLUMN made',
      'ALTER TABLE t ADD COLUMN made int DEFAULT 9',
    ],
    'id, v, made',
  ],
  [
    'a column that came twice, with changes of rows each time',
    [
      'ALTER TABLE t ADD COLUMN made int DEFAULT 8',
      'UPDATE t SET made = 80 WHERE id = 1',
      'ALTER TABLE t DROP COLUMN made',
      'UPDATE t SET v = 200 WHERE id = 2',
      'ALTER TABLE t ADD COLUMN made int',
      'UPDATE t SET made = 90 WHERE id = 3',
    ],
    'id, v, made',
  ],
  [
    'columns that took the names of each other',
    [
      'UPDATE t SET v = 100, w = 7 WHERE id = 1',
      'ALTER TABLE t RENAME COLUMN v TO x; ALTER TABLE t RENAME COLUMN w TO v; ALTER TABLE t RENAME COLUMN x TO w',
      'UPDATE t SET v = 8 WHERE id = 2',
    ],
    'id, v, w',
  ],
  ['a column that has another name', ['ALTER TABLE t RENAME COLUMN w TO renamed'], 'id, v, renamed'],
  [
    'a column whose values were written anew, of the same type',
    ['ALTER TABLE t ALTER COLUMN v TYPE int USING v * 2', 'UPDATE t SET w = 5 WHERE id = 1'],
    'id, v, w',
  ],
  ['a number that has fewer digits', ['ALTER TABLE t ALTER COLUMN price TYPE numeric(10, 2)'], 'id, price'],
  [
    'a number that has fewer digits after a truncation',
    [
      'TRUNCATE t; INSERT INTO t (id, price) VALUES (1, 1.2345), (3, 3.4567)',
      'ALTER TABLE t ALTER COLUMN price TYPE numeric(10, 2)',
    ],
    'id, price',
  ],
  [
    'a default that did not stay, and another file of the rows',
    [
      'ALTER TABLE t ADD COLUMN made int DEFAULT 6',
      'ALTER TABLE t ALTER COLUMN made DROP DEFAULT',
      'VACUUM FULL t',
      'UPDATE t SET v = 1 WHERE id = 2',
    ],
    'id, v, made',
  ],
]

describe.each(VERSIONS)('columns that change while the log of Postgres %s is read', (_, major) => {
  const { open } = logServer(major)

  async function filled(config: Record<string, unknown> = {}): Promise<LogWorld> {
    const world = await open(config)
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v int, w int, price numeric(10, 4));
      INSERT INTO t SELECT n, n, -n, n + 0.1234 FROM generate_series(1, 5) n`)
    await world.well()
    return world
  }

  it.each(UNTOLD)('%s: rows are as they are there, where nobody ran meanwhile', async (__, statements, columns) => {
    const world = await filled()
    for (const statement of statements) await world.sql(statement)
    await world.well()
    await expectEqual(world, columns)
    world.log.length = 0
    await world.sql('UPDATE t SET price = 3 WHERE id = 3')
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
    await expectEqual(world, columns)
  })

  it.each(UNTOLD)('%s: rows are as they are there, where a run read meanwhile', async (__, statements, columns) => {
    const world = await filled()
    // The run has found its tables, and what comes now is told by the log.
    const { next } = LogConnection.prototype
    onTestFinished(() => {
      LogConnection.prototype.next = next
    })
    const left = [...statements]
    LogConnection.prototype.next = async function (this: LogConnection) {
      const [statement] = left.splice(0, 1)
      if (statement !== undefined) await world.sql(statement)
      return await next.call(this)
    }
    await world.sql('UPDATE t SET v = 50 WHERE id = 5')
    // What came after its tables were found may be the next one's.
    await world.into.run()
    // A run may end before all of them.
    for (const statement of left.splice(0)) await world.sql(statement)
    await world.well()
    await expectEqual(world, columns)
  })

  it('a key of another type: rows that changed before are as they are there', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id uuid PRIMARY KEY, v int);
      INSERT INTO t SELECT ('6f0c2a3e-0000-4000-8000-00000000000' || n)::uuid, n FROM generate_series(1, 4) n`)
    await world.well()
    await world.sql(`UPDATE t SET v = 10 WHERE v = 1; DELETE FROM t WHERE v = 2`)
    await world.sql('ALTER TABLE t ALTER COLUMN id TYPE text')
    await world.sql(`UPDATE t SET id = 'now a text' WHERE v = 3`)
    await world.well()
    await expectEqual(world, 'id, v')
  })

  it('are followed by all runs over a source that stays connected, also by those that do not look for tables', async () => {
    const world = await filled()
    const openSources = new OpenSources(() => true, Number.POSITIVE_INFINITY)
    onTestFinished(() => openSources.close())
    const run = async (): Promise<void> => {
      const { tables } = await world.run({}, { openSources })
      expect(tables.flatMap(({ failures }) => failures)).toEqual([])
    }
    await run()
    await world.sql('ALTER TABLE t ADD COLUMN x int; UPDATE t SET x = 10 WHERE id = 1')
    await run()
    await world.sql('UPDATE t SET x = 20 WHERE id = 2; INSERT INTO t (id, x) VALUES (6, 60)')
    await run()
    await expectEqual(world, 'id, v, x')
  })

  it('a column that was dropped, and added again much later, has no value of before', async () => {
    const world = await filled()
    await world.sql('ALTER TABLE t DROP COLUMN w; UPDATE t SET v = 7 WHERE id = 1')
    await world.well()
    await world.sql('UPDATE t SET v = 8 WHERE id = 1')
    await world.well()
    await world.sql('ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = 9 WHERE id = 2')
    await world.well()
    await expectEqual(world, 'id, v, w')
  })

  it('a column that was left out is read for all rows when it is wanted again', async () => {
    const world = await filled()
    const without = { tables: { t: { columns: { w: false } } } }
    expect((await world.run(without)).exitCode).toBe(0)
    await world.sql('UPDATE t SET w = 100 WHERE id = 1')
    expect((await world.run(without)).exitCode).toBe(0)
    await world.well()
    await expectEqual(world, 'id, v, w')
    // Nothing has happened since.
    world.log.length = 0
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
  })

  it('VACUUM FULL and TRUNCATE do not have a table read again, nor does a column without a default', async () => {
    const world = await filled()
    world.log.length = 0
    await world.sql('VACUUM FULL t')
    await world.well()
    await world.sql('ALTER TABLE t ADD COLUMN x int')
    await world.sql('UPDATE t SET x = 1 WHERE id = 1')
    await world.well()
    await world.sql('TRUNCATE t; INSERT INTO t (id, x) VALUES (9, 9), (10, NULL)')
    await world.well()
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
    await expectEqual(world, 'id, v, x')
  })

  it('a partition that was detached, changed and attached again is read again', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int, day int, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE t_0 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (10) TO (20);
      INSERT INTO t VALUES (1, 1, 0), (2, 12, 0), (3, 13, 0)`)
    await world.well()
    await world.sql('ALTER TABLE t DETACH PARTITION t_1')
    await world.sql('UPDATE t_1 SET v = 5 WHERE id = 2; DELETE FROM t_1 WHERE id = 3')
    await world.sql('ALTER TABLE t ATTACH PARTITION t_1 FOR VALUES FROM (10) TO (20)')
    await world.well()
    expect(world.log.join('\n')).toMatch(
      /crm_t is read again: its partition "public"."t_1" was detached and attached again/,
    )
    await expectEqual(world, 'id, day, v')
    world.log.length = 0
    await world.sql('UPDATE t SET v = 6 WHERE id = 1')
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
  })
})
