import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rawRequest } from './dashboard/raw-request.ts'
import { startUi } from './dashboard/start-ui.ts'
import { dailySource, type Running, type TestProject, testProject } from './test-project.ts'

const HOUR = 3_600_000

interface Status {
  readonly to_timestamp: string | null
  readonly tables: readonly {
    readonly name: string
    readonly status: string
    readonly stale: boolean
    readonly fresh_within_ms: number
    readonly every_ms: number | null
    readonly last_checked_at: string | null
    readonly fresh_until: string | null
    readonly next_check_at: string | null
  }[]
  readonly runner: Readonly<Record<string, unknown>>
}

function daily(): TestProject {
  const project = testProject()
  project.install('daily', dailySource('daily', ['a', 'b']))
  return project
}

const statusOf = async (project: TestProject): Promise<Status> =>
  JSON.parse((await project.run(['status', '--json'])).stdout) as Status

/** Lets the state look as it will when so much time has passed and nothing has happened. */
function pass(project: TestProject, ms: number): void {
  const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
  const by = BigInt(ms) * 1000n
  for (const [table, columns] of Object.entries({
    _tidemark_tables: ['first_seen_at', 'last_synced_at', 'last_checked_at', 'next_try_at'],
    _tidemark_partitions: ['checked_at', 'completed_at', 'next_try_at'],
    _tidemark_runs: ['started_at', 'ended_at'],
    _tidemark_steps: ['began_at', 'ended_at'],
    _tidemark_runners: ['heartbeat_at', 'due_at'],
  }))
    database.exec(`update ${table} set ${columns.map((column) => `${column} = ${column} - ${by}`).join(', ')}`)
  database.close()
}

async function loop(project: TestProject, ...args: readonly string[]): Promise<Running> {
  const running = project.start(['sync', '--every', '1h', ...args])
  onTestFinished(() => void running.child.kill('SIGKILL'))
  for (let tries = 0; tries < 200; tries++) {
    if ((await statusOf(project)).runner['state'] === 'waiting') return running
    await wait(100)
  }
  throw new Error('it never waited')
}

describe('who syncs', () => {
  it('a process between its runs, with the time of the next one', async () => {
    const project = daily()
    await loop(project)
    const { runner, tables } = await statusOf(project)
    expect(runner).toMatchObject({ state: 'waiting', every_ms: HOUR, run: null, missed_run_at: null })
    const due = Date.parse(String(runner['next_run_at']))
    expect(due - Date.now()).toBeGreaterThan(0.9 * HOUR)
    expect(tables.map(({ stale, every_ms }) => [stale, every_ms])).toEqual([
      [false, HOUR],
      [false, HOUR],
    ])
    expect(Date.parse(tables[0]!.next_check_at ?? '') - Date.now()).toBeGreaterThan(0.9 * HOUR)
    const { stdout } = await project.run(['status'])
    expect(stdout).toMatch(/^A runner is active \(process \d+ on \S+\); the next run is due in (60 min|1 h)\.$/m)
  })

  it('nobody after SIGTERM, and nothing is due any more', async () => {
    const project = daily()
    const running = await loop(project)
    running.child.kill('SIGTERM')
    await running.ended
    const { runner, tables } = await statusOf(project)
    expect(runner).toMatchObject({ state: 'none', pid: null, next_run_at: null, missed_run_at: null })
    expect(tables[0]).toMatchObject({ stale: false, next_check_at: null })
    expect((await project.run(['status'])).stdout).toMatch(/^No runner is active; the last run ended \d+ s ago\.$/m)
  })

  it('nobody after SIGKILL, at once', async () => {
    const project = daily()
    const running = await loop(project)
    running.child.kill('SIGKILL')
    await running.ended
    expect((await statusOf(project)).runner).toMatchObject({ state: 'none', next_run_at: null })
  })
})

