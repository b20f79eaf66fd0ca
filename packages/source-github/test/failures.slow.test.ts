import { systemClock } from '@tidemark/engine'
import { expect, it } from 'vitest'
import { GitHubConfig } from '../src/config.ts'
import { GitHub } from '../src/github-client.ts'
import { make } from './fixtures.ts'
import { GitHubServer, type Instead } from './github-server.ts'
import { only, world } from './harness.ts'

const MINUTE = 60_000
const SECONDARY =
  'You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to GitHub Support for help, please include the request ID.'

async function start(issues = 350) {
  const github = await GitHubServer.open()
  const repository = github.add('acme/shop', 41)
  for (let n = 1; n <= issues; n++) repository.issues.push(make.issue(n, github.at(n - 2000)))
  return { github, repository, config: { repositories: ['acme/shop'], baseUrl: github.url }, ...(await world()) }
}

it.each<[string, Instead]>([
  ['429 and Retry-After', { status: 429, body: { message: SECONDARY }, headers: { 'retry-after': '1' } }],
  ['403 and Retry-After', { status: 403, body: { message: SECONDARY }, headers: { 'retry-after': '1' } }],
])('waits for a limit in the middle and goes on: %s', async (_name, instead) => {
  const { github, config, sync } = await start()
  let refused = 0
  github.before = (_path, query) => (query.has('since') && refused++ === 0 ? instead : undefined)
  const { github_issues } = await sync(config, only('issues'))
  expect(refused).toBeGreaterThan(2)
  expect(github_issues!.rows).toMatchObject({ written: 350, rejected: 0 })
})

it('waits until the limit of the hour begins again', async () => {
  const { github, config, sync } = await start()
  github.left = 3
  github.resetAt = github.now + 2000
  setTimeout(() => {
    github.left = 5000
  }, 1000)
  const { github_issues } = await sync(config, only('issues'))
  expect(github_issues!.rows.written).toBe(350)
  expect(github.asked.filter(({ status }) => status === 403)).toEqual([])
})

it.each([
  { status: 403, message: SECONDARY },
  { status: 403, message: 'You have triggered an abuse detection mechanism. Please wait a few minutes.' },
  { status: 429, message: SECONDARY },
])('waits a minute for a limit that is told only in words: $status $message', async ({ status, message }) => {
  const { github, config } = await start()
  const waits: number[] = []
  let now = 0
  const clock = {
    ...systemClock,
    now: () => now,
    sleep: async (ms: number) => {
      waits.push(ms)
      now += ms
    },
  }
  const silent = { debug() {}, info() {}, warn() {} }
  const client = new GitHub(GitHubConfig.parse(config), silent, { clock })
  const headers = { 'x-ratelimit-remaining': '4000' }
  let refused = 0
  github.before = () => (refused++ === 0 ? { status, body: { message }, headers } : undefined)
  const [found] = await client.repositories(new AbortController().signal)
  expect(found?.id).toBe('41')
  expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(60_000)
  await client.close()
})

it('says what to do where a token stops working in the middle, and the next run continues from there', async () => {
  const { github, config, run, sync, rows } = await start()
  github.token = 'first'
  let pages = 0
  github.after = (_path, query) => {
    if (query.has('since') && ++pages === 2) github.token = 'second'
  }
  const broken = await run({ ...config, token: 'first' }, only('issues'))
  expect(broken.exitCode).not.toBe(0)
  const [failure] = broken.tables[0]!.failures
  expect(failure!.failure).toMatchObject({ remedy: 'fix-config', code: 'unauthorized' })
  const [{ n } = { n: 0 }] = await rows('SELECT count(*) AS n FROM github_issues')
  expect(n).toBeGreaterThan(100)
  github.after = () => {}
  github.take()
  await sync({ ...config, token: 'second' }, only('issues'))
  expect(await rows('SELECT count(*) AS n FROM github_issues')).toEqual([{ n: 350 }])
  const read = github.take().paths.filter((path) => path.includes('direction=asc'))
  expect(read.every((path) => path.includes('since='))).toBe(true)
})

