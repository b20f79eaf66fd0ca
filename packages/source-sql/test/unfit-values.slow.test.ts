import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, postgres, sqlite } from './harness.ts'
import { target } from './target.ts'

/** Values that no column of their own type can hold, and what they are as texts. */
const VALUES = [
  ['Postgres', postgres, 'timestamptz', `'infinity'`, 'infinity'],
  ['Postgres', postgres, 'timestamptz', `'0044-03-15 BC'`, '0044-03-15 00:00:00+00 BC'],
  ['Postgres', postgres, 'timestamp', `'10000-01-01'`, '10000-01-01 00:00:00'],
  ['Postgres', postgres, 'date', `'-infinity'`, '-infinity'],
  ['Postgres', postgres, 'numeric', `'NaN'`, 'NaN'],
  ['Postgres', postgres, 'float8', `'NaN'`, 'NaN'],
  ['Postgres', postgres, 'float8', `'-Infinity'`, '-Infinity'],
  ['Postgres', postgres, 'json', `'"\\u0000"'`, '"\\u0000"'],
  ...(hasMariaDb
    ? ([
        ['MariaDB', mariadb, 'datetime', `'0000-00-00'`, '0000-00-00 00:00:00'],
        ['MariaDB', mariadb, 'date', `'2024-00-10'`, '2024-00-10'],
      ] as const)
    : []),
] as const

describe.each(VALUES)('a value of %s that no column of its type holds', (_, make, type, value, text) => {
  it(`fails the first read with the line that makes it fit, which works: ${type} ${value}`, async () => {
    const world = await make()
    if (world.system === 'mysql') await world.run(`SET sql_mode = ''`)
    await world.run(`CREATE TABLE t (id int PRIMARY KEY, c ${type})`)
    for (const id of [1, 2, 3]) await world.run(`INSERT INTO t VALUES (${id}, ${value})`)
    const into = target(world)
    const first = await into.run()
    expect([first.exitCode, first.tables[0]!.rows.rejected]).toEqual([4, 3])
    const { message } = first.tables[0]!.failures[0]!.failure
    expect(message).toMatch(/none of 3 rows fit/)
    // On the table that was made for them and holds none.
    const second = await into.run({ tables: { t: { columns: { c: 'text' } } } })
    expect([second.exitCode, second.tables[0]!.failures]).toEqual([0, []])
    expect(into.rows('SELECT id, c FROM crm_t ORDER BY id')).toEqual([1, 2, 3].map((id) => ({ id, c: text })))
  })
})

it('a key of a thousand columns is one: rows are written, changed and marked as deleted by it', async () => {
  const world = await sqlite()
  const names = Array.from({ length: 1000 }, (_, at) => `c${at}`)
  const columns = names.map((name) => `${name} int NOT NULL`)
  await world.run(`CREATE TABLE t (${columns}, v text, PRIMARY KEY (${names}))`)
  for (const row of [1, 2]) await world.run(`INSERT INTO t VALUES (${names.map((_, at) => at + row)}, 'old')`)
  const into = target(world)
  expect((await into.run()).exitCode).toBe(0)
  await world.run(`UPDATE t SET v = 'new' WHERE c0 = 1; DELETE FROM t WHERE c0 = 2`)
  expect((await into.run()).exitCode).toBe(0)
  expect(into.rows('SELECT v, _deleted_at IS NULL AS live FROM crm_t ORDER BY c0')).toEqual([
    { v: 'new', live: 1 },
    { v: 'old', live: 0 },
  ])
})
