import type { TokenPlaces } from './token-answer.ts'

/** How an API knows who asks. */
export type Authorization =
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'header'; readonly name: string; readonly value: string }
  | { readonly type: 'query'; readonly name: string; readonly value: string }
  | OAuth

/** OAuth 2: tokens that are fetched, used until they end or are refused, and fetched again. */
export type OAuth = (
  | { readonly type: 'client_credentials'; readonly clientSecret?: string | undefined }
  | {
      readonly type: 'refresh_token'
      readonly refreshToken: string
      readonly clientSecret?: string | undefined
      /** Called where the server gives another refresh token in exchange: the old one may not work a second time. */
      readonly onRefreshToken?: ((token: string) => void) | undefined
    }
) & {
  readonly tokenUrl: string
  readonly clientId: string
  /** A key in PEM that the client signs an assertion with, in place of a secret (RFC 7523, `private_key_jwt`). */
  readonly privateKey?: string | undefined
  /** What the assertion names: the `kid` of the key, and an audience other than `tokenUrl`. */
  readonly assertion?: { readonly keyId?: string | undefined; readonly audience?: string | undefined } | undefined
  readonly scope?: string | undefined
  /** More parameters of the token request, such as `audience`, or another `grant_type`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Where the client's secret is in the token request: `basic` where absent, `basic_raw` without encoding it first. */
  readonly clientAuthentication?: 'basic' | 'basic_raw' | 'post' | undefined
  /** How the token request is written: a form, and JSON where the server refuses that with 415; or a GET. */
  readonly tokenRequest?: 'form' | 'json' | 'query' | undefined
  /** Sent with the token request. */
  readonly tokenHeaders?: Readonly<Record<string, string>> | undefined
  /** Where the answer has what; found under the names that servers use where absent. */
  readonly answer?: TokenPlaces | undefined
  /** The header that takes the token (`authorization`), and the word before it (`Bearer`); empty: no word. */
  readonly header?: string | undefined
  readonly scheme?: string | undefined
}

/** What a request carries so that the API knows who asks. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

/** Several credentials as one. */
export function merged(all: readonly Credentials[]): Credentials {
  return {
    headers: Object.assign({}, ...all.map((one) => one.headers)) as Record<string, string>,
    query: Object.assign({}, ...all.map((one) => one.query)) as Record<string, string>,
  }
}

export function isOAuth(authorization: Authorization): authorization is OAuth {
  return authorization.type === 'client_credentials' || authorization.type === 'refresh_token'
}

/** The credentials of an authorization that needs no token of its own. */
export function credentialsOf(authorization: Exclude<Authorization, OAuth>): Credentials {
  switch (authorization.type) {
    case 'bearer':
      return bearer(authorization.token)
    case 'basic': {
      const pair = Buffer.from(`${authorization.username}:${authorization.password}`).toString('base64')
      return { headers: { authorization: `Basic ${pair}` }, query: {} }
    }
    case 'header':
      return { headers: { [authorization.name.toLowerCase()]: authorization.value }, query: {} }
    case 'query':
      return { headers: {}, query: { [authorization.name]: authorization.value } }
  }
}

function bearer(token: string): Credentials {
  return { headers: { authorization: `Bearer ${token}` }, query: {} }
}

/** A token that was fetched, as the API takes it. */
export function tokenCredentials({ header = 'authorization', scheme = 'Bearer' }: OAuth, token: string): Credentials {
  return { headers: { [header.toLowerCase()]: scheme === '' ? token : `${scheme} ${token}` }, query: {} }
}

const SECRET = /secret|passw|token|key|assertion/i

/** The texts of an authorization that no log and no error may hold. */
export function secretsOf(authorization: Authorization): readonly string[] {
  switch (authorization.type) {
    case 'bearer':
      return [authorization.token]
    case 'basic':
      return [
        authorization.password,
        Buffer.from(`${authorization.username}:${authorization.password}`).toString('base64'),
      ]
    case 'header':
    case 'query':
      return [authorization.value]
    case 'client_credentials':
      return clientSecrets(authorization)
    case 'refresh_token':
      return [authorization.refreshToken, ...clientSecrets(authorization)]
  }
}

function clientSecrets(oauth: OAuth): readonly string[] {
  return [oauth.clientSecret ?? [], oauth.privateKey ?? [], ...secretParameters(oauth)].flat()
}

/** Parameters and headers of a token request that look like secrets. */
function secretParameters({ parameters, tokenHeaders }: OAuth): readonly string[] {
  return [parameters, tokenHeaders]
    .flatMap((one) => Object.entries(one ?? {}))
    .flatMap(([name, value]) => (SECRET.test(name) || /^authorization$/i.test(name) ? [value] : []))
}
