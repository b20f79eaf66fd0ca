import { type Logger, SyncError } from '@tidemark/core'
import { byLink, HttpClient, type HttpOptions, type HttpRequest, pages } from '@tidemark/http'
import type { GitHubConfig } from './config.ts'
import { failureOf } from './failure.ts'
import type { RawRepository } from './raw.ts'
import type { Found, Repository } from './repository.ts'

export const PAGE = 100
// GitHub takes 900 requests a minute before it calls them too many.
const RATE = { requests: 840, perMs: 60_000 }
/** A question must be answered soon: what must wait longer than this is asked again by the engine. */
export const QUESTION_WAIT_MS = 90_000
/** Lists that cannot be gone on with from the middle wait until the hour's limit begins again. */
export const READ_WAIT_MS = 65 * 60_000

/** One GitHub, asked by all tables of a run. */
export class GitHub {
  readonly http: HttpClient
  /** Which GitHub this is. */
  readonly host: string
  /** The newest commit that a revision spoke of, by repository: what is read afterwards is the history behind it. */
  readonly heads = new Map<string, string>()
  readonly #config: GitHubConfig
  readonly #log: Logger
  #listed: Promise<readonly Repository[]> | undefined
  #aheadMs = 0

  constructor(config: GitHubConfig, log: Logger, { clock, pace }: Pick<HttpOptions, 'clock' | 'pace'> = {}) {
    const { baseUrl, token } = config
    this.#config = config
    this.#log = log
    this.host = new URL(baseUrl).host
    this.http = new HttpClient({
      baseUrl,
      authorization: token === undefined ? undefined : { type: 'bearer', token },
      headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
      rate: RATE,
      pace,
      failureOf,
      log,
      clock,
    })
  }

  /** The time by GitHub's own clock, not later than it is. */
  now(): Date {
    return new Date(Date.now() + this.#aheadMs)
  }

  /** The configured repositories; asked once a run. */
  repositories(signal: AbortSignal): Promise<readonly Repository[]> {
    if (this.#listed === undefined) {
      const listed = this.#list(signal)
      this.#listed = listed
      listed.catch(() => {
        this.#listed = undefined
      })
    }
    return this.#listed
  }

  close(): Promise<void> {
    return this.http.close()
  }

  async #list(signal: AbortSignal): Promise<readonly Repository[]> {
    const { repositories, owners } = this.#config
    const named = await Promise.all(repositories.map((name) => this.#named(name, signal)))
    const owned = await Promise.all(owners.map((owner) => this.#owned(owner, signal)))
    // One that is named twice, or by an old name and a new one, is one.
    return [...new Map([...named, ...owned.flat()].map((one) => [one.id, one])).values()]
  }

  async #named(name: string, signal: AbortSignal): Promise<Repository> {
    const answer = await this.#ask<RawRepository>({ path: `/repos/${name}`, accept: [404, 451], signal })
    if (answer.status === 451)
      return missing(name, `the repository "${name}" is blocked for legal reasons; take it out of the config`)
    if (answer.status === 404)
      return missing(
        name,
        `there is no repository "${name}", or this token has no access to it; correct its name, take it out of the config, or grant the token access`,
      )
    const found = foundOf(answer.body, name)
    if (found.found.full_name.toLowerCase() !== name.toLowerCase())
      this.#log.warn(
        `the repository "${name}" is now called "${found.found.full_name}"; write that name into the config`,
      )
    return found
  }

  async #owned(owner: string, signal: AbortSignal): Promise<readonly Repository[]> {
    const path = `/users/${owner}`
    const { body, status } = await this.#ask<{ type?: string; login?: string }>({ path, accept: [404], signal })
    if (status === 404)
      return [missing(owner, `there is no user or organisation "${owner}"; correct its name under "owners"`)]
    const request = { ...(await this.#listOf(owner, body, signal)), signal, longestWaitMs: QUESTION_WAIT_MS }
    const found: Found[] = []
    for await (const { rows } of pages<RawRepository>(this.http, { request, paging: byLink() })) {
      for (const one of rows) if (this.#config.forks || one.fork !== true) found.push(foundOf(one, owner))
    }
    return found
  }

  /** Where the repositories of an owner are listed: their private ones too, as far as the token may see them. */
  async #listOf(owner: string, { type }: { readonly type?: string }, signal: AbortSignal): Promise<HttpRequest> {
    // By creation: a repository that is new does not move those before it.
    const query = { per_page: PAGE, sort: 'created', direction: 'asc' }
    if (type === 'Organization') return { path: `/orgs/${owner}/repos`, query: { ...query, type: 'all' } }
    if (this.#config.token !== undefined) {
      // A token of an app belongs to no user, and may not ask.
      const { status, body } = await this.#ask<{ login?: string }>({ path: '/user', accept: [403, 404], signal })
      if (status === 200 && body.login?.toLowerCase() === owner.toLowerCase())
        return { path: '/user/repos', query: { ...query, affiliation: 'owner' } }
    }
    return { path: `/users/${owner}/repos`, query: { ...query, type: 'owner' } }
  }

  /** Asks, and sets the clock by the answer. */
  async #ask<T>(request: HttpRequest) {
    const answer = await this.http.request<T>({ ...request, longestWaitMs: QUESTION_WAIT_MS })
    this.#aheadMs = this.http.serverAheadMs ?? 0
    return answer
  }
}

function missing(id: string, problem: string): Repository {
  return { id, found: undefined, problem }
}

function foundOf(body: RawRepository, asked: string): Found {
  if (Number.isSafeInteger(body?.id) && /^[\w.-]+\/[\w.-]+$/.test(body.full_name))
    return { id: String(body.id), found: body }
  throw new SyncError(`the answer of GitHub for "${asked}" is not a repository: it has no id or no name`, 'fix-source')
}
