import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KINDS_SOURCE, ROWS } from './kinds.ts'
import { dailySource, type Outcome, type TestProject, testProject } from './test-project.ts'

const FILE = 'data/tidemark.duckdb'

/** A project whose destination is a DuckDB file. */
function project(): TestProject {
  const made = testProject()
  made.config({ destination: FILE })
  made.install('daily', dailySource('daily'))
  return made
}

const json = ({ stdout, stderr }: Outcome): unknown => {
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout)
}

describe('a DuckDB file', () => {
  it('is synced into, looked at and read again like every other destination', async () => {
    const { folder, run } = project()
    const first = await run(['sync', '--json'])
    expect(json(first)).toMatchObject({ exit_code: 0, tables: [{ rows: { read: 31, written: 31 } }] })
    for (const [path, mode] of [
      [FILE, 0o600],
      ['data', 0o700],
    ] as const)
      expect(statSync(join(folder, path)).mode & 0o777).toBe(mode)
    // What was logged is in the file by then.
    expect(existsSync(join(folder, `${FILE}.wal`))).toBe(false)
    expect(json(await run(['sync', '--json']))).toMatchObject({ tables: [{ rows: { read: 0 } }] })
    expect((await run(['check'])).stdout).toContain('DuckDB')
    expect(json(await run(['status', '--json']))).toMatchObject({
      tables: [{ name: 'daily_days', status: 'complete' }],
    })
    expect((await run(['tables'])).stdout).toContain('daily_days')
    expect((await run(['verify', 'days'])).code).toBe(0)
    expect((await run(['resync', 'days', '--full', '--yes'])).code).toBe(0)
    expect((await run(['types'])).stdout).toContain('DailyDays')
    expect((await run(['show', 'days'])).stdout).toContain('days 30')
    expect(JSON.parse((await run(['state', 'export'])).stdout)).toBeTypeOf('object')
    const asked = await run(['query', 'select count(*) as n, min("at") as first from daily_days', '--json'])
    expect(json(asked)).toMatchObject({ rows: [{ n: 31, first: '2026-01-01T00:00:00.000000Z' }] })
  })

  it('answers one question at a time, which writes nothing, opens no other file, and ends in time', async () => {
    const { run } = project()
    expect((await run(['sync'])).code).toBe(0)
    for (const [statement, problem] of [
      ['delete from daily_days', /is not a query/],
      ['select 1; select 2', /more than one statement/],
      ["select * from read_text('package.json')", /file system operations are disabled/],
      ["copy daily_days to 'rows.csv'", /file system operations are disabled|is not a query/],
      ["select nextval('_tidemark_runs_numbers')", /would write/],
    ] as const) {
      const { code, stderr } = await run(['query', statement])
      expect([statement, code]).toEqual([statement, 2])
      expect(stderr).toMatch(problem)
    }
    const endless = 'select count(*) from range(1000000000) a, range(1000000000) b'
    const { code, stderr } = await run(['query', endless, '--max-time', '1s'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('took longer than 1 s and was canceled')])
  })

  it('is refused while another process has it, which is named', async () => {
    const { run, folder } = project()
    expect((await run(['sync'])).code).toBe(0)
    const runner = { id: 'holder', host: 'here', pid: process.pid, startedAt: 1n }
    const holder = await openDestination({ url: join(folder, FILE), runner })
    for (const verb of ['sync', 'status']) {
      const { code, stderr, stdout } = await run([verb])
      expect([verb, code]).toEqual([verb, 6])
      expect(stderr + stdout).toContain(
        `the database ${join(folder, FILE)} is open in another program (process ${process.pid})`,
      )
    }
    await holder.close()
    expect((await run(['status'])).code).toBe(0)
  })
})

describe('a move', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it('brings rows and state from SQLite to DuckDB, to Postgres, back to DuckDB and back to SQLite', async () => {
    const { install, run } = testProject()
    install('kinds', KINDS_SOURCE)
    expect((await run(['sync', '--destination', 'first.db'])).code).toBe(0)
    const { url } = await server.newSchema()
    const at = async (place: string, words: readonly string[]): Promise<unknown> =>
      place.startsWith('env:')
        ? json(await run([...words, '--json'], { DATABASE_URL: url }))
        : json(await run([...words, '--json', '--destination', place], { NEW_DATABASE_URL: url }))
    for (const [from, to] of [
      ['first.db', 'second.duckdb'],
      ['second.duckdb', 'env:NEW_DATABASE_URL'],
      ['env:NEW_DATABASE_URL', 'third.duckdb'],
      ['third.duckdb', 'last.db'],
    ] as const) {
      expect(await at(from, ['move', to])).toMatchObject({ rows: 5 * ROWS })
      expect(await at(to, ['sync'])).toMatchObject({ exit_code: 0 })
    }
  })
})
