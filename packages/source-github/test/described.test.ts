import { expect, it } from 'vitest'
import { described } from './described.ts'
import type { Json } from './fixtures.ts'
import { make } from './fixtures.ts'
import { GitHubServer } from './github-server.ts'
import { only, world } from './harness.ts'
import type { ServedRepository } from './served-repository.ts'

async function start() {
  const github = await GitHubServer.open()
  const repository = github.add('acme/shop', 41)
  return { github, repository, config: { repositories: ['acme/shop'], baseUrl: github.url }, ...(await world()) }
}

/** Told apart, and where the server sorts them by it, at a time of their own. */
const numbered = (rows: readonly Json[], at: (minutes: number) => string): Json[] =>
  rows.map((row, index) => {
    const id = index + 1
    const own: Json = { id }
    if ('number' in row) own['number'] = id
    if ('updated_at' in row) own['updated_at'] = at(-id)
    return { ...row, ...own }
  })

type Fill = (repository: ServedRepository, rows: Json[]) => unknown
const LISTS: readonly (readonly [table: string, fill: Fill])[] = [
  ['issues', ({ issues }, rows) => issues.push(...rows)],
  ['issue_comments', ({ comments }, rows) => comments.push(...rows)],
  ['pull_requests', ({ pulls }, rows) => pulls.push(...rows)],
  [
    'reviews',
    ({ pulls, reviews }, rows) => {
      pulls.push(make.pull(7, '2026-03-01T00:00:00Z'))
      reviews.set(7, rows)
    },
  ],
  ['releases', ({ releases }, rows) => releases.push(...rows)],
  ['labels', ({ labels }, rows) => labels.push(...rows)],
  ['milestones', ({ milestones }, rows) => milestones.push(...rows)],
  ['workflow_runs', ({ runs }, rows) => runs.push(...rows)],
]

it.each(LISTS)('rejects no row that the description of the API allows: %s', async (table, fill) => {
  const { github, repository, config, sync } = await start()
  const rows = numbered(described(table), (minutes) => github.at(minutes))
  fill(repository, rows)
  const tables = await sync(config, only(table))
  expect(tables[`github_${table}`]!.rows).toMatchObject({ written: rows.length, rejected: 0 })
  expect(rows.length).toBeGreaterThan(5)
})

it('rejects no star that the description of the API allows, and has no row for one of nobody', async () => {
  const { repository, config, sync } = await start()
  const stars = described('stargazers').map((star, id) =>
    star['user'] === null ? star : { ...star, user: { ...(star['user'] as Json), id } },
  )
  repository.stars.push(...stars)
  const { github_stargazers } = await sync(config, only('stargazers'))
  const known = stars.filter((star) => star['user'] !== null)
  expect(github_stargazers!.rows).toMatchObject({ written: known.length, rejected: 0 })
  expect(known.length).toBeLessThan(stars.length)
})

it('rejects no commit that the description of the API allows, but those without a date', async () => {
  const { github, config, run } = await start()
  const commits = described('commits').map((commit, index) => ({ ...commit, sha: `sha${index}` }) as Json)
  github.before = (path) => (path.endsWith('/commits') ? { status: 200, body: commits } : undefined)
  const [table] = (await run(config, only('commits'))).tables
  const dated = commits.filter((commit) => {
    const { committer } = commit['commit'] as { committer: Json | null }
    return !Number.isNaN(Date.parse(String(committer?.['date'])))
  })
  expect(table!.rows.written).toBe(dated.length)
  // Nothing is written of a window that has too many of them; each is named.
  expect(commits.length - dated.length).toBeGreaterThan(0)
  expect(dated.length).toBeGreaterThan(50)
})

it.each(['repository', 'repositories'])(
  'rejects no repository that the description of the API allows: %s',
  async (answer) => {
    const { github, sync } = await start()
    const repositories = described(answer).map((row, id) => ({ ...row, id, full_name: `acme/r${id}`, fork: false }))
    github.before = (path) => (path.endsWith('/repos') ? { status: 200, body: repositories } : undefined)
    const tables = await sync({ owners: ['acme'], baseUrl: github.url }, only('repositories'))
    expect(tables['github_repositories']!.rows).toMatchObject({ written: repositories.length, rejected: 0 })
  },
)
