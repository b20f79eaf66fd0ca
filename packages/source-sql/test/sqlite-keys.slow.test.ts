import { describe, expect, it } from 'vitest'
import { open, sqlite } from './harness.ts'
import { target } from './target.ts'

/** Names as Latin-1 wrote them: no UTF-8, so that the driver makes the same sign of ü, ö and ä. */
const LATIN1 = ['4dfc6c6c6572', '4df66c6c6572', '4de46c6c6572']

describe('a key of SQLite that is no UTF-8', () => {
  it.each([
    ['CREATE TABLE t (k TEXT NOT NULL PRIMARY KEY, n INT)', 'delete'],
    ['CREATE TABLE t (k TEXT NOT NULL PRIMARY KEY, n INT) WITHOUT ROWID', 'wal'],
    ['CREATE TABLE t (k TEXT NOT NULL PRIMARY KEY, n INT) WITHOUT ROWID', 'delete'],
    ['CREATE TABLE t (k TEXT NOT NULL UNIQUE, n INT)', 'wal'],
  ])('is never another text: rows are rejected and shown (%s, %s)', async (statement, mode) => {
    const world = await sqlite()
    await world.run(`PRAGMA journal_mode = ${mode}`)
    await world.run(statement)
    for (const [at, hex] of LATIN1.entries()) await world.run(`INSERT INTO t VALUES (CAST(x'${hex}' AS TEXT), ${at})`)
    await world.run(`INSERT INTO t VALUES ('Müller', 8), ('\uFFFD', 9)`)
    const opened = await open(world)
    const rows = await opened.read()
    const { row } = opened.table()
    expect(rows.filter((one) => row.safeParse(one).success)).toEqual(
      expect.arrayContaining([
        { k: 'Müller', n: 8 },
        { k: '\uFFFD', n: 9 },
      ]),
    )
    expect(
      rows
        .filter((one) => !row.safeParse(one).success)
        .map(({ k }) => Buffer.from(k as Uint8Array).toString('hex'))
        .toSorted(),
    ).toEqual(LATIN1.toSorted())
    const report = await target(world).run()
    expect(report.tables[0]!.rows).toMatchObject({ written: 2, rejected: 3, deduped: 0 })
  })

  it('is paged through, of whatever bytes', async () => {
    const world = await sqlite()
    await world.run('CREATE TABLE t (k TEXT NOT NULL PRIMARY KEY, v TEXT) WITHOUT ROWID')
    await world.run(`WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 2999)
      INSERT INTO t SELECT CAST(CAST('k' || printf('%05d', n) AS BLOB) || x'ff' AS TEXT), 'v' FROM s`)
    const opened = await open(world)
    const rows = await opened.read()
    expect(rows).toHaveLength(3000)
    expect(new Set(rows.map(({ k }) => Buffer.from(k as Uint8Array).toString('hex'))).size).toBe(3000)
  })

  it('is no key of a view either', async () => {
    const world = await sqlite()
    await world.run('CREATE TABLE t (k TEXT, n INT)')
    for (const [at, hex] of LATIN1.entries()) await world.run(`INSERT INTO t VALUES (CAST(x'${hex}' AS TEXT), ${at})`)
    await world.run('CREATE VIEW v AS SELECT k, n FROM t')
    const rows = await (await open(world, { views: true })).read('v')
    expect(rows.map(({ k }) => k instanceof Uint8Array)).toEqual([true, true, true])
  })
})

describe('keys of SQLite that are the same when they are written', () => {
  it.each(['', 'BLOB'])('are no one row: 1 and the text 1, declared %j', async (declared) => {
    const world = await sqlite()
    await world.run(
      `CREATE TABLE t (k ${declared} NOT NULL PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1), ('1', 2), ('a', 3), (2.5, 4)`,
    )
    const report = await target(world).run()
    expect(report.tables[0]!.rows).toMatchObject({ written: 2, rejected: 2, deduped: 0 })
  })

  it('are fine where no two are', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (k NOT NULL PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1), ('a', 2)`)
    const into = target(world)
    await into.run()
    expect(into.rows('SELECT k FROM crm_t ORDER BY k')).toEqual([{ k: '1' }, { k: 'a' }])
  })
})
