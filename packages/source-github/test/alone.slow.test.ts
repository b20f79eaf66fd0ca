import { testAlone } from '@tidemark/testkit'
import { afterAll, beforeAll } from 'vitest'
import github from '../src/index.ts'
import { make } from './fixtures.ts'
import { GitHubServer } from './github-server.ts'

const TOKEN = 'github_pat_of_one_that_stands_alone'
let server: GitHubServer

beforeAll(async () => {
  server = await GitHubServer.start()
  server.token = TOKEN
  server.left = Number.MAX_SAFE_INTEGER
  const repository = server.add('acme/shop', 41)
  for (let nth = 1; nth <= 3; nth++) {
    repository.issues.push(make.issue(nth, server.at(-nth * 1440), { number: nth }))
    repository.labels.push(make.label(nth))
    repository.push([`c${nth}`, server.at((nth - 6) * 1440)])
  }
})
afterAll(() => server.close())

async function answer(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const { headers } = request
  headers.delete('host')
  headers.delete('connection')
  const found = await fetch(`${server.url}${pathname}${search}`, { headers, redirect: 'manual' })
  const given = new Headers(found.headers)
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding', 'connection']) given.delete(name)
  return new Response(found.status === 304 ? null : await found.arrayBuffer(), { status: found.status, headers: given })
}

testAlone(github, {
  server: answer,
  config: ({ url }) => ({ baseUrl: url, token: TOKEN, repositories: ['acme/shop'] }),
})
