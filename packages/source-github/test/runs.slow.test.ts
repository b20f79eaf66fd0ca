import { expect, it } from 'vitest'
import { make } from './fixtures.ts'
import { GitHubServer } from './github-server.ts'
import { only, world } from './harness.ts'
import type { ServedRepository } from './served-repository.ts'

const MINUTE = 60_000

/** Some of everything, more than a page where that takes other ways. */
function fill(github: GitHubServer, repository: ServedRepository): void {
  for (let n = 1; n <= 250; n++) repository.issues.push(make.issue(n, github.at(-n * 60)))
  for (let n = 1; n <= 150; n++) repository.comments.push(make.comment(n, github.at(-n * 60)))
  for (let n = 1; n <= 120; n++) {
    repository.pulls.push(make.pull(n, github.at(-n * 60)))
    if (n % 2 === 0) repository.reviews.set(n, [make.review(n * 10), make.review(n * 10 + 1)])
  }
  for (let n = 1; n <= 210; n++) repository.push([`sha${n}`, github.at(-60 * 24 * 400 + n)])
  for (let n = 1; n <= 3; n++) repository.releases.push(make.release(n))
  for (let n = 1; n <= 230; n++) repository.stars.push(make.star(n, github.at(n - 1000)))
  for (let n = 1; n <= 101; n++) repository.labels.push(make.label(n))
  for (let n = 1; n <= 5; n++) repository.milestones.push(make.milestone(n))
  for (let n = 1; n <= 150; n++) repository.runs.push(make.run(n, github.at(-n * 60)))
}

const COUNTS = {
  repositories: 1,
  issues: 250,
  issue_comments: 150,
  pull_requests: 120,
  reviews: 120,
  commits: 210,
  releases: 3,
  stargazers: 230,
  labels: 101,
  milestones: 5,
  workflow_runs: 150,
}

it('reads the whole history, then nothing where nothing changed, then what is new', async () => {
  const github = await GitHubServer.open()
  const repository = github.add('acme/shop', 41)
  repository.more = { created_at: '2024-01-01T00:00:00Z' }
  fill(github, repository)
  const config = { repositories: ['acme/shop'], baseUrl: github.url }
  const { sync, rows } = await world()

  const first = await sync(config)
  const written = Object.entries(first).map(([name, table]) => [name.replace('github_', ''), table.rows.written])
  expect(Object.fromEntries(written)).toEqual(COUNTS)
  expect(Object.values(first).map((table) => table.rows.rejected)).toEqual(Object.keys(COUNTS).map(() => 0))
  expect(await rows('SELECT DISTINCT _partition FROM github_issues')).toEqual([{ _partition: '41' }])

  // A revision is kept once a pass is later than the moment it was first seen at, by what is settled.
  github.now += 5 * MINUTE
  await sync(config)
  github.take()
  github.now += 5 * MINUTE
  const quiet = await sync(config)
  expect(Object.values(quiet).map((table) => table.rows.read)).toEqual(
    Object.keys(quiet).map((name) => (name === 'github_repositories' ? 1 : 0)),
  )
  // The repository itself is asked; all else is told by 304.
  const { counted, unchanged } = github.take()
  expect(counted).toBe(1)
  expect(unchanged).toBe(11)

  github.now += 5 * MINUTE
  Object.assign(repository.issues[99]!, { title: 'changed', updated_at: github.at(-2) })
  repository.issues.push(make.issue(1000, github.at(-2)))
  repository.comments.push(make.comment(1000, github.at(-2)))
  repository.pulls.push(make.pull(1000, github.at(-2)))
  repository.reviews.set(1000, [make.review(9999)])
  repository.push(['new', github.at(-2)])
  repository.stars.splice(0, 1)
  repository.stars.push(make.star(1000, github.at(-2)))
  repository.labels.splice(50, 1)
  repository.runs.push(make.run(1000, github.at(-2)))
  const second = await sync(config)
  const news = Object.entries(second).map(([name, { rows }]) => [
    name.replace('github_', ''),
    [rows.written, rows.deleted],
  ])
  expect(Object.fromEntries(news)).toEqual({
    repositories: [0, 0],
    issues: [2, 0],
    issue_comments: [1, 0],
    pull_requests: [1, 0],
    reviews: [1, 0],
    commits: [1, 0],
    releases: [0, 0],
    stargazers: [1, 1],
    labels: [0, 1],
    milestones: [0, 0],
    workflow_runs: [1, 0],
  })
  expect(await rows('SELECT title FROM github_issues WHERE id = 100')).toEqual([{ title: 'changed' }])
  // Nothing asks for the beginning again.
  const { paths } = github.take()
  expect(
    paths.filter((path) => path.includes('/issues?') && path.includes('asc')).every((path) => path.includes('since=')),
  ).toBe(true)
  expect(paths.length).toBeLessThan(40)
})

it('loses nothing that is updated between two pages', async () => {
  const github = await GitHubServer.open()
  const repository = github.add('acme/shop', 41)
  for (let n = 1; n <= 450; n++) {
    repository.issues.push(make.issue(n, github.at(n - 2000)))
    repository.pulls.push(make.pull(n, github.at(n - 2000)))
    repository.comments.push(make.comment(n, github.at(n - 2000)))
  }
  const config = { repositories: ['acme/shop'], baseUrl: github.url }
  const tables = only('issues', 'issue_comments', 'pull_requests')
  const { sync, rows } = await world()
  let moved = 0
  github.after = (path, query) => {
    if (query.get('per_page') !== '100') return
    // After each page three of its rows leave their places.
    const lists = { issues: repository.issues, comments: repository.comments, pulls: repository.pulls }
    const list = lists[path.split('/').at(-1) as keyof typeof lists]
    for (const row of list?.slice(moved * 3, moved * 3 + 3) ?? []) row['updated_at'] = github.at(1)
    moved++
  }
  await sync(config, tables)
  expect(moved).toBeGreaterThan(12)
  github.after = () => {}
  github.now += 10 * MINUTE
  await sync(config, tables)
  for (const [table, list] of Object.entries({
    issues: repository.issues,
    issue_comments: repository.comments,
    pull_requests: repository.pulls,
  })) {
    const found = await rows(`SELECT id, updated_at FROM github_${table} WHERE _deleted_at IS NULL ORDER BY id`)
    const dates = found.map((row) => `${row['id']} ${new Date(String(row['updated_at'])).toISOString()}`)
    expect(dates).toEqual(list.map((row) => `${row['id']} ${new Date(String(row['updated_at'])).toISOString()}`))
  }
})

it('asks for no page by its number, however many there are', async () => {
  const github = await GitHubServer.open()
  const repository = github.add('acme/shop', 41)
  for (let n = 1; n <= 10_150; n++) repository.issues.push(make.issue(n, github.at(n - 20_000), { body: null }))
  const { sync } = await world()
  const { github_issues } = await sync({ repositories: ['acme/shop'], baseUrl: github.url }, only('issues'))
  expect(github_issues!.rows).toMatchObject({ written: 10_150, rejected: 0 })
  const pages = github.asked.map(({ query }) => Number(query.get('page') ?? 1))
  expect(pages.length).toBeGreaterThan(100)
  expect(Math.max(...pages)).toBeLessThan(3)
})
