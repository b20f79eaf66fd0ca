import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, postgres, sqlite, type World } from './harness.ts'
import { type Target, target } from './target.ts'

const statusOf = (one: Target): Record<string, unknown> =>
  Object.fromEntries(
    one.rows('SELECT name, status FROM _tidemark_tables ORDER BY 1').map((row) => [row['name'], row['status']]),
  )

const systems = [
  ['Postgres', postgres, 'timestamptz(6)', 'now()'],
  ['SQLite', sqlite, 'DATETIME', 'CURRENT_TIMESTAMP'],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'timestamp(6)', 'CURRENT_TIMESTAMP(6)'] as const] : []),
] as const

describe.each(systems)('a database of %s', (_, make, time, now) => {
  let world: World
  let into: Target
  const quick = { tables: { orders: { minAge: '0s' } } }

  it('gives its history, then what is new; new tables come, dropped ones stay', async () => {
    world = await make()
    into = target(world, quick)
    await world.run(
      `CREATE TABLE orders (id int NOT NULL PRIMARY KEY, total decimal(10,2), updated_at ${time} NOT NULL)`,
    )
    await world.run('CREATE INDEX orders_u ON orders (updated_at)')
    await world.run('CREATE TABLE kinds (id int NOT NULL PRIMARY KEY, name varchar(20))')
    await world.run(`INSERT INTO orders VALUES (1, 10.50, '2020-01-01 00:00:00'), (2, 20, '2024-01-01 00:00:00')`)
    await world.run(`INSERT INTO kinds VALUES (1, 'a'), (2, 'b')`)
    const first = await into.run()
    expect([first.exitCode, first.tables.map((table) => [table.name, table.rows.written])]).toEqual([
      0,
      [
        ['crm_kinds', 2],
        ['crm_orders', 2],
      ],
    ])
    // A change, a row of long ago by its stamp that nobody can find, and a deletion that a cursor cannot see.
    await world.run(`INSERT INTO orders VALUES (3, 30, ${now})`)
    await world.run(`UPDATE orders SET total = 11, updated_at = ${now} WHERE id = 1`)
    await world.run('DELETE FROM orders WHERE id = 2')
    await world.run('DELETE FROM kinds WHERE id = 2')
    await world.run('CREATE TABLE added (id int NOT NULL PRIMARY KEY)')
    await world.run('INSERT INTO added VALUES (7)')
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const second = await into.run()
    expect(second.exitCode).toBe(0)
    expect(
      into
        .rows('SELECT id, total, _deleted_at IS NULL AS here FROM crm_orders ORDER BY id')
        .map((row) => [row['id'], Number(row['total']), row['here']]),
    ).toEqual([
      [1, 11, 1],
      [2, 20, 1],
      [3, 30, 1],
    ])
    expect(into.rows('SELECT id, _deleted_at IS NULL AS here FROM crm_kinds ORDER BY id')).toEqual([
      { id: 1, here: 1 },
      { id: 2, here: 0 },
    ])
    expect(into.rows('SELECT id FROM crm_added')).toEqual([{ id: 7 }])
    await world.run('DROP TABLE orders')
    const third = await into.run()
    expect(third.exitCode).toBe(0)
    expect(statusOf(into)).toEqual({ crm_added: 'complete', crm_kinds: 'complete', crm_orders: 'removed' })
    expect(into.rows('SELECT count(*) AS n FROM crm_orders')).toEqual([{ n: 3 }])
  })

  it('replaces windows of tables without a key, and whole tables without a cursor', async () => {
    world = await make()
    into = target(world, { tables: { log: { cursor: 'at', minAge: '0s' } } })
    await world.run(`CREATE TABLE log (at ${time} NOT NULL, line varchar(20))`)
    await world.run('CREATE TABLE bag (x int)')
    await world.run(
      `INSERT INTO log VALUES ('2024-01-01 00:00:00', 'a'), ('2024-01-01 00:00:00', 'a'), ('2024-01-02 00:00:00', 'b')`,
    )
    await world.run('INSERT INTO bag VALUES (1), (1), (NULL)')
    await into.run()
    await world.run(`INSERT INTO log VALUES (${now}, 'c')`)
    await world.run('DELETE FROM bag WHERE x IS NULL')
    await world.run('INSERT INTO bag VALUES (2)')
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await into.run()).exitCode).toBe(0)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT line FROM crm_log ORDER BY line')).toEqual(['a', 'a', 'b', 'c'].map((line) => ({ line })))
    expect(into.rows('SELECT x FROM crm_bag WHERE _deleted_at IS NULL ORDER BY x')).toEqual([
      { x: 1 },
      { x: 1 },
      { x: 2 },
    ])
  })

  it('pauses a table that lost its cursor, and reads the others', async () => {
    world = await make()
    into = target(world)
    for (const name of ['a', 'b']) {
      await world.run(`CREATE TABLE ${name} (id int NOT NULL PRIMARY KEY, updated_at ${time} NOT NULL)`)
      await world.run(`CREATE INDEX ${name}_u ON ${name} (updated_at)`)
      await world.run(`INSERT INTO ${name} VALUES (1, '2024-01-01 00:00:00')`)
    }
    await into.run()
    // That an index goes is no reason to stop.
    await world.run(world.system === 'mysql' ? 'DROP INDEX a_u ON a' : 'DROP INDEX a_u')
    expect((await into.run()).exitCode).toBe(0)
    expect(statusOf(into)).toEqual({ crm_a: 'complete', crm_b: 'complete' })
    await world.run('ALTER TABLE a DROP COLUMN updated_at')
    expect((await into.run()).exitCode).toBe(3)
    expect(statusOf(into)).toEqual({ crm_a: 'paused', crm_b: 'complete' })
    expect(into.log.join('\n')).toContain('its cursor changed from updated_at to none')
  })

  it('tells the null of JSON from NULL', async () => {
    world = await make()
    into = target(world)
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, x json)')
    await world.run(`INSERT INTO t VALUES (1, 'null'), (2, NULL), (3, '[null]')`)
    const first = await into.run()
    expect([first.exitCode, first.tables[0]!.rows.rejected]).toEqual([0, 0])
    expect(into.rows('SELECT id, x FROM crm_t ORDER BY id')).toEqual([
      { id: 1, x: 'null' },
      { id: 2, x: null },
      { id: 3, x: '[null]' },
    ])
    expect((await into.run()).tables[0]!.rows).toMatchObject({ written: 0, unchanged: 3 })
  })

  it('takes a new column, and a type that grows', async () => {
    world = await make()
    into = target(world)
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, x int)')
    await world.run('INSERT INTO t VALUES (1, 5)')
    await into.run()
    await world.run('ALTER TABLE t ADD y varchar(10)')
    if (world.system === 'postgres') await world.run('ALTER TABLE t ALTER x TYPE text')
    if (world.system === 'mysql') await world.run('ALTER TABLE t MODIFY x varchar(10)')
    await world.run(`INSERT INTO t VALUES (2, 'six', 'y')`)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id, x, y FROM crm_t ORDER BY id')).toEqual([
      { id: 1, x: '5', y: null },
      { id: 2, x: 'six', y: 'y' },
    ])
  })
})

