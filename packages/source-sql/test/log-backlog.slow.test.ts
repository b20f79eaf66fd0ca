import { DatabaseSync } from 'node:sqlite'
import { status } from '@tidemark/engine'
import { startPostgres } from '@tidemark/postgres-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LOGICAL, type LogWorld, logServer, VERSIONS } from './log-world.ts'
import { type Target, target } from './target.ts'

const backlogOf = (world: Pick<Target, 'using'>) =>
  world.using({}, async ({ destination }) => (await status({ destination })).feeds[0]!.backlog)

describe.each(VERSIONS)('what Postgres %s keeps for a log', (_, major) => {
  const { open } = logServer(major)

  it('is in the status after each run: how much, how far behind, and that nothing limits it', async () => {
    const world: LogWorld = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY, v text)')
    await world.well()
    expect(await backlogOf(world)).toMatchObject({
      holder: expect.stringMatching(/^replication slot "tidemark_\w+"$/),
      safe_bytes: null,
      is_limited: false,
      lost_at: null,
      bytes_per_second: expect.any(Number),
      cleanup: [expect.stringContaining('pg_drop_replication_slot'), expect.stringContaining('DROP PUBLICATION')],
    })
    // A transaction that stays open keeps the log from its beginning on.
    const other = await world.session()
    await other.query('BEGIN; SELECT pg_current_xact_id(); SELECT pg_log_standby_snapshot()').catch(() => {})
    await world.sql(`INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 5000) n`)
    await world.well()
    const backlog = (await backlogOf(world))!
    expect(backlog.held_bytes).toBeGreaterThan(5_000_000)
    expect(backlog.lag_bytes).toBeLessThan(backlog.held_bytes!)
  })

  it('is limited where the server is, and lost at the rate at which it writes', async () => {
    const server = await startPostgres({ major, settings: { ...LOGICAL, max_slot_wal_keep_size: '512MB' } })
    onTestFinished(() => server.stop())
    const db = await server.newDatabase()
    const own = target({ url: server.urlOf(db) }, { replication: 'log' })
    await server.rows('CREATE TABLE t (id int PRIMARY KEY)', db)
    expect((await own.run()).exitCode).toBe(0)
    const backlog = (await backlogOf(own))!
    expect(backlog.is_limited).toBe(true)
    expect(backlog.safe_bytes).toBeGreaterThan(400 * 1024 ** 2)
    expect(Date.parse(backlog.lost_at!)).toBeGreaterThan(Date.now())
    // It is the column of the state, for whoever reads that.
    const file = new DatabaseSync(own.file, { readOnly: true })
    expect(String(file.prepare('SELECT backlog FROM _tidemark_feeds').get()?.['backlog'])).toContain('"safeBytes"')
    file.close()
  })
})
