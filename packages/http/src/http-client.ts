import { SyncError } from '@tidemark/core'
import { failureIn } from './answer-checks.ts'
import type { Credentials } from './authorization.ts'
import { Authorizer } from './authorizer.ts'
import { type HttpClock, systemClock } from './http-clock.ts'
import { afterAttempts, connectionFailure, excerptOf, statusFailure } from './http-failure.ts'
import { DEFAULT_RETRY, type HttpAnswer, type HttpOptions, type HttpStream, type RetryOptions } from './http-options.ts'
import { baseOf, type HttpRequest, lowerCased, urlOf } from './http-request.ts'
import { jsonOf } from './json-body.ts'
import { Pace } from './pace.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { ACCEPTED_ENCODINGS, beginningOf, bytesOf } from './response-body.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { sleepUnless, stopSignal } from './stop-signal.ts'
import { type Incoming, Transport } from './transport.ts'
import { remaining, untilReset } from './wait-advice.ts'

const IDLE_MS = 60_000
const DEADLINE_MS = 15 * 60_000
const MB = 1024 * 1024
const USER_AGENT = 'tidemark'

/** A request on its way to its turn: its name, and how long it may wait altogether. */
interface Turn {
  readonly what: string
  readonly longest: number
  readonly waited: { ms: number }
}

/** One API, asked by all tables of a source: with one authorization, one rate, and one idea of what a failure asks for. */
export class HttpClient {
  readonly #options: HttpOptions
  readonly #base: URL
  readonly #clock: HttpClock
  readonly #retry: RetryOptions
  readonly #pace: Pace
  readonly #transport: Transport
  readonly #redactor: Redactor = createRedactor()
  readonly #authorizer: Authorizer
  readonly #closed = new AbortController()
  #requests = 0