describe('a column of Postgres of another type', () => {
  it('goes on where nothing is lost: double to numeric, with every digit', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY, x float8)')
    await world.run('INSERT INTO t VALUES (1, 0.1), (2, 1e21), (3, NULL)')
    const into = target(world)
    await into.run()
    await world.run('ALTER TABLE t ALTER x TYPE numeric')
    await world.run(`INSERT INTO t VALUES (4, '0.12345678901234567890')`)
    const report = await into.run()
    expect([report.exitCode, report.tables[0]!.failures]).toEqual([0, []])
    expect(into.rows('SELECT x FROM crm_t ORDER BY id').map(({ x }) => x)).toEqual([
      '0.1',
      '1000000000000000000000',
      null,
      '0.12345678901234567890',
    ])
  })

  it('fails its table where nobody says of which zone its times are, until that is wanted', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY, x timestamp)')
    await world.run(`INSERT INTO t VALUES (1, '2024-01-31 12:00')`)
    const into = target(world)
    await into.run()
    await world.run(`ALTER TABLE t ALTER x TYPE timestamptz USING x AT TIME ZONE 'Asia/Tokyo'`)
    const report = await into.run()
    expect(report.tables[0]!.failures[0]!.failure.message).toMatch(
      /column "x" was local_timestamp .*resync crm_t --full/,
    )
    expect(into.rows('SELECT x FROM crm_t')).toEqual([{ x: '2024-01-31T12:00:00.000000' }])
    expect((await into.resync('t', { full: true })).exitCode).toBe(0)
    expect(into.rows('SELECT x FROM crm_t')).toEqual([{ x: '2024-01-31T03:00:00.000000Z' }])
  })
})

