import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { dailySource, type Outcome, type TestProject, testProject } from './test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

/** A source of the same name and tables whose rows are others. */
const otherDaily = (tables: readonly string[]): string => dailySource('daily', tables).replace("name + ' '", "'other '")

function shared(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-shared-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'shared.db')
}

function projectOf(destination: string, code: string, more: object = {}): TestProject {
  const project = testProject()
  project.config({ destination, ...more })
  project.install('daily', code)
  return project
}

function renamed(project: TestProject, name: string): void {
  const manifest = JSON.parse(project.read('package.json')) as object
  project.write('package.json', JSON.stringify({ ...manifest, name }))
}

const run = (project: TestProject, ...args: string[]): Promise<Outcome> => project.run([...args, '--json'])
const tablesIn = ({ stdout }: Outcome) =>
  (JSON.parse(stdout) as { tables: { name: string; status: string }[] }).tables.map(({ name, status }) => [
    name,
    status,
  ])

function notes(file: string, table: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    return database
      .prepare(`select distinct substr(note, 1, 5) as note from ${table}`)
      .all()
      .map(({ note }) => note)
  } finally {
    database.close()
  }
}

describe('two projects on one database, with sources of one name', () => {
  it('each have their tables, and neither marks those of the other as removed', async () => {
    const file = shared()
    const a = projectOf(file, dailySource('daily', ['days', 'weeks']))
    const b = projectOf(file, dailySource('daily', ['months']))
    for (const project of [a, b, a, b]) expect((await run(project, 'sync')).code).toBe(0)
    expect(tablesIn(await run(a, 'status'))).toEqual([
      ['daily_days', 'complete'],
      ['daily_weeks', 'complete'],
    ])
    const status = await b.run(['status'])
    expect(status.stdout).toContain(`2 tables of another project ("a-project", ${a.folder} on `)
    expect(status.stdout).toMatch(/: daily_days, daily_weeks$/m)
    const seen = await run(b, 'tables')
    expect(tablesIn(seen)).toEqual([['daily_months', 'complete']])
    expect(JSON.parse(seen.stdout)).toMatchObject({
      other_projects: [{ project: expect.stringContaining(a.folder), tables: ['daily_days', 'daily_weeks'] }],
    })
    expect((await b.run(['resync', 'daily_days'])).stderr).toMatch(/"daily_days" is a table of another project/)
    expect((await b.run(['verify', 'daily_days'])).stderr).toMatch(/"daily_days" is a table of another project/)
    expect((await b.run(['sync', 'daily_days'])).stderr).toMatch(/"daily_days" is a table of another project/)
  })

  it.each(['of the same name', 'of another name'])(
    '%s: a table that both have is refused in the second',
    async (how) => {
      const file = shared()
      const a = projectOf(file, dailySource('daily', ['days']))
      const b = projectOf(file, otherDaily(['days', 'months']))
      if (how === 'of another name') renamed(b, 'b-project')
      expect((await run(a, 'sync')).code).toBe(0)
      for (const _ of [1, 2]) {
        const second = await b.run(['sync'])
        expect(second.code).toBe(3)
        expect(second.stdout).toMatch(
          /failed: table daily\.days: "daily_days" is a table of another project \("a-project", .*\), which syncs it into this database; give this project tables of its own with a "namespace" in the config, such as namespace: "second"/,
        )
        expect(second.stdout).toContain('tidemark sync daily --take-over')
        expect((await run(a, 'sync')).code).toBe(0)
      }
      expect([notes(file, 'daily_days'), notes(file, 'daily_months')]).toEqual([['days '], ['other']])
    },
  )

  it('of which one has a namespace have tables of one name each', async () => {
    const file = shared()
    const a = projectOf(file, dailySource('daily', ['days']))
    const b = projectOf(file, otherDaily(['days']), { namespace: 'second' })
    for (const project of [a, b, a, b]) expect((await run(project, 'sync')).code).toBe(0)
    expect([notes(file, 'daily_days'), notes(file, 'second_daily_days')]).toEqual([['days '], ['other']])
    expect(tablesIn(await run(a, 'status'))).toEqual([['daily_days', 'complete']])
    expect(tablesIn(await run(b, 'status'))).toEqual([['second_daily_days', 'complete']])
    expect((await b.run(['status'])).stdout).toMatch(/1 table of another project \("a-project"/)
    expect((await a.run(['status'])).stdout).toMatch(/1 table of another project \("second"/)
  })

  it('are two in Postgres as well', async () => {
    const { url } = await server.newSchema()
    const there = { DATABASE_URL: url }
    const [a, b] = [testProject(), testProject()]
    a.install('daily', dailySource('daily', ['days']))
    b.install('daily', otherDaily(['days', 'months']))
    expect((await a.run(['sync'], there)).code).toBe(0)
    expect((await b.run(['sync'], there)).code).toBe(3)
    expect((await a.run(['sync'], there)).code).toBe(0)
    const status = await a.run(['status'], there)
    expect(status.stdout).toMatch(/^daily_days +complete/m)
    expect(status.stdout).toMatch(/1 table of another project .*: daily_months/)
  })
})

describe('a project that takes the place of another one', () => {
  it('takes its tables over when it is told to, and goes on where they were', async () => {
    const file = shared()
    const a = projectOf(file, dailySource('daily', ['days', 'weeks']))
    const b = projectOf(file, otherDaily(['days']))
    a.install('own', dailySource('own'))
    expect((await run(a, 'sync')).code).toBe(0)
    expect((await b.run(['sync', '--take-over', '--every', '5m'])).stderr).toMatch(/--take-over applies to one run/)
    const taken = await run(b, 'sync', '--take-over')
    expect([taken.code, JSON.parse(taken.stdout)]).toMatchObject([
      0,
      { tables: [{ name: 'daily_days', rows: { read: 0 } }] },
    ])
    expect((await run(b, 'sync')).code).toBe(0)
    expect(tablesIn(await run(b, 'status'))).toEqual([['daily_days', 'complete']])
    const first = await run(a, 'sync')
    expect(first.code).toBe(3)
    expect(tablesIn(await run(a, 'status'))).toEqual([
      ['daily_weeks', 'complete'],
      ['own_days', 'complete'],
    ])
  })
})

describe('a project is the same one', () => {
  it('when it was moved, and renamed there', async () => {
    const file = shared()
    const a = projectOf(file, dailySource('daily', ['days']))
    expect((await run(a, 'sync')).code).toBe(0)
    const moved = `${a.folder}-moved`
    renameSync(a.folder, moved)
    onTestFinished(() => rmSync(moved, { recursive: true, force: true }))
    const manifest = JSON.parse(readFileSync(join(moved, 'package.json'), 'utf8')) as object
    writeFileSync(join(moved, 'package.json'), JSON.stringify({ ...manifest, name: 'now-called-so' }))
    const elsewhere = testProject()
    const there = await elsewhere.run(['sync', '--json', '--project', moved])
    expect([there.code, there.stderr]).toEqual([0, expect.not.stringContaining('another project')])
    expect(JSON.parse(there.stdout)).toMatchObject({
      tables: [{ name: 'daily_days', status: 'complete', rows: { read: 0 } }],
    })
    const database = new DatabaseSync(file, { readOnly: true })
    const [row] = database.prepare('select project from _tidemark_tables').all()
    database.close()
    expect(JSON.parse(String(row?.['project']))).toMatchObject({ name: 'now-called-so', folder: moved })
  })

  it('when it was cloned, and both run', async () => {
    const file = shared()
    const a = projectOf(file, dailySource('daily', ['days']))
    expect((await run(a, 'sync')).code).toBe(0)
    const clone = mkdtempSync(join(tmpdir(), 'tidemark-clone-'))
    onTestFinished(() => rmSync(clone, { recursive: true, force: true }))
    cpSync(a.folder, clone, { recursive: true, verbatimSymlinks: true })
    for (const folder of [clone, a.folder, clone]) {
      const there = await a.run(['sync', '--json', '--project', folder])
      expect([there.code, tablesIn(there)]).toEqual([0, [['daily_days', 'complete']]])
    }
  })

  it('when its config and its sources change where it is', async () => {
    const file = shared()
    const a = projectOf(file, dailySource('daily', ['days', 'weeks']))
    expect((await run(a, 'sync')).code).toBe(0)
    renamed(a, 'another-name')
    a.config({ destination: file, sources: { daily: { tables: { weeks: false } } } })
    a.install('daily', dailySource('daily', ['days', 'weeks', 'months']))
    expect((await run(a, 'sync')).code).toBe(0)
    expect(tablesIn(await run(a, 'status'))).toEqual([
      ['daily_days', 'complete'],
      ['daily_months', 'complete'],
      ['daily_weeks', 'removed'],
    ])
  })

  it('when tables were recorded before projects were', async () => {
    const file = shared()
    const a = projectOf(file, dailySource('daily', ['days']))
    expect((await run(a, 'sync')).code).toBe(0)
    const database = new DatabaseSync(file)
    database.exec('update _tidemark_tables set project = null')
    database.close()
    const b = projectOf(file, otherDaily(['days']))
    expect((await run(b, 'sync')).code).toBe(0)
    expect((await run(a, 'sync')).code).toBe(3)
  })
})
