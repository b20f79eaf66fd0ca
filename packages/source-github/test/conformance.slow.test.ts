import { type Change, type RowChange, testSource } from '@tidemark/testkit'
import { afterAll, beforeAll } from 'vitest'
import github from '../src/index.ts'
import { make } from './fixtures.ts'
import { GitHubServer } from './github-server.ts'
import type { ServedRepository } from './served-repository.ts'

const TOKEN = 'github_pat_of_the_laws'
const MINUTE = 60_000
const HOURS = 60
const DAYS = 24 * HOURS

let server: GitHubServer
const served = new Map<string, ServedRepository>()
/** GitHub's clock goes as all do, a day behind; what people do moves it on, so that it has settled with the next run. */
let behindMs = 24 * HOURS * MINUTE

beforeAll(async () => {
  server = await GitHubServer.start()
  server.token = TOKEN
  server.left = Number.MAX_SAFE_INTEGER
  tick()
  for (const [name, id] of [
    ['acme/shop', 41],
    ['acme/site', 42],
    ['acme/more', 43],
  ] as const)
    served.set(String(id), id === 43 ? server.add(name, id) : filled(server.add(name, id)))
})
afterAll(() => server.close())

function tick(): void {
  server.now = Math.floor((Date.now() - behindMs) / 1000) * 1000
}

/** A few rows of each kind, over the last weeks. */
function filled(repository: ServedRepository): ServedRepository {
  const base = repository.id * 1000
  for (let nth = 1; nth <= 5; nth++) {
    const at = server.at(-nth * 2 * DAYS - nth)
    repository.issues.push(make.issue(base + nth, at, { number: nth }))
    repository.comments.push(make.comment(base + nth, at))
    repository.pulls.push(make.pull(base + nth, at, { number: nth }))
    repository.reviews.set(nth, [make.review(base + nth * 10), make.review(base + nth * 10 + 1)])
    // The last of them is young.
    repository.runs.push(make.run(base + nth, nth === 5 ? server.at(-HOURS) : at))
    repository.releases.push(make.release(base + nth))
    repository.stars.push(make.star(base + nth, at))
    repository.labels.push(make.label(base + nth))
    repository.milestones.push(make.milestone(base + nth))
    repository.push([`${repository.id}c${nth}`, server.at((nth - 6) * DAYS)])
  }
  return repository
}

let counter = 500

/** What people do on GitHub: one row more of the table. */
function add({ table, partition }: Change): void {
  happens(partition, (repository, now) => {
    const id = counter++
    if (table === 'repositories') served.set(String(id), server.add(`acme/new-${id}`, id))
    if (table === 'issues') repository.issues.push(make.issue(id, now))
    if (table === 'issue_comments') repository.comments.push(make.comment(id, now))
    if (table === 'pull_requests') repository.pulls.push(make.pull(id, now))
    if (table === 'reviews') {
      touch(repository, 3, now)
      repository.reviews.get(3)!.push(make.review(id))
    }
    if (table === 'commits') repository.push([`c${id}`, now])
    if (table === 'workflow_runs') repository.runs.push(make.run(id, now))
    if (table === 'releases') repository.releases.push(make.release(id))
    if (table === 'stargazers') repository.stars.push(make.star(id, now))
    if (table === 'labels') repository.labels.push(make.label(id))
    if (table === 'milestones') repository.milestones.push(make.milestone(id))
  })
}

/** One row that is another. */
function edit({ table, partition, row }: RowChange): void {
  happens(table === 'repositories' ? String(row['partition']) : partition, (repository, now) => {
    const title = `edited ${counter++}`
    const id = Number(row['id'])
    if (table === 'repositories') repository.more = { description: title }
    if (table === 'issues') put(repository.issues, { id, title, updated_at: now })
    if (table === 'issue_comments') put(repository.comments, { id, body: title, updated_at: now })
    if (table === 'pull_requests') put(repository.pulls, { id, title, updated_at: now })
    if (table === 'reviews') {
      const number = Number(row['pull_request_number'])
      touch(repository, number, now)
      put(repository.reviews.get(number)!, { id, body: title })
    }
    // Most runs end within a day; what becomes of one later GitHub does not tell.
    if (table === 'workflow_runs') put(repository.runs, { id: repository.runs.at(-1)!['id'], display_title: title })
    if (table === 'releases') put(repository.releases, { id, name: title })
    if (table === 'labels') put(repository.labels, { id, description: title })
    if (table === 'milestones') put(repository.milestones, { id, title })
    if (table !== 'stargazers') return
    const star = repository.stars.find(({ user }) => (user as { id: number }).id === Number(row['user_id']))!
    star['user'] = { ...(star['user'] as object), login: title }
  })
}

/** One row that is gone. */
function remove({ table, partition, row }: RowChange): void {
  happens(partition, (repository) => {
    const id = Number(row['id'])
    if (table === 'repositories') server.delete(served.get('43')!)
    // A force push: the newest commit is none any more.
    if (table === 'commits') repository.head = parentOf(repository)
    if (table === 'releases') take(repository.releases, (one) => one['id'] === id)
    if (table === 'labels') take(repository.labels, (one) => one['id'] === id)
    if (table === 'milestones') take(repository.milestones, (one) => one['id'] === id)
    if (table === 'stargazers')
      take(repository.stars, ({ user }) => (user as { id: number }).id === Number(row['user_id']))
  })
}

/** Does something at GitHub, where it is five minutes later then. The table of repositories has no partitions. */
function happens(partition: string, work: (repository: ServedRepository, now: string) => void): void {
  tick()
  work(served.get(partition) ?? served.get('41')!, server.at(0))
  behindMs -= 5 * MINUTE
}

type Row = Record<string, unknown>

function put(rows: Row[], row: Row): void {
  const at = rows.findIndex(({ id }) => id === row['id'])
  rows[at] = { ...rows[at], ...row }
}

function take(rows: Row[], isIt: (row: Row) => boolean): void {
  rows.splice(rows.findIndex(isIt), 1)
}

function touch(repository: ServedRepository, number: number, updated_at: string): void {
  put(repository.pulls, { id: repository.pulls.find((pull) => pull['number'] === number)!['id'], updated_at })
}

function parentOf(repository: ServedRepository): string {
  const [parent] = repository.commits.get(repository.head)!['parents'] as { sha: string }[]
  return parent!.sha
}

/** Asks the server of the test, under the address by which the source knows it. */
async function answer(request: Request): Promise<Response> {
  tick()
  const { origin, pathname, search } = new URL(request.url)
  const { headers } = request
  headers.delete('host')
  headers.delete('connection')
  const found = await fetch(`${server.url}${pathname}${search}`, { headers, redirect: 'manual' })
  const given = new Headers(found.headers)
  for (const name of ['link', 'location']) {
    const value = given.get(name)
    if (value !== null) given.set(name, value.replaceAll(server.url, origin))
  }
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding', 'connection']) given.delete(name)
  return new Response(found.status === 304 ? null : await found.arrayBuffer(), { status: found.status, headers: given })
}

testSource(github, {
  server: answer,
  add,
  edit,
  remove,
  config: ({ url }) => ({ baseUrl: url, token: TOKEN, repositories: ['acme/shop', 'acme/site'], owners: ['acme'] }),
  waive: {
    'workflow_runs.edits': 'GitHub does not tell which runs changed; those of 32 days are read again once a day',
  },
})