describe.each([
  ['Postgres', postgres, 'serial PRIMARY KEY', 'timestamptz(6)'],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'int AUTO_INCREMENT PRIMARY KEY', 'timestamp(6)'] as const] : []),
] as const)('a slow transaction of %s', (_, make, id, time) => {
  it('loses no row: it is read when it has ended', async () => {
    const world: World = await make()
    const into = target(world, {
      tables: { stamped: { minAge: '0s', lookback: '0s' }, numbered: { cursor: 'id', lookback: 0 } },
    })
    await world.run(`CREATE TABLE stamped (id ${id}, updated_at ${time} NOT NULL DEFAULT CURRENT_TIMESTAMP(6))`)
    await world.run('CREATE INDEX stamped_u ON stamped (updated_at)')
    await world.run(`CREATE TABLE numbered (id ${id}, x int)`)
    const slow = await world.session()
    await slow('BEGIN')
    await slow('INSERT INTO stamped (id) VALUES (1)')
    await slow('INSERT INTO numbered (x) VALUES (1)')
    await new Promise((resolve) => setTimeout(resolve, 2500))
    await world.run('INSERT INTO stamped (id) VALUES (2)')
    await world.run('INSERT INTO numbered (x) VALUES (2)')
    expect((await into.run()).exitCode).toBe(0)
    const here = (table: string): unknown[] =>
      into.rows(`SELECT count(*) AS n FROM _tidemark_tables WHERE name = 'crm_${table}' AND ever_filled`).length === 0
        ? []
        : into.rows(`SELECT id FROM crm_${table} ORDER BY id`).map((row) => row['id'])
    expect([here('stamped'), here('numbered')]).toEqual([[], []])
    await slow('COMMIT')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect((await into.run()).exitCode).toBe(0)
    expect([here('stamped'), here('numbered')]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })
})

describe('a table that Tidemark wrote', () => {
  it('is a source of others where it is named, with the columns of the system', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')`)
    const first = target(world)
    await first.run()
    const second = target({ url: first.file }, { include: ['crm_t'] })
    const report = await second.run()
    expect([report.exitCode, report.tables[0]!.rows]).toMatchObject([0, { written: 2, rejected: 0 }])
    expect(second.rows('SELECT id, v, _deleted_at FROM crm_crm_t ORDER BY id')).toEqual([
      { id: 1, v: 'a', _deleted_at: null },
      { id: 2, v: 'b', _deleted_at: null },
    ])
  })
})

describe('another database behind the same name', () => {
  it('pauses its tables', async () => {
    const [one, other] = [await postgres(), await postgres()]
    for (const world of [one, other]) await world.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)')
    const into = target(one)
    await into.run()
    expect((await into.run({ url: other.url })).exitCode).toBe(3)
    expect(statusOf(into)).toEqual({ crm_t: 'paused' })
  })
})
