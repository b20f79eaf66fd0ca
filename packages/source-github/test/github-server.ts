import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { type Listed, ServedRepository } from './served-repository.ts'

export interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly status: number
}
/** What a test answers in the place of GitHub; undefined: nothing. */
export type Instead = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }

/** GitHub on loopback: it pages, sorts, limits, redirects and answers 304 as the real one does. Its clock is the test's. */
export class GitHubServer {
  readonly repositories = new Map<number, ServedRepository>()
  readonly #byName = new Map<string, number>()
  readonly asked: Asked[] = []
  url = ''
  now = Date.parse('2026-03-10T12:00:00Z')
  token: string | undefined
  /** Requests that are left of the hour; an answer 304 takes none. */
  left = 5000
  resetAt = 0
  before: (path: string, query: URLSearchParams) => Instead | undefined = () => undefined
  /** The text of an answer, for what JSON.stringify cannot write. */
  raw: (path: string) => string | undefined = () => undefined
  after: (path: string, query: URLSearchParams) => void = () => {}
  #stop = (): void => {}

  /** A server of one test. */
  static async open(): Promise<GitHubServer> {
    const github = await GitHubServer.start()
    onTestFinished(() => github.close())
    return github
  }

  static async start(): Promise<GitHubServer> {
    const github = new GitHubServer()
    const server = createServer((request, response) => github.#answer(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    github.#stop = () => {
      server.closeAllConnections()
      server.close()
    }
    github.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return github
  }

  close(): void {
    this.#stop()
  }

  add(name: string, id: number): ServedRepository {
    const repository = new ServedRepository(id, name)
    this.repositories.set(id, repository)
    this.#byName.set(name.toLowerCase(), id)
    return repository
  }

  rename(repository: ServedRepository, name: string): void {
    // The old name goes on to lead to it.
    repository.name = name
    this.#byName.set(name.toLowerCase(), repository.id)
  }

  delete(repository: ServedRepository): void {
    this.repositories.delete(repository.id)
  }

  /** An instant so many minutes from now. */
  at(minutes: number): string {
    return new Date(this.now + minutes * 60_000).toISOString().replace('.000Z', 'Z')
  }

  /** What was asked since the last time, and what it took of the limit. */
  take(): { paths: string[]; counted: number; unchanged: number } {
    const taken = this.asked.splice(0)
    return {
      paths: taken.map(({ path, query }) => `${path}?${query}`),
      counted: taken.filter(({ status }) => status !== 304 && status !== 301).length,
      unchanged: taken.filter(({ status }) => status === 304).length,
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): undefined {
    const url = new URL(request.url ?? '', 'http://x')
    const instead = this.before(url.pathname, url.searchParams)
    const send: Send = (status, body, headers = {}) => {
      this.asked.push({ path: url.pathname, query: url.searchParams, status })
      if (status !== 304 && status !== 301) this.left--
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        date: new Date(this.now).toUTCString(),
        'x-ratelimit-remaining': String(Math.max(0, this.left)),
        'x-ratelimit-reset': String(Math.ceil(this.resetAt / 1000)),
        ...headers,
      })
      response.end(status === 304 ? undefined : (this.raw(url.pathname) ?? JSON.stringify(body)))
      this.after(url.pathname, url.searchParams)
    }
    if (instead !== undefined) return send(instead.status, instead.body ?? {}, instead.headers)
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`)
      return send(401, { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' })
    if (this.left <= 0) return send(403, { message: 'API rate limit exceeded for user ID 1.' })
    const [, , owner] = url.pathname.split('/')
    if (/^\/(users|orgs)\/[^/]+(\/repos)?$/.test(url.pathname)) return this.#owner(url, String(owner), request, send)
    const [, id, name, rest = ''] =
      /^\/(?:repositories\/(\d+)|repos\/([^/]+\/[^/]+))(?:\/(.*))?$/.exec(url.pathname) ?? []
    const key = id === undefined ? this.#byName.get(String(name).toLowerCase()) : Number(id)
    const repository = this.repositories.get(key ?? -1)
    if (repository === undefined) return send(404, { message: 'Not Found', status: '404' })
    if (name !== undefined && name.toLowerCase() !== repository.name.toLowerCase()) {
      const location = `${this.url}/repositories/${repository.id}${rest === '' ? '' : `/${rest}`}${url.search}`
      return send(301, { message: 'Moved Permanently', url: location }, { location })
    }
    if (rest === '') return send(200, repository.about())
    this.#page(repository.list(rest, url.searchParams), url, request, send, `/repositories/${repository.id}/${rest}`)
  }

  #owner(url: URL, owner: string, request: IncomingMessage, send: Send): undefined {
    const own = [...this.repositories.values()].filter((one) => one.name.startsWith(`${owner}/`))
    if (url.pathname.startsWith('/users/') && !url.pathname.endsWith('/repos'))
      return own.length === 0 ? send(404, { message: 'Not Found' }) : send(200, { login: owner, type: 'Organization' })
    this.#page({ rows: own.map((one) => one.about()) }, url, request, send, url.pathname)
  }

  #page(list: Listed, url: URL, request: IncomingMessage, send: Send, path: string): undefined {
    if (list.status !== undefined) return send(list.status, list.body)
    const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30))
    const page = Number(url.searchParams.get('page') ?? 1)
    const rows = list.rows.slice((page - 1) * size, page * size)
    const starred = url.pathname.endsWith('/stargazers') && !String(request.headers.accept).includes('star+json')
    const shown = starred ? rows.map((row) => row['user'] as Record<string, unknown>) : rows
    const body = list.around === undefined ? shown : list.around(shown)
    const link = (number: number, rel: string): string => {
      const query = new URLSearchParams(url.searchParams)
      query.set('page', String(number))
      return `<${this.url}${path}?${query}>; rel="${rel}"`
    }
    const last = Math.max(1, Math.ceil(list.rows.length / size))
    const links = page < last ? { link: `${link(page + 1, 'next')}, ${link(last, 'last')}` } : {}
    const etag = `W/"${createHash('sha256').update(JSON.stringify(body)).digest('hex')}"`
    if (request.headers['if-none-match'] === etag) return send(304, undefined, { etag })
    send(200, body, { etag, ...links })
  }
}

type Send = (status: number, body?: unknown, headers?: Record<string, string>) => undefined
