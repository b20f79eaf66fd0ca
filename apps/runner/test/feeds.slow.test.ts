import { beforeEach, describe, expect, it } from 'vitest'
import { rawRequest } from './dashboard/raw-request.ts'
import { startUi } from './dashboard/start-ui.ts'
import { FED_SOURCE, fed, tell } from './fed-source.ts'
import { reference, type TestProject, testProject } from './test-project.ts'

let project: TestProject
beforeEach(() => {
  project = testProject()
  project.install('shop', FED_SOURCE)
  tell(project, order(1, 'a'), line(1, 'l'), { commit: true })
})

const order = (id: number, note: unknown) => ({ table: 'orders', row: { id, note } }) as const
const line = (id: number, note: unknown) => ({ table: 'lines', row: { id, note } }) as const
const run = async (args: readonly string[], settings: Parameters<typeof fed>[0] = {}) =>
  await project.run(args, fed(settings))
const json = async (...args: readonly string[]) => JSON.parse((await run([...args, '--json'])).stdout)
const rowsOf = async (of: TestProject, table: string) =>
  JSON.parse((await of.run(['query', `select id, note from ${table} order by id`, '--json'])).stdout).rows

/** Twenty-five rows that do not fit, behind one that does. */
function spoil(): void {
  for (let id = 10; id < 35; id++) tell(project, line(id, 7))
  tell(project, { commit: true })
}

describe('tables that a feed tells', () => {
  it('are planned, checked and reported as such', async () => {
    const planned = await run(['plan'])
    expect(planned.stdout).toMatch(/^NEW {7}shop_orders: from the feed wal; a run reads it from its beginning$/m)
    expect(planned.stdout).toMatch(/^10 windows and 1 feed to read in 3 tables \(3 new\); nothing was written\.$/m)
    const checked = await run(['check'])
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringMatching(/ ok, 2 from a feed$/m)])
    const synced = await run(['sync'])
    expect([synced.code, synced.stdout]).toEqual([0, expect.stringMatching(/^shop_lines {2,}complete {2,}1 /m)])
    expect((await run(['plan'])).stdout).toMatch(/^KNOWN {5}shop_orders: .*; a run continues it from \{"at":3\}$/m)
    expect((await run(['status'])).stdout).toMatch(/^feed wal of shop: 2 tables, committed \d+ s ago, at \{"at":3\}$/m)
    expect((await run(['runs', '1'])).stdout).toMatch(/^shop_orders {2,}1 {2,}0 {2,}1 /m)
  })

  it('have their feed in the status, with what it is, how far, and since when', async () => {
    await run(['sync'], { opaque: true, toldAt: '2026-01-01T00:00:00Z' })
    const { stdout } = await run(['status'])
    expect(stdout).toMatch(/^Every table is complete up to 20/m)
    expect(stdout).toMatch(/^shop_orders {2,}complete .* from the feed wal$/m)
    expect(stdout).toMatch(/^feed wal of shop: 2 tables, committed \d+ s ago, \d+ s behind$/m)
    expect(stdout).toMatch(/^ {2}this connector keeps its own state: one offset/m)
    expect(await json('status')).toMatchObject({
      synced_tables: ['shop_days', 'shop_lines', 'shop_orders'],
      feeds: [{ name: 'wal', source: 'shop', offset: null, told_at: '2026-01-01T00:00:00Z', fix: null }],
    })
  })

  it('that are left out are named with the command that brings them back, and it does', async () => {
    spoil()
    tell(project, order(2, 'b'), { commit: true })
    const synced = await run(['sync'])
    const way = /resync shop_lines(?! --full)/
    expect([synced.code, synced.stdout]).toEqual([3, expect.stringMatching(way)])
    expect(await rowsOf(project, 'shop_orders')).toHaveLength(2)
    for (const verb of ['status', 'plan', 'check']) expect((await run([verb])).stdout).toMatch(way)
    expect((await run(['status'])).stdout).toMatch(
      /^ {2}changes of shop_lines are left out until it is read again: .*resync shop_lines$/m,
    )
    const [feed] = (await json('status')).feeds
    expect(feed).toMatchObject({ left_out: ['shop_lines'], fix: { command: expect.stringMatching(way) } })
    project.write('log', '')
    tell(project, order(1, 'a'), line(1, 'l'), line(10, 'fits'), { commit: true })
    expect((await run(['resync', 'shop_lines'])).code).toBe(0)
    expect(await rowsOf(project, 'shop_lines')).toHaveLength(2)
    expect((await json('status')).feeds).toMatchObject([{ left_out: [], fix: null }])
  })

  it('whose offset cannot be read say what to install, or how to read all again, and it does', async () => {
    await run(['sync'])
    const { code, stdout } = await run(['sync'], { version: 2 })
    expect(code).toBe(3)
    expect(stdout).toMatch(/install a version of the source.*resync shop_(orders|lines); see \S+#offset\)/)
    const [, table] = /resync (shop_(?:orders|lines));/.exec(stdout) ?? []
    expect((await run(['resync', table!])).code).toBe(0)
    expect((await json('status')).feeds).toMatchObject([{ offset: '{"at":3}', history_complete: true }])
  })

  it('say why they are read again while they are, and stay readable', async () => {
    await run(['sync'])
    for (let id = 2; id < 60; id++) tell(project, order(id, 'n'))
    tell(project, { commit: true })
    const running = project.start(['sync'], fed({ lost: 'its slot was dropped', waitMs: 100 }))
    await running.says('its slot was dropped')
    const { stdout } = await run(['status'])
    expect(stdout).toMatch(/2 told again by a feed that lost its place/)
    expect(stdout).toMatch(/^ {2}read again from its beginning, its rows stay readable: its slot was dropped$/m)
    expect(await rowsOf(project, 'shop_orders')).toHaveLength(1)
    expect((await running.ended).code).toBe(0)
    expect((await run(['status'])).stdout).not.toMatch(/slot/)
  })
})

