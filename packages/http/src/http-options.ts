import type { Logger, SecretStore, SyncError } from '@tidemark/core'
import type { Authorization } from './authorization.ts'
import type { HttpClock } from './http-clock.ts'
import type { Answer } from './http-failure.ts'
import type { Query } from './http-request.ts'
import type { ResponseHeaders } from './response-headers.ts'

/** What an API source says about its API. All but the base URL may be absent. */
export interface HttpOptions {
  /** What all paths begin with, such as `https://api.example.com/v2`. */
  readonly baseUrl: string
  /** One, or several that are sent together. */
  readonly authorization?: Authorization | readonly Authorization[] | undefined
  /** Sent with each request to the API's own hosts. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly query?: Query | undefined
  /** Further hosts (`host` or `host:port`) that belong to the API and are given the credentials too. */
  readonly hosts?: readonly string[] | undefined
  /** Hosts and addresses that may be asked though they are private, or link-local. */
  readonly allow?: readonly string[] | undefined
  /** No more requests than this begin within any such time, over all tables of the source. */
  readonly rate?: { readonly requests: number; readonly perMs: number } | undefined
  /** Requests at once (4). */
  readonly concurrency?: number | undefined
  /** How long a server may be silent, also in the middle of a body (60 s). */
  readonly idleMs?: number | undefined
  /** How long one answer may take altogether, so that one that trickles ends too (15 min). */
  readonly deadlineMs?: number | undefined
  /** The most bytes of one answer, decompressed (64 MB). */
  readonly maxBytes?: number | undefined
  readonly retry?: Partial<RetryOptions> | undefined
  /** The most requests of a run; what is left is for the next one. */
  readonly maxRequests?: number | undefined
  /** Where refresh tokens that are given in exchange are kept: what `connect` is given as `secrets`. */
  readonly secretStore?: SecretStore | undefined
  /** Further texts that no error and no log may hold. */
  readonly secrets?: readonly string[] | undefined
  /** What is wrong where the API does not know a request: the source's code, or what its user configured. */
  readonly wrongRequest?: 'fix-source' | 'fix-config' | undefined
  /**
   * What this API means by an answer of failure, where its status does not say it: undefined leaves it at that. A
   * `retry` with the code `rate-limited` makes all requests wait.
   */
  readonly failureOf?: ((answer: Answer) => SyncError | undefined) | undefined
  readonly log?: Logger | undefined
  readonly clock?: HttpClock | undefined
}

export interface RetryOptions {
  /** How often a request is sent at most (5). */
  readonly attempts: number
  /** The first wait where the server names none (1 s); it doubles. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** Longer than this is not waited for one request; the failure says how long, and the engine decides (15 min). */
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
  /** Parsed without loss: see `parseJson`. Undefined where the answer has no body (304, 204, HEAD). */
  readonly body: T
  /** Where it was answered, after redirects; without credentials. */
  readonly url: string
}

/** An answer whose body is still to be read. */
export interface HttpStream {
  readonly status: number
  readonly headers: ResponseHeaders
  readonly url: string
  readonly what: string
  readonly bytes: AsyncGenerator<Uint8Array>
}
