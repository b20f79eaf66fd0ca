import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dailySource, reference, type TestProject, testProject } from './test-project.ts'

function daily(): TestProject {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  return project
}

/** Nothing that a run makes is there. */
function isUntouched({ folder }: TestProject): boolean {
  return !existsSync(join(folder, 'data'))
}

describe('bad input ends with 2, says what and how, and leaves nothing behind', () => {
  it.each([
    [
      'an unknown config key',
      { sorces: {} },
      /tidemark\.config\.json:1: sorces: unknown key; did you mean "sources"\?/,
    ],
    [
      'a missing environment variable',
      { initialSyncStart: reference('NOWHERE') },
      /initialSyncStart: the environment variable NOWHERE is not set; set it, or write it into \.env in the project folder/,
    ],
    [
      'dates and lengths that are not valid',
      { initialSyncStart: '2024-13-01', sources: { daily: { every: '5x' } } },
      /has 2 problems:\n {2}line 1: initialSyncStart: "2024-13-01" is no date.*\n {2}line 1: sources\.daily\.every: "5x" is no length/,
    ],
  ])('%s', async (_, config, message) => {
    const project = daily()
    project.config(config)
    const { code, stdout, stderr } = await project.run(['sync'])
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
    expect(code).toBe(2)
    expect(isUntouched(project)).toBe(true)
  })

  it.each([
    ['a verb', ['stauts'], /unknown verb "stauts" \(.*\); did you mean "status"\?/],
    [
      'a verb that is a table',
      ['daily_days'],
      /unknown verb "daily_days" \(to sync one table: tidemark sync daily_days\); verbs: /,
    ],
    ['a flag', ['status', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
    ['a missing argument', ['query'], /missing required argument 'select'/],
    ['a length of time', ['sync', '--max-time', 'soon'], /--max-time: "soon" is not a duration; write 30s/],
    ['a project', ['sync', '--project', 'nowhere'], /--project nowhere: the folder .* does not exist/],
    [
      'a password on the command line',
      ['sync', '--destination', 'postgres://me:secret@h/d'],
      /contains a password, which every user of this machine can read/,
    ],
    ['a database that is not spoken yet', ['sync', '--destination', 'mysql://h/d'], /mysql/i],
  ])('refuses %s', async (_, args, message) => {
    const project = daily()
    const { code, stdout, stderr } = await project.run(args)
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
    expect(code).toBe(2)
    expect(isUntouched(project)).toBe(true)
  })

  it('an unknown table', async () => {
    const project = daily()
    const first = await project.run(['sync', 'daily_dais'])
    expect(first.stderr).toMatch(/there is no table or source "daily_dais"; did you mean "daily_days"\?/)
    expect(first.code).toBe(2)
    for (const args of [
      ['show', 'daily_dais'],
      ['plan', 'daily_dais'],
    ]) {
      const { code, stderr } = await project.run(args)
      expect(stderr).toMatch(/"daily_dais".*did you mean "daily_days"/)
      expect(code).toBe(2)
    }
    await project.run(['sync'])
    const { code, stderr } = await project.run(['resync', 'daily_dais'])
    expect(stderr).toMatch(/"daily_dais"; did you mean "daily_days"\?/)
    expect(code).toBe(2)
  })

  it('a whole resync that nobody confirmed', async () => {
    const project = daily()
    await project.run(['sync'])
    const { code, stderr } = await project.run(['resync', 'daily_days', '--full'])
    expect(stderr).toMatch(/--full deletes all rows of daily_days .*; this is not a terminal: pass --yes to confirm/)
    expect(code).toBe(2)
    const rows = await project.run(['query', 'select count(*) as n from daily_days', '--json'])
    expect(JSON.parse(rows.stdout).rows).toEqual([{ n: 31 }])
  })
})

it('two tables that map to one name fail by name, and the others are read', async () => {
  const project = testProject()
  project.install('a', dailySource('a', ['b_c']))
  project.install('a_b', dailySource('a_b', ['c']))
  project.install('other', dailySource('other'))
  const { code, stdout } = await project.run(['sync'])
  expect(stdout).toMatch(
    /failed: table a\.b_c: table "b_c" of "a" and table "c" of "a_b" both become the table "a_b_c"; give one of the sources another "prefix"/,
  )
  expect(code).toBe(3)
  const again = await project.run(['status', '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject({ tables: [{ name: 'other_days' }] })
  project.config({ sources: { a: { tables: { b_c: { name: 'b_and_c' } } } } })
  expect((await project.run(['sync'])).code).toBe(0)
  const named = JSON.parse((await project.run(['tables', '--json'])).stdout) as { tables: { name: string }[] }
  expect(named.tables.map(({ name }) => name)).toEqual(['a_b_c', 'b_and_c', 'other_days'])
})

describe('a config that does not load', () => {
  it.each([
    ['needs a compiler', 'enum A { B }\nexport default {}', /tidemark\.config\.ts:1 cannot be loaded: .*enum/],
    ['throws', '\nthrow new Error("no luck")', /tidemark\.config\.ts:2 cannot be loaded: no luck/],
    [
      'imports what is not there',
      'import "nothing"\nexport default {}',
      /cannot be loaded: Cannot find package 'nothing'/,
    ],
  ])('because it %s', async (_, text, message) => {
    const project = daily()
    project.config(text)
    const { code, stderr } = await project.run(['sync'])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})

it('a config that is a module in a project of none says what to do', async () => {
  const project = daily()
  project.config('export default {}')
  project.write(
    'package.json',
    JSON.stringify({ name: 'a', type: 'commonjs', dependencies: { 'source-daily': '1.0.0' } }),
  )
  const { code, stderr } = await project.run(['sync'])
  expect(stderr).toMatch(
    /cannot be loaded: .*; run "npm pkg set type=module" in the project, or rename the file to .*\.mts/,
  )
  expect(code).toBe(2)
})

describe('a database that cannot be', () => {
  it('a folder that cannot be made', async () => {
    const project = daily()
    project.write('blocked', 'a file, so no folder')
    project.config({ destination: 'blocked/data/tidemark.db' })
    const { code, stderr } = await project.run(['sync'])
    expect(stderr).toMatch(/blocked/)
    expect(stderr).toMatch(/^error: /)
    expect(code).toBe(6)
  })

  it('a file that is no database, and stays as it is', async () => {
    const project = daily()
    const file = project.write(
      'data/tidemark.db',
      'this is a letter to my aunt, and not a database at all\n'.repeat(50),
    )
    const before = readFileSync(file)
    for (const args of [['sync'], ['query', 'select 1']]) {
      const { code, stderr } = await project.run(args)
      expect(stderr).toMatch(/tidemark\.db/)
      expect(stderr).not.toMatch(/bug/)
      expect(code).toBe(6)
    }
    expect(readFileSync(file)).toEqual(before)
  })
})

describe('where there is no database yet', () => {
  it('looking makes none', async () => {
    const project = daily()
    const status = await project.run(['status'])
    expect(status.stdout).toMatch(/There is no database yet .* The first sync creates it: npx tidemark sync/)
    expect(status.code).toBe(0)
    expect(JSON.parse((await project.run(['status', '--json'])).stdout)).toEqual({
      to_timestamp: null,
      synced_tables: [],
      tables: [],
      feeds: [],
      failing_sources: [],
      running: [],
      runner: {
        state: 'none',
        every_ms: null,
        host: null,
        last_run: null,
        missed_run_at: null,
        next_run_at: null,
        pid: null,
        run: null,
      },
      work_left: { windows: 0, at_least: false, unknown_windows: 0, ms: 0, requests: 0, rows_per_second: null },
    })
    expect((await project.run(['tables'])).code).toBe(0)
    const query = await project.run(['query', 'select 1'])
    expect(query.stderr).toMatch(/there is no database yet/)
    expect(query.code).toBe(2)
    expect((await project.run(['resync', 'daily_days'])).code).toBe(2)
    expect((await project.run(['plan'])).stdout).toMatch(/NEW +daily_days: \d+ windows/)
    expect((await project.run(['check'])).code).toBe(0)
    expect((await project.run(['show', 'days'])).stdout).toMatch(/days 24/)
    expect(isUntouched(project)).toBe(true)
  })

  it('and nothing is installed, it says so and how to add a source', async () => {
    const project = testProject()
    const { code, stdout } = await project.run([])
    expect(stdout).toMatch(
      /No source is installed in .* Add one: pnpm add @tidemark\/source-git, then: npx tidemark sync/,
    )
    expect(code).toBe(0)
    expect(JSON.parse((await project.run(['--json'])).stdout)).toMatchObject({ exit_code: 0, tables: [] })
    const named = await project.run(['sync', 'git_commits'])
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining('No source is installed in ')])
    expect(isUntouched(project)).toBe(true)
  })
})

it('plan, show, check, status, runs, tables and query leave a database as it is', async () => {
  const project = daily()
  await project.run(['sync'])
  const file = join(project.folder, 'data/tidemark.db')
  const hash = (): string => createHash('sha256').update(readFileSync(file)).digest('hex')
  const before = hash()
  for (const args of [
    ['plan'],
    ['show', 'days'],
    ['check'],
    ['status'],
    ['runs'],
    ['runs', '1'],
    ['tables'],
    ['query', 'select * from daily_days'],
  ]) {
    expect((await project.run(args)).code, args[0]).toBe(0)
  }
  expect(hash()).toBe(before)
  expect(readdirSync(join(project.folder, 'data'))).toContain('tidemark.db')
  const write = await project.run(['query', 'delete from daily_days'])
  expect(write.code).toBe(2)
  expect(hash()).toBe(before)
  writeFileSync(join(project.folder, 'unrelated'), '')
})
