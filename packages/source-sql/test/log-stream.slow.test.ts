import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SqlConfig } from '../src/config.ts'
import type { Row } from '../src/database.ts'
import type { LogItem } from '../src/postgres/log/log-item.ts'
import type { LogOffset } from '../src/postgres/log/log-offset.ts'
import type { PostgresLog } from '../src/postgres/log/postgres-log.ts'
import { connect } from '../src/source.ts'
import { tablesOf } from '../src/tables.ts'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'

const log = { debug() {}, info() {}, warn() {} }

describe.each(VERSIONS)('the log of Postgres %s, as the engine asks for it', (_, major) => {
  const { open, server } = logServer(major)

  /** A log that has begun, with its tables. */
  async function begun(
    world: LogWorld,
    config: object = {},
  ): Promise<{ readonly own: PostgresLog; readonly start: LogOffset }> {
    const client = connect(SqlConfig.parse({ url: world.url, replication: 'log', ...config }), log)
    onTestFinished(() => client.close())
    const signal = new AbortController().signal
    await tablesOf({ client, log, signal, tracked: { columns: () => undefined } })
    const own = client.log!
    const start = await own.begin({ id: randomUUID(), tables: ['t'], signal, log })
    return { own, start }
  }

  /** Reads until a checkpoint that is wanted. */
  async function readTo(
    own: PostgresLog,
    offset: LogOffset,
    isWanted: (offset: LogOffset, items: LogItem[]) => boolean,
    meanwhile: (offset: LogOffset) => Promise<void> = async () => {},
  ): Promise<LogOffset> {
    const stop = new AbortController()
    const items: LogItem[] = []
    for await (const item of own.read({ offset, signal: stop.signal, log })) {
      items.push(item)
      if (item.kind !== 'checkpoint' || !isWanted(item.offset, items)) continue
      await meanwhile(item.offset)
      return item.offset
    }
    throw new Error('the log has ended')
  }

  const hasUpsert = (_offset: LogOffset, items: readonly LogItem[]): boolean =>
    items.some(({ kind }) => kind === 'upserted')

  it('a chunk waits for a commit that is in the log before others see it', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old')`)
    const { own, start } = await begun(world)
    const { signal } = new AbortController()
    const [chunk] = await own.chunks.cut('t', { signal, log })
    const application = await world.session()
    const settings = async (names: string): Promise<void> => {
      await server().execute(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`)
      await server().execute('SELECT pg_reload_conf()')
    }
    // It answers a commit once a standby has it, and there is none.
    await settings('nobody')
    onTestFinished(() => settings(''))
    await expect
      .poll(async () => (await application.query('SHOW synchronous_standby_names')).rows[0])
      .toMatchObject({
        synchronous_standby_names: 'nobody',
      })
    const committed = application.query(`UPDATE t SET v = 'new' WHERE id = 1`)
    const asOf = await readTo(own, start, hasUpsert)
    expect(asOf.recent).toHaveLength(1)
    expect(await world.sql('SELECT v FROM t')).toEqual([['old']])
    const rows: Row[] = []
    let isRead = false
    const reading = (async () => {
      for await (const page of own.chunks.read('t', chunk!, { asOf, signal, log })) rows.push(...page)
      isRead = true
    })()
    await sleep(700)
    expect({ isRead, rows }).toEqual({ isRead: false, rows: [] })
    await settings('')
    await committed
    await reading
    expect(rows).toEqual([{ id: 1, v: 'new' }])
  })

  it('a chunk waits for transactions that were open when its table was published', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE late (id int PRIMARY KEY)`)
    const { own, start } = await begun(world)
    const application = await world.session()
    await application.query('BEGIN')
    await application.query('INSERT INTO late VALUES (1)')
    const { signal } = new AbortController()
    const [chunk] = await own.chunks.cut('late', { signal, log })
    const rows: Row[] = []
    const reading = (async () => {
      for await (const page of own.chunks.read('late', chunk!, { asOf: start, signal, log })) rows.push(...page)
    })()
    await sleep(300)
    expect(rows).toEqual([])
    await application.query('COMMIT')
    await reading
    expect(rows).toEqual([{ id: 1 }])
  })

  it('a row of a table without a key is in its snapshot or comes after it, also where a stream was open before', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (v text)')
    const { own, start } = await begun(world, { tables: { t: { appendOnly: true } } })
    const stop = new AbortController()
    const waiting = own.read({ offset: start, signal: stop.signal, log }).next()
    const isRead = async () => (await world.sql('SELECT FROM pg_replication_slots WHERE active')).length > 0
    await expect.poll(isRead).toBe(true)
    stop.abort()
    await expect(waiting).rejects.toThrow()
    await world.sql(`INSERT INTO t VALUES ('before')`)
    // The stream that stays open takes it in.
    await sleep(500)
    const { signal } = new AbortController()
    const [chunk] = await own.chunks.cut('t', { signal, log })
    await world.sql(`INSERT INTO t VALUES ('after')`)
    const rows: Row[] = []
    for await (const page of own.chunks.read('t', chunk!, { asOf: start, signal, log })) rows.push(...page)
    const hasAfter = (_offset: LogOffset, items: readonly LogItem[]): boolean => {
      const told = items.flatMap((item) => (item.kind === 'upserted' ? item.rows : []))
      if (!told.some(({ v }) => v === 'after')) return false
      rows.push(...told)
      return true
    }
    await readTo(own, start, hasAfter)
    expect(rows).toEqual([{ v: 'before' }, { v: 'after' }])
  })

  it('the server is told what is committed, never what was only received', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY, v text)')
    const { own, start } = await begun(world)
    await world.sql(`INSERT INTO t SELECT n, 'v' FROM generate_series(1, 1000) n`)
    const confirmed = async () =>
      (
        await world.sql(
          'SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE database = current_database()',
        )
      )[0]![0]
    const before = await confirmed()
    // It is read on for a while, in which the server is asked how far it is again and again.
    const beganAt = performance.now()
    const moving = sleep(600).then(() => world.sql('CREATE TABLE other (id int)'))
    const isLater = (at: LogOffset, items: LogItem[]): boolean =>
      hasUpsert(at, items) && performance.now() - beganAt > 600
    const offset = await readTo(own, start, isLater, async (at) => {
      await moving
      expect(await confirmed()).toBe(before)
      own.acknowledge(at)
      await expect.poll(confirmed).toBe(at.lsn)
    })
    // What is at or below an offset is not sent again.
    await world.sql(`INSERT INTO t VALUES (2000, 'next')`)
    const rows: unknown[] = []
    await readTo(own, offset, (_at, items) => {
      for (const item of items.splice(0)) if (item.kind === 'upserted') rows.push(...item.rows)
      return rows.length > 0
    })
    expect(rows).toEqual([{ id: 2000, v: 'next' }])
  })

  it('a chunk of a table that was rewritten since is never read, and the table is lost', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)`)
    const { own, start } = await begun(world)
    const { signal } = new AbortController()
    const [chunk] = await own.chunks.cut('t', { signal, log })
    await world.sql('VACUUM FULL t')
    const reading = own.chunks.read('t', chunk!, { asOf: start, signal, log }).next()
    await expect(reading).rejects.toMatchObject({ code: 'feed-lost' })
    expect(await own.lost({ offset: start, signal, log })).toEqual({ t: 'it was rewritten while it was read' })
    // Until it is cut again.
    await own.chunks.cut('t', { signal, log })
    expect(await own.lost({ offset: start, signal, log })).toEqual({})
  })

  it('a table without a key is read from one snapshot, and from the log from there on', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (v text); INSERT INTO t VALUES ('before')`)
    const { own, start } = await begun(world, { tables: { t: { appendOnly: true } } })
    // It is in the log that is read, and in the snapshot.
    await world.sql(`INSERT INTO t VALUES ('between')`)
    const { signal } = new AbortController()
    const [chunk] = await own.chunks.cut('t', { signal, log })
    await world.sql(`INSERT INTO t VALUES ('after')`)
    const held: unknown[] = []
    for await (const page of own.chunks.read('t', chunk!, { asOf: start, signal, log })) held.push(...page)
    expect(held).toEqual([{ v: 'before' }, { v: 'between' }])
    const told: unknown[] = []
    await readTo(own, start, (_at, items) => {
      for (const item of items.splice(0)) if (item.kind === 'upserted') told.push(...item.rows)
      return told.length > 0
    })
    expect(told).toEqual([{ v: 'after' }])
  })

  it('a table without a key that was rewritten since is lost, and never read as empty', async () => {
    const world = await open()
    await world.sql(`CREATE TABLE t (v text); INSERT INTO t VALUES ('a')`)
    const { own, start } = await begun(world, { tables: { t: { appendOnly: true } } })
    const { signal } = new AbortController()
    const [chunk] = await own.chunks.cut('t', { signal, log })
    await world.sql('ALTER TABLE t ALTER COLUMN v TYPE int USING 1')
    const reading = own.chunks.read('t', chunk!, { asOf: start, signal, log }).next()
    await expect(reading).rejects.toMatchObject({ code: 'feed-lost' })
  })

  it('the stream stays open for the next read, and lets go of the slot where there is no next', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY, v text)')
    const { own, start } = await begun(world)
    const reader = async (): Promise<unknown> =>
      (await world.sql('SELECT active_pid FROM pg_replication_slots WHERE database = current_database()'))[0]![0]
    await world.sql(`INSERT INTO t VALUES (1, 'a')`)
    const first = await readTo(own, start, hasUpsert)
    const pid = await reader()
    expect(pid).toEqual(expect.any(Number))
    // What is written meanwhile waits in the connection.
    await world.sql(`INSERT INTO t VALUES (2, 'b')`)
    const second = await readTo(own, first, hasUpsert)
    expect(await reader()).toBe(pid)
    // From another offset than where it is, it begins there.
    await readTo(own, first, hasUpsert)
    expect(await reader()).not.toBe(pid)
    expect(second.lsn).not.toBe(first.lsn)
    await expect.poll(reader).toBeNull()
  })

  it('what it made is removed, and removing it again is nothing', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY, v text)')
    const { own, start } = await begun(world)
    const { signal } = new AbortController()
    await own.end({ id: start.id, offset: start, signal, log })
    await own.end({ id: start.id, offset: start, signal, log })
    expect(
      await world.sql('SELECT count(*)::int FROM pg_replication_slots WHERE database = current_database()'),
    ).toEqual([[0]])
    expect(await world.sql('SELECT count(*)::int FROM pg_publication')).toEqual([[0]])
  })
})
