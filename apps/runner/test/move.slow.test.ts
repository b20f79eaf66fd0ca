import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KINDS_SOURCE, ROWS } from './kinds.ts'
import { dailySource, type TestProject, testProject } from './test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

async function daily(): Promise<TestProject> {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  expect((await project.run(['sync'])).code).toBe(0)
  return project
}

it('rows and state move to Postgres and back, and each sync there reads nothing again', async () => {
  const project = await daily()
  const { url } = await server.newSchema()
  const environment = { NEW_DATABASE_URL: url }
  const moved = await project.run(['move', 'env:NEW_DATABASE_URL'], environment)
  expect(moved.code, moved.stderr).toBe(0)
  expect(moved.stdout).toMatch(
    /daily_days +31[\s\S]*31 rows of 1 table copied and verified[\s\S]*destination: env\('NEW_DATABASE_URL'\),/,
  )
  const there = { DATABASE_URL: url }
  const sync = await project.run(['sync', '--json'], there)
  expect(JSON.parse(sync.stdout)).toMatchObject({ exit_code: 0, tables: [{ rows: { read: 0, written: 0 } }] })
  expect((await project.run(['verify', 'days'], there)).code).toBe(0)
  const back = await project.run(['move', 'back.db', '--json'], there)
  expect(JSON.parse(back.stdout)).toMatchObject({ rows: 31, tables: [{ table: 'daily_days', rows: 31 }] })
  const at = ['--destination', 'back.db']
  expect(JSON.parse((await project.run(['sync', '--json', ...at])).stdout)).toMatchObject({
    tables: [{ rows: { read: 0 } }],
  })
  expect((await project.run(['move', 'back.db'], there)).stderr).toMatch(/already contains tables of Tidemark/)
})

it.each([
  [['move', 'data/tidemark.db'], 2, /is the current database/],
  [['move', 'env:NOWHERE'], 2, /the environment variable NOWHERE is not set/],
  [['move', 'postgres://me:c4nary@localhost/x'], 2, /move env:NEW_DATABASE_URL/],
  [['move', 'postgres://me@localhost:1/x'], 6, /cannot be reached/],
  [['state', 'import', 'nothing.json'], 2, /nothing.json cannot be read/],
  [['state', 'import', 'package.json'], 2, /is not a document that "tidemark state export" wrote/],
  [['state', 'export', 'no/such/folder.json'], 2, /could not be written/],
] as const)('%s is refused', async (args, exit, message) => {
  const project = await daily()
  const { code, stderr, stdout } = await project.run(args)
  expect(code, stderr).toBe(exit)
  expect(stderr).toMatch(message)
  expect(stderr + stdout).not.toContain('c4nary')
})

it('a move that is killed leaves what was there, and the same command starts over', async () => {
  const project = testProject()
  project.install('kinds', KINDS_SOURCE)
  expect((await project.run(['sync'])).code).toBe(0)
  const { url } = await server.newSchema()
  const environment = { NEW_DATABASE_URL: url }
  let isThere = false
  for (const ms of [600, 900, 1200]) {
    const running = project.start(['move', 'env:NEW_DATABASE_URL'], environment)
    await wait(ms)
    running.child.kill('SIGKILL')
    await running.ended
    const looked = await project.run(['sync', '--json'], { DATABASE_URL: url })
    isThere = looked.code === 0
    if (isThere) break
    expect(looked.stdout).toMatch(/is running or was interrupted/)
  }
  const last = await project.run(['move', 'env:NEW_DATABASE_URL'], environment)
  // Either the last one is the one that came through, or one before was killed when all was done, or before it began.
  if (isThere) expect(last.stderr).toMatch(/already contains tables of Tidemark/)
  else expect(last.code, last.stderr).toBe(0)
  for (const table of ['keyed', 'keyless', 'whole', 'parts']) {
    const statement = `select count(*) as n, count(distinct id) as ids from kinds_${table}`
    for (const environment of [{ DATABASE_URL: url }, {}]) {
      const { stdout, stderr } = await project.run(
        ['query', statement, '--json'],
        environment as Record<string, string>,
      )
      expect(JSON.parse(stdout).rows, stderr).toEqual([{ n: ROWS, ids: ROWS }])
    }
  }
})

it('the state is written down, and put back only where its rows are and someone agreed', async () => {
  const project = await daily()
  const written = await project.run(['state', 'export'])
  const file = await project.run(['state', 'export', 'state.json'])
  expect([written.code, file.code]).toEqual([0, 0])
  expect(file.stdout).toContain('Exported the sync state of 1 table to state.json.')
  const path = join(project.folder, 'state.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const without = (text: string) => ({ ...JSON.parse(text), exported_at: '' })
  expect(without(readFileSync(path, 'utf8'))).toEqual(without(written.stdout))

  const asked = await project.run(['state', 'import', 'state.json'])
  expect(asked.code).toBe(2)
  expect(asked.stderr).toMatch(
    /the sync state of 1 table .* will be replaced .*this is not a terminal: pass --yes to confirm/,
  )
  const database = new DatabaseSync(join(project.folder, 'data/tidemark.db'))
  database.exec('delete from _tidemark_coverage; delete from _tidemark_tables; delete from _tidemark_partitions')
  database.close()
  const put = await project.run(['state', 'import', 'state.json'])
  expect(put.code, put.stderr).toBe(0)
  const sync = await project.run(['sync', '--json'])
  expect(JSON.parse(sync.stdout)).toMatchObject({ exit_code: 0, tables: [{ rows: { read: 0 } }] })
  expect((await project.run(['state', 'import', 'state.json', '--yes'])).code).toBe(0)

  rmSync(join(project.folder, 'data'), { recursive: true })
  const elsewhere = await project.run(['state', 'import', 'state.json'])
  expect(elsewhere.code).toBe(2)
  expect(elsewhere.stderr).toMatch(/daily_days is missing here; it held 31 rows/)
})
