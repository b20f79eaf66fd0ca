import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Done, ended, run, SAME_BUILDS, start } from './shell.ts'
import { writeSourcePackage } from './source-package.ts'

// The walk of a new user, on a clean clone and with real processes; the steps build on each other.
const PNPM = 'pnpm@12.18.0'
const repository = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
let clone: string
let control: string
let log: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-walk-'))
  clone = join(folder, 'tidemark')
  control = join(folder, 'control.json')
  log = join(folder, 'reads.ndjson')
  const { code, stderr } = await run('git', ['clone', '--quiet', repository, clone], { cwd: folder })
  expect(code, stderr).toBe(0)
  await git('config', 'user.name', 'A. Walker')
  await git('config', 'user.email', 'walker@example.com')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const env = (): NodeJS.ProcessEnv => ({ ...SAME_BUILDS, WALK_CONTROL: control, WALK_LOG: log })
const pnpm = (...args: readonly string[]): Promise<Done> =>
  run('npx', ['-y', PNPM, ...args], { cwd: clone, env: env() })
const startRunner = (): Promise<Done> => pnpm('--filter', 'runner', 'start')
const tidemark = (...args: readonly string[]): Promise<Done> => pnpm('--silent', 'tidemark', ...args)

async function git(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run('git', args, { cwd: clone })
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

async function commit(name: string, at?: string): Promise<string> {
  await writeFile(join(clone, name), name)
  await git('add', name)
  const dates = at === undefined ? {} : { GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at }
  const { code, stderr } = await run('git', ['commit', '--quiet', '-m', `add ${name}`], { cwd: clone, env: dates })
  expect(code, stderr).toBe(0)
  return git('rev-parse', 'HEAD')
}

async function query(statement: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await tidemark('query', statement, '--json')
  expect(code, stderr).toBe(0)
  return (JSON.parse(stdout) as { rows: Record<string, unknown>[] }).rows
}

const shas = async (): Promise<string[]> =>
  (await query('select sha from git_commits order by sha')).map((row) => String(row['sha']))
const count = async (table: string): Promise<number> =>
  Number((await query(`select count(*) as n from "${table}"`))[0]?.['n'])

/** What the source was asked for since the last look. */
async function reads(): Promise<{ table: string; from: string; to: string }[]> {
  const text = await readFile(log, 'utf8').catch(() => '')
  await rm(log, { force: true })
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

const steer = (settings: object): Promise<void> => writeFile(control, JSON.stringify(settings))
const configure = (initialSyncStart: string): Promise<void> =>
  writeFile(
    join(clone, 'apps/runner/tidemark.config.json'),
    JSON.stringify({ initialSyncStart, sources: { git: {}, walk: {} } }),
  )
const days = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000

describe('the walk', () => {
  it('1. one command on a clean clone installs, builds, and syncs this repository into SQLite', async () => {
    const done = await startRunner()
    expect(done.code, done.stderr + done.stdout).toBe(0)
    expect(done.stderr).toMatch(/git_commits is new, needs history from/)
    expect(done.stdout).toMatch(/pnpm@12\.18\.0 tidemark query "select/)
    expect(await shas()).toEqual((await git('rev-list', '--all')).split('\n').sort())
    expect(await count('git_refs')).toBeGreaterThan(0)
  })

  it('2. the same again reads nothing twice; a commit, and a merged branch of older commits, bring exactly themselves', async () => {
    const written = async (): Promise<number> => {
      const done = await tidemark('sync', '--json')
      expect(done.code, done.stderr).toBe(0)
      const { tables } = JSON.parse(done.stdout) as { tables: { name: string; rows: { written: number } }[] }
      return tables.find((table) => table.name === 'git_commits')?.rows.written ?? -1
    }
    const before = await shas()
    expect(await written()).toBe(0)
    const added = await commit('one.txt')
    expect(await written()).toBe(1)
    expect(new Set(await shas())).toEqual(new Set([...before, added]))

    await git('checkout', '--quiet', '-b', 'old', 'HEAD~1')
    const old = [await commit('two.txt', '2026-01-05T10:00:00Z'), await commit('three.txt', '2026-02-07T10:00:00Z')]
    await git('checkout', '--quiet', '-')
    await git('merge', '--quiet', '--no-edit', 'old')
    const merge = await git('rev-parse', 'HEAD')
    expect(await written()).toBe(3)
    expect(new Set(await shas())).toEqual(new Set([...before, added, ...old, merge]))
    expect(await written()).toBe(0)
  })

  it('3. an installed source package brings its tables, each new', async () => {
    await writeSourcePackage(join(folder, 'walk-1'), '1.0.0', ['C', 'A', 'B'])
    await steer({ end: '2026-01-01T00:00:00Z' })
    await configure('2025-01-01')
    const installed = await pnpm('--filter', 'runner', 'add', `file:${join(folder, 'walk-1')}`)
    expect(installed.code, installed.stderr + installed.stdout).toBe(0)
    const done = await startRunner()
    expect(done.code, done.stderr).toBe(0)
    for (const name of ['A', 'B', 'C'])
      expect(done.stderr).toContain(`walk_${name} is new, needs history from 2025-01-01T00:00:00Z`)
    const status = JSON.parse((await tidemark('status', '--json')).stdout) as {
      synced_tables: string[]
      to_timestamp: string
    }
    expect(status.synced_tables).toEqual(['git_commit_files', 'git_commits', 'git_refs', 'walk_A', 'walk_B', 'walk_C'])
    expect(status.to_timestamp).toBe('2026-01-01T00:00:00Z')
    expect(await count('walk_A')).toBe(days('2025-01-01', '2026-01-01'))
    expect((await reads()).length).toBe(3)
  })

  it('4. the next version brings D: it gets its history, the others go on, all in one run', async () => {
    await writeSourcePackage(join(folder, 'walk-2'), '2.0.0', ['A', 'B', 'C', 'D'])
    await steer({ end: '2026-02-01T00:00:00Z', failBelow: '2025-06-01T00:00:00Z' })
    const installed = await pnpm('--filter', 'runner', 'add', `file:${join(folder, 'walk-2')}`)
    expect(installed.code, installed.stderr + installed.stdout).toBe(0)
    const done = await tidemark('sync')
    expect(done.stderr).toContain('walk_D is new, needs history from 2025-01-01T00:00:00Z')
    expect(done.stderr).toContain('walk_A continues from 2026-01-01T00:00:00Z')
    const asked = await reads()
    for (const table of ['A', 'B', 'C']) {
      expect(asked.filter((one) => one.table === table)).toEqual([
        { table, from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
      ])
    }
    // 5. It fails half-way through its history: the others are complete and live, and the failure says what to do.
    expect(done.code).toBe(3)
    expect(done.stdout + done.stderr).toMatch(/walk_D.*the walk stumbled/)
    expect(await count('walk_A')).toBe(days('2025-01-01', '2026-02-01'))
    const status = JSON.parse((await tidemark('status', '--json')).stdout) as {
      synced_tables: string[]
      tables: { name: string; status: string }[]
    }
    expect(status.synced_tables).not.toContain('walk_D')
    expect(status.tables.find((table) => table.name === 'walk_A')?.status).toBe('complete')
    expect(status.tables.find((table) => table.name === 'walk_D')?.status).toBe('failing')
  })

  it('5. killed in the middle as well, it reads only what it still lacks', async () => {
    await steer({ end: '2026-02-01T00:00:00Z', hangBelow: '2025-04-01T00:00:00Z' })
    const killed = start('node_modules/.bin/node', ['apps/runner/dist/main.js', '--project', 'apps/runner', 'sync'], {
      cwd: clone,
      env: env(),
    })
    const death = ended(killed)
    for (let tries = 0; tries < 300; tries++) {
      await wait(50)
      const text = await readFile(log, 'utf8').catch(() => '')
      if (text.includes('"from":"2025-01-01')) break
    }
    await wait(200)
    killed.kill('SIGKILL')
    await death
    const before = (await reads()).filter((one) => one.table === 'D')
    await steer({ end: '2026-02-01T00:00:00Z' })
    const done = await tidemark('sync')
    expect(done.code, done.stderr + done.stdout).toBe(0)
    const after = (await reads()).filter((one) => one.table === 'D')
    expect(before.length).toBeGreaterThan(1)
    expect(after).toEqual([{ table: 'D', from: '2025-01-01T00:00:00.000Z', to: '2025-04-11T00:00:00.000Z' }])
    expect(await count('walk_D')).toBe(days('2025-01-01', '2026-02-01'))
    expect(await query('select id from walk_D group by id having count(*) > 1')).toEqual([])
  })

  it('6. an earlier start reads exactly that year; a package that was away reads only the hole', async () => {
    await configure('2024-01-01')
    expect((await tidemark('sync')).code).toBe(0)
    const asked = await reads()
    expect(asked.filter((one) => one.table === 'A')).toEqual([
      { table: 'A', from: '2024-01-01T00:00:00.000Z', to: '2025-01-01T00:00:00.000Z' },
    ])
    expect(asked.every((one) => one.to <= '2025-01-01T00:00:00.000Z')).toBe(true)
    expect(await count('walk_D')).toBe(days('2024-01-01', '2026-02-01'))

    expect((await pnpm('--filter', 'runner', 'remove', 'tidemark-source-walk')).code).toBe(0)
    await rm(join(clone, 'apps/runner/tidemark.config.json'))
    const without = await tidemark('sync')
    expect(without.code, without.stderr).toBe(0)
    expect(without.stderr).toContain('walk_A is removed')
    expect(await count('walk_A')).toBe(days('2024-01-01', '2026-02-01'))
    const status = JSON.parse((await tidemark('status', '--json')).stdout) as {
      synced_tables: string[]
      tables: { name: string; status: string }[]
    }
    expect(status.synced_tables).not.toContain('walk_A')
    expect(status.tables.find((table) => table.name === 'walk_A')?.status).toBe('removed')

    await configure('2024-01-01')
    await steer({ end: '2026-03-01T00:00:00Z' })
    expect((await pnpm('--filter', 'runner', 'add', `file:${join(folder, 'walk-2')}`)).code).toBe(0)
    const back = await tidemark('sync')
    expect(back.code, back.stderr).toBe(0)
    expect(back.stderr).toContain('walk_A is back, continues from 2026-02-01T00:00:00Z')
    for (const one of await reads())
      expect(one).toMatchObject({ from: '2026-02-01T00:00:00.000Z', to: '2026-03-01T00:00:00.000Z' })
    expect(await count('walk_A')).toBe(days('2024-01-01', '2026-03-01'))
  })
})
