import { type SourceClock, SyncError } from '@tidemark/core'
import { failureIn } from './answer-checks.ts'
import { Authorizer } from './authorizer.ts'
import { type BodyFormat, recordsOf } from './body-format.ts'
import { systemClock } from './http-clock.ts'
import { afterAttempts, connectionFailure, excerptOf } from './http-failure.ts'
import { DEFAULT_RETRY, type HttpAnswer, type HttpOptions, type HttpStream, type RetryOptions } from './http-options.ts'
import { baseOf, type HttpRequest, urlOf } from './http-request.ts'
import { jsonOf } from './json-body.ts'
import { Pace } from './pace.ts'
import { createRedactor, type Redactor } from './redactor.ts'
import { RequestSender } from './request-sender.ts'
import { bytesOf, textsOf } from './response-body.ts'
import { sleepUnless, stopSignal } from './stop-signal.ts'
import { type Incoming, Transport } from './transport.ts'

const IDLE_MS = 60_000
const MB = 1024 * 1024

/** One API, asked by all tables of a source: with one authorization, one rate, and one idea of what a failure asks for. */
export class HttpClient {
  readonly #options: HttpOptions
  readonly #base: URL
  readonly #clock: SourceClock
  readonly #retry: RetryOptions
  readonly #pace: Pace
  readonly #transport: Transport
  readonly #redactor: Redactor = createRedactor()
  readonly #authorizer: Authorizer
  readonly #sender: RequestSender
  readonly #closed = new AbortController()
  readonly #names = new WeakMap<HttpRequest, string>()

  /** @throws SyncError `fix-config` where the base URL is not a URL. */
  constructor(options: HttpOptions) {
    this.#options = options
    this.#base = baseOf(options.baseUrl)
    this.#clock = options.clock ?? systemClock
    this.#retry = { ...DEFAULT_RETRY, ...options.retry }
    const { concurrency = 4, rate, pace: shared } = options
    this.#pace = new Pace({ concurrency, rate, shared, clock: this.#clock })
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
    this.#sender = new RequestSender({
      options,
      retry: this.#retry,
      urlOf: (request) => this.#urlOf(request),
      clock: this.#clock,
      pace: this.#pace,
      transport: this.#transport,
      authorizer: this.#authorizer,
      redact: this.redact,
      closed: this.#closed.signal,
    })
  }

  /** Takes this client's secrets out of a text. */
  readonly redact = (text: string): string => this.#redactor.redact(text)

  /** Asks, and parses the answer as JSON. @throws SyncError with a remedy for everything that is not an answer. */
  get<T = unknown>(path: string, request: Omit<HttpRequest, 'path'> = {}): Promise<HttpAnswer<T>> {
    return this.request<T>({ ...request, path })
  }

  request<T = unknown>(request: HttpRequest): Promise<HttpAnswer<T>> {
    return this.#again(request, async (answer, what) => {
      const { status, headers, url, isEmpty } = answer
      if (isEmpty === true) {
        answer.body.resume()
        return { status, headers, url: url.href, body: undefined as T, isEmpty }
      }
      const maxBytes = this.#options.maxBytes ?? 64 * MB
      const { checks, format, method } = request
      const body =
        format === undefined || status === 304
          ? await jsonOf(answer, { method, what, redact: this.redact, maxBytes })
          : await this.#records(answer, format, { what, maxBytes, checks })
      const told = { body, headers, what, redact: this.redact, now: this.#clock.now() }
      const failure =
        checks === undefined || body === undefined || format !== undefined ? undefined : failureIn(checks, told)
      if (failure !== undefined) throw failure
      return { status, headers, url: url.href, body: body as T }
    })
  }

  /** Requests a body that is read in chunks. Only failures before its first byte are retried. */
  stream(request: HttpRequest, maxBytes = Number.POSITIVE_INFINITY): Promise<HttpStream> {
    return this.#again(request, async (answer, what) => ({
      status: answer.status,
      headers: answer.headers,
      url: answer.url.href,
      what,
      isEmpty: answer.isEmpty,
      bytes: this.#pieces(answer, { what, maxBytes }, request.signal),
    }))
  }

  /** How far the API's clock is at least ahead of ours, in milliseconds, by its answers so far; negative if it is behind. */
  get serverAheadMs(): number | undefined {
    return this.#sender.serverAheadMs
  }

  /** Requests only the time of the API. An API that does not answer has no time; its next request reports why. */
  askTime(signal?: AbortSignal): Promise<void> {
    return this.#sender.askTime(signal)
  }

  /** Closes all connections; open requests fail. */
  async close(): Promise<void> {
    this.#closed.abort(new DOMException('the client is closed', 'AbortError'))
    this.#pace.close()
    await Promise.all([this.#transport.close(), this.#authorizer.close()])
  }

  /** Method and URL of a request as an error or a log names it. */
  describe(request: HttpRequest): string {
    let name = this.#names.get(request)
    if (name === undefined) {
      // An API may name a next page of any length.
      name = excerptOf(`${request.method ?? 'GET'} ${this.#urlOf(request).href}`, this.redact, 1000)
      this.#names.set(request, name)
    }
    return name
  }

  /** The request of a next page that an answer names. @throws SyncError if it leads away from the API. */
  following(request: HttpRequest, next: string, from: string): HttpRequest {
    if (!URL.canParse(next, from))
      throw new SyncError(
        `${this.describe(request)} names a next page whose address is not a valid URL`,
        'fix-source',
        {
          code: 'paging',
        },
      )
    const url = this.#transport.encrypted(new URL(next, from))
    if (this.#transport.isTrusted(url)) return { ...request, path: url.href, query: undefined }
    const isPlain = url.protocol === 'http:' && this.#base.protocol === 'https:'
    const problem = isPlain ? 'without encryption' : 'which is not the host of the API'
    const advice = isPlain
      ? `to request it over https, list "${url.host.slice(0, 300)}" under "hosts"`
      : `if that host belongs to the API, list "${url.host.slice(0, 300)}" under "hosts"`
    throw new SyncError(
      `${this.describe(request)} names a next page at ${url.origin.slice(0, 300)}, ${problem}; ${advice}`,
      'fix-config',
      { code: 'paging' },
    )
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
    const attempts = Math.min(this.#retry.attempts, request.attempts ?? this.#retry.attempts)
    const waited = { ms: 0 }
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await this.#sender.send(request, { what, longest, waited }, use)
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
        const wait =
          failure.code === 'rate-limited' ? { waitMs: Math.round(delayMs) } : { delayMs: Math.round(delayMs) }
        this.#options.log?.info(`${failure.message}; trying again in ${Math.ceil(delayMs / 1000)} s`, {
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

  /** All rows of a body that is not JSON. */
  async #records(
    { body, headers }: Incoming,
    format: BodyFormat,
    {
      what,
      maxBytes,
      checks,
    }: { readonly what: string; readonly maxBytes: number; readonly checks: HttpRequest['checks'] },
  ): Promise<unknown[]> {
    const texts = textsOf(bytesOf(body, headers, { maxBytes, what }), headers, what)
    const rows: unknown[] = []
    for await (const records of recordsOf(texts, format, { what, redact: this.redact, headers, checks }))
      for (const record of records) rows.push(record)
    return rows
  }

  /** Exponential with jitter, and never less than what the server asks for. */
  #delay({ retryAfterMs }: SyncError, attempt: number): number {
    const ceiling = Math.min(this.#retry.maxDelayMs, this.#retry.firstDelayMs * 2 ** (attempt - 1))
    return Math.max(ceiling / 2 + (this.#clock.random() * ceiling) / 2, retryAfterMs ?? 0)
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
