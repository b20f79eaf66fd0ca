import { check, status } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'

const GIVEN = { publication: 'Sales "log"', slot: 'sales_log' }
let users = 0

describe.each(VERSIONS)('a publication and a slot of Postgres %s that somebody else made', (_, major) => {
  const { open } = logServer(major)

  /** A user that may read the log and the tables, and nothing else. */
  async function world(config: Record<string, unknown> = {}): Promise<LogWorld & { readonly as: string }> {
    const { slot } = GIVEN
    const one = await open({ ...GIVEN, slot: `${slot}_${users}`, ...config })
    await one.sql(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE p (id int, day int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
      CREATE TABLE p_0 PARTITION OF p FOR VALUES FROM (0) TO (50); CREATE TABLE audit (v text);
      INSERT INTO t SELECT n, 'old' FROM generate_series(1, 20) n; INSERT INTO p VALUES (1, 1), (2, 2); INSERT INTO audit VALUES ('a')`)
    const user = `given_${major ?? 18}_${users++}`
    await one.sql(
      `CREATE ROLE ${user} LOGIN REPLICATION PASSWORD 'pw'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${user}`,
    )
    const url = new URL(one.url)
    url.username = user
    url.password = 'pw'
    return { ...one, as: url.href }
  }

  const configOf = (one: { readonly as: string }) => ({ url: one.as, tables: { audit: { appendOnly: true } } })
  const slotOf = (): string => `${GIVEN.slot}_${users - 1}`
  const make = async (one: LogWorld, tables = 'TABLE t, p, audit'): Promise<void> => {
    await one.sql(`CREATE PUBLICATION "Sales ""log""" FOR ${tables}`)
    await one.sql(`SELECT pg_create_logical_replication_slot('${slotOf()}', 'pgoutput')`)
  }
  const run = async (one: LogWorld & { readonly as: string }): Promise<void> => {
    const { exitCode, tables } = await one.into.run(configOf(one))
    expect({ exitCode, failures: tables.flatMap(({ failures }) => failures) }).toEqual({ exitCode: 0, failures: [] })
  }
  const there = async (one: LogWorld) => await one.sql('SELECT id, v FROM t ORDER BY id')
  const here = (one: LogWorld) => one.live('t', 'id, v').map((row) => Object.values(row))
  const made = async (one: LogWorld) => [
    await one.sql('SELECT slot_name FROM pg_replication_slots WHERE database = current_database() ORDER BY 1'),
    await one.sql('SELECT pubname, puballtables, pubinsert, pubupdate FROM pg_publication ORDER BY 1'),
    await one.sql('SELECT * FROM pg_publication_tables ORDER BY 1, 2, 3'),
  ]

  it('are read by a user without any other right, and stay as they are', async () => {
    const one = await world()
    await make(one)
    // What is told before the first run is of no use.
    await one.sql(`UPDATE t SET v = 'told' WHERE id = 1`)
    const before = await made(one)
    expect(await one.into.using(configOf(one), check)).toMatchObject({ exitCode: 0, failures: [] })
    await run(one)
    expect(here(one)).toEqual(await there(one))
    await one.sql(`UPDATE t SET v = 'new' WHERE id = 2; DELETE FROM t WHERE id = 3; UPDATE t SET id = 100 WHERE id = 4;
      INSERT INTO p VALUES (3, 3); CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (50) TO (100); INSERT INTO audit VALUES ('b')`)
    await one.sql(`GRANT SELECT ON p_1 TO PUBLIC; INSERT INTO p VALUES (4, 60)`)
    one.log.length = 0
    await run(one)
    expect(here(one)).toEqual(await there(one))
    expect(one.live('p', 'id, day').map((row) => Object.values(row))).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 60],
    ])
    expect(one.live('audit', 'v').map(({ v }) => v)).toEqual(['a', 'b'])
    expect(one.log.join('\n')).not.toContain('read again')
    const [slots, publications] = await made(one)
    expect([slots, publications]).toEqual(before.slice(0, 2))
    // Of what is theirs only the slot may harm the server.
    const { backlog } = (await one.using({}, ({ destination }) => status({ destination }))).feeds[0]!
    expect(backlog!.cleanup).toEqual([expect.stringContaining(`slot_name = '${slotOf()}'`)])
  })

  it('may be of all tables', async () => {
    const one = await world()
    await one.sql('ALTER TABLE audit ADD COLUMN id serial PRIMARY KEY')
    await make(one, 'ALL TABLES')
    await run(one)
    await one.sql(
      `CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later VALUES (1); GRANT SELECT ON later TO PUBLIC`,
    )
    await run(one)
    await one.sql('INSERT INTO later VALUES (2)')
    await run(one)
    expect(one.live('later', 'id').map(({ id }) => id)).toEqual([1, 2])
  })

  it('fail a table that is not in the publication, with the statement, and read it again when it is', async () => {
    const one = await world()
    await make(one, 'TABLE p, audit')
    const failed = async () => (await one.into.run(configOf(one))).tables.flatMap(({ failures }) => failures)
    const [first] = await failed()
    expect(first!.failure).toMatchObject({
      code: 'log-publication',
      message: expect.stringContaining('ADD TABLE "public"."t"'),
    })
    expect((await one.into.using(configOf(one), check)).failures).toMatchObject([{ code: 'log-publication' }])
    await one.sql(/run: (.*)$/.exec(first!.failure.message)![1]!)
    await run(one)
    expect(here(one)).toEqual(await there(one))
    // Out of it for a while, in which changes are told to nobody.
    await one.sql(
      `ALTER PUBLICATION "Sales ""log""" DROP TABLE t; UPDATE t SET v = 'unseen' WHERE id = 5; DELETE FROM t WHERE id = 6`,
    )
    expect(await failed()).toHaveLength(1)
    await one.sql('ALTER PUBLICATION "Sales ""log""" ADD TABLE t')
    await run(one)
    expect(here(one)).toEqual(await there(one))
  })

  it('have a table read again that the config left out for a while', async () => {
    const one = await world()
    await make(one)
    await run(one)
    await one.sql(`UPDATE t SET v = 'unseen' WHERE id = 5; DELETE FROM t WHERE id = 6; INSERT INTO p VALUES (9, 9)`)
    expect((await one.into.run({ ...configOf(one), exclude: ['t'] })).exitCode).toBe(0)
    await run(one)
    expect(here(one)).toEqual(await there(one))
    one.log.length = 0
    await run(one)
    expect(one.log.join('\n')).not.toContain('read again')
  })

  it('are noticed where a table was out of the publication and in again between two runs', async () => {
    const one = await world({ include: ['t'] })
    await make(one, 'TABLE t')
    const alone = async () => expect((await one.into.run({ url: one.as })).exitCode).toBe(0)
    await alone()
    await one.sql(`ALTER PUBLICATION "Sales ""log""" DROP TABLE t; UPDATE t SET v = 'unseen' WHERE id = 5;
      ALTER PUBLICATION "Sales ""log""" ADD TABLE t`)
    await alone()
    expect(here(one)).toEqual(await there(one))
    one.log.length = 0
    await alone()
    expect(one.log.join('\n')).not.toContain('read again')
  })

  it('are asked for with the statements that make them', async () => {
    const one = await world({ include: ['t'] })
    const missing = async () =>
      (await one.into.run({ ...configOf(one), tables: {} })).tables[0]!.failures[0]!.failure.message
    for (const part of [
      /there is no publication .*; run: (CREATE PUBLICATION .*)$/,
      /there is no replication slot .*; run: (SELECT .*)$/,
    ]) {
      const message = await missing()
      expect(message).toMatch(part)
      await one.sql(part.exec(message)![1]!)
    }
    await one.sql(`ALTER PUBLICATION "Sales ""log""" SET (publish = 'insert, update')`)
    const message = await missing()
    expect(message).toMatch(/leaves out changes/)
    await one.sql(/run: (.*)$/.exec(message)![1]!)
    expect((await one.into.run({ url: one.as })).exitCode).toBe(0)
  })

  it('whose slot is gone leave the rows readable, and read them again by a new one', async () => {
    const one = await world()
    await make(one)
    await run(one)
    await one.sql(
      `SELECT pg_drop_replication_slot('${slotOf()}'); UPDATE t SET v = 'unseen' WHERE id = 5; DELETE FROM t WHERE id = 6`,
    )
    const report = await one.into.run(configOf(one))
    expect(report.tables.flatMap(({ failures }) => failures)[0]!.failure).toMatchObject({ code: 'log-publication' })
    expect(one.live('t', 'id')).toHaveLength(20)
    await one.sql(`SELECT pg_create_logical_replication_slot('${slotOf()}', 'pgoutput')`)
    await run(one)
    expect(here(one)).toEqual(await there(one))
  })

  it('take the place of what Tidemark made', async () => {
    const one = await open({ include: ['t'] })
    await one.sql(`CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')`)
    await one.well()
    await one.sql(`CREATE PUBLICATION given FOR TABLE t`)
    await one.sql(`SELECT pg_create_logical_replication_slot('taken_${major ?? 18}', 'pgoutput')`)
    await one.sql(`UPDATE t SET v = 'b'`)
    const { exitCode } = await one.into.run({ publication: 'given', slot: `taken_${major ?? 18}` })
    expect(exitCode).toBe(0)
    expect(here(one)).toEqual(await there(one))
    const [slots, publications] = await made(one)
    expect(slots).toEqual([[`taken_${major ?? 18}`]])
    expect(publications!.map(([name]) => name)).toEqual(['given'])
  })

  it('stay where the log is not wanted any more, and the user is told what the slot keeps', async () => {
    const one = await world()
    await make(one)
    await run(one)
    const before = await made(one)
    one.log.length = 0
    const none = { replication: undefined, publication: undefined, slot: undefined }
    await one.into.run({ url: one.as, ...none })
    expect(one.log.join('\n')).not.toContain('is removed')
    const [, statements] =
      new RegExp(`keeps its replication slot "${slotOf()}" until you run there: (.*)$`, 'm').exec(one.log.join('\n')) ??
      []
    expect(await made(one)).toEqual(before)
    await one.sql(statements!)
    expect((await made(one))[0]).toEqual([])
  })

  it('are told only together, and only with the log', async () => {
    const one = await world()
    const failure = async (config: Record<string, unknown>) => (await one.into.run(config)).sources[0]!.failure
    expect(await failure({ slot: undefined })).toMatchObject({
      code: 'log-publication',
      message: expect.stringMatching(/needs config.slot/),
    })
    expect(await failure({ maxHeld: '1GB' })).toMatchObject({ message: expect.stringMatching(/not ours to drop/) })
    expect(await failure({ replication: undefined })).toMatchObject({
      message: expect.stringMatching(/leave them out/),
    })
  })
})
