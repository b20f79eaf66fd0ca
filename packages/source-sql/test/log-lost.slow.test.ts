import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { startPostgres } from '@tidemark/postgres-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LogConnection } from '../src/postgres/log/log-connection.ts'
import { type LogWorld, logServer, readerOf, VERSIONS } from './log-world.ts'
import { target } from './target.ts'

const SLOT = `(SELECT slot_name FROM pg_replication_slots WHERE database = current_database() AND NOT temporary)`

describe.each(VERSIONS)('a log of Postgres %s that does not continue', (_, major) => {
  const { open, server } = logServer(major)

  /** A database that is read, and then changes. */
  async function changed(): Promise<LogWorld> {
    const world = await open()
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
    await world.well()
    return world
  }
  const change = `DELETE FROM t WHERE id = 1; UPDATE t SET v = 'B' WHERE id = 2; INSERT INTO t VALUES (4, 'd')`
  const expected = [
    { id: 2, v: 'B' },
    { id: 3, v: 'c' },
    { id: 4, v: 'd' },
  ]
  async function heals(world: LogWorld, why: RegExp): Promise<void> {
    // Noticed before anything is read: the rows of before stay until they are read again.
    expect(world.live('t').length).toBeGreaterThanOrEqual(3)
    await world.well()
    expect(world.log.join('\n')).toMatch(why)
    expect(world.live('t', 'id, v')).toEqual(expected)
    await world.sql(`INSERT INTO t VALUES (5, 'e')`)
    world.log.length = 0
    await world.well()
    expect(world.log.join('\n')).not.toContain('read again')
    expect(world.live('t', 'id, v')).toEqual([...expected, { id: 5, v: 'e' }])
  }

  it('because its slot was dropped', async () => {
    const world = await changed()
    await world.sql(`SELECT pg_drop_replication_slot(${SLOT})`)
    await world.sql(change)
    await heals(world, /read again from the beginning: its replication slot "tidemark_\w+" was dropped/)
  })

  it('because its slot was dropped and made again', async () => {
    const world = await changed()
    const [[slot]] = (await world.sql(`SELECT ${SLOT}`)) as [[string]]
    await world.sql(`SELECT pg_drop_replication_slot('${slot}')`)
    await world.sql(change)
    await world.sql(`SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')`)
    await heals(world, /was advanced past the committed offset/)
  })

  it('because somebody else advanced its slot', async () => {
    const world = await changed()
    await world.sql(change)
    await world.sql(`SELECT pg_replication_slot_advance(${SLOT}, pg_current_wal_lsn())`)
    await heals(world, /was advanced past the committed offset/)
  })

  it('because its destination was restored from a copy', async () => {
    const world = await changed()
    const copy = readFileSync(world.file)
    await world.sql(change)
    await world.well()
    writeFileSync(world.file, copy)
    await heals(world, /was advanced past the committed offset/)
  })

  it('because its publication was dropped', async () => {
    const world = await changed()
    await world.sql(`DROP PUBLICATION ${((await world.sql(`SELECT ${SLOT}`)) as [[string]])[0][0]}`)
    await world.sql(change)
    await heals(world, /read again from the beginning: its publication was dropped/)
  })

  it('for a table alone that somebody took out of the publication', async () => {
    const world = await changed()
    await world.sql('CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)')
    await world.well()
    await world.sql(`ALTER PUBLICATION ${((await world.sql(`SELECT ${SLOT}`)) as [[string]])[0][0]} DROP TABLE t`)
    await world.sql(change)
    await heals(world, /crm_t is read again: it was not in the publication/)
    expect(world.log.join('\n')).not.toContain('crm_other is read again')
  })

  it('because the server removed the log that it needs', async () => {
    const world = await changed()
    await server().execute(`ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'`)
    await server().execute('SELECT pg_reload_conf()')
    onTestFinished(async () => {
      await server().execute('ALTER SYSTEM RESET max_slot_wal_keep_size')
      await server().execute('SELECT pg_reload_conf()')
    })
    await world.sql(change)
    for (let n = 0; n < 6; n++)
      await world.sql(
        'SELECT pg_switch_wal(); CHECKPOINT; CREATE TABLE IF NOT EXISTS x (a serial PRIMARY KEY); INSERT INTO x DEFAULT VALUES',
      )
    const status = () => world.sql(`SELECT wal_status FROM pg_replication_slots WHERE slot_name = ${SLOT}`)
    for (let tries = 0; tries < 50 && (await status())[0]![0] !== 'lost'; tries++)
      await world.sql('SELECT pg_switch_wal(); INSERT INTO x DEFAULT VALUES; CHECKPOINT')
    expect((await status())[0]![0]).toBe('lost')
    await heals(world, /read again from the beginning: its replication slot "tidemark_\w+" was invalidated/)
  })

  it.each([
    ['once', 1, false],
    ['each time', 100, true],
  ] as const)('because the server fails to decode it %s', async (__, times, isLost) => {
    const world = await changed()
    await world.sql(change)
    const [[slot]] = (await world.sql(`SELECT ${SLOT}`)) as [[string]]
    const { next } = LogConnection.prototype
    onTestFinished(() => {
      LogConnection.prototype.next = next
    })
    let fails = 0
    LogConnection.prototype.next = async function (this: LogConnection) {
      const isThere = (await world.sql(`SELECT 1 FROM pg_replication_slots WHERE slot_name = '${slot}'`)).length > 0
      if (!isThere || fails++ >= times) return await next.call(this)
      // What a server of version 15 was seen to say after a crash beside VACUUM FULL.
      throw Object.assign(new Error('could not map filenode "base/1/2" to relation OID'), { code: 'XX000' })
    }
    await world.well()
    expect(world.live('t', 'id, v')).toEqual(expected)
    const why = /read again from the beginning: the server cannot decode the log.*: could not map filenode/
    expect(why.test(world.log.join('\n'))).toBe(isLost)
  })

  it('waits while another reader holds its slot', async () => {
    const world = await changed()
    const [[slot]] = (await world.sql(`SELECT ${SLOT}`)) as [[string]]
    await world.sql(change)
    const other = await readerOf(world, slot)
    const settings = { retry: { attempts: 2, firstDelayMs: 1, maxDelayMs: 1 } }
    const report = await world.into.run({}, { settings })
    expect(report.exitCode).not.toBe(0)
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject({
      code: 'log-held',
      message: expect.stringContaining(`"${slot}" is read by another runner`),
    })
    await other.end()
    await world.well()
    expect(world.live('t', 'id, v')).toEqual(expected)
  })

  it('is left to a copy of the destination, once: each then reads by a slot of its own', async () => {
    const world = await changed()
    const copy = target({ url: world.url }, { replication: 'log' })
    copyFileSync(world.file, copy.file)
    await world.sql('INSERT INTO t VALUES (100, 100)')
    expect((await copy.run()).exitCode).toBe(0)
    await world.sql('INSERT INTO t VALUES (101, 101)')
    world.log.length = 0
    await world.well()
    expect(world.log.join('\n')).toMatch(/was advanced past the committed offset/)
    expect(world.log.join('\n')).toMatch(
      /stays, because a copy of this destination may be reading it.*pg_drop_replication_slot/,
    )
    const slots = async () =>
      (await world.sql('SELECT count(*)::int FROM pg_replication_slots WHERE database = current_database()'))[0]![0]
    expect(await slots()).toBe(2)
    for (const [at, one] of [copy, world, copy, world].entries()) {
      one.log.length = 0
      await world.sql(`INSERT INTO t VALUES (${200 + at}, 0)`)
      expect((await one.run()).exitCode).toBe(0)
      expect(one.log.join('\n')).not.toContain('read again')
    }
    await copy.run()
    const ids = 'SELECT id FROM crm_t WHERE _deleted_at IS NULL ORDER BY id'
    expect(copy.rows(ids)).toEqual(world.rows(ids))
    expect(await slots()).toBe(2)
  })

  it('is one for each destination: none advances that of another', async () => {
    const world = await changed()
    const other = target({ url: world.url }, { replication: 'log' })
    expect((await other.run()).exitCode).toBe(0)
    const slots = await world.sql(
      'SELECT count(*)::int FROM pg_replication_slots WHERE database = current_database() AND NOT temporary',
    )
    expect(slots).toEqual([[2]])
    await world.sql(change)
    expect((await other.run()).exitCode).toBe(0)
    await world.well()
    expect(other.rows('SELECT id, v FROM crm_t WHERE _deleted_at IS NULL ORDER BY id')).toEqual(expected)
    expect(world.live('t', 'id, v')).toEqual(expected)
    expect([...world.log, ...other.log].join('\n')).not.toContain('read again')
  })
})

describe('a server that cannot be read by its log', () => {
  const { open, server } = logServer(undefined)
  it('is refused with what its user needs', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY)')
    await server().execute(`CREATE ROLE reader LOGIN PASSWORD 'secret'`)
    await world.sql('GRANT SELECT ON t TO reader')
    const url = Object.assign(new URL(world.url), { username: 'reader', password: 'secret' }).href
    const report = await world.into.run({ url })
    expect(report.exitCode).not.toBe(0)
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject({
      remedy: 'fix-config',
      code: 'log-rights',
      message: expect.stringMatching(/permission denied for database.*ALTER ROLE … REPLICATION/),
    })
  })

  it('is refused where its log does not hold the changes of rows', async () => {
    const plain = await startPostgres()
    onTestFinished(() => plain.stop())
    await plain.execute('CREATE TABLE t (id int PRIMARY KEY)')
    const report = await target({ url: plain.url }, { replication: 'log' }).run()
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject({
      remedy: 'fix-config',
      code: 'log',
      message: expect.stringContaining(
        "its wal_level is replica, so its log does not hold changes of rows; ALTER SYSTEM SET wal_level = 'logical'",
      ),
    })
  })
})
