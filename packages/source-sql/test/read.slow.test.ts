import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, open, postgres, type Row, sqlite, type World } from './harness.ts'

const servers = [
  ['Postgres', postgres, 'timestamp(6)'],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'datetime(6)'] as const] : []),
] as const
const all = [...servers, ['SQLite', sqlite, 'datetime'] as const] as const

describe('a window', () => {
  it.each(servers)('is half-open, to the microsecond: %s', async (_, make, type) => {
    const world: World = await make()
    await world.run(
      `CREATE TABLE t (id int PRIMARY KEY, updated_at ${type} NOT NULL); CREATE INDEX t_u ON t (updated_at)`,
    )
    await world.run(`INSERT INTO t VALUES (1, '2024-01-01 00:00:00.123455'), (2, '2024-01-01 00:00:00.123456'),
      (3, '2024-01-01 00:00:00.123457'), (4, '2024-01-01 00:00:00.123458')`)
    const opened = await open(world)
    const rows = await opened.read('t', { from: '2024-01-01T00:00:00.123456', to: '2024-01-01T00:00:00.123458' })
    expect(rows).toEqual([
      { id: 2, updated_at: '2024-01-01T00:00:00.123456' },
      { id: 3, updated_at: '2024-01-01T00:00:00.123457' },
    ])
  })

  it('holds at least its rows where times are texts of any form: SQLite', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at DATETIME NOT NULL); CREATE INDEX u ON t (updated_at);
      INSERT INTO t VALUES (1, '2024-01-01 23:59:59.999'), (2, '2024-01-02T00:00:00'), (3, '2024-01-02 00:00'), (4, '2024-01-02T12:00:00.5'), (5, '2024-01-05 00:00:00')`)
    const opened = await open(world)
    const rows = await opened.read('t', { from: '2024-01-02T00:00:00.000', to: '2024-01-02T12:00:01.000' })
    expect(
      rows
        .map((row) => row['id'])
        .filter((id) => id !== 1)
        .sort(),
    ).toEqual([2, 3, 4])
    expect(rows[0]).toMatchObject({ updated_at: expect.stringMatching(/^2024-01-0\dT/) })
  })

  it.each(all)('takes rows without a cursor once, with the newest: %s', async (_, make, type) => {
    const world: World = await make()
    await world.run(
      `CREATE TABLE t (id int NOT NULL PRIMARY KEY, updated_at ${type} NULL); CREATE INDEX t_u ON t (updated_at)`,
    )
    await world.run(`INSERT INTO t VALUES (1, NULL), (2, '2024-01-01 00:00:00')`)
    const opened = await open(world)
    expect([opened.table().cursor?.column, opened.table().nullCursor]).toEqual(['updated_at', 'keep'])
    const end = String(await opened.end())
    const ids = async (window: { from?: unknown; to: unknown }) =>
      (await opened.read('t', window)).map((row) => row['id'])
    expect(await ids({ to: end })).toEqual([1, 2])
    expect(await ids({ to: '2025-01-01T00:00:00.000' })).toEqual([2])
    const skipping = await open(world, { tables: { t: { nullCursor: 'skip' } } })
    expect((await skipping.read()).map((row) => row['id'])).toEqual([2])
  })
})

describe('pages', () => {
  const ROWS = 25_000
  it.each(all)('give every row once, with equal cursors and keys of any case: %s', async (_, make, type) => {
    const world: World = await make()
    const number = world.system === 'mysql' ? 'seq' : 'n'
    const series =
      world.system === 'postgres'
        ? `generate_series(0, ${ROWS - 1}) n`
        : world.system === 'mysql'
          ? `seq_0_to_${ROWS - 1}`
          : `(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < ${ROWS - 1}) SELECT n FROM s)`
    const letter =
      world.system === 'sqlite'
        ? `char(65 + n % 26 + 32 * (n % 2))`
        : `${world.system === 'mysql' ? 'char' : 'chr'}(65 + ${number} % 26 + 32 * (${number} % 2))`
    await world.run(
      `CREATE TABLE t (a varchar(20) NOT NULL, b int NOT NULL, updated_at ${type} NOT NULL, PRIMARY KEY (a, b)); CREATE INDEX t_u ON t (updated_at)`,
    )
    await world.run(
      `INSERT INTO t SELECT ${letter}, ${number}, CASE WHEN ${number} % 3 = 0 THEN '2024-01-01 00:00:00' ELSE '2024-01-02 00:00:00' END${world.system === 'postgres' ? '::timestamp' : ''} FROM ${series}`,
    )
    const check = (rows: readonly Row[]) => {
      expect(rows).toHaveLength(ROWS)
      expect(new Set(rows.map((row) => row['b'])).size).toBe(ROWS)
    }
    check(await (await open(world)).read())
    check(await (await open(world, { tables: { t: { cursor: false } } })).read())
    // Without a key, and with a view, nothing pages.
    await world.run('CREATE VIEW v AS SELECT b, updated_at FROM t')
    check(await (await open(world, { include: ['v'] })).read('v'))
  })

  it.each([['Postgres', postgres], ...(hasMariaDb ? [['MariaDB', mariadb] as const] : [])] as const)(
    'are of one snapshot, and stop no writer: %s',
    async (_, make) => {
      const world: World = await make()
      await world.run('CREATE TABLE t (id int PRIMARY KEY, x int NOT NULL)')
      for (let from = 0; from < 30_000; from += 5000)
        await world.run(`INSERT INTO t VALUES ${Array.from({ length: 5000 }, (_, at) => `(${from + at}, 0)`).join()}`)
      const opened = await open(world)
      const rows: Row[] = []
      const question = { client: opened.client, signal: new AbortController().signal, log: console }
      for await (const page of opened.table().read(question as never)) {
        if (rows.length === 0) await world.run('UPDATE t SET x = 1; DELETE FROM t WHERE id > 100')
        rows.push(...(page as Row[]))
      }
      expect([rows.length, rows.filter((row) => row['x'] !== 0).length]).toEqual([30_000, 0])
    },
  )

  it('stop no writer of a file that is not in WAL mode', async () => {
    const world = await sqlite()
    await world.run('CREATE TABLE t (id INTEGER PRIMARY KEY, x)')
    await world.run(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO t SELECT i, 0 FROM n',
    )
    const writer = await world.session()
    const opened = await open(world)
    let rows = 0
    for await (const page of opened
      .table()
      .read({ client: opened.client, signal: new AbortController().signal, log: console } as never)) {
      await writer('PRAGMA busy_timeout = 0')
      await writer(`UPDATE t SET x = x + 1 WHERE id = ${rows + 1}`)
      rows += (page as Row[]).length
    }
    expect(rows).toBe(30_000)
  })

  it('of wide rows are small', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (id int PRIMARY KEY, x text); ALTER TABLE t ALTER x SET STORAGE EXTERNAL;
      INSERT INTO t SELECT n, repeat('ü', 500000) FROM generate_series(1, 40) n`)
    const opened = await open(world)
    const sizes: number[] = []
    let bad = 0
    for await (const page of opened
      .table()
      .read({ client: opened.client, signal: new AbortController().signal, log: console } as never)) {
      sizes.push((page as Row[]).length)
      bad += (page as Row[]).filter((row) => row['x'] !== 'ü'.repeat(500_000)).length
    }
    expect([sizes.reduce((a, b) => a + b), bad]).toEqual([40, 0])
  })

  it('that nobody takes any more leave nothing running on the server', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 50000)')
    await world.run('CREATE VIEW slow AS SELECT id, pg_sleep(0.05)::text FROM t')
    const opened = await open(world, { include: ['t', 'slow'] })
    const active = async () =>
      (
        await world.run(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
        )
      ).length
    const first = opened
      .table('t')
      .read({ client: opened.client, signal: new AbortController().signal, log: console } as never)
    for await (const _ of first) break
    const stop = new AbortController()
    const second = opened
      .table('slow')
      .read({ client: opened.client, signal: stop.signal, log: console } as never)
      [Symbol.asyncIterator]()
    const waiting = second.next()
    await sleep(300)
    expect(await active()).toBe(1)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
    for (let attempt = 0; attempt < 50 && (await active()) > 0; attempt++) await sleep(100)
    expect(await active()).toBe(0)
  })
})
