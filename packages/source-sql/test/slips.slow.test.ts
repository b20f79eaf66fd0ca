import type { Report } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { errorOf, hasMariaDb, mariadb, open, postgres, sqlite, type World } from './harness.ts'
import { target } from './target.ts'

const systems = [
  ['Postgres', postgres],
  ['SQLite', sqlite],
  ...(hasMariaDb ? [['MariaDB', mariadb] as const] : []),
] as const

const RIGHT = { cursor: 'updated_at', primaryKey: ['id'], columns: { total: 'numeric' } }

async function shop(make: () => Promise<World>): Promise<World> {
  const world = await make()
  const time = world.system === 'mysql' ? 'datetime' : 'timestamp'
  await world.run(`CREATE TABLE orders (id int NOT NULL PRIMARY KEY, total int, updated_at ${time} NOT NULL)`)
  await world.run('CREATE INDEX orders_u ON orders (updated_at)')
  await world.run('CREATE TABLE others (id int NOT NULL PRIMARY KEY)')
  await world.run('INSERT INTO others VALUES (1)')
  for (const n of [1, 2, 3]) await world.run(`INSERT INTO orders VALUES (${n}, 10, '2026-01-0${n} 00:00:00')`)
  return world
}

const orders = ({ tables }: Report) => tables.find(({ name }) => name === 'crm_orders')!

describe.each(systems)('a slip in the config of %s', (_, make) => {
  it.each<[string, object, string, string]>([
    ['a cursor', { cursor: 'updatd_at' }, 'cursor', 'no column "updatd_at"; did you mean "updated_at"?'],
    ['a cursor like nothing', { cursor: 'x' }, 'cursor', 'no column "x"; columns: id, total, updated_at'],
    ['a key', { primaryKey: ['idd'] }, 'primaryKey', 'no column "idd"; did you mean "id"?'],
    ['one column of a key', { primaryKey: ['id', 'toal'] }, 'primaryKey', 'no column "toal"; did you mean "total"?'],
    ['a column', { columns: { totl: 'numeric' } }, 'columns', 'no column "totl"; did you mean "total"?'],
  ])('in %s fails that table alone, which continues once the line is right', async (_, wrong, key, message) => {
    const world = await shop(make)
    const into = target(world, { timeZone: 'UTC' })
    await into.run({ tables: { orders: RIGHT } })
    const slip = await into.run({ tables: { orders: { ...RIGHT, ...wrong } } })
    expect(slip.tables.map(({ name, status }) => [name, status])).toEqual([
      ['crm_orders', 'failing'],
      ['crm_others', 'complete'],
    ])
    const { failure } = orders(slip).failures[0]!
    expect(failure.remedy).toBe('fix-config')
    expect(failure.message).toContain(`config.tables."orders".${key}: table "orders" has ${message}`)
    expect(failure.message).toContain('no resync is needed')
    expect(into.log.join()).not.toMatch(/lost its|paused/)
    // Corrected it reads what is new, and nothing else.
    const recent = new Date(Date.now() - 120_000).toISOString().slice(0, 19).replace('T', ' ')
    await world.run(`INSERT INTO orders VALUES (4, 10, '${recent}')`)
    const right = await into.run({ tables: { orders: RIGHT } })
    expect([right.exitCode, orders(right).status, orders(right).rows.deleted]).toEqual([0, 'complete', 0])
    expect(into.rows('SELECT count(*) AS n FROM crm_orders WHERE _deleted_at IS NULL')).toEqual([{ n: 4 }])
    // Before anything was read it is refused at once.
    const error = await errorOf(open(world, { tables: { orders: { ...RIGHT, ...wrong } } }))
    expect([error.remedy, error.message]).toEqual(['fix-config', expect.stringContaining(message)])
  })

  it('in the name of a table, or in what is included, reads nothing and names the nearest', async () => {
    const world = await shop(make)
    for (const [config, message] of [
      [{ tables: { order: {} } }, 'config.tables."order": the table does not exist; did you mean "orders"?'],
      [{ include: ['oders'] }, 'no table matches include "oders"; did you mean "orders"?'],
      [{ include: ['shop_*'] }, 'no table matches include "shop_*"; tables: orders, others'],
    ] as const) {
      const error = await errorOf(open(world, config))
      expect([error.remedy, error.message]).toEqual(['fix-config', expect.stringContaining(message)])
    }
    const some = await open(world, { include: ['orders', 'otherz'], exclude: ['gone_long_ago'] })
    expect(some.warnings.filter((line) => line.includes('no table matches'))).toEqual([
      expect.stringMatching(/include "otherz"; did you mean "others"\?$/),
    ])
    const left = await open(world, { exclude: ['other'] })
    expect(left.warnings.filter((line) => line.includes('exclude'))).toEqual([
      expect.stringMatching(/no table matches exclude "other"; did you mean "others"\?$/),
    ])
  })

  it('that leaves out a column by a wrong name is said, before and after its table is known', async () => {
    const world = await shop(make)
    const config = { tables: { orders: { columns: { totl: false } } } }
    const error = await errorOf(open(world, config))
    expect(error.message).toContain('no column "totl"; did you mean "total"?')
    const known = (await open(world)).known()
    const opened = await open(world, config, known)
    expect(opened.warnings.filter((line) => line.includes('totl'))).toEqual([
      expect.stringContaining('did you mean "total"?'),
    ])
  })
})

it('what was dropped from the database is no slip: the table pauses as one that is another now', async () => {
  const world = await shop(sqlite)
  const into = target(world, { timeZone: 'UTC' })
  await into.run({ tables: { orders: RIGHT } })
  await world.run('DROP INDEX orders_u; ALTER TABLE orders RENAME COLUMN updated_at TO changed_at')
  const report = await into.run({ tables: { orders: RIGHT } })
  expect(orders(report)).toMatchObject({ status: 'paused' })
  expect(into.log.join()).toContain('the table lost its cursor: table "orders" has no column "updated_at"')
})
