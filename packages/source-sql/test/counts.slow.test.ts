import type { Unread } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, type Opened, open, postgres, sqlite } from './harness.ts'

const systems = [
  ['Postgres', postgres, 'timestamptz'],
  ['SQLite', sqlite, 'DATETIME'],
  ...(hasMariaDb ? [['MariaDB', mariadb, 'datetime(6)'] as const] : []),
] as const

const question = (opened: Opened, more: object): object => ({
  client: opened.client,
  signal: new AbortController().signal,
  log: console,
  ...more,
})
const countUnread = (opened: Opened, to: unknown, name = 't'): Promise<Unread | undefined> =>
  (opened.table(name).countUnread as (question: object) => Promise<Unread | undefined>)(question(opened, { to }))
const countRows = (opened: Opened, window: object = {}, name = 't'): Promise<number | undefined> =>
  (opened.table(name).countRows as (question: object) => Promise<number | undefined>)(question(opened, window))

describe.each(systems)('what %s counts itself', (_, make, time) => {
  async function filled() {
    const world = await make()
    await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, updated_at ${time})`)
    await world.run('CREATE INDEX t_u ON t (updated_at)')
    const zone = world.system === 'postgres' ? 'Z' : ''
    for (let second = 0; second < 10; second++)
      await world.run(`INSERT INTO t VALUES (${second}, '2024-01-31 10:00:0${second}.123456${zone}')`)
    await world.run('INSERT INTO t VALUES (20, NULL), (21, NULL)')
    return world
  }

  it('are the rows of a window, to the microsecond, and those of a whole table', async () => {
    const world = await filled()
    const opened = await open(world, { tables: { t: { columns: { updated_at: 'timestamp' } } } })
    const at = (second: number, micros: string): string => `2024-01-31T10:00:0${second}.${micros}Z`
    expect(await countRows(opened, { to: at(9, '123457') })).toBe(10)
    expect(await countRows(opened, { to: at(9, '123456') })).toBe(9)
    expect(await countRows(opened, { from: at(2, '123456'), to: at(5, '123457') })).toBe(4)
    expect(await countRows(opened, { from: at(2, '123457'), to: at(5, '123456') })).toBe(2)
    const window = { from: at(2, '000000'), to: at(5, '000000') }
    const inside = (await opened.read('t', window)).filter(
      ({ updated_at: text }) => String(text) >= window.from && String(text) < window.to,
    )
    expect(await countRows(opened, window)).toBe(inside.length)
    const whole = await open(world, { tables: { t: { cursor: false } } })
    expect(await countRows(whole)).toBe(12)
  })

  it('are rows behind the end, and without a cursor where they are not kept', async () => {
    const world = await filled()
    const end = '2024-01-31T10:00:07.000000Z'
    const config = (more: object = {}) => ({ tables: { t: { columns: { updated_at: 'timestamp' }, ...more } } })
    expect(await countUnread(await open(world, config()), end)).toEqual({ tooYoung: 3, withoutCursor: 0 })
    for (const nullCursor of ['reject', 'skip'])
      expect(await countUnread(await open(world, config({ nullCursor })), end)).toEqual({
        tooYoung: 3,
        withoutCursor: 2,
      })
    if (world.system === 'postgres')
      await world.run(`INSERT INTO t VALUES (30, 'infinity'), (31, '10000-01-01'), (32, '-infinity')`)
    else await world.run(`INSERT INTO t VALUES (30, '9999-12-31 00:00:00'), (31, '2999-01-01 00:00:00')`)
    expect(await countUnread(await open(world, config()), end)).toMatchObject({ tooYoung: 5 })
  })

  it('are rows by number and by day', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id bigint NOT NULL PRIMARY KEY, d date NOT NULL)')
    for (const n of [1, 2, 3, 5]) await world.run(`INSERT INTO t VALUES (${n}, '2024-01-0${n}')`)
    const byId = await open(world, { tables: { t: { cursor: 'id' } } })
    expect([await countRows(byId, { from: 2n, to: 5n }), await countUnread(byId, 3n)]).toEqual([
      2,
      { tooYoung: 2, withoutCursor: 0 },
    ])
    const byDay = await open(world, { tables: { t: { cursor: 'd' } } })
    expect(await countRows(byDay, { from: '2024-01-02', to: '2024-01-05' })).toBe(2)
    expect(await countUnread(byDay, '2024-01-03')).toEqual({ tooYoung: 2, withoutCursor: 0 })
  })

  it('stops at ten thousand and one', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY)')
    const series = {
      postgres: 'SELECT n FROM generate_series(1, 15000) n',
      mysql: 'SELECT seq FROM seq_1_to_15000',
      sqlite: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 15000) SELECT i FROM n',
    }[world.system]
    await world.run(`INSERT INTO t ${series}`)
    const opened = await open(world, { tables: { t: { cursor: 'id' } } })
    expect(await countUnread(opened, 0n)).toEqual({ tooYoung: 10_001, withoutCursor: 0 })
    expect(await countRows(opened, { to: 15_001n })).toBe(15_000)
  })
})

describe('what SQLite counts itself', () => {
  it('are times in any form, and none of what is no time', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP); CREATE INDEX t_at ON t (at);
      INSERT INTO t VALUES (1, '2024-01-31T10:00:00Z'), (2, '2024-01-31 12:00:00.5+02:00'), (3, '2024-01-31T10:00:00.999999Z'),
        (4, '2024-01-31 23:30-01:00'), (5, '2024-02-01 10:00Z')`)
    const opened = await open(world, { tables: { t: { cursor: 'at' } } })
    expect(opened.types()['at']).toBe('timestamp')
    await world.run(`INSERT INTO t VALUES (6, 'tomorrow'), (7, 17), (8, x'00'), (9, NULL)`)
    const window = { from: '2024-01-31T10:00:00.5Z', to: '2024-01-31T10:00:01Z' }
    expect(await countRows(opened, window)).toBe(2)
    expect(await countRows(opened, { to: '2024-01-31T10:00:00.500000Z' })).toBe(1)
    expect(await countUnread(opened, '2024-02-01T00:30:00Z')).toEqual({ tooYoung: 2, withoutCursor: 0 })
  })

  it('are numbers, and no texts among them', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (id INTEGER PRIMARY KEY, c INTEGER); CREATE INDEX t_c ON t (c);
      INSERT INTO t VALUES (1, 1), (2, 7), (3, 8)`)
    const opened = await open(world, { tables: { t: { cursor: 'c' } } })
    await world.run(`INSERT INTO t VALUES (4, 'x'), (5, x'00')`)
    expect(await countUnread(opened, 7n)).toEqual({ tooYoung: 2, withoutCursor: 0 })
    expect(await countRows(opened, { to: 100n })).toBe(3)
  })
})

describe('what Postgres counts itself', () => {
  it('is left open where it takes too long, or a lock is in the way', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)')
    const opened = await open(world, { tables: { t: { cursor: 'id' } } })
    const other = await world.session()
    await other('BEGIN')
    await other('LOCK TABLE t IN ACCESS EXCLUSIVE MODE')
    expect(await countUnread(opened, 0n)).toEqual({ tooYoung: undefined, withoutCursor: 0 })
    await other('COMMIT')
    expect(await countUnread(opened, 0n)).toEqual({ tooYoung: 1, withoutCursor: 0 })
  })

  it('are those of a table alone, of all partitions, and of those that policies show', async () => {
    const world = await postgres()
    await world.run(`CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE h () INHERITS (t); INSERT INTO t VALUES (1); INSERT INTO h VALUES (2);
      CREATE TABLE p (id int PRIMARY KEY) PARTITION BY HASH (id); CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0);
      INSERT INTO p VALUES (1), (2)`)
    const opened = await open(world)
    expect([await countRows(opened, {}, 't'), await countRows(opened, {}, 'p')]).toEqual([1, 2])
  })
})
