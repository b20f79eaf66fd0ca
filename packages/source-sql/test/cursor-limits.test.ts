import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, postgres, sqlite } from './harness.ts'
import { target } from './target.ts'

const systems = [
  ['Postgres', postgres],
  ['SQLite', sqlite],
  ...(hasMariaDb ? [['MariaDB', mariadb] as const] : []),
] as const

describe.each(systems)('a cursor of %s', (name, make) => {
  it('that is a date reads yesterday, and today not', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, d date NOT NULL)')
    const msOfDay = (): number => Date.now() % 86_400_000
    // Not within the two minutes around midnight: what is today must stay so.
    if (msOfDay() > 86_340_000) await sleep(86_400_000 - msOfDay())
    if (msOfDay() < 62_000) await sleep(62_000 - msOfDay())
    const day = (back: number): string => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10)
    await world.run(`INSERT INTO t VALUES (1, '${day(2)}'), (2, '${day(1)}'), (3, '${day(0)}'), (4, '${day(-1)}')`)
    const into = target(world, { timeZone: 'UTC', tables: { t: { cursor: 'd' } } })
    for (const _run of [1, 2]) {
      expect((await into.run()).exitCode).toBe(0)
      expect(into.rows('SELECT id FROM crm_t ORDER BY id'), name).toEqual([{ id: 1 }, { id: 2 }])
    }
  }, 130_000)
})

describe('a cursor of Postgres', () => {
  it('that is an oid is read in every run, to its largest', async () => {
    const world = await postgres()
    await world.run(
      'CREATE DOMAIN number AS oid; CREATE TABLE t (o oid PRIMARY KEY); CREATE TABLE d (o number PRIMARY KEY)',
    )
    await world.run('INSERT INTO t VALUES (1), (100); INSERT INTO d VALUES (4294967294), (4294967295)')
    const into = target(world, { tables: { t: { cursor: 'o' }, d: { cursor: 'o' } } })
    expect((await into.run()).exitCode).toBe(0)
    await world.run('INSERT INTO t VALUES (2), (3000000000)')
    expect((await into.run()).exitCode).toBe(0)
    await world.run('INSERT INTO t VALUES (2999999999), (4294967295)')
    expect((await into.run()).exitCode).toBe(0)
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT o FROM crm_t ORDER BY o').map(({ o }) => o)).toEqual([
      1, 2, 100, 2_999_999_999, 3_000_000_000, 4_294_967_295,
    ])
    expect(into.rows('SELECT o FROM crm_d ORDER BY o').map(({ o }) => o)).toEqual([4_294_967_294, 4_294_967_295])
  })
})