  /** @throws SyncError `fix-config` for a base URL that is none. */
  constructor(options: HttpOptions) {
    this.#options = options
    this.#base = baseOf(options.baseUrl)
    this.#clock = options.clock ?? systemClock
    this.#retry = { ...DEFAULT_RETRY, ...options.retry }
    this.#pace = new Pace({ concurrency: options.concurrency ?? 4, rate: options.rate, clock: this.#clock })
    this.#transport = new Transport({
      base: this.#base,
      hosts: options.hosts ?? [],
      allow: options.allow ?? [],
      idleMs: options.idleMs ?? IDLE_MS,
    })
    this.#authorizer = new Authorizer({
      options,
      base: this.#base,
      idleMs: options.idleMs ?? IDLE_MS,
      clock: this.#clock,
      redactor: this.#redactor,
      closed: this.#closed.signal,
    })
  }

  /** Takes this client's secrets out of a text. */
  readonly redact = (text: string): string => this.#redactor.redact(text)

  /** Asks, and parses the answer as JSON. @throws SyncError with a remedy for everything that is no answer. */
  get<T = unknown>(path: string, request: Omit<HttpRequest, 'path'> = {}): Promise<HttpAnswer<T>> {
    return this.request<T>({ ...request, path })
  }

  request<T = unknown>(request: HttpRequest): Promise<HttpAnswer<T>> {
    return this.#again(request, async (answer, what) => {
      const { status, headers, url } = answer
      const maxBytes = this.#options.maxBytes ?? 64 * MB
      const body = await jsonOf(answer, { method: request.method, what, redact: this.redact, maxBytes })
      const { checks } = request
      const told = { body, headers, what, redact: this.redact, now: this.#clock.now() }
      const failure = checks === undefined || body === undefined ? undefined : failureIn(checks, told)
      if (failure !== undefined) throw failure
      return { status, headers, url: url.href, body: body as T }
    })
  }

  /** Asks for a body that is read piece by piece. Only what happens before its first byte is tried again. */
  stream(request: HttpRequest, maxBytes = Number.POSITIVE_INFINITY): Promise<HttpStream> {
    return this.#again(request, async (answer, what) => ({
      status: answer.status,
      headers: answer.headers,
      url: answer.url.href,
      what,
      bytes: this.#pieces(answer, { what, maxBytes }, request.signal),
    }))
  }

  /** Lets go of all connections; what is still asked fails. */
  async close(): Promise<void> {
    this.#closed.abort(new DOMException('the client is closed', 'AbortError'))
    this.#pace.close()
    await Promise.all([this.#transport.close(), this.#authorizer.close()])
  }

  /** Method and URL of a request as an error or a log names it. */
  describe(request: HttpRequest): string {
    return this.redact(`${request.method ?? 'GET'} ${this.#urlOf(request).href}`)
  }

  /** The request of a next page that an answer names. @throws SyncError where it leads away from the API. */
  following(request: HttpRequest, next: string, from: string): HttpRequest {
    if (!URL.canParse(next, from))
      throw new SyncError(`${this.describe(request)} names a next page that is no URL`, 'fix-source', {
        code: 'paging',
      })
    const url = new URL(next, from)
    if (!this.#transport.isTrusted(url))
      throw new SyncError(
        `${this.describe(request)} names a next page at ${url.origin}, which is not where the API is; if it belongs to it, list ${url.host} under "hosts"`,
        'fix-config',
        { code: 'paging' },
      )
    return { ...request, path: url.href, query: undefined }
  }

  #urlOf(request: HttpRequest): URL {
    // A URL that the API gave is complete as it is.
    const more = /^https?:/i.test(request.path) ? {} : this.#options.query
    return urlOf(request, this.#base, more)
  }

  async #again<T>(request: HttpRequest, use: (answer: Incoming, what: string) => Promise<T>): Promise<T> {
    const what = this.describe(request)
    const mayRepeat = request.method !== 'POST' || request.idempotent === true
    const longest = request.longestWaitMs ?? this.#retry.longestWaitMs
    const { attempts } = this.#retry
    const waited = { ms: 0 }
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await this.#paced(request, { what, longest, waited }, use)
        this.#pace.succeeded()
        return result
      } catch (error) {
        request.signal?.throwIfAborted()
        this.#closed.signal.throwIfAborted()
        const failure = connectionFailure(error, what, this.redact)
        const delayMs = this.#delay(failure, attempt)
        if (failure.code === 'rate-limited') this.#pace.pause(delayMs)
        const isOver = attempt >= attempts || waited.ms + delayMs > longest
        if (failure.remedy !== 'retry' || failure.code === 'quota' || !mayRepeat || isOver || !this.#pace.mayRetry())
          throw afterAttempts(failure, attempt)
        const wait = failure.code === 'rate-limited' ? { waitMs: delayMs } : { delayMs }
        this.#options.log?.info(`${failure.message}; asking again in ${Math.ceil(delayMs / 1000)} s`, {
          attempt,
          ...wait,
        })
        if (failure.code !== 'rate-limited') {
          await sleepUnless(this.#clock, delayMs, [this.#closed.signal, request.signal])
          waited.ms += delayMs
        }
      }
    }
  }

  /** Exponential with jitter, and never less than what the server asks for. */
  #delay({ retryAfterMs }: SyncError, attempt: number): number {
    const ceiling = Math.min(this.#retry.maxDelayMs, this.#retry.firstDelayMs * 2 ** (attempt - 1))
    return Math.max(ceiling / 2 + (this.#clock.random() * ceiling) / 2, retryAfterMs ?? 0)
  }

  /** Asked again when its turn has come: the limit may have been met by those before it. */
  async #awaitPause({ what, longest, waited }: Turn, signal: AbortSignal): Promise<void> {
    for (let ms = this.#pace.pauseMs; ms > 0; ms = this.#pace.pauseMs) {
      if (waited.ms + ms > longest)
        throw new SyncError(
          `${what} must wait ${Math.ceil(ms / 1000)} s, because the limit of the API is used up`,
          'retry',
          { retryAfterMs: ms, code: 'rate-limited' },
        )
      await this.#clock.sleep(ms, signal)
      waited.ms += ms
    }
  }

  async #paced<T>(request: HttpRequest, turn: Turn, use: (answer: Incoming, what: string) => Promise<T>): Promise<T> {
    const { signal, release } = stopSignal([this.#closed.signal, request.signal])
    try {
      return await this.#pace.run(async () => {
        await this.#awaitPause(turn, signal)
        return await this.#answered(request, turn.what, { signal, use })
      }, signal)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      release()
    }
  }

  /** One request and its answer, within the deadline. */
  async #answered<T>(
    request: HttpRequest,
    what: string,
    {
      signal: stop,
      use,
    }: { readonly signal: AbortSignal; readonly use: (answer: Incoming, what: string) => Promise<T> },
  ): Promise<T> {
    const ms = this.#options.deadlineMs ?? DEADLINE_MS
    const late = () =>
      new SyncError(`${what} took longer than ${ms / 1000} s, and was given up`, 'retry', { code: 'deadline' })
    const { signal, release } = stopSignal([stop], { ms, reason: late })
    try {
      const answer = await this.#authorizer.send((credentials) => this.#send(request, credentials, signal), signal)
      const accepted = (answer.status >= 200 && answer.status < 300) || request.accept?.includes(answer.status)
      if (!accepted) throw await this.#refused(answer, what)
      this.#heed(answer.headers, what)
      return await use(answer, what)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      release()
    }
  }

  async #send(request: HttpRequest, credentials: Credentials, signal: AbortSignal): Promise<Incoming> {
    const { maxRequests, headers } = this.#options
    if (maxRequests !== undefined && this.#requests >= maxRequests)
      throw new SyncError(`the ${maxRequests} requests of this run are used up; the next run goes on`, 'retry', {
        retryAfterMs: 24 * 3_600_000,
        code: 'quota',
      })
    this.#requests++
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    return this.#transport.send(
      {
        url: this.#urlOf(request),
        method: request.method ?? 'GET',
        headers: {
          accept: 'application/json',
          'accept-encoding': ACCEPTED_ENCODINGS,
          'user-agent': USER_AGENT,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...lowerCased(headers),
          ...lowerCased(request.headers),
        },
        body,
        signal,
      },
      credentials,
    )
  }

  /** The last request of a limit was answered: those behind it wait, and are not refused. */
  #heed(headers: ResponseHeaders, what: string): void {
    const ms = remaining(headers) === 0 ? untilReset(headers, this.#clock.now()) : undefined
    if (ms === undefined || ms === 0) return
    this.#options.log?.info(`the limit of the API is used up for ${Math.ceil(ms / 1000)} s`, {
      request: what,
      waitMs: ms,
    })
    this.#pace.pause(ms)
  }

  async #refused(answer: Incoming, what: string): Promise<SyncError> {
    const excerpt = excerptOf(await beginningOf(answer.body, answer.headers, what), this.redact)
    const told = { status: answer.status, headers: answer.headers, excerpt, what }
    const failure = this.#options.failureOf?.(told) ?? statusFailure(told, this.#clock.now())
    // At once, before the next in turn goes out.
    if (failure.code === 'rate-limited') this.#pace.pause(failure.retryAfterMs ?? this.#retry.firstDelayMs / 2)
    if (failure.remedy !== 'fix-source' || this.#options.wrongRequest !== 'fix-config') return failure
    return new SyncError(failure.message, 'fix-config', { code: failure.code })
  }

  async *#pieces(
    answer: Incoming,
    limits: { readonly what: string; readonly maxBytes: number },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const either = stopSignal([this.#closed.signal, signal])
    const stop = (): void => void answer.body.destroy(either.signal.reason)
    either.signal.addEventListener('abort', stop, { once: true })
    try {
      yield* bytesOf(answer.body, answer.headers, limits)
    } catch (error) {
      throw either.signal.aborted ? either.signal.reason : connectionFailure(error, limits.what, this.redact)
    } finally {
      either.release()
    }
  }
}
