import type { Logger, SecretStore, SharedPace, SourceClock, SyncError } from '@tidemark/core'
import type { Authorization } from './authorization.ts'
import type { Answer } from './http-failure.ts'
import type { Query } from './http-request.ts'
import type { ResponseHeaders } from './response-headers.ts'

/** What an API source declares about its API. Only the base URL is required. */
export interface HttpOptions {
  /** The prefix of all paths, such as `https://api.example.com/v2`. */
  readonly baseUrl: string
  /** One, or several that each request carries. */
  readonly authorization?: Authorization | readonly Authorization[] | undefined
  /** Sent with each request to the API's own hosts. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly query?: Query | undefined
  /** Further hosts (`host` or `host:port`) that belong to the API and also receive the credentials. */
  readonly hosts?: readonly string[] | undefined
  /** Private or link-local hosts and addresses that requests may go to. */
  readonly allow?: readonly string[] | undefined
  /** The most requests that may begin within this time, over all tables of the source. */
  readonly rate?: { readonly requests: number; readonly perMs: number } | undefined
  /** The pace that several processes share: pass what `connect` receives as `pace`. */
  readonly pace?: SharedPace | undefined
  /** Requests at once (4). */
  readonly concurrency?: number | undefined
  /** How long a server may send nothing, also in the middle of a body (60 s). */
  readonly idleMs?: number | undefined
  /** How long one answer may take in total, so that a trickling answer ends too (15 min). */
  readonly deadlineMs?: number | undefined
  /** The maximum size of one answer in bytes, decompressed (64 MB). */
  readonly maxBytes?: number | undefined
  readonly retry?: Partial<RetryOptions> | undefined
  /** The maximum number of requests in a run; the next run continues. */
  readonly maxRequests?: number | undefined
  /** Where new refresh tokens are stored: pass what `connect` receives as `secrets`. */
  readonly secretStore?: SecretStore | undefined
  /** Further texts to redact from errors and logs. */
  readonly secrets?: readonly string[] | undefined
  /** What to fix if the API does not know a request: the code of the source, or the user's config. */
  readonly wrongRequest?: 'fix-source' | 'fix-config' | undefined
  /**
   * What an error answer of this API means, if its status does not say it; return undefined to use the status. A
   * `retry` with the code `rate-limited` makes all requests wait.
   */
  readonly failureOf?: ((answer: Answer) => SyncError | undefined) | undefined
  readonly log?: Logger | undefined
  /** What is waited by: pass what `connect` receives as `clock`, so that tests of your source do not wait (the clock of the machine). */
  readonly clock?: SourceClock | undefined
}

export interface RetryOptions {
  /** The maximum number of attempts for a request (5). */
  readonly attempts: number
  /** The first wait if the server does not name one (1 s); it doubles. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** The longest wait for one request; for a longer one the request fails with the delay, and the engine decides (15 min). */
  readonly longestWaitMs: number
}

export const DEFAULT_RETRY: RetryOptions = {
  attempts: 5,
  firstDelayMs: 1000,
  maxDelayMs: 60_000,
  longestWaitMs: 15 * 60_000,
}

/** An answer, its body parsed. */
export interface HttpAnswer<T = unknown> {
  readonly status: number
  readonly headers: ResponseHeaders
  /** Parsed without loss: see `parseJson`. Undefined if the answer has no body (304, 204, HEAD). */
  readonly body: T
  /** Its status is one of those that the request declares as "nothing here". */
  readonly isEmpty?: true | undefined
  /** The final URL, after redirects; without credentials. */
  readonly url: string
}

/** An answer whose body is not read yet. */
export interface HttpStream {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly url: string
  readonly what: string
  /** Its status is one of those that the request declares as "nothing here". */
  readonly isEmpty?: true | undefined
  readonly bytes: AsyncGenerator<Uint8Array>
}
