import { connect, createServer, type Socket } from 'node:net'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LOGICAL } from './log-world.ts'
import { type Target, target } from './target.ts'

type Standby = Awaited<ReturnType<PostgresServer['replica']>>

interface Pair {
  readonly primary: PostgresServer
  readonly standby: Standby
  readonly into: Target
  /** One statement, at the server that the address leads to. */
  sql(statement: string): Promise<readonly (readonly unknown[])[]>
  at(standby: Standby, statement: string): Promise<readonly (readonly unknown[])[]>
  /** All that the primary has is replayed at the standby. */
  replayed(): Promise<void>
  /** The primary is gone, the standby takes its place, and the address leads to it. */
  failOver(): Promise<void>
}

/** A primary and its standby, behind one address, as users have them. */
async function pair(settings: Readonly<Record<string, string>> = {}): Promise<Pair> {
  const primary = await startPostgres({ settings: LOGICAL })
  onTestFinished(() => primary.stop())
  const { username, password } = new URL(primary.url)
  const secret = decodeURIComponent(password).replace(/['\\]/g, '\\$&')
  await primary.execute(`SELECT pg_create_physical_replication_slot('standby', true)`)
  const standby = await primary.replica({
    ...LOGICAL,
    primary_slot_name: 'standby',
    hot_standby_feedback: 'on',
    primary_conninfo: `host=127.0.0.1 port=${primary.port} user=${username} password='${secret}' dbname=postgres`,
    ...settings,
  })
  onTestFinished(() => standby.stop())
  let port = primary.port
  const sockets = new Set<Socket>()
  const proxy = createServer((inner) => {
    const outer = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const one of sockets) one.destroy()
    proxy.close()
  })
  const url = Object.assign(new URL(primary.url), { port: String((proxy.address() as { port: number }).port) }).href
  const query = async (where: string, statement: string) => {
    const client = new pg.Client(where)
    await client.connect()
    try {
      return (await client.query({ text: statement, rowMode: 'array' })).rows
    } finally {
      await client.end()
    }
  }
  const made: Pair = {
    primary,
    standby,
    into: target({ url }, { replication: 'log' }),
    sql: (statement) => query(url, statement),
    at: (one, statement) => query(one.url, statement),
    replayed: async () => {
      const [[lsn]] = (await query(primary.url, 'SELECT pg_current_wal_lsn()::text')) as [[string]]
      await expect
        .poll(async () => (await query(standby.url, `SELECT pg_last_wal_replay_lsn() >= '${lsn}'`))[0]![0], {
          timeout: 20_000,
        })
        .toBe(true)
    },
    failOver: async () => {
      await primary.halt()
      await query(standby.url, 'SELECT pg_promote()')
      port = Number(new URL(standby.url).port)
      for (const one of sockets) one.destroy()
    },
  }
  await made.sql(`CREATE TABLE t (id int PRIMARY KEY, v text)`)
  await made.sql(`INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
  return made
}

const live = ({ into }: Pair) => into.rows('SELECT id, v FROM crm_t WHERE _deleted_at IS NULL ORDER BY id')
const shown = (report: unknown) => JSON.stringify(report, (_, one) => (typeof one === 'bigint' ? String(one) : one))

async function well({ into }: Pair): Promise<void> {
  const report = await into.run()
  if (report.exitCode !== 0) throw new Error(shown(report))
}

/** The standby keeps the slot too: it takes one over only when that has moved past what the standby itself has. */
async function slotSynced(world: Pair): Promise<void> {
  await expect
    .poll(async () => {
      await world.sql('SELECT pg_log_standby_snapshot()')
      await well(world)
      await world.replayed()
      await world.at(world.standby, 'SELECT pg_sync_replication_slots()')
      return await world.at(
        world.standby,
        `SELECT synced AND NOT temporary FROM pg_replication_slots WHERE plugin = 'pgoutput'`,
      )
    })
    .toEqual([[true]])
}

describe('the log of Postgres 18, whose standby was promoted', () => {
  it('continues without a read of what was there, where the slot is there too', async () => {
    const world = await pair()
    await well(world)
    await world.sql(`INSERT INTO t VALUES (4, 'd')`)
    await well(world)
    await world.replayed()
    await slotSynced(world)
    await world.sql(`UPDATE t SET v = 'B' WHERE id = 2`)
    await world.replayed()
    await world.failOver()
    await world.sql(`DELETE FROM t WHERE id = 1`)
    world.into.log.length = 0
    await well(world)
    expect(world.into.log.join('\n')).not.toContain('read again')
    expect(live(world)).toEqual([
      { id: 2, v: 'B' },
      { id: 3, v: 'c' },
      { id: 4, v: 'd' },
    ])
  })

  it('is read again where it lacks what was committed here: those rows are gone', async () => {
    const world = await pair()
    await well(world)
    await world.replayed()
    await slotSynced(world)
    // From here on the standby has nothing of what the primary writes.
    await world.at(world.standby, `ALTER SYSTEM SET primary_conninfo = ''`)
    await world.at(world.standby, 'SELECT pg_reload_conf()')
    await expect.poll(() => world.at(world.standby, 'SELECT count(*)::int FROM pg_stat_wal_receiver')).toEqual([[0]])
    await world.sql(`INSERT INTO t VALUES (9, 'never')`)
    await world.sql(`UPDATE t SET v = 'never' WHERE id = 2`)
    await well(world)
    const before = live(world)
    await world.failOver()
    await world.sql(`INSERT INTO t SELECT g, 'x' FROM generate_series(100, 5000) g`)
    await world.sql('DELETE FROM t WHERE id >= 100')
    await world.sql(`INSERT INTO t VALUES (4, 'd')`)
    world.into.log.length = 0
    await well(world)
    expect(before).toHaveLength(4)
    expect(world.into.log.join('\n')).toMatch(
      /read again from the beginning: the server was promoted, or restored to an earlier time, before the committed offset/,
    )
    expect(live(world)).toEqual([
      { id: 1, v: 'a' },
      { id: 2, v: 'b' },
      { id: 3, v: 'c' },
      { id: 4, v: 'd' },
    ])
  })

  it('is read again where the slot did not come along, and rows stay readable', async () => {
    const world = await pair()
    await well(world)
    await world.sql(`DELETE FROM t WHERE id = 1`)
    await world.replayed()
    await world.failOver()
    await world.sql(`INSERT INTO t VALUES (4, 'd')`)
    const before = live(world)
    world.into.log.length = 0
    await well(world)
    expect(before).toHaveLength(3)
    expect(world.into.log.join('\n')).toMatch(/read again from the beginning: its replication slot "\w+" was dropped/)
    expect(live(world)).toEqual([
      { id: 2, v: 'b' },
      { id: 3, v: 'c' },
      { id: 4, v: 'd' },
    ])
  })
})
