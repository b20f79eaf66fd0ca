import { SyncError } from '@tidemark/core'
import type { AnswerChecks } from './answer-checks.ts'
import type { BodyFormat } from './body-format.ts'
import type { EmptyStatus } from './empty-status.ts'

/** A value of a query: a list becomes one parameter per item; undefined is left out. */
export type QueryValue = string | number | bigint | boolean | undefined | readonly (string | number | bigint)[]
export type Query = Readonly<Record<string, QueryValue>>

/** A request to an API. */
export interface HttpRequest {
  /** A path below the base URL, or a whole URL. */
  readonly path: string
  readonly query?: Query | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `GET` where absent. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | undefined
  /** Sent as JSON; of a POST. */
  readonly body?: unknown
  /** A POST that only reads may be tried again; without this it is sent once. */
  readonly idempotent?: true | undefined
  /** Statuses to accept as an answer, in addition to 200 to 299. */
  readonly accept?: readonly number[] | undefined
  /** Statuses that mean "nothing here": the answer is `isEmpty`, and its body is not parsed. */
  readonly empty?: readonly EmptyStatus[] | undefined
  /** How the body writes its rows; JSON where absent. Its rows are then the body, a list. */
  readonly format?: BodyFormat | undefined
  /** What marks a body as an error although its status does not. */
  readonly checks?: AnswerChecks | undefined
  /** The maximum number of attempts, if less than the client's. */
  readonly attempts?: number | undefined
  /** The longest wait for a rate limit to pass; for a longer one the request fails with the delay. */
  readonly longestWaitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** The URL of a request: a path is appended to the path of the base URL, even if it starts with a slash. */
export function urlOf(request: Pick<HttpRequest, 'path' | 'query'>, base: URL, more: Query = {}): URL {
  const url = /^[a-z][a-z0-9+.-]*:/i.test(request.path) ? new URL(request.path) : join(base, request.path)
  for (const [name, value] of Object.entries({ ...more, ...request.query })) {
    if (value === undefined) continue
    const values = Array.isArray(value) ? value : [value]
    url.searchParams.delete(name)
    for (const one of values) url.searchParams.append(name, String(one))
  }
  return url
}

function join(base: URL, path: string): URL {
  const url = new URL(base)
  const [, pathname = '', search = ''] = /^([^?#]*)(\?[^#]*)?/.exec(path) ?? []
  if (pathname !== '') url.pathname = `${base.pathname.replace(/\/$/, '')}/${pathname.replace(/^\/+/, '')}`
  for (const [name, value] of new URLSearchParams(search)) url.searchParams.append(name, value)
  return url
}

/** @throws SyncError `fix-config` where the base URL is not a URL. */
export function baseOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new SyncError(`the base URL must be one that begins with https:// or http://`, 'fix-config')
  if (url.username !== '' || url.password !== '')
    throw new SyncError(
      'the base URL contains a user name or a password; put them into the authorization (type "basic")',
      'fix-config',
    )
  return url
}

export function lowerCased(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
}
