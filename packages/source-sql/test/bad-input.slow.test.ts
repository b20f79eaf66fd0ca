import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { hasMariaDb, mariadb, postgres, sqlite, type World } from './harness.ts'
import { target } from './target.ts'

const systems = [
  ['Postgres', postgres],
  ['SQLite', sqlite],
  ...(hasMariaDb ? [['MariaDB', mariadb] as const] : []),
] as const

describe.each(systems)('a view without a key of %s', (_, make) => {
  it('is read whole and replaced, and says how it is kept row by row', async () => {
    const world = await make()
    await world.run('CREATE TABLE t (id int NOT NULL PRIMARY KEY, x int)')
    await world.run('INSERT INTO t VALUES (1, 10), (2, 20)')
    await world.run('CREATE VIEW v AS SELECT id, x FROM t')
    const into = target(world, { include: ['v'] })
    expect((await into.run()).tables[0]!.rows).toMatchObject({ written: 2, rejected: 0 })
    const said = (): number => into.log.filter((line) => line.includes('tables: { "v": { primaryKey: [ … ] } }')).length
    expect(said()).toBe(1)
    await world.run('DELETE FROM t WHERE id = 1')
    await world.run('INSERT INTO t VALUES (3, 30)')
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT id FROM crm_v WHERE _deleted_at IS NULL ORDER BY id')).toEqual([{ id: 2 }, { id: 3 }])
    expect(said()).toBe(1)
    const keyed = target(world, { include: ['v'], tables: { v: { primaryKey: ['id'] } } })
    await keyed.run()
    await world.run('UPDATE t SET x = 31 WHERE id = 3')
    expect((await keyed.run()).tables[0]!.rows).toMatchObject({ written: 1, unchanged: 1 })
    expect(keyed.log.join()).not.toContain('has no key')
  })
})

interface Reader {
  /** The URL of a user who may read. */
  readonly url: string
  /** Whether one of its sessions is reading rows just now. */
  isReading(): Promise<boolean>
  /** Takes its password away, and ends its sessions. */
  revoke(): Promise<void>
}

async function postgresReader(world: World, name: string): Promise<Reader> {
  await world.run(
    `CREATE ROLE ${name} LOGIN PASSWORD 'reader-secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`,
  )
  const url = Object.assign(new URL(world.url), { username: name, password: 'reader-secret' }).toString()
  const sessions = `FROM pg_stat_activity WHERE usename = '${name}'`
  // Of the big table: the small one is read by the same statement, and on a slow machine still when this asks.
  const locks = `SELECT pid FROM pg_locks WHERE relation = 'big'::regclass`
  return {
    url,
    isReading: async () =>
      (await world.run(`SELECT 1 ${sessions} AND query LIKE 'FETCH%' AND pid IN (${locks})`)).length > 0,
    async revoke() {
      await world.run(`ALTER ROLE ${name} PASSWORD 'another'`)
      await world.run(`SELECT pg_terminate_backend(pid) ${sessions}`)
    },
  }
}

async function mariadbReader(world: World, name: string): Promise<Reader> {
  // A fresh server has nameless users of its host, who come before those of any host.
  const users = [`${name}@'%'`, `${name}@localhost`]
  for (const user of users)
    await world.run(`CREATE USER ${user} IDENTIFIED BY 'reader-secret'; GRANT SELECT, PROCESS ON *.* TO ${user}`)
  const url = Object.assign(new URL(world.url), { username: name, password: 'reader-secret' }).toString()
  const sessions = `FROM information_schema.processlist WHERE user = '${name}'`
  // Pages are asked for by statements that are over too soon to be seen.
  const rowsSent = async (): Promise<number> =>
    Number((await world.run(`SHOW GLOBAL STATUS LIKE 'Rows_sent'`))[0]!['Value'])
  const before = await rowsSent()
  return {
    url,
    isReading: async () => (await rowsSent()) > before + 20_000,
    async revoke() {
      for (const user of users) await world.run(`ALTER USER ${user} IDENTIFIED BY 'another'`)
      for (const { id } of await world.run(`SELECT id ${sessions}`)) await world.run(`KILL ${id}`).catch(() => {})
    },
  }
}

const servers = [
  ['Postgres', postgres, postgresReader, 'SELECT n, now() FROM generate_series(1, 300000) n'],
  ...(hasMariaDb ? [['MariaDB', mariadb, mariadbReader, 'SELECT seq, now() FROM seq_1_to_300000'] as const] : []),
] as const

describe.each(servers)('credentials of %s that stop working in the middle', (_, make, readerOf, rows) => {
  it('fail the table with what to do, keep what was read, and the next run goes on', async () => {
    const world = await make()
    await world.run('CREATE TABLE a_small (id int NOT NULL PRIMARY KEY)')
    await world.run('INSERT INTO a_small VALUES (1)')
    await world.run('CREATE TABLE big (id int NOT NULL PRIMARY KEY, at timestamp)')
    await world.run(`INSERT INTO big ${rows}`)
    const reader = await readerOf(world, `reader_${process.pid}`)
    const into = target({ ...world, url: reader.url }, { connections: 1 })
    let isOver = false
    const run = into.run().finally(() => {
      isOver = true
    })
    while (!isOver && !(await reader.isReading())) await sleep(2)
    await reader.revoke()
    const report = await run
    expect(report.exitCode).toBe(3)
    const [small, big] = ['crm_a_small', 'crm_big'].map((name) => report.tables.find((table) => table.name === name)!)
    expect([small!.rows.written, small!.failures]).toEqual([1, []])
    const { failure } = big!.failures[0]!
    expect(failure.remedy).toBe('fix-config')
    expect(failure.message).toMatch(/check the user(,| and) the password/)
    expect(JSON.stringify([failure, into.log])).not.toContain('reader-secret')
    const again = await into.run({ url: reader.url.replace('reader-secret', 'another') })
    expect(again.exitCode).toBe(0)
    expect(into.rows('SELECT count(*) AS n FROM crm_big WHERE _deleted_at IS NULL')).toEqual([{ n: 300_000 }])
  })
})