describe('the state of a feed', () => {
  /** What is before the offset is told otherwise: who reads it again has other rows. */
  function retold(): void {
    project.write('log', '')
    tell(project, order(1, 'read again'), line(1, 'read again'), { commit: true }, order(2, 'b'), { commit: true })
  }

  async function expectContinued(): Promise<void> {
    expect((await run(['plan'])).stdout).toMatch(/continues it from \{"at":3\}/)
    retold()
    expect((await run(['sync'])).code).toBe(0)
    expect(await rowsOf(project, 'shop_orders')).toEqual([
      { id: 1, note: 'a' },
      { id: 2, note: 'b' },
    ])
    expect((await json('status')).feeds).toMatchObject([{ offset: '{"at":5}', history_complete: true }])
  }

  it('is exported and imported: the feed continues from its offset', async () => {
    await run(['sync'])
    await run(['state', 'export', 'state.json'])
    const { code, stderr } = await run(['state', 'import', 'state.json', '--yes'])
    expect([code, stderr]).toEqual([0, expect.any(String)])
    await expectContinued()
  })

  it('moves with its tables: the feed continues from its offset', async () => {
    await run(['sync'])
    const { code, stdout, stderr } = await run(['move', 'moved.db'])
    expect([code, stdout, stderr]).toEqual([0, expect.stringMatching(/\b3 tables\b/), expect.any(String)])
    project.config({ destination: 'moved.db' })
    await expectContinued()
  })
})

