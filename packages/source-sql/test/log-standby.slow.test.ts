import { startPostgres } from '@tidemark/postgres-server'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LOGICAL } from './log-world.ts'
import { type Target, target } from './target.ts'

interface Pair {
  readonly into: Target
  sql(statement: string): Promise<readonly (readonly unknown[])[]>
  session(): Promise<pg.Client>
  /** Asks the standby. */
  there(statement: string): Promise<readonly (readonly unknown[])[]>
  readonly standby: string
}

/** A server, and a standby that is half a second behind it. */
async function pair(): Promise<Pair> {
  const server = await startPostgres({ settings: LOGICAL })
  onTestFinished(() => server.stop())
  const database = await server.newDatabase()
  const replica = await server.replica({ ...LOGICAL, recovery_min_apply_delay: '500ms', hot_standby_feedback: 'on' })
  onTestFinished(() => replica.stop())
  const url = server.urlOf(database)
  const standby = Object.assign(new URL(replica.url), { pathname: `/${database}` }).href
  const session = async (at = url): Promise<pg.Client> => {
    const client = new pg.Client(at)
    client.on('error', () => {})
    await client.connect()
    onTestFinished(() => client.end().catch(() => {}))
    return client
  }
  const asked = async (client: pg.Client, statement: string) => {
    const answers = [await client.query({ text: statement, rowMode: 'array' })].flat()
    return answers.at(-1)!.rows
  }
  const [own, other] = [await session(), await session(standby)]
  return {
    into: target({ url }, { replication: 'log', standby }),
    sql: (statement) => asked(own, statement),
    there: (statement) => asked(other, statement),
    session: () => session(),
    standby,
  }
}

const rows = ({ into }: Pair) =>
  into.rows('SELECT id, v FROM crm_t WHERE _deleted_at IS NULL ORDER BY id').map((row) => Object.values(row))

describe('a standby, at which the history of a log is read', () => {
  it('is read once it has replayed what the log told: no row is older than the log', async () => {
    const world = await pair()
    await world.sql(
      `CREATE TABLE unasked (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, v text);
      INSERT INTO t SELECT n, 'old' FROM generate_series(1, 5000) n`,
    )
    await expect.poll(() => world.there('SELECT count(*)::int FROM t').catch(() => [])).toEqual([[5000]])
    // One that is open when the table is published, and over before the standby knows of it.
    const open = await world.session()
    await open.query(`BEGIN; INSERT INTO t VALUES (6000, 'open')`)
    const ended = new Promise((resolve) => setTimeout(resolve, 800)).then(() => open.query('COMMIT'))
    await world.sql(`UPDATE t SET v = 'late' WHERE id <= 100; DELETE FROM t WHERE id = 200`)
    expect(await world.there(`SELECT count(*)::int FROM t WHERE v = 'late'`)).toEqual([[0]])
    const report = await world.into.run()
    await ended
    expect({ exitCode: report.exitCode, sources: report.sources }).toMatchObject({ exitCode: 0 })
    expect(rows(world)).toEqual(await world.sql('SELECT id, v FROM t ORDER BY id'))
    const scans = async () =>
      Number((await world.there(`SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'unasked'`))[0]![0])
    await expect.poll(scans).toBeGreaterThan(0)
    // The log needs no standby.
    await world.sql(`UPDATE t SET v = 'told' WHERE id = 1; DELETE FROM t WHERE id = 2`)
    expect((await world.into.run()).exitCode).toBe(0)
    expect(rows(world)).toEqual(await world.sql('SELECT id, v FROM t ORDER BY id'))
  })

  it('is equal in the end while its primary changes all the time', async () => {
    const world = await pair()
    await world.sql(
      `CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT n, repeat('x', 500) || n FROM generate_series(1, 40000) n`,
    )
    await world.sql('VACUUM ANALYZE t')
    await expect.poll(() => world.there('SELECT count(*)::int FROM t').catch(() => [])).toEqual([[40_000]])
    const writer = await world.session()
    let isWriting = true
    let changes = 0
    const writing = (async () => {
      for (; isWriting; changes++) {
        const id = 1 + Math.floor(Math.random() * 40_000)
        await writer.query(
          `UPDATE t SET v = 'w${changes}' WHERE id = ${id}; DELETE FROM t WHERE id = ${id + 1}; INSERT INTO t VALUES (${id + 1}, 'n${changes}')`,
        )
      }
    })()
    const { exitCode } = await world.into.run()
    isWriting = false
    await writing
    expect(exitCode).toBe(0)
    expect(changes).toBeGreaterThan(50)
    expect((await world.into.run()).exitCode).toBe(0)
    expect(rows(world)).toEqual(await world.sql('SELECT id, v FROM t ORDER BY id'))
  })

  it('is refused where it is no standby, and said so', async () => {
    const world = await pair()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY, v text)')
    const [[name]] = (await world.sql('SELECT current_database()')) as [[string]]
    const other = await startPostgres({ settings: LOGICAL })
    onTestFinished(() => other.stop())
    await other.execute(`CREATE DATABASE ${name}`)
    const report = await world.into.run({ standby: other.urlOf(name) })
    expect(report.tables[0]!.failures[0]!.failure).toMatchObject({
      code: 'log',
      message: expect.stringMatching(/^config\.standby: .*it is no standby any more/),
    })
  })
})
