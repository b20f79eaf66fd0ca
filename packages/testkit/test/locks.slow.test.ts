import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineSource, type Source } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { openDestination } from '@tidemark/destination'
import { type RunOptions, verify } from '@tidemark/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { syncShop } from './sync-places.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

interface Place {
  readonly destination: Destination
  /** Another program's connection. */
  other(): Promise<Awaited<ReturnType<PostgresServer['connect']>>>
}

async function place(busyMs = 1500): Promise<Place> {
  const { url, schema } = await server.newSchema()
  onTestFinished(() => server.dropSchema(schema))
  const destination = await openDestination({
    url,
    busyMs,
    runner: { id: schema, host: 'test', pid: 1, startedAt: 1n },
  })
  onTestFinished(() => destination.close())
  return {
    destination,
    async other() {
      const client = await server.connect(schema, 'a report')
      onTestFinished(() => client.end().catch(() => {}))
      return client
    },
  }
}

/** Ten tables; the rows and columns of all of them are others with each version. */
function shopOf(version: number): Source {
  const shop = defineSource({ name: 'shop' })
  const row = z.object({ id: z.int(), n: z.int(), ...(version > 1 ? { more: z.string() } : {}) })
  const all = Array.from({ length: 10 }, (_, at) =>
    shop.table({
      name: `t${at}`,
      row,
      primaryKey: ['id'],
      async *read() {
        yield [{ id: 1, n: version, ...(version > 1 ? { more: 'x' } : {}) }]
      },
    } as never),
  )
  return shop.with((() => all) as never) as Source
}

const settings = { retry: { attempts: 3, firstDelayMs: 200, maxDelayMs: 200 } }
const sync = (destination: Destination, version: number, more: Partial<RunOptions> = {}) =>
  syncShop(destination, shopOf(version), { settings, ...more })
const othersOf = (tables: Awaited<ReturnType<typeof sync>>['tables']) => tables.filter(({ name }) => name !== 'shop_t3')

