import { createHash } from 'node:crypto'
import { messageOf, type SecretStore, type SourceClock, SyncError } from '@tidemark/core'
import type { OAuth } from './authorization.ts'
import { clientAssertion } from './client-assertion.ts'
import { renewalOf, type Token } from './held-token.ts'
import { excerptOf, statusFailure } from './http-failure.ts'
import { answerText, refusalIn, type TokenAnswer, tokenAnswer, tokenBody } from './token-answer.ts'
import { basicPair, type TokenEncoding, type TokenRequest, tokenRequest } from './token-request.ts'

/** Sends a token request, and follows no redirect to another host. */
export type TokenFetch = (
  request: TokenRequest,
) => Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly text: string }>

export interface OAuthTokenOptions {
  readonly oauth: OAuth
  readonly fetch: TokenFetch
  readonly clock: SourceClock
  /** Where a refresh token that was given in exchange is kept for the next run. */
  readonly store: SecretStore | undefined
  /** Told of every new secret before anything is done with it. */
  readonly keepSecret: (...secrets: readonly string[]) => void
  readonly redact: (text: string) => string
  readonly warn: (message: string) => void
}

/** Where the server does not say, a token lives so long; one that is refused is renewed at once. */
const LIFE_MS = 3_600_000

/** Fetches the access tokens of an API. */
export class OAuthToken {
  readonly #options: OAuthTokenOptions
  #refreshToken: string | undefined
  #encoding: TokenEncoding

  constructor(options: OAuthTokenOptions) {
    const { oauth, keepSecret } = options
    this.#options = options
    this.#refreshToken = oauth.type === 'refresh_token' ? oauth.refreshToken : undefined
    this.#encoding = oauth.tokenRequest ?? 'form'
    if (oauth.clientSecret !== undefined) keepSecret(basicPair(oauth))
  }

  /** A refresh token that works once is exchanged by one runner at a time, each going on with what the last one was given. */
  fetch(): Promise<Token> {
    const { oauth, store, keepSecret } = this.#options
    if (oauth.type !== 'refresh_token' || store === undefined) return this.#renew(undefined)
    return store.exchange(nameOf(oauth), (kept, keep) => {
      if (kept !== undefined) {
        keepSecret(kept)
        this.#refreshToken = kept
      }
      return this.#renew(keep)
    })
  }

  async #renew(keep: ((token: string) => Promise<void>) | undefined): Promise<Token> {
    const { clock, keepSecret } = this.#options
    const { accessToken, refreshToken, lifeMs = LIFE_MS } = await this.#ask()
    keepSecret(accessToken)
    if (this.#refreshToken !== undefined && refreshToken !== undefined && refreshToken !== this.#refreshToken) {
      keepSecret(refreshToken)
      this.#refreshToken = refreshToken
      await this.#pass(refreshToken, keep)
    }
    return { text: accessToken, renewAt: renewalOf(clock.now(), lifeMs) }
  }

  /** The token before may not work a second time. */
  async #pass(token: string, keep: ((token: string) => Promise<void>) | undefined): Promise<void> {
    const { oauth, warn, redact } = this.#options
    const tell = oauth.type === 'refresh_token' ? oauth.onRefreshToken : undefined
    tell?.(token)
    if (keep === undefined && tell === undefined)
      warn(
        'the server returned a new refresh token, which is not stored; if it rejects the next run, it accepts each token only once: put a new one into the config',
      )
    await keep?.(token).catch((error: unknown) =>
      warn(
        `the server returned a new refresh token, which could not be stored: ${redact(messageOf(error))}; if it rejects the next run, put a new one into the config`,
      ),
    )
  }

  async #ask(): Promise<TokenAnswer> {
    const { oauth, redact, clock } = this.#options
    const answer = await this.#send()
    const body = tokenBody(answer.text)
    const refusal = refusalIn(body)
    const isFine = answer.status >= 200 && answer.status < 300
    const found = isFine ? tokenAnswer(body, oauth.answer ?? {}, clock.now()) : undefined
    if (found !== undefined) return found
    if (isFine && refusal === undefined)
      throw new SyncError(
        `the answer of ${redact(oauth.tokenUrl)} contains no access token: ${answerText(answer.text, redact)}; name the field that holds it: "answer": { "access": … }`,
        'fix-config',
        { code: 'unauthorized' },
      )
    const said = excerptOf(refusal ?? `${answer.status} ${answer.text}`, redact)
    throw new SyncError(
      `${redact(oauth.tokenUrl)} issued no access token: ${said}; ${adviceOn(oauth, said)}`,
      'fix-config',
      {
        code: 'unauthorized',
      },
    )
  }

  /** As a form, and as JSON where the server takes nothing else. */
  async #send(): ReturnType<TokenFetch> {
    const { oauth, fetch, redact, clock } = this.#options
    let answer = await fetch(this.#request())
    if (answer.status === 415 && oauth.tokenRequest === undefined) {
      this.#encoding = 'json'
      answer = await fetch(this.#request())
    }
    if (answer.status === 429 || answer.status >= 500)
      throw statusFailure(
        { ...answer, excerpt: excerptOf(answer.text, redact), what: `the token request to ${redact(oauth.tokenUrl)}` },
        clock.now(),
      )
    return answer
  }

  /** An assertion is for one request: some servers take each only once. */
  #request(): TokenRequest {
    const { oauth, clock, keepSecret } = this.#options
    const { privateKey } = oauth
    const assertion = privateKey === undefined ? undefined : clientAssertion(oauth, privateKey, clock.now())
    if (assertion !== undefined) keepSecret('assertion' in assertion ? assertion.assertion : assertion.client_assertion)
    return tokenRequest(oauth, { refreshToken: this.#refreshToken, encoding: this.#encoding, assertion })
  }
}

/** What can be done about a refusal, each in one line of the config. */
function adviceOn(
  { type, clientSecret, privateKey, clientAuthentication = 'basic', tokenRequest: encoding }: OAuth,
  said: string,
): string {
  if (type === 'refresh_token' && /invalid_grant/.test(said))
    return 'the refresh token is no longer valid: authorize again, and put the new token into the config'
  if (privateKey !== undefined)
    return 'check the client, its private key and the claims of its assertion: "assertion": { "keyId": …, "audience": …, "grant": true }'
  const ways = ['basic', 'basic_raw', 'post'].filter((way) => way !== clientAuthentication)
  const secret =
    clientSecret === undefined ? '' : `, "clientAuthentication": ${ways.map((way) => `"${way}"`).join(' or ')}`
  const json = encoding === undefined ? ', "tokenRequest": "json"' : ''
  return `check the client, its secret and the ${type === 'refresh_token' ? 'refresh token' : 'scope'}; some servers need other settings${secret}${json}`
}

/** Which secret is kept: another one in the config begins again. */
function nameOf(oauth: OAuth & { readonly type: 'refresh_token' }): string {
  const parts = [oauth.tokenUrl, oauth.clientId, oauth.refreshToken]
  return `oauth-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)}`
}