describe('a state that nobody has touched for five days', () => {
  it('is stale, and says who is missing and how to begin again', async () => {
    const project = daily()
    const running = await loop(project)
    running.child.kill('SIGKILL')
    await running.ended
    pass(project, 5 * 24 * HOUR)
    const { runner, tables } = await statusOf(project)
    expect(tables.map(({ status, stale, next_check_at }) => [status, stale, next_check_at])).toEqual([
      ['complete', true, null],
      ['complete', true, null],
    ])
    expect(runner).toMatchObject({ state: 'none', every_ms: HOUR, missed_run_at: expect.any(String) })
    const { stdout } = await project.run(['status'])
    expect(stdout).toMatch(/^Not every table is up to date: of 2, 2 stale\.$/m)
    expect(stdout).toMatch(
      /^No runner is active; the last run ended 5 d ago, and the run that was due at \S+Z did not start\. Run: npx tidemark sync --every 1h$/m,
    )
    expect(stdout).toMatch(/^daily_a +complete, stale /m)
    expect(stdout).not.toContain('Every table is complete')
  })

  it('of which nothing was promised is stale after 26 hours, and says how to keep it fresh', async () => {
    const project = daily()
    await project.run(['sync'])
    pass(project, 25 * HOUR)
    expect((await statusOf(project)).tables.map(({ stale }) => stale)).toEqual([false, false])
    expect((await project.run(['status'])).stdout).toMatch(/^Every table is complete/m)
    pass(project, 2 * HOUR)
    expect((await statusOf(project)).tables.map(({ stale }) => stale)).toEqual([true, true])
    expect((await project.run(['status'])).stdout).toContain('Run: npx tidemark sync --every 5m')
  })

  it('is stale by what the config says: the table before its source before all, freshWithin before every', async () => {
    const project = testProject()
    project.install('daily', dailySource('daily', ['a', 'b', 'c', 'd']))
    project.install('other', dailySource('other', ['x']))
    project.config({
      freshWithin: '9h',
      sources: {
        daily: { freshWithin: '2h', tables: { a: { freshWithin: '30m' }, b: { every: '1d' } } },
        other: { every: '10m' },
      },
    })
    await project.run(['sync'])
    pass(project, HOUR)
    const within = async () =>
      Object.fromEntries((await statusOf(project)).tables.map((one) => [one.name, [one.fresh_within_ms, one.stale]]))
    expect(await within()).toEqual({
      daily_a: [HOUR / 2, true],
      daily_b: [2 * HOUR, false],
      daily_c: [2 * HOUR, false],
      daily_d: [2 * HOUR, false],
      other_x: [9 * HOUR, false],
    })
    project.config({ sources: { daily: { every: '20m', tables: { d: { every: '3h' } } } } })
    expect(await within()).toMatchObject({ daily_a: [41 * 60_000, true], daily_d: [361 * 60_000, false] })
  })

  it('is fresh again when a source was asked and has nothing new', async () => {
    const project = testProject()
    project.install(
      'daily',
      dailySource('daily', ['a']).replace("cursor: 'at',", "cursor: 'at', revision: () => 'same',"),
    )
    await project.run(['sync'])
    const before = await statusOf(project)
    pass(project, 5 * 24 * HOUR)
    expect((await statusOf(project)).tables[0]?.stale).toBe(true)
    await project.run(['sync'])
    const after = await statusOf(project)
    expect(after.tables[0]?.stale).toBe(false)
    expect(Date.parse(after.tables[0]?.last_checked_at ?? '')).toBeGreaterThan(
      Date.parse(before.tables[0]?.last_checked_at ?? ''),
    )
  })
})

it('the metrics say what is stale, when it was checked, and what was promised', async () => {
  const project = daily()
  project.config({ sources: { daily: { tables: { a: { freshWithin: '2s' } } } } })
  const again = project.start(['sync', '--every', '1h', '--listen', '0'])
  onTestFinished(() => void again.child.kill('SIGKILL'))
  let said = ''
  again.child.stderr?.on('data', (chunk: string) => {
    said += chunk
  })
  await again.says('/metrics\n')
  const url = /health and metrics: (\S+)\/healthz/.exec(said)?.[1] ?? ''
  await wait(3000)
  const text = await (await fetch(`${url}/metrics`)).text()
  for (const line of [
    /^tidemark_table_stale\{table="daily_a"\} 1$/m,
    /^tidemark_table_stale\{table="daily_b"\} 0$/m,
    /^tidemark_table_fresh_within_seconds\{table="daily_a"\} 2$/m,
    /^tidemark_table_fresh_within_seconds\{table="daily_b"\} 7260$/m,
    /^tidemark_table_last_check_timestamp_seconds\{table="daily_b"\} \d{10}/m,
    /^tidemark_last_run_end\{exit_code="0",ended_by=""\} 1$/m,
  ])
    expect(text).toMatch(line)
})

it('the page counts what is stale, and calls none of it fresh', async () => {
  const project = daily()
  project.config({ sources: { daily: { tables: { a: { freshWithin: '1h' } } } } })
  expect((await project.run(['sync'])).code).toBe(0)
  pass(project, 2 * HOUR)
  const { port } = await startUi(project)
  const ask = async (query: string) => {
    const { body } = await rawRequest({ port, path: `/api/overview${query}`, headers: { host: `127.0.0.1:${port}` } })
    return JSON.parse(body) as { readonly totals: object; readonly tables: readonly { name: string; stale: boolean }[] }
  }
  const { totals, tables } = await ask('')
  expect(totals).toMatchObject({ fresh: 1, stale: 1, wrong: 1 })
  expect(tables.map(({ name, stale }) => [name, stale])).toEqual([
    ['daily_a', true],
    ['daily_b', false],
  ])
  expect((await ask('?status=stale')).tables.map(({ name }) => name)).toEqual(['daily_a'])
})