describe('a table of Postgres that another program has locked', () => {
  it.each([
    ['wholly, and its source has a new column', 'lock table shop_t3 in access exclusive mode', 2],
    ['wholly, and it only gets rows', 'lock table shop_t3 in access exclusive mode', 1],
    ['as CREATE INDEX does', 'lock table shop_t3 in share mode', 2],
    ['as a long SELECT does, and its source has a new column', 'select * from shop_t3', 2],
  ])('%s, fails alone, with who holds it; the others are written', async (_, lock, version) => {
    const { destination, other } = await place()
    await sync(destination, 1)
    const user = await other()
    // So that rows are to be written though no column is new.
    await user.query('update shop_t3 set n = 0')
    await user.query('begin')
    await user.query(lock)
    const done = await sync(destination, version)
    expect(done).toMatchObject({ exitCode: 3, failure: undefined })
    expect(othersOf(done.tables).map(({ status, rows }) => [status, rows.written])).toEqual(
      Array.from({ length: 9 }, () => ['complete', version - 1]),
    )
    const [failed, ...more] = done.tables.find(({ name }) => name === 'shop_t3')!.failures
    expect(more).toEqual([])
    expect(failed?.failure).toMatchObject({ code: 'table-locked', remedy: 'retry' })
    expect(failed?.failure.message).toMatch(
      /^table "shop_t3" is locked by session \d+ of "postgres" \(a report\), which holds \w+Lock and is idle in transaction/,
    )
    expect(done.state.tables.find(({ name }) => name === 'shop_t3')).toMatchObject({ status: 'failing' })
    await user.query('rollback')
    const after = await sync(destination, version)
    expect(after).toMatchObject({ exitCode: 0 })
    expect(after.tables.find(({ name }) => name === 'shop_t3')).toMatchObject({
      status: 'complete',
      rows: { written: 1 },
    })
  })

  it('is changed later in the run, when it is free', async () => {
    const { destination, other } = await place()
    await sync(destination, 1)
    const user = await other()
    await user.query('begin')
    await user.query('select * from shop_t3')
    const said = Promise.withResolvers<void>()
    const info = (message: string): void => (message.includes('is locked by') ? said.resolve() : undefined)
    const running = sync(destination, 2, { log: { debug: () => {}, info, warn: info } })
    await said.promise
    await user.query('rollback')
    const done = await running
    expect(done).toMatchObject({ exitCode: 0 })
    expect(done.tables.map(({ rows }) => rows.written)).toEqual(Array.from({ length: 10 }, () => 1))
  })

  it('keeps readers waiting behind our change for a moment only', async () => {
    const { destination, other } = await place(20_000)
    await sync(destination, 1)
    const user = await other()
    await user.query('begin')
    await user.query('select * from shop_t3')
    const running = sync(destination, 2)
    const reader = await other()
    const waits: number[] = []
    for (let at = 0; at < 60; at++) {
      const startedAt = performance.now()
      await reader.query('select * from shop_t3')
      waits.push(performance.now() - startedAt)
      await sleep(20)
    }
    await user.query('rollback')
    await running
    // The lock of others is waited for 20 seconds; behind a change of ours nobody waits for a tenth of that.
    expect(Math.max(...waits)).toBeLessThan(2000)
  })

  it('is looked at without a wait, and is not taken for an empty one', async () => {
    const { destination, other } = await place(20_000)
    await sync(destination, 1)
    const user = await other()
    await user.query('begin')
    await user.query('lock table shop_t3 in access exclusive mode')
    const { tables } = await destination.state()
    expect([...tables.values()].map(({ present }) => present)).toEqual(Array.from({ length: 10 }, () => 'rows'))
    await user.query('rollback')
  })

  it('is emptied by a resync when it is free, and says so before', async () => {
    const { destination, other } = await place()
    await sync(destination, 1)
    const { leases } = await destination.lease(['shop_t3'])
    const user = await other()
    await user.query('begin')
    await user.query('select * from shop_t3')
    await expect(destination.reset(leases[0]!, 'shop_t3')).rejects.toMatchObject({ code: 'table-locked' })
    await user.query('rollback')
    await destination.reset(leases[0]!, 'shop_t3')
  })

  it('is named, with who holds it, where it is read or compared', async () => {
    const { destination, other } = await place()
    await sync(destination, 1)
    const user = await other()
    await user.query('begin')
    await user.query('lock table shop_t3 in access exclusive mode')
    const reading = async () => {
      for await (const _ of destination.read('shop_t3')) return
    }
    const use = { name: 'shop', source: shopOf(1), config: {}, options: {} }
    const said = {
      code: 'destination-locked',
      message: expect.stringMatching(
        /^table "shop_t3" is locked by session \d+ of "postgres" \(a report\), which holds AccessExclusiveLock and is idle in transaction, so it was not read\. .*: select pg_terminate_backend\(\d+\)$/,
      ),
    }
    await expect(reading()).rejects.toMatchObject(said)
    await expect(verify({ sources: [use], destination }, { table: 'shop_t3' })).rejects.toMatchObject(said)
    expect(await verify({ sources: [use], destination }, { table: 'shop_t4' })).toMatchObject({ exitCode: 0 })
    await user.query('rollback')
    expect(await verify({ sources: [use], destination }, { table: 'shop_t3' })).toMatchObject({ exitCode: 0 })
  })

  it('may be one that rows gather in, as while the database is dumped: nothing fails', async () => {
    const { destination, other } = await place()
    const user = await other()
    const locks: string[] = []
    const shop = defineSource({ name: 'shop' })
    const source = shop.with([
      shop.table({
        name: 'big',
        row: z.object({ id: z.int() }),
        primaryKey: ['id'],
        async *read() {
          for (let part = 0; part < 3; part++) {
            yield Array.from({ length: 15_000 }, (_, id) => ({ id: part * 15_000 + id }))
            const { rows } = await user.query(
              "select relname from pg_class where relname like '\\_tidemark\\_staging%'",
            )
            for (const { relname } of rows) {
              if (locks.length === 0) await user.query('begin')
              await user.query(`select from "${relname}" limit 1`)
              locks.push(String(relname))
            }
          }
        },
      }),
    ]) as Source
    for (const written of [45_000, 0]) {
      const done = await syncShop(destination, source, { settings })
      expect(done).toMatchObject({ exitCode: 0, tables: [{ rows: { written } }] })
    }
    expect(locks).not.toEqual([])
    await user.query('rollback')
    const count = "select count(*)::int as n from pg_class where relname like '\\_tidemark\\_staging%'"
    await syncShop(destination, source, { settings })
    expect((await user.query(count)).rows).toEqual([{ n: 0 }])
  })

  it('of the state keeps all waiting, as nothing can be written', async () => {
    const { destination, other } = await place(300)
    await sync(destination, 1)
    const user = await other()
    await user.query('begin')
    await user.query('lock table _tidemark_leases in exclusive mode')
    expect(await sync(destination, 2)).toMatchObject({ exitCode: 6, failure: { code: 'destination-locked' } })
    await user.query('rollback')
  })
})

it('a program that writes into the SQLite file for longer than SQLite waits keeps the run waiting, and ends nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-locks-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const url = join(folder, 'x.db')
  const destination = await openDestination({ url, busyMs: 200, runner: { id: 'r', host: 'h', pid: 1, startedAt: 1n } })
  onTestFinished(() => destination.close())
  await sync(destination, 1)
  const user = new DatabaseSync(url)
  onTestFinished(() => user.close())
  user.exec('begin immediate')
  const timer = setTimeout(() => user.exec('rollback'), 500)
  onTestFinished(() => clearTimeout(timer))
  expect(await sync(destination, 2)).toMatchObject({ exitCode: 0 })
})
