import { describe, expect, it, onTestFinished } from 'vitest'
import { hasMariaDb, mariadb, open, postgres, sqlite, type World } from './harness.ts'
import { type Target, target } from './target.ts'

const PASSWORD = 'reader-secret'
let counter = 0

interface Reader {
  readonly url: string
  grant(what: string): Promise<void>
  revoke(what: string): Promise<void>
}

async function postgresReader(world: World): Promise<Reader> {
  const role = `reader_${process.pid}_${counter++}`
  await world.run(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`)
  onTestFinished(async () => void (await world.run(`DROP OWNED BY ${role}; DROP ROLE ${role}`)))
  return {
    url: Object.assign(new URL(world.url), { username: role, password: PASSWORD }).toString(),
    grant: async (what) => void (await world.run(`GRANT ${what} TO ${role}`)),
    revoke: async (what) => void (await world.run(`REVOKE ${what} FROM ${role}`)),
  }
}

async function mariadbReader(world: World): Promise<Reader> {
  const name = `reader_${process.pid}_${counter++}`
  // A fresh server has nameless users of its host, who come before those of any host.
  const users = [`${name}@'%'`, `${name}@localhost`]
  for (const user of users)
    await world.run(`CREATE USER ${user} IDENTIFIED BY '${PASSWORD}'; GRANT PROCESS ON *.* TO ${user}`)
  onTestFinished(async () => void (await world.run(`DROP USER ${users.join(', ')}`)))
  const all = async (verb: string): Promise<void> => {
    for (const user of users) await world.run(`${verb} ${user}`)
  }
  return {
    url: Object.assign(new URL(world.url), { username: name, password: PASSWORD }).toString(),
    grant: (what) => all(`GRANT ${what} TO`),
    revoke: (what) => all(`REVOKE ${what} FROM`),
  }
}

const statusOf = (into: Target): Record<string, unknown> =>
  Object.fromEntries(into.rows('SELECT name, status FROM _tidemark_tables').map((row) => [row['name'], row['status']]))

const servers = [
  ['Postgres', postgres, postgresReader, 'timestamptz'],
  ...(hasMariaDb ? [['MariaDB', mariadb, mariadbReader, 'timestamp(6)'] as const] : []),
] as const

describe.each(servers)('what a user of %s may no longer read', (_, make, readerOf, time) => {
  async function begun() {
    const world = await make()
    for (const name of ['a', 'b']) {
      await world.run(`CREATE TABLE ${name} (id int NOT NULL PRIMARY KEY, v text, s text, updated_at ${time} NOT NULL)`)
      await world.run(`CREATE INDEX ${name}_u ON ${name} (updated_at)`)
      await world.run(`INSERT INTO ${name} VALUES (1, 'x', 'y', '2024-01-01 00:00:00')`)
    }
    const reader = await readerOf(world)
    return { world, reader, into: target({ url: reader.url }) }
  }

  it('is a table: it fails and says why, is not removed, and comes back', async () => {
    const { world, reader, into } = await begun()
    await reader.grant('SELECT ON a')
    await reader.grant('SELECT ON b')
    expect((await into.run()).exitCode).toBe(0)
    await reader.revoke('SELECT ON a')
    const report = await into.run()
    expect(report.exitCode).toBe(3)
    const a = report.tables.find((table) => table.name === 'crm_a')!
    expect(a.failures[0]!.failure).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(/GRANT SELECT/),
    })
    expect(report.tables.find((table) => table.name === 'crm_b')!.failures).toEqual([])
    expect(statusOf(into)).toMatchObject({ crm_b: 'complete' })
    expect(statusOf(into)['crm_a']).not.toBe('removed')
    await reader.grant('SELECT ON a')
    await world.run(`INSERT INTO a VALUES (2, 'x', 'y', '2026-01-01 00:00:00')`)
    expect((await into.run()).exitCode).toBe(0)
    expect(statusOf(into)).toEqual({ crm_a: 'complete', crm_b: 'complete' })
    // Left out by name it is wanted no more.
    await reader.revoke('SELECT ON a')
    expect((await into.run({ exclude: ['a'] })).exitCode).toBe(0)
    expect(statusOf(into)['crm_a']).toBe('removed')
  })

  it('is a column: its table fails and says why, unless it is left out by name', async () => {
    const { reader, into } = await begun()
    await reader.grant('SELECT (id, v, s, updated_at) ON a')
    await reader.grant('SELECT ON b')
    expect((await into.run()).exitCode).toBe(0)
    await reader.revoke('SELECT (s) ON a')
    const report = await into.run()
    expect(report.exitCode).toBe(3)
    const { failure } = report.tables.find((table) => table.name === 'crm_a')!.failures[0]!
    expect(failure).toMatchObject({
      remedy: 'fix-config',
      message: expect.stringMatching(/column "s" of table "a" can no longer be read.*columns: \{ "s": false \}/),
    })
    expect((await into.run({ tables: { a: { columns: { s: false } } } })).exitCode).toBe(0)
    expect(statusOf(into)).toEqual({ crm_a: 'complete', crm_b: 'complete' })
    // A key that may not be read any more does not make rows of its table ones without a key.
    await reader.revoke('SELECT (id) ON a')
    const keyless = await into.run({ tables: { a: { columns: { s: false } } } })
    expect(keyless.tables.find((table) => table.name === 'crm_a')!.failures[0]!.failure.message).toContain(
      'column "id"',
    )
  })

  it('is none of what was dropped', async () => {
    const { world, reader, into } = await begun()
    await reader.grant(
      world.system === 'mysql' ? `SELECT ON ${new URL(world.url).pathname.slice(1)}.*` : 'SELECT ON a, b',
    )
    expect((await into.run()).exitCode).toBe(0)
    await world.run('ALTER TABLE a DROP COLUMN s')
    await world.run('DROP TABLE b')
    expect((await into.run()).exitCode).toBe(0)
    expect(statusOf(into)).toEqual({ crm_a: 'complete', crm_b: 'removed' })
  })

  it('from the beginning is a key: the table has none, says so, and is read whole', async () => {
    const { reader } = await begun()
    await reader.grant('SELECT (v, updated_at) ON a')
    const opened = await open({ url: reader.url }, { include: ['a'] })
    expect([opened.table().primaryKey, opened.table().cursor]).toEqual([[], undefined])
    expect(opened.warnings.join('\n')).toContain('it has no key')
  })

  it('from the beginning is a part of a key: the rest of it is none', async () => {
    const { world, reader } = await begun()
    await world.run(
      `CREATE TABLE c (tenant int NOT NULL, id int NOT NULL, updated_at ${time} NOT NULL, PRIMARY KEY (tenant, id))`,
    )
    await world.run('CREATE INDEX c_u ON c (updated_at)')
    for (const id of [1, 2]) await world.run(`INSERT INTO c VALUES (7, ${id}, '2024-01-01 00:00:00')`)
    await reader.grant('SELECT (tenant, updated_at) ON c')
    const opened = await open({ url: reader.url }, { include: ['c'] })
    expect([opened.table('c').primaryKey, opened.table('c').cursor]).toEqual([[], undefined])
    const into = target({ url: reader.url }, { include: ['c'] })
    expect((await into.run()).exitCode).toBe(0)
    expect(into.rows('SELECT count(*) AS n FROM crm_c')).toEqual([{ n: 2 }])
  })
})

describe.runIf(hasMariaDb)('a view of MariaDB', () => {
  it.each([
    ['whose table may not be read any more by its owner', 'the right'],
    ['whose table is gone', 'the table'],
  ])('%s fails alone, and is not removed', async (_name, what) => {
    const world = await mariadb()
    await world.run(
      'CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY); INSERT INTO a VALUES (1)',
    )
    const owner = await mariadbReader(world)
    const reader = await mariadbReader(world)
    const database = new URL(world.url).pathname.slice(1)
    await owner.grant(`SELECT ON ${database}.a`)
    const user = new URL(owner.url).username
    await world.run(`CREATE DEFINER = ${user}@localhost SQL SECURITY DEFINER VIEW w AS SELECT id FROM a`)
    await reader.grant(`SELECT ON ${database}.w`)
    await reader.grant(`SELECT ON ${database}.b`)
    const into = target({ url: reader.url }, { views: true })
    expect((await into.run()).exitCode).toBe(0)
    if (what === 'the right') await owner.revoke(`SELECT ON ${database}.a`)
    else await world.run('DROP TABLE a')
    const report = await into.run()
    expect([report.exitCode, report.tables.map(({ name, failures }) => [name, failures.length])]).toEqual([
      3,
      [
        ['crm_b', 0],
        ['crm_w', 1],
      ],
    ])
    expect(statusOf(into)).toEqual({ crm_b: 'complete', crm_w: 'failing' })
  })
})

describe('a schema of Postgres', () => {
  it('that may not be used any more fails its tables', async () => {
    const world = await postgres()
    await world.run('CREATE SCHEMA s; CREATE TABLE s.a (id int PRIMARY KEY); INSERT INTO s.a VALUES (1)')
    const reader = await postgresReader(world)
    await reader.grant('SELECT ON s.a')
    await reader.grant('USAGE ON SCHEMA s')
    const into = target({ url: reader.url })
    expect((await into.run()).exitCode).toBe(0)
    await reader.revoke('USAGE ON SCHEMA s')
    const report = await into.run()
    expect([report.exitCode, report.tables[0]!.failures[0]!.failure.message]).toEqual([
      3,
      expect.stringContaining('permission denied for schema s'),
    ])
  })

  it('says which columns may not be read from the beginning', async () => {
    const world = await postgres()
    await world.run('CREATE TABLE a (id int PRIMARY KEY, v int, s text)')
    const reader = await postgresReader(world)
    await reader.grant('SELECT (id, v) ON a')
    expect((await open({ url: reader.url })).warnings).toEqual([
      expect.stringMatching(
        /^a: s cannot be read by this user and is left out; GRANT SELECT, or set columns: \{ "s": false \}/,
      ),
    ])
    expect((await open({ url: reader.url }, { tables: { a: { columns: { s: false } } } })).warnings).toEqual([])
  })
})

describe('a table of SQLite', () => {
  it('that was dropped is gone, and nobody is asked', async () => {
    const world = await sqlite()
    await world.run('CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY)')
    const into = target(world)
    await into.run()
    await world.run('DROP TABLE a')
    expect((await into.run()).exitCode).toBe(0)
    expect(statusOf(into)).toEqual({ crm_a: 'removed', crm_b: 'complete' })
  })
})
