import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, open, postgres, type Row, sqlite, type World } from './harness.ts'
import { target } from './target.ts'

async function found(
  world: World,
  keys: readonly Row[],
  config: Record<string, unknown> = {},
): Promise<readonly Row[] | undefined> {
  const opened = await open(world, config)
  const find = opened.table('t').findKeys as unknown as (question: object) => Promise<readonly Row[] | undefined>
  return await find({ client: opened.client, signal: new AbortController().signal, log: console, keys })
}

/** How a key is declared, values as SQL, as the engine asks for them, and some that are not there. */
type Case = readonly [string, readonly string[], readonly unknown[] | undefined, readonly unknown[]]

const POSTGRES: readonly Case[] = [
  ['int', ['1', '-2'], [1, -2], [3]],
  ['bigint', ['9007199254740993'], [9007199254740993n], [9007199254740992n]],
  ['text', [`'it''s'`, `'ü'`, `''`], [`it's`, 'ü', ''], ['u']],
  ['varchar(3)', [`'abc'`], ['abc'], ['abd']],
  [
    'uuid',
    [`'00000000-0000-0000-0000-00000000000A'`],
    ['00000000-0000-0000-0000-00000000000a'],
    ['00000000-0000-0000-0000-00000000000b'],
  ],
  [
    'timestamptz',
    [`'2024-01-31 10:00:00.123456+00'`],
    ['2024-01-31T10:00:00.123456Z'],
    ['2024-01-31T10:00:00.123457Z'],
  ],
  ['timestamp', [`'2024-01-31 10:00:00'`], ['2024-01-31T10:00:00'], ['2024-01-31T10:00:01.000000']],
  ['date', [`'2024-01-31'`], ['2024-01-31'], ['2024-02-01']],
  ['numeric', ['1.50'], ['1.50'], ['1.51']],
  ['double precision', ['0.1'], [0.1], [0.2]],
  ['boolean', ['true'], [true], [false]],
  ['bytea', [`'\\x00ff'`], [Buffer.from([0, 255])], [new Uint8Array([0])]],
  ['inet', [`'10.0.0.1'`], ['10.0.0.1'], ['10.0.0.2']],
]
const MARIADB: readonly Case[] = [
  ['int', ['1', '-2'], [1, -2], [3]],
  ['bigint unsigned', ['18446744073709551615'], ['18446744073709551615'], ['18446744073709551614']],
  ['varchar(20)', [`'it''s'`, `'ü'`], [`it's`, 'ü'], ['xyz']],
  ['datetime(6)', [`'2024-01-31 10:00:00.123456'`], ['2024-01-31T10:00:00.123456'], ['2024-01-31T10:00:00.123457']],
  ['timestamp(6)', [`'2024-01-31 10:00:00.123456'`], undefined, ['2024-01-31T10:00:00.123457Z']],
  ['date', [`'2024-01-31'`], ['2024-01-31'], ['2024-02-01']],
  ['decimal(9,2)', ['1.50'], ['1.50'], ['1.51']],
  ['varbinary(9)', [`x'00ff'`], [new Uint8Array([0, 255])], [new Uint8Array([0])]],
  [`enum('a','b')`, [`'b'`], ['b'], ['a']],
]
const SQLITE: readonly Case[] = [
  ['INTEGER', ['1', '9223372036854775807'], [1, 9223372036854775807n], [3]],
  ['TEXT', [`'it''s'`, `'ü'`, `'7'`], [`it's`, 'ü', '7'], ['8']],
  ['', ['1', `'1x'`], ['1', '1x'], ['2']],
  ['BLOB', [`x'00ff'`], [new Uint8Array([0, 255])], [new Uint8Array([0])]],
  ['REAL', ['0.1'], [0.1], [0.2]],
  ['DATE', [`'2024-01-31'`], ['2024-01-31'], ['2024-02-01']],
]

const systems = [
  ['Postgres', postgres, POSTGRES],
  ['SQLite', sqlite, SQLITE],
  ...(hasMariaDb ? [['MariaDB', mariadb, MARIADB] as const] : []),
] as const

describe.each(systems)('keys that a table of %s has', (_, make, columns) => {
  it.each(columns)('are found: %s', async (column, values, expected, absent) => {
    const world = await make()
    await world.run(`CREATE TABLE t (k ${column} NOT NULL PRIMARY KEY, n int NOT NULL)`)
    for (const value of values) await world.run(`INSERT INTO t VALUES (${value}, 1)`)
    const keys = (expected ?? (await (await open(world)).read()).map((row) => row['k'])).map((k) => ({ k }))
    const answer = await found(world, [...keys, ...absent.map((k) => ({ k }))])
    expect(answer).toHaveLength(keys.length)
    expect(answer).toEqual(expect.arrayContaining(keys))
    expect(
      await found(
        world,
        absent.map((k) => ({ k })),
      ),
    ).toEqual([])
  })

  it('of several columns are found, a thousand at once', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (a int NOT NULL, b varchar(20) NOT NULL, PRIMARY KEY (a, b))')
    for (let at = 0; at < 3; at++) await world.run(`INSERT INTO t VALUES (${at}, 'b${at}')`)
    const keys = Array.from({ length: 1000 }, (__, a) => ({ a, b: `b${a % 2}` }))
    expect(await found(world, keys)).toEqual([
      { a: 0, b: 'b0' },
      { a: 1, b: 'b1' },
    ])
  })

  it('are not said to be deleted because their cursor moved far away', async () => {
    const world = await make()
    const time = { postgres: 'timestamptz', mysql: 'datetime', sqlite: 'datetime' }[world.system]
    await world.run(`CREATE TABLE t (id int NOT NULL PRIMARY KEY, updated_at ${time} NOT NULL)`)
    await world.run('CREATE INDEX t_u ON t (updated_at)')
    for (const id of [1, 2, 3]) await world.run(`INSERT INTO t VALUES (${id}, '2024-01-0${id} 00:00:00')`)
    const into = target(world)
    expect((await into.run()).exitCode).toBe(0)
    await world.run(
      `UPDATE t SET updated_at = ${world.system === 'postgres' ? `'infinity'` : `'2999-01-01 00:00:00'`} WHERE id = 2`,
    )
    await world.run('DELETE FROM t WHERE id = 3')
    // What lies elsewhere is no difference, and what is gone is one.
    expect(await into.repair('crm_t')).toMatchObject({ extra: 1, missing: 0, different: 0, repair: { remaining: 0 } })
    await into.resync('crm_t')
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id, _deleted_at IS NULL AS here FROM crm_t ORDER BY id')).toEqual([
      { id: 1, here: 1 },
      { id: 2, here: 1 },
      { id: 3, here: 0 },
    ])
  })
})

describe('a key that cannot be asked for', () => {
  it('is left to others: a time of SQLite, which has many forms', async () => {
    const world = await sqlite()
    await world.run(`CREATE TABLE t (k DATETIME NOT NULL PRIMARY KEY); INSERT INTO t VALUES ('2024-01-31 10:00')`)
    expect(await found(world, [{ k: '2024-01-31T10:00:00.000000' }])).toBeUndefined()
  })

  it('is left to others: one that its type does not read', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE t (k int PRIMARY KEY)')
    expect(await found(world, [{ k: 'x' }])).toBeUndefined()
  })
})
