import { check } from '@tidemark/engine'
import { startPostgres } from '@tidemark/postgres-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LOGICAL, logServer, VERSIONS } from './log-world.ts'
import { type Target, target } from './target.ts'

const checked = (world: Pick<Target, 'using'>, config: Record<string, unknown> = {}) => world.using(config, check)

/** A server with settings of its own, and a table in it. */
async function serverWith(major: number | undefined, settings: Readonly<Record<string, string>>) {
  const server = await startPostgres({ major, settings })
  onTestFinished(() => server.stop())
  const database = await server.newDatabase()
  await server.rows('CREATE TABLE t (id int PRIMARY KEY)', database)
  return { server, database, world: target({ url: server.urlOf(database) }, { replication: 'log' }) }
}

describe.each(VERSIONS)('check of the log of Postgres %s', (_, major) => {
  const { open } = logServer(major)

  it('finds nothing wrong where all is there, and warns of a slot that nothing limits', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY)')
    for (const _ of ['before the first run', 'after it']) {
      const { exitCode, failures, findings } = await checked(world)
      expect({ exitCode, failures }).toEqual({ exitCode: 0, failures: [] })
      expect(findings).toEqual([
        expect.objectContaining({
          level: 'warning',
          message: expect.stringContaining('ALTER SYSTEM SET max_slot_wal_keep_size'),
        }),
      ])
      await world.well()
    }
  })

  it('names each right that is missing, with a statement that gives it', async () => {
    const world = await open()
    const [[admin]] = (await world.sql('SELECT quote_ident(current_user)')) as [[string]]
    const [user, owner] = [`"Reader ${major}"`, `owner_${major ?? 18}`]
    await world.sql(`CREATE ROLE ${user} LOGIN PASSWORD 'pw'; CREATE ROLE ${owner}; GRANT ${owner} TO ${admin};
      CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY); ALTER TABLE t OWNER TO ${owner};
      ALTER TABLE u OWNER TO ${owner}; GRANT SELECT ON t, u TO ${user}`)
    const url = new URL(world.url)
    url.username = user.slice(1, -1)
    url.password = 'pw'
    const config = { url: url.href }
    const first = await checked(world, config)
    expect(first.exitCode).not.toBe(0)
    const messages = [...new Set(first.failures.map(({ message, code }) => `${code}: ${message}`))]
    expect(messages).toEqual([
      expect.stringMatching(/^log-rights: its user may not read the log; run: ALTER ROLE "Reader .*" REPLICATION;$/),
      expect.stringMatching(/^log-rights: its user may not create a publication; run: GRANT CREATE ON DATABASE/),
      expect.stringMatching(/^log-rights: only the owner of "public"."t" can publish it; run: GRANT owner/),
      expect.stringMatching(/^log-rights: only the owner of "public"."u" can publish it; run: GRANT owner/),
    ])
    // The statements are what is missing.
    for (const message of messages) await world.sql(/run: (.*)$/.exec(message)![1]!)
    expect(await checked(world, config)).toMatchObject({ exitCode: 0, failures: [] })
    expect((await world.into.run(config)).exitCode).toBe(0)
    await world.sql(`REVOKE ${owner} FROM ${user}`)
    // Both are published by now.
    expect(await checked(world, config)).toMatchObject({ exitCode: 0, failures: [] })
  })

  it('says that the log does not hold the changes of rows', async () => {
    const { world } = await serverWith(major, { wal_level: 'replica' })
    const { exitCode, failures } = await checked(world)
    expect(exitCode).not.toBe(0)
    expect(failures[0]).toMatchObject({
      code: 'log',
      message: expect.stringContaining("ALTER SYSTEM SET wal_level = 'logical'"),
    })
  })

  it('says that there is no room for a slot, or for its reader', async () => {
    const { server, database, world } = await serverWith(major, {
      ...LOGICAL,
      max_replication_slots: '1',
      max_wal_senders: '0',
    })
    await server.rows(`SELECT pg_create_logical_replication_slot('other', 'pgoutput')`, database)
    const { failures, exitCode } = await checked(world)
    expect(exitCode).not.toBe(0)
    expect(failures.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringMatching(/^log-room: all of its 1 replication slots .*ALTER SYSTEM SET max_replication_slots = 2;/),
      expect.stringMatching(/^log-room: all of its 0 WAL senders .*ALTER SYSTEM SET max_wal_senders = 1;/),
    ])
    await server.rows(`SELECT pg_drop_replication_slot('other')`, database)
    expect((await checked(world)).failures).toHaveLength(1)
  })

  it('says how long the log lasts where it is limited', async () => {
    const { world } = await serverWith(major, { ...LOGICAL, max_slot_wal_keep_size: '512MB' })
    expect((await world.run()).exitCode).toBe(0)
    const { findings, exitCode } = await checked(world)
    expect(exitCode).toBe(0)
    expect(findings).toEqual([
      {
        source: 'crm',
        feed: 'log',
        level: 'note',
        message: expect.stringMatching(/512MB of log wait .*lasts about \d+ (min|h|days)/),
      },
    ])
  })

  it('fails a table whose old rows the log does not tell', async () => {
    const world = await open()
    await world.sql('CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY)')
    await world.well()
    await world.sql('ALTER TABLE t REPLICA IDENTITY NOTHING')
    const { failures } = await checked(world)
    expect(failures[0]?.message).toContain('ALTER TABLE "public"."t" REPLICA IDENTITY DEFAULT')
  })
})
