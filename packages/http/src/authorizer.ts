import { abortable } from '@tidemark/core/values'
import {
  type Credentials,
  credentialsOf,
  isOAuth,
  merged,
  type OAuth,
  secretsOf,
  tokenCredentials,
} from './authorization.ts'
import type { HttpClock } from './http-clock.ts'
import type { HttpOptions } from './http-options.ts'
import { OAuthToken } from './oauth-token.ts'
import type { Redactor } from './redactor.ts'
import { type TokenEndpoint, tokenEndpoint } from './token-endpoint.ts'
import type { Incoming } from './transport.ts'

export interface AuthorizerOptions {
  readonly options: HttpOptions
  readonly base: URL
  readonly idleMs: number
  readonly clock: HttpClock
  readonly redactor: Redactor
  readonly closed: AbortSignal
}

/** Gives requests their credentials: fixed ones, and a token that is fetched and renewed. */
export class Authorizer {
  readonly #fixed: Credentials
  readonly #oauth: OAuth | undefined
  readonly #token: OAuthToken | undefined
  readonly #endpoint: TokenEndpoint | undefined

  constructor({ options, base, idleMs, clock, redactor, closed }: AuthorizerOptions) {
    const all = [options.authorization ?? []].flat()
    redactor.add(...all.flatMap(secretsOf), ...(options.secrets ?? []))
    this.#fixed = merged(all.filter((one) => !isOAuth(one)).map(credentialsOf))
    const oauth = all.find(isOAuth)
    this.#oauth = oauth
    if (oauth === undefined) return
    const { redact } = redactor
    this.#endpoint = tokenEndpoint({ url: oauth.tokenUrl, base, allow: options.allow ?? [], idleMs, closed, redact })
    this.#token = new OAuthToken({
      oauth,
      fetch: this.#endpoint.fetch,
      clock,
      store: options.secretStore,
      keepSecret: redactor.add,
      redact,
      warn: (message) => options.log?.warn(message),
    })
  }

  /** Sends with credentials, and once more where a token was refused that can be renewed. */
  async send(work: (credentials: Credentials) => Promise<Incoming>, signal: AbortSignal): Promise<Incoming> {
    const oauth = this.#oauth
    if (this.#token === undefined || oauth === undefined) return work(this.#fixed)
    const token = await abortable(this.#token.get(), signal)
    const answer = await work(merged([this.#fixed, tokenCredentials(oauth, token)]))
    if (answer.status !== 401) return answer
    answer.body.destroy()
    await this.#token.refused(token)
    const renewed = await abortable(this.#token.get(), signal)
    return work(merged([this.#fixed, tokenCredentials(oauth, renewed)]))
  }

  async close(): Promise<void> {
    await this.#endpoint?.close()
  }
}
