import { type SourceClock, SyncError } from '@tidemark/core'
import { abortable } from '@tidemark/core/values'
import {
  type Credentials,
  credentialsOf,
  hasToken,
  merged,
  secretsOf,
  tokenCredentials,
  type WithToken,
} from './authorization.ts'
import { HeldToken, type Token } from './held-token.ts'
import type { HttpOptions } from './http-options.ts'
import { OAuthToken } from './oauth-token.ts'
import { ownJwt } from './own-jwt.ts'
import type { Redactor } from './redactor.ts'
import { sessionToken } from './session-token.ts'
import { type TokenEndpoint, tokenEndpoint } from './token-endpoint.ts'
import type { Incoming } from './transport.ts'

export interface AuthorizerOptions {
  readonly options: HttpOptions
  readonly base: URL
  readonly idleMs: number
  readonly clock: SourceClock
  readonly redactor: Redactor
  readonly closed: AbortSignal
}

/** Gives requests their credentials: fixed ones, a signature, and a token that is fetched and renewed. */
export class Authorizer {
  readonly #options: AuthorizerOptions
  readonly #fixed: Credentials
  readonly #renewed: WithToken | undefined
  readonly #token: HeldToken | undefined
  #endpoint: TokenEndpoint | undefined

  /** @throws SyncError `fix-config` where two authorizations have a token each, of which only one could be sent. */
  constructor(given: AuthorizerOptions) {
    const { options, clock, redactor } = given
    this.#options = given
    const all = [options.authorization ?? []].flat()
    redactor.add(...all.flatMap(secretsOf), ...(options.secrets ?? []))
    this.#fixed = merged(all.filter((one) => !hasToken(one)).map((one) => credentialsOf(one, () => clock.now())))
    const renewed = all.filter(hasToken)
    const [first] = renewed
    if (first === undefined) return
    if (renewed.length > 1)
      throw new SyncError(
        `the authorization has several tokens that are renewed (${renewed.map(({ type }) => type).join(', ')}); keep one of them`,
        'fix-config',
      )
    this.#renewed = first
    this.#token = new HeldToken(this.#fetchOf(first), clock)
  }

  /** Sends with credentials, and once more where a token was refused that can be renewed. */
  async send(work: (credentials: Credentials) => Promise<Incoming>, signal: AbortSignal): Promise<Incoming> {
    const renewed = this.#renewed
    if (this.#token === undefined || renewed === undefined) return work(this.#fixed)
    const token = await abortable(this.#token.get(), signal)
    const answer = await work(merged([this.#fixed, tokenCredentials(renewed, token)]))
    const expired = (renewed.type === 'session' ? renewed.expired : undefined) ?? [401]
    if (!expired.includes(answer.status)) return answer
    answer.body.destroy()
    await this.#token.refused(token)
    const next = await abortable(this.#token.get(), signal)
    return work(merged([this.#fixed, tokenCredentials(renewed, next)]))
  }

  async close(): Promise<void> {
    await this.#endpoint?.close()
  }

  /** How a token is made, or fetched from its server. */
  #fetchOf(renewed: WithToken): () => Promise<Token> {
    const { options, clock, redactor } = this.#options
    const { redact, add: keepSecret } = redactor
    if (renewed.type === 'jwt')
      return async () => {
        const token = ownJwt(renewed, clock.now())
        keepSecret(token.text)
        return token
      }
    if (renewed.type === 'session') {
      const { fetch } = this.#open(renewed.loginUrl)
      return () => sessionToken({ session: renewed, fetch, clock, keepSecret, redact })
    }
    const { fetch } = this.#open(renewed.tokenUrl)
    const warn = (message: string): void => options.log?.warn(message)
    const store = options.secretStore
    const token = new OAuthToken({ oauth: renewed, fetch, clock, store, keepSecret, redact, warn })
    return () => token.fetch()
  }

  #open(url: string): TokenEndpoint {
    const { options, base, idleMs, closed, redactor } = this.#options
    const { redact } = redactor
    this.#endpoint = tokenEndpoint({ url, base, allow: options.allow ?? [], idleMs, closed, redact })
    return this.#endpoint
  }
}
