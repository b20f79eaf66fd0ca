import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connectorOf, copyOf } from './runner.ts'
import { World } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

async function worldOn(database: string): Promise<World> {
  if (database === 'sqlite') return await World.open()
  const { url, schema } = await server.newSchema()
  onTestFinished(() => server.dropSchema(schema))
  return await World.open(url)
}

describe.each(['sqlite', 'postgres'])('runs of a connector into %s', (database) => {
  it('track its tables: a new one gets its history, the others go on, and its state is committed with the rows', async () => {
    const folder = copyOf('tracked_tables')
    const world = await worldOn(database)
    const start = '2024-01-01T00:00:00.000Z'
    await world.sync(folder)
    for (const table of ['A', 'B', 'C'])
      expect(await world.rows(`select message from "shop_${table}"`)).toEqual([
        { message: `syncing ${table} since ${start}` },
      ])
    const { state } = JSON.parse((await world.state())!)
    expect(state).toEqual({ to_timestamp: expect.any(String), synced_tables: ['A', 'B', 'C'] })
    expect(world.log.filter((line) => !line.startsWith('shop_'))).toEqual(
      ['A', 'B', 'C'].map((table) => `${table} is new, needs history from ${start}`),
    )

    const path = join(folder, 'connector.py')
    writeFileSync(path, readFileSync(path, 'utf8').replace('["A", "B", "C"]', '["A", "B", "C", "D"]'))
    world.log.length = 0
    await world.sync(folder)
    expect(world.log).toEqual([
      'shop_A continues',
      'shop_B continues',
      'shop_C continues',
      `D is new, needs history from ${start}`,
      'shop_D is new, needs history from the beginning',
    ])
    expect(await world.rows('select message from "shop_D"')).toEqual([{ message: `syncing D since ${start}` }])
    expect(await world.rows('select message from "shop_A" order by _cursor')).toEqual([
      { message: `syncing A since ${start}` },
      { message: `syncing A since ${state.to_timestamp}` },
    ])
    expect(JSON.parse((await world.state())!).state.synced_tables).toEqual(['A', 'B', 'C', 'D'])
  })

  it('pause a table whose key the connector changes, and a full resync reads it with the new one', async () => {
    const code = (key: string) => `
def schema(configuration):
    return [{"table": "t", "primary_key": ["${key}"]}]
def update(configuration, state):
    op.upsert("t", {"a": 1, "b": 5})
    op.upsert("t", {"a": 2, "b": 6})
    op.checkpoint({"n": 1})
connector = Connector(update=update, schema=schema)
`
    const world = await worldOn(database)
    await world.sync(connectorOf(code('a')))
    const changed = connectorOf(code('c').replaceAll('"b"', '"c"'))
    const report = await world.run(changed)
    expect([report.exitCode, report.tables[0]?.status]).toEqual([3, 'paused'])
    expect(report.tables[0]?.pausedFor).toContain('its primary key changed from a to c')
    expect(await world.rows('select a, b from shop_t order by a')).toHaveLength(2)
    expect((await world.resync(changed, 'shop_t')).exitCode).toBe(0)
    await world.sync(changed)
    expect(await world.rows('select c, a from shop_t order by c')).toEqual([
      { c: 5, a: 1 },
      { c: 6, a: 2 },
    ])
  })

  it('keep what a failed run committed, and continue from there', async () => {
    const folder = connectorOf(`
import os
def schema(configuration):
    return [{"table": "t", "primary_key": ["id"]}]
def update(configuration, state):
    for n in range(state.get("n", 0), 10):
        op.upsert("t", {"id": n, "a": n, "b": "x"})
        op.update("t", {"id": n, "a": n * 2})
        op.delete("t", {"id": n - 5})
        op.checkpoint({"n": n + 1})
        if n == 6 and not os.path.exists("again"):
            op.upsert("t", {"id": 100})
            open("again", "w").close()
            raise RuntimeError("down")
connector = Connector(update=update, schema=schema)
`)
    const world = await worldOn(database)
    const report = await world.run(folder, {}, {}, { retry: { attempts: 1, firstDelayMs: 1, maxDelayMs: 1 } })
    expect(report.exitCode).not.toBe(0)
    expect(await world.state()).toBe('{"state":{"n":7}}')
    const rows = 'select id, a, b from shop_t where _deleted_at is null order by id'
    expect(await world.rows(rows)).toEqual([2, 3, 4, 5, 6].map((id) => ({ id, a: id * 2, b: 'x' })))
    await world.sync(folder)
    expect(await world.rows(rows)).toEqual([5, 6, 7, 8, 9].map((id) => ({ id, a: id * 2, b: 'x' })))
  })

  it('take columns and types that appear later', async () => {
    const folder = connectorOf(`
import decimal
def schema(configuration):
    return [{"table": "t", "primary_key": ["id"]}]
def update(configuration, state):
    op.upsert("t", {"id": 1, "n": 1})
    op.checkpoint({"n": 1})
    op.upsert("t", {"id": 2, "n": decimal.Decimal("2.50"), "late": "x"})
    op.checkpoint({"n": 2})
connector = Connector(update=update, schema=schema)
`)
    const world = await worldOn(database)
    await world.sync(folder)
    expect(await world.rows('select id, n, late from shop_t order by id')).toEqual([
      { id: 1, n: '1', late: null },
      { id: 2, n: '2.50', late: 'x' },
    ])
  })
})
