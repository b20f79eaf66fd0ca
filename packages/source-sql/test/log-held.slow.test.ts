import { randomUUID } from 'node:crypto'
import { status } from '@tidemark/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SqlConfig } from '../src/config.ts'
import { connect } from '../src/source.ts'
import { tablesOf } from '../src/tables.ts'
import { type LogWorld, logServer, VERSIONS } from './log-world.ts'

const log = { debug() {}, info() {}, warn() {} }

describe.each(VERSIONS)('what the log of Postgres %s may hold', (_, major) => {
  const { open } = logServer(major)

  const slots = async (world: LogWorld) =>
    (await world.sql(
      `SELECT slot_name, (pg_current_wal_lsn() - restart_lsn)::float8 FROM pg_replication_slots WHERE database = current_database()`,
    )) as [string, number][]

  async function filled(config: Record<string, unknown>): Promise<LogWorld> {
    const world = await open(config)
    await world.sql(`CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE noise (v text);
      INSERT INTO t SELECT n, 'old' FROM generate_series(1, 100) n`)
    await world.well()
    await world.sql(`DELETE FROM t WHERE id <= 10; UPDATE t SET v = 'new' WHERE id = 50; INSERT INTO t VALUES (200, 'new');
      INSERT INTO noise SELECT repeat('x', 1000) FROM generate_series(1, 40000)`)
    return world
  }

  const expectEqual = async (world: LogWorld): Promise<void> =>
    expect(world.live('t', 'id, v').map((row) => Object.values(row))).toEqual(
      await world.sql('SELECT id, v FROM t ORDER BY id'),
    )

  it('is given up past maxHeld by the next run: another slot, and the tables are read again', async () => {
    const world = await filled({ include: ['t'], maxHeld: '20MB' })
    const [[before, held]] = (await slots(world)) as [[string, number]]
    expect(held).toBeGreaterThan(20 * 1024 ** 2)
    await world.well()
    await expectEqual(world)
    expect(world.log.join('\n')).toMatch(
      /read again from the beginning: the server keeps \d+\.\d MB of its log for its replication slot "tidemark_\w+", and config\.maxHeld is 20\.0 MB/,
    )
    const [[after, now], ...others] = (await slots(world)) as [[string, number]]
    expect(others).toEqual([])
    expect(after).not.toBe(before)
    expect(now).toBeLessThan(20 * 1024 ** 2)
    world.log.length = 0
    await world.sql(`UPDATE t SET v = 'newer' WHERE id = 60`)
    await world.well()
    await expectEqual(world)
    expect(world.log.join('\n')).not.toContain('read again')
  })

  it('is read on from where it was below that, and the status says how much is left', async () => {
    const world = await filled({ include: ['t'], maxHeld: '1GB' })
    const [[before]] = (await slots(world)) as [[string, number]]
    await world.well()
    await expectEqual(world)
    expect((await slots(world))[0]![0]).toBe(before)
    expect(world.log.join('\n')).not.toContain('read again')
    const { backlog } = (await world.using({}, ({ destination }) => status({ destination }))).feeds[0]!
    expect(backlog!.safe_bytes).toBe(1024 ** 3 - backlog!.held_bytes!)
    expect(backlog!.is_limited).toBe(true)
  })

  it('ends a stream that is being read', async () => {
    const world = await open()
    await world.sql('CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE noise (v text)')
    const config = { url: world.url, replication: 'log', include: ['t'], maxHeld: '20MB' }
    const client = connect(SqlConfig.parse(config), log)
    onTestFinished(() => client.close())
    const { signal } = new AbortController()
    await tablesOf({ client, log, signal, tracked: { columns: () => undefined } })
    const own = client.log!
    const id = randomUUID()
    const offset = await own.begin({ id, tables: ['t'], signal, log })
    const reading = (async () => {
      for await (const _ of own.read({ offset, signal, log }));
    })()
    const ended = expect(reading).rejects.toMatchObject({ code: 'feed-lost' })
    await own.backlog({ id, offset, signal, log })
    await world.sql(`INSERT INTO noise SELECT repeat('x', 1000) FROM generate_series(1, 40000)`)
    await own.backlog({ id, offset, signal, log })
    await ended
    expect(await own.lost({ offset, signal, log })).toMatch(/and config\.maxHeld is 20\.0 MB$/)
  })

  it('is a size that the config says', () => {
    for (const maxHeld of ['20', '0GB', '5 GB', '1PB', 'all'])
      expect(SqlConfig.safeParse({ url: 'postgres://x/y', maxHeld }).success).toBe(false)
  })
})