it('keeps the rows of a repository that is renamed, and says how it is called now', async () => {
  const { github, repository, config, sync, rows, warnings } = await start(50)
  const tables = only('repositories', 'issues')
  await sync(config, tables)
  github.rename(repository, 'acme/store')
  github.now += 10 * MINUTE
  repository.issues.push(make.issue(1000, github.at(-2)))
  const second = await sync(config, tables)
  expect(second['github_issues']!.rows.written).toBe(1)
  expect(warnings.join()).toContain('the repository "acme/shop" is now called "acme/store"')
  expect(await rows('SELECT DISTINCT _partition FROM github_issues')).toEqual([{ _partition: '41' }])
  expect(await rows('SELECT full_name FROM github_repositories')).toEqual([{ full_name: 'acme/store' }])
  // The query of the README.
  const byName = `SELECT i.* FROM github_issues i JOIN github_repositories r ON r.partition = i._partition
    WHERE r.full_name = 'acme/store'`
  expect(await rows(byName)).toHaveLength(51)
  // By its new name, by both names, it is still the one.
  github.now += 10 * MINUTE
  const third = await sync({ ...config, repositories: ['acme/store', 'acme/shop'] }, tables)
  expect(third['github_issues']!.rows.written).toBe(0)
  // Another one under the old name is another one.
  github.add('acme/shop', 42).issues.push(make.issue(7, github.at(-100)))
  github.now += 10 * MINUTE
  await sync(config, tables)
  expect(await rows('SELECT _partition, count(*) AS n FROM github_issues GROUP BY 1 ORDER BY 1')).toEqual([
    { _partition: '41', n: 51 },
    { _partition: '42', n: 1 },
  ])
})

it('lets a deleted repository fail alone, with what to do, and keeps its rows', async () => {
  const { github, repository, config, run, rows } = await start(50)
  const other = github.add('acme/other', 43)
  other.issues.push(make.issue(1, github.at(-50)))
  const both = { ...config, repositories: ['acme/shop', 'acme/other'] }
  const tables = only('repositories', 'issues', 'labels')
  expect((await run(both, tables)).exitCode).toBe(0)
  github.delete(repository)
  github.now += 10 * MINUTE
  other.issues.push(make.issue(2, github.at(-2)))
  const report = await run(both, tables)
  expect(report.exitCode).toBe(3)
  const failures = report.tables.flatMap((table) => table.failures)
  expect(failures.map(({ failure }) => failure.remedy)).toEqual(['fix-config', 'fix-config'])
  expect(JSON.stringify(failures)).toContain(
    'there is no repository \\"acme/shop\\", or this token has no access to it',
  )
  expect(await rows('SELECT _partition, count(*) AS n FROM github_issues GROUP BY 1 ORDER BY 1')).toEqual([
    { _partition: '41', n: 50 },
    { _partition: '43', n: 2 },
  ])
  expect(await rows('SELECT full_name FROM github_repositories WHERE _deleted_at IS NULL')).toEqual([
    { full_name: 'acme/other' },
  ])
  // Of an owner's repositories one that is gone is no longer listed, and nothing fails.
  github.now += 10 * MINUTE
  expect((await run({ ...config, repositories: [], owners: ['acme'], forks: true }, tables)).exitCode).toBe(0)
})

it.each([
  [404, 'was deleted, or this token has no access to it'],
  [410, 'turned off'],
  [451, 'blocked for legal reasons'],
])('says what %s means in the middle of a read', async (status, words) => {
  const { github, config, run } = await start()
  github.before = (_path, query) => (query.has('since') ? { status, body: { message: 'x' } } : undefined)
  const report = await run(config, only('issues'))
  expect(report.tables[0]!.failures[0]!.failure).toMatchObject({
    remedy: 'fix-config',
    message: expect.stringContaining(words),
  })
})

it('reads nothing of issues that are turned off, and counts nothing as read', async () => {
  const { github, repository, config, sync } = await start(5)
  repository.more = { has_issues: false }
  github.before = (path) => (path.endsWith('/issues') ? { status: 410, body: { message: 'disabled' } } : undefined)
  const { github_issues } = await sync(config, only('issues'))
  expect(github_issues!.rows.read).toBe(0)
  repository.more = {}
  github.before = () => undefined
  github.now += 10 * MINUTE
  expect((await sync(config, only('issues')))['github_issues']!.rows.written).toBe(5)
})
