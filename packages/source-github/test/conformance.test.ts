import { type Change, testSource } from '@tidemark/testkit'
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
  ] as const)
    served.set(String(id), filled(server.add(name, id)))
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
    repository.runs.push(make.run(base + nth, at))
    repository.releases.push(make.release(base + nth))
    repository.stars.push(make.star(base + nth, at))
    repository.labels.push(make.label(base + nth))
    repository.milestones.push(make.milestone(base + nth))
    repository.push([`${repository.id}c${nth}`, server.at((nth - 6) * DAYS)])
  }
  return repository
}

let counter = 500

/** What people do on GitHub: one row more of the table, or one that is another. */
function change({ table, partition }: Change): void {
  tick()
  const id = counter++
  const now = server.at(0)
  // The table of repositories has no partitions.
  const repository = served.get(partition) ?? served.get('41')!
  const again = repository.id * 1000 + 3
  if (table === 'repositories') repository.more = { description: `changed ${id}` }
  if (table === 'issues') replace(repository.issues, make.issue(again, now, { number: 3, title: `changed ${id}` }))
  if (table === 'issue_comments') repository.comments.push(make.comment(id, now))
  if (table === 'pull_requests' || table === 'reviews')
    replace(repository.pulls, make.pull(again, now, { number: 3, title: `changed ${id}` }))
  if (table === 'reviews') repository.reviews.get(3)!.push(make.review(id))
  if (table === 'commits') repository.push([`c${id}`, now])
  if (table === 'workflow_runs') repository.runs.push(make.run(id, now))
  if (table === 'releases') repository.releases.push(make.release(id))
  if (table === 'stargazers') repository.stars.push(make.star(id, now))
  if (table === 'labels') replace(repository.labels, make.label(again, { name: `changed ${id}` }))
  if (table === 'milestones') repository.milestones.push(make.milestone(id))
  behindMs -= 5 * MINUTE
}

function replace(rows: { id?: unknown }[], row: { id?: unknown }): void {
  rows[rows.findIndex(({ id }) => id === row.id)] = row
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
  change,
  config: ({ url }) => ({ baseUrl: url, token: TOKEN, repositories: ['acme/shop', 'acme/site'] }),
})
