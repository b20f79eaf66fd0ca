import { SyncError } from '@tidemark/core'
import {
  type AuthorizationServer,
  allowInsecureRequests,
  type Client,
  type ClientAuth,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  customFetch,
  None,
  processClientCredentialsResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
} from 'oauth4webapi'
import type { OAuth } from './authorization.ts'
import type { HttpClock } from './http-clock.ts'
import { excerptOf, statusFailure } from './http-failure.ts'

/** Sends a token request, as fetch would; it does not follow redirects. */
export type TokenFetch = (
  url: string,
  request: { readonly method: string; readonly headers: Record<string, string>; readonly body: string | undefined },
) => Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly text: string }>

interface Token {
  readonly text: string
  /** When it is fetched anew, before it ends. */
  readonly renewAt: number
}

export interface OAuthTokenOptions {
  readonly oauth: OAuth
  readonly fetch: TokenFetch
  readonly clock: HttpClock
  /** Told of every new secret before anything is done with it. */
  readonly keepSecret: (...secrets: readonly string[]) => void
  readonly redact: (text: string) => string
  readonly warn: (message: string) => void
}

/** The access token of an API: fetched when first needed, shared by all requests, renewed before it ends. */
export class OAuthToken {
  readonly #options: OAuthTokenOptions
  #refreshToken: string | undefined
  #current: Promise<Token> | undefined

  constructor(options: OAuthTokenOptions) {
    this.#options = options
    this.#refreshToken = options.oauth.type === 'refresh_token' ? options.oauth.refreshToken : undefined
  }

  async get(): Promise<string> {
    const { clock } = this.#options
    let current = this.#current
    if (current !== undefined && (await current).renewAt <= clock.now()) {
      if (this.#current === current) this.#current = undefined
      current = this.#current
    }
    if (current === undefined) {
      current = this.#fetch()
      this.#current = current
      // A failure is not kept: the next request asks again.
      current.catch(() => {
        if (this.#current === current) this.#current = undefined
      })
    }
    return (await current).text
  }

  /** A token was refused: unless another has come already, the next `get` fetches one. */
  async refused(token: string): Promise<void> {
    const current = this.#current
    if (current === undefined) return
    const held = await current.catch(() => undefined)
    if (this.#current === current && (held === undefined || held.text === token)) this.#current = undefined
  }

  async #fetch(): Promise<Token> {
    const { oauth, clock, keepSecret } = this.#options
    const answer = await this.#ask()
    keepSecret(answer.access_token)
    if (
      answer.refresh_token !== undefined &&
      oauth.type === 'refresh_token' &&
      answer.refresh_token !== this.#refreshToken
    ) {
      this.#refreshToken = answer.refresh_token
      keepSecret(answer.refresh_token)
      if (oauth.onRefreshToken === undefined)
        this.#options.warn(
          'the server gave a new refresh token in exchange; if the next run is refused, it takes each only once: put a new one into the config',
        )
      else oauth.onRefreshToken(answer.refresh_token)
    }
    const lifeMs = (answer.expires_in ?? 3600) * 1000
    return { text: answer.access_token, renewAt: clock.now() + lifeMs - Math.min(60_000, lifeMs / 10) }
  }

  async #ask(): Promise<{ access_token: string; refresh_token?: string; expires_in?: number }> {
    const { oauth, redact } = this.#options
    const server: AuthorizationServer = { issuer: new URL(oauth.tokenUrl).origin, token_endpoint: oauth.tokenUrl }
    const client: Client = { client_id: oauth.clientId }
    const authentication =
      oauth.clientSecret === undefined
        ? None()
        : oauth.clientAuthentication === 'post'
          ? ClientSecretPost(oauth.clientSecret)
          : this.#basic(oauth.clientSecret)
    const parameters = new URLSearchParams({
      ...oauth.parameters,
      ...(oauth.scope === undefined ? {} : { scope: oauth.scope }),
    })
    const options = { [allowInsecureRequests]: true, [customFetch]: this.#send.bind(this) as never }
    try {
      if (oauth.type === 'client_credentials') {
        const response = await clientCredentialsGrantRequest(server, client, authentication, parameters, options)
        return await processClientCredentialsResponse(server, client, response)
      }
      const response = await refreshTokenGrantRequest(server, client, authentication, this.#refreshToken!, {
        ...options,
        additionalParameters: parameters,
      })
      return await processRefreshTokenResponse(server, client, response)
    } catch (error) {
      if (SyncError.is(error)) throw error
      const { error: code, error_description: description, message } = error as Record<string, string | undefined>
      const said = excerptOf(
        [code, description].filter((text) => text !== undefined).join(': ') || (message ?? ''),
        redact,
      )
      throw new SyncError(
        `no access token was given at ${redact(oauth.tokenUrl)}: ${said}; check the client, its secret and the ${oauth.type === 'refresh_token' ? 'refresh token' : 'scope'}`,
        'fix-config',
        { code: 'unauthorized' },
      )
    }
  }

  /** As most servers read it: with `-` and its like as they are, which the letter of RFC 6749 would encode. */
  #basic(secret: string): ClientAuth {
    const pair = [this.#options.oauth.clientId, secret].map(encodeURIComponent).join(':')
    const encoded = Buffer.from(pair).toString('base64')
    this.#options.keepSecret(encoded)
    return (_server, _client, _body, headers) => headers.set('authorization', `Basic ${encoded}`)
  }

  async #send(
    url: string,
    request: { method: string; headers: Record<string, string>; body: URLSearchParams | undefined },
  ): Promise<Response> {
    const { fetch, redact, clock } = this.#options
    const answer = await fetch(url, { ...request, body: request.body?.toString() })
    if (answer.status === 429 || answer.status >= 500)
      throw statusFailure(
        { ...answer, excerpt: excerptOf(answer.text, redact), what: `the token request to ${redact(url)}` },
        clock.now(),
      )
    return new Response(answer.text === '' ? null : answer.text, { status: answer.status, headers: answer.headers })
  }
}