it('the dashboard has the feed of a table in place of a coverage', async () => {
  spoil()
  await run(['sync'])
  const { port } = await startUi(project)
  const ask = async (path: string) =>
    JSON.parse((await rawRequest({ port, path, headers: { host: `127.0.0.1:${port}` } })).body)
  const { tables } = await ask('/api/overview')
  const byName = Object.fromEntries(tables.map((one: { name: string }) => [one.name, one]))
  expect(byName['shop_orders']).toMatchObject({
    bar: null,
    is_whole: false,
    feed: { name: 'wal', offset: '{"at":29}', lag_ms: null, is_complete: true, keeps_own_state: false, left_out: null },
  })
  expect(byName['shop_days'].feed).toBeNull()
  const { table, commands } = await ask('/api/table?name=shop_lines')
  expect(table.feed.left_out.command).toMatch(/resync shop_lines$/)
  expect(commands.resync).toMatch(/resync shop_lines$/)
})

it('a sync that keeps running reads a feed again and again, and its metrics say how far it is', async () => {
  spoil()
  const running = project.start(['sync', '--every', '1s', '--listen', '0'], fed({ toldAt: new Date().toISOString() }))
  let said = ''
  running.child.stderr?.on('data', (text: string) => {
    said += text
  })
  await running.says('/metrics\n')
  const [, origin] = /health and metrics: (\S+)\/healthz/.exec(said)!
  const metrics = async () => (await fetch(`${origin}/metrics`)).text()
  await expect.poll(metrics).toMatch(/^tidemark_feed_complete\{.*\} 1$/m)
  const text = await metrics()
  expect(text).toMatch(/^tidemark_feed_lag_seconds\{source="shop",feed="wal"\} \d/m)
  expect(text).toMatch(/^tidemark_feed_last_commit_timestamp_seconds\{source="shop",feed="wal"\} \d{10}/m)
  expect(text).toMatch(/^tidemark_feed_tables_left_out\{source="shop",feed="wal"\} 1$/m)
  expect(text).toMatch(/^tidemark_table_stale\{table="shop_orders"\} 0$/m)
  tell(project, order(2, 'b'), { commit: true })
  await expect.poll(() => rowsOf(project, 'shop_orders')).toHaveLength(2)
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(143)
})

it('a sync that keeps running reads a log between its rounds, and its tables are free in between', async () => {
  const settings = fed({ backlog: true })
  const running = project.start(['sync', '--every', '1h'], settings)
  await expect.poll(() => rowsOf(project, 'shop_orders').catch(() => [])).toHaveLength(1)
  tell(project, order(2, 'b'), { commit: true })
  await expect.poll(() => rowsOf(project, 'shop_orders')).toHaveLength(2)
  expect((await project.run(['status'], settings)).stdout).toMatch(/^ {2}log of the shop \d+ s ago: held 2 kB$/m)
  // Another process gets in between two reads.
  await expect.poll(async () => (await project.run(['resync', 'shop_orders'], settings)).code).toBe(0)
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(143)
})

it('what a connector keeps as its own state is nowhere shown: it may hold secrets that only it knows', async () => {
  const token = 'hunter2hunter2hunter2'
  project.config({ sources: { shop: { config: { token: reference('TOKEN') } } } })
  const environment = { TOKEN: token, ...fed({ opaque: true }) }
  expect((await project.run(['sync'], environment)).code).toBe(0)
  expect((await project.run(['query', 'select committed_offset from _tidemark_feeds'], environment)).stdout).toMatch(
    /"at":3/,
  )
  const told: string[] = []
  for (const verb of ['status', 'plan'])
    for (const flags of [[], ['--json']]) told.push((await project.run([verb, ...flags], environment)).stdout)
  expect(told[0]).toMatch(/^feed wal of shop: 2 tables, committed \d+ s ago$/m)
  expect(told[2]).toMatch(/continues it from the state that its connector keeps/)
  const { port } = await startUi(project, [], environment)
  for (const path of ['/api/overview', '/api/table?name=shop_orders'])
    told.push((await rawRequest({ port, path, headers: { host: `127.0.0.1:${port}` } })).body)
  for (const text of told) expect(text).not.toMatch(/a{20}|hunter2/)
})
