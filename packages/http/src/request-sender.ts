import { type SourceClock, SyncError } from '@tidemark/core'
import type { Credentials } from './authorization.ts'
import type { Authorizer } from './authorizer.ts'
import { acceptOf } from './body-format.ts'
import { meansEmpty } from './empty-status.ts'
import { excerptOf, statusFailure } from './http-failure.ts'
import type { HttpOptions, RetryOptions } from './http-options.ts'
import { type HttpRequest, lowerCased } from './http-request.ts'
import type { Pace } from './pace.ts'
import { ACCEPTED_ENCODINGS, beginningOf } from './response-body.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { ServerClock } from './server-clock.ts'
import { stopSignal } from './stop-signal.ts'
import type { Incoming, Transport } from './transport.ts'
import { remaining, untilReset } from './wait-advice.ts'

const DEADLINE_MS = 15 * 60_000
const TIME_MS = 10_000
const USER_AGENT = 'tidemark'

/** A request on its way to its turn: its name, and how long it may wait altogether. */
export interface Turn {
  readonly what: string
  readonly longest: number
  readonly waited: { ms: number }
}

export interface RequestSenderOptions {
  readonly options: HttpOptions
  readonly retry: RetryOptions
  readonly urlOf: (request: HttpRequest) => URL
  readonly clock: SourceClock
  readonly pace: Pace
  readonly transport: Transport
  readonly authorizer: Authorizer
  readonly redact: (text: string) => string
  readonly closed: AbortSignal
}

/** Sends one request at a time of its turn, within the deadline, and turns what is not an answer into an error. */
export class RequestSender {
  readonly #with: RequestSenderOptions
  readonly #serverClock = new ServerClock()
  #requests = 0

  constructor(options: RequestSenderOptions) {
    this.#with = options
  }

  get serverAheadMs(): number | undefined {
    return this.#serverClock.aheadMs
  }

  /** Any answer tells the time, so it is asked for without credentials, and what else it says does not matter. */
  async askTime(given: AbortSignal | undefined): Promise<void> {
    const { closed, pace } = this.#with
    const { signal, release } = stopSignal([closed, given], {
      ms: TIME_MS,
      reason: () => new Error('the server did not send its time'),
    })
    const request: HttpRequest = { path: '', method: 'HEAD', headers: { 'cache-control': 'no-cache' } }
    try {
      const answer = await pace.run(() => this.#send(request, { headers: {}, query: {} }, signal), signal)
      answer.body.destroy()
    } catch {
      given?.throwIfAborted()
    } finally {
      release()
    }
  }

  /** Sends a request when its turn has come, once, and uses its answer. */
  async send<T>(request: HttpRequest, turn: Turn, consume: (answer: Incoming, what: string) => Promise<T>): Promise<T> {
    const { closed, pace } = this.#with
    const { signal, release } = stopSignal([closed, request.signal])
    try {
      return await pace.run(async () => {
        await this.#awaitPause(turn, signal)
        return await this.#answered(request, turn.what, { signal, consume: consume })
      }, signal)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      release()
    }
  }

  /** Asked again when its turn has come: the limit may have been met by those before it. */
  async #awaitPause({ what, longest, waited }: Turn, signal: AbortSignal): Promise<void> {
    const { pace, clock } = this.#with
    for (let ms = pace.pauseMs; ms > 0; ms = pace.pauseMs) {
      if (waited.ms + ms > longest)
        throw new SyncError(
          `${what} must wait ${Math.ceil(ms / 1000)} s, because the rate limit of the API is used up`,
          'retry',
          { retryAfterMs: ms, code: 'rate-limited' },
        )
      await clock.sleep(ms, signal)
      waited.ms += ms
    }
  }

  /** One request and its answer, within the deadline. */
  async #answered<T>(
    request: HttpRequest,
    what: string,
    {
      signal: stop,
      consume,
    }: { readonly signal: AbortSignal; readonly consume: (answer: Incoming, what: string) => Promise<T> },
  ): Promise<T> {
    const { options, authorizer } = this.#with
    const ms = options.deadlineMs ?? DEADLINE_MS
    const late = () =>
      new SyncError(`${what} took longer than ${ms / 1000} s and was stopped`, 'retry', { code: 'deadline' })
    const { signal, release } = stopSignal([stop], { ms, reason: late })
    try {
      const answer = await authorizer.send((credentials) => this.#send(request, credentials, signal), signal)
      const accepted = (answer.status >= 200 && answer.status < 300) || request.accept?.includes(answer.status)
      const text = accepted ? '' : await beginningOf(answer.body, answer.headers, what)
      const isEmpty = meansEmpty({ ...answer, text }, request.empty)
      if (!accepted && !isEmpty) throw this.#refused(answer, text, what)
      this.#heed(answer.headers, what)
      return await consume(isEmpty ? { ...answer, isEmpty } : answer, what)
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      release()
    }
  }

  async #send(request: HttpRequest, credentials: Credentials, signal: AbortSignal): Promise<Incoming> {
    const { options, transport, clock, urlOf } = this.#with
    const { maxRequests, headers } = options
    if (maxRequests !== undefined && this.#requests >= maxRequests)
      throw new SyncError(
        `the ${maxRequests} requests allowed for this run are used up; the next run continues`,
        'retry',
        {
          retryAfterMs: 24 * 3_600_000,
          code: 'quota',
        },
      )
    this.#requests++
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const answer = await transport.send(
      {
        url: urlOf(request),
        method: request.method ?? 'GET',
        headers: {
          accept: request.format === undefined ? 'application/json' : acceptOf(request.format),
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
    if (transport.isTrusted(answer.url)) this.#serverClock.see(answer.headers, clock.now())
    return answer
  }

  /** The last request of a limit was answered: those behind it wait, and are not refused. */
  #heed(headers: ResponseHeaders, what: string): void {
    const { options, clock, pace } = this.#with
    const ms = remaining(headers) === 0 ? untilReset(headers, clock.now()) : undefined
    if (ms === undefined || ms === 0) return
    options.log?.info(`the rate limit of the API is used up for ${Math.ceil(ms / 1000)} s`, {
      request: what,
      waitMs: ms,
    })
    pace.pause(ms)
  }

  #refused(answer: Incoming, text: string, what: string): SyncError {
    const { options, clock, pace, redact, retry } = this.#with
    const excerpt = excerptOf(text, redact)
    const told = { status: answer.status, headers: answer.headers, excerpt, what }
    const failure = options.failureOf?.(told) ?? statusFailure(told, clock.now())
    // At once, before the next in turn goes out.
    if (failure.code === 'rate-limited') pace.pause(failure.retryAfterMs ?? retry.firstDelayMs / 2)
    if (failure.remedy !== 'fix-source' || options.wrongRequest !== 'fix-config') return failure
    return new SyncError(failure.message, 'fix-config', { code: failure.code })
  }
}
