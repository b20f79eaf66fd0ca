import type { OAuth } from './authorization.ts'
import type { ClientAssertion } from './client-assertion.ts'

/** A request for a token, whole but for its way. */
export interface TokenRequest {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** How the parameters are written. */
export type TokenEncoding = NonNullable<OAuth['tokenRequest']>

export interface TokenRequestParts {
  readonly refreshToken: string | undefined
  readonly encoding: TokenEncoding
  /** What a client with a key signed; undefined where it has a secret, or neither. */
  readonly assertion: ClientAssertion | undefined
}

/** What asks for a token, with the client's secret where the server looks for it. */
export function tokenRequest(oauth: OAuth, { refreshToken, encoding, assertion }: TokenRequestParts): TokenRequest {
  const { clientId, clientSecret, clientAuthentication = 'basic', scope, parameters, tokenHeaders } = oauth
  const isBasic = clientSecret !== undefined && clientAuthentication !== 'post'
  const all: Record<string, string> = {
    grant_type: oauth.type,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(isBasic || oauth.assertion?.grant === true ? {} : { client_id: clientId }),
    ...(clientSecret === undefined || isBasic ? {} : { client_secret: clientSecret }),
    ...assertion,
    ...(scope === undefined ? {} : { scope }),
    ...parameters,
  }
  const headers = {
    accept: 'application/json',
    ...(isBasic ? { authorization: `Basic ${basicPair(oauth)}` } : {}),
    ...(encoding === 'query' ? {} : { 'content-type': TYPES[encoding] }),
    ...tokenHeaders,
  }
  if (encoding === 'query') return { method: 'GET', headers, query: all, body: undefined }
  const body = encoding === 'json' ? JSON.stringify(all) : new URLSearchParams(all).toString()
  return { method: 'POST', headers, query: {}, body }
}

const TYPES = { form: 'application/x-www-form-urlencoded;charset=UTF-8', json: 'application/json' } as const

/**
 * The client's name and secret for `Basic`, as most servers read it: with `-` and its like as they are, which the letter
 * of RFC 6749 would encode; or nothing encoded at all.
 */
export function basicPair({ clientId, clientSecret = '', clientAuthentication }: OAuth): string {
  const pair = [clientId, clientSecret].map(clientAuthentication === 'basic_raw' ? String : encodeURIComponent)
  return Buffer.from(pair.join(':')).toString('base64')
}
