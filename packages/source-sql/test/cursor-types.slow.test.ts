import { describe, expect, it } from 'vitest'
import { errorOf, hasMariaDb, mariadb, open, postgres, sqlite, type World } from './harness.ts'
import { target } from './target.ts'

const systems = [
  ['Postgres', postgres],
  ['SQLite', sqlite],
  ...(hasMariaDb ? [['MariaDB', mariadb] as const] : []),
] as const

async function filled(world: World, kind: string, values: readonly string[]): Promise<World> {
  await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, c ${kind} NOT NULL)`)
  await world.run('CREATE INDEX t_c ON t (c)')
  for (const [at, value] of values.entries()) await world.run(`INSERT INTO t VALUES (${at + 1}, ${value})`)
  return world
}

const ISO = [`'2024-01-31T10:00:00Z'`, `'2024-02-01T10:00:00+02:00'`, `'2024-02-02 10:00:00'`]

describe.each(systems)('a cursor of %s that is called another type than it is', (name, make) => {
  it.each([
    ['varchar(40)', ISO, 'timestamp'],
    ['varchar(40)', ISO, 'local_timestamp'],
    ['varchar(40)', [`'2024-01-31'`], 'date'],
    ['varchar(40)', [`'9'`, `'10'`, `'100'`], 'integer'],
    ['int', ['1706695200', '1706781600'], 'timestamp'],
    ['bigint', ['1706695200000', '1706781600000'], 'date'],
    ['decimal(12,2)', ['1.50', '2.50'], 'integer'],
    ['double precision', ['1.5', '2.5'], 'integer'],
    ['date', [`'2024-01-31'`], 'timestamp'],
  ] as const)('%s as it is: %s as %s', async (kind, values, type) => {
    const world = await filled(await make(), kind, values)
    const error = await errorOf(open(world, { tables: { t: { cursor: 'c', columns: { c: type } } } }))
    const names: Record<string, string> = {
      'varchar(40)': 'character varying(40)',
      'decimal(12,2)': 'numeric(12,2)',
      int: 'integer',
    }
    const real =
      name === 'Postgres' ? (names[kind] ?? kind) : name === 'MariaDB' ? kind.replace(' precision', '') : kind
    expect([error.remedy, error.message]).toEqual([
      'fix-config',
      expect.stringContaining('column "c" of table "t" is '),
    ])
    expect(error.message.toLowerCase()).toContain(`is ${real}`)
    expect(error.message).toMatch(/cursor: false/)
    // What it says is what works.
    const into = target(world, {
      tables: { t: { cursor: false, columns: { c: kind.startsWith('varchar') ? 'text' : type } } },
    })
    await into.run()
    const native = await errorOf(open(world, { tables: { t: { cursor: 'c' } } })).catch(() => undefined)
    expect(/take "c" out of "columns"/.test(error.message)).toBe(native === undefined)
  })

  it('is refused no other table, and one that is known pauses', async () => {
    const world = await filled(await make(), 'varchar(40)', ISO)
    const opened = await open(
      world,
      { tables: { t: { columns: { c: 'timestamp' } } } },
      { t: { cursor: 'c', columns: [{ name: 'c', type: 'timestamp' }] } },
    )
    expect([opened.table().cursor, opened.warnings]).toEqual([
      undefined,
      [expect.stringMatching(/the table lost its cursor: column "c"/)],
    ])
  })

  it('is taken where the database compares it so', async () => {
    const world = await make()
    const whole = { postgres: 'numeric(20,0)', mysql: 'bigint unsigned', sqlite: 'decimal(20)' }[world.system]
    const time = { postgres: 'timestamp', mysql: 'datetime', sqlite: 'datetime' }[world.system]
    await world.run(`CREATE TABLE t (c ${whole} NOT NULL PRIMARY KEY, at ${time} NOT NULL)`)
    for (const n of [9, 10, 100]) await world.run(`INSERT INTO t VALUES (${n}, '2024-01-01 00:00:10')`)
    const recent = new Date(Date.now() - 300_000).toISOString().slice(0, 19).replace('T', ' ')
    for (const config of [
      { cursor: 'c', columns: { c: 'integer' } },
      { cursor: 'at', columns: { at: 'timestamp' } },
    ]) {
      const into = target(world, { tables: { t: config } })
      expect((await into.run()).exitCode).toBe(0)
      await world.run(`INSERT INTO t VALUES (101, '${recent}')`)
      expect((await into.run()).exitCode).toBe(0)
      expect(into.rows('SELECT count(*) AS n FROM crm_t')).toEqual([{ n: 4 }])
      await world.run('DELETE FROM t WHERE c = 101')
    }
  })
})

describe('a cursor of Postgres that is a whole numeric', () => {
  it('leaves out what is no number, and reads all others', async () => {
    const world = await postgres()
    await world.run(
      `CREATE TABLE t (c numeric(20,0) NOT NULL PRIMARY KEY); INSERT INTO t VALUES (1), (2), ('NaN'), (99999999999999999999)`,
    )
    const into = target(world, { tables: { t: { cursor: 'c', columns: { c: 'integer' } } } })
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT c FROM crm_t ORDER BY c')).toEqual([{ c: 1 }, { c: 2 }])
    expect(into.log.join()).toContain('the largest 64-bit integer')
  })
})

describe('a cursor of SQLite whose values are of several kinds', () => {
  const MANY = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)'

  it('is none where that is seen, and the table is read whole', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at DATETIME); CREATE INDEX t_u ON t (updated_at);
      INSERT INTO t VALUES (1, 1706695200), (2, '2024-01-31 10:00:00'), (3, x'00')`)
    const into = target(world)
    const { rows } = (await into.run()).tables[0]!
    expect([rows.written, rows.rejected]).toEqual([2, 1])
    const error = await errorOf(open(world, { tables: { t: { cursor: 'updated_at' } } }))
    expect(error.message).toMatch(/"updated_at" of table "t" is DATETIME \(text\).*cursor: false/)
  })

  it('rejects the rows of another kind, keeps the others, and reads on', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE n (c INTEGER NOT NULL, v TEXT); CREATE INDEX n_c ON n (c); ${MANY} INSERT INTO n SELECT i, 'a' FROM n;
      CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at DATETIME NOT NULL); CREATE INDEX t_u ON t (updated_at);`)
    await world.run(`DELETE FROM n; ${MANY.replaceAll('n(i)', 'm(i)').replaceAll('FROM n', 'FROM m')} INSERT INTO n SELECT i, 'a' FROM m;
      WITH RECURSIVE m(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM m WHERE i < 20000) INSERT INTO t SELECT i, datetime('2020-01-01', '+' || i || ' minutes') FROM m`)
    await world.run(`UPDATE n SET c = 'x' WHERE c = 10000; UPDATE n SET c = 10000.5 WHERE c = 10001`)
    await world.run(`UPDATE t SET updated_at = 17 WHERE id = 10000; UPDATE t SET updated_at = 'tomorrow' WHERE id = 10001;
      UPDATE t SET updated_at = x'00' WHERE id = 10002; UPDATE t SET updated_at = '31.12.2020' WHERE id = 10003`)
    const into = target(world, { tables: { n: { cursor: 'c' }, t: { cursor: 'updated_at' } } })
    const first = await into.run()
    expect(first.tables.map(({ name, rows }) => [name, rows.written, rows.rejected])).toEqual([
      ['crm_n', 19_998, 2],
      ['crm_t', 19_996, 4],
    ])
    await world.run(`INSERT INTO n VALUES (20001, 'b'); INSERT INTO t VALUES (20001, datetime('now', '-5 minutes'))`)
    await into.run()
    expect(into.rows('SELECT (SELECT count(*) FROM crm_n) AS n, (SELECT count(*) FROM crm_t) AS t')).toEqual([
      { n: 19_999, t: 19_997 },
    ])
  })
})
