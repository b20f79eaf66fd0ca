import type { AnswerPlace } from './at-path.ts'
import type { JwtAlgorithm } from './jwt.ts'
import { type HmacSigning, type Signed, signature, type Unsigned } from './signature.ts'
import type { TokenPlaces } from './token-answer.ts'

/** How an API knows who asks. */
export type Authorization =
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'header'; readonly name: string; readonly value: string }
  | { readonly type: 'query'; readonly name: string; readonly value: string }
  | OAuth
  | Session
  | Jwt
  | HmacSigning

/** A login whose answer has the token, or the cookie, of a session; once more where that is refused. */
export interface Session {
  readonly type: 'session'
  readonly loginUrl: string
  /** `POST` where absent; a GET has the body as its query. */
  readonly method?: 'GET' | 'POST' | undefined
  /** The fields of the body, each named by its path: `user.password`. */
  readonly body?: Readonly<Record<string, string | number | boolean>> | undefined
  readonly encoding?: 'json' | 'form' | undefined
  /** For a login by Basic. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Where the answer has the token; found under the names that servers use where absent. A cookie is sent as one. */
  readonly at?: AnswerPlace | { readonly cookie: string } | undefined
  /** How long a session lives; what the answer says, or an hour, where absent. */
  readonly lifeSeconds?: number | undefined
  /** Statuses of the API that mean that the session has ended (401). */
  readonly expired?: readonly number[] | undefined
  /** The header that takes the token (`authorization`), and the word before it (`Bearer`); empty: no word. */
  readonly header?: string | undefined
  readonly scheme?: string | undefined
  /** The query parameter that takes it, in place of a header. */
  readonly parameter?: string | undefined
}

/** A token that the client signs itself. */
export interface Jwt {
  readonly type: 'jwt'
  readonly algorithm: JwtAlgorithm
  /** A secret for HS256 to HS512, a private key in PEM for the others. */
  readonly key: string
  /** How a secret is written (`utf8`). */
  readonly keyEncoding?: 'utf8' | 'base64' | 'hex' | undefined
  readonly keyId?: string | undefined
  readonly issuer?: string | undefined
  readonly subject?: string | undefined
  readonly audience?: string | undefined
  /** More claims, and more fields of the token's header. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly jwtHeader?: Readonly<Record<string, unknown>> | undefined
  /** How long a token lives (300). */
  readonly lifeSeconds?: number | undefined
  /** The header that takes the token (`authorization`), and the word before it (`Bearer`); empty: no word. */
  readonly header?: string | undefined
  readonly scheme?: string | undefined
}

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
  /** What the assertion says. */
  readonly assertion?: Assertion | undefined
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

/** What an assertion that a client signs says beside its name and its time. */
export interface Assertion {
  /** The `kid` of the key. */
  readonly keyId?: string | undefined
  /** Another audience than `tokenUrl`. */
  readonly audience?: string | undefined
  /** For whom the token is, where that is not the client. */
  readonly subject?: string | undefined
  /** More claims, such as `scope`. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** It is what the token is issued for (RFC 7523, section 2.1), as for service accounts, and not only who the client is. */
  readonly grant?: true | undefined
}

/** What a request carries so that the API knows who asks. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** Signs the request, each time that it is sent. */
  readonly sign?: ((request: Unsigned) => Signed) | undefined
}

/** Several credentials as one. */
export function merged(all: readonly Credentials[]): Credentials {
  return {
    headers: Object.assign({}, ...all.map((one) => one.headers)) as Record<string, string>,
    query: Object.assign({}, ...all.map((one) => one.query)) as Record<string, string>,
    sign: all.find(({ sign }) => sign !== undefined)?.sign,
  }
}

/** Authorizations whose credentials are a token that ends. */
export type WithToken = OAuth | Session | Jwt

export function hasToken(authorization: Authorization): authorization is WithToken {
  return ['client_credentials', 'refresh_token', 'session', 'jwt'].includes(authorization.type)
}

/** The credentials of an authorization that needs no token of its own. @param now tells the milliseconds since 1970. */
export function credentialsOf(authorization: Exclude<Authorization, WithToken>, now: () => number): Credentials {
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
    case 'hmac':
      return { headers: {}, query: {}, sign: (request) => signature(authorization, request, now()) }
  }
}

function bearer(token: string): Credentials {
  return { headers: { authorization: `Bearer ${token}` }, query: {} }
}

/** A token that was fetched, as the API takes it. */
export function tokenCredentials(authorization: WithToken, token: string): Credentials {
  const { header = 'authorization', scheme = 'Bearer' } = authorization
  if (authorization.type === 'session') {
    const { at: place, parameter } = authorization
    if (typeof place === 'object' && 'cookie' in place)
      return { headers: { cookie: `${place.cookie}=${token}` }, query: {} }
    if (parameter !== undefined) return { headers: {}, query: { [parameter]: token } }
  }
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
    case 'session':
      return loginSecrets(authorization)
    case 'jwt':
    case 'hmac':
      return [authorization.key]
  }
}

/** Fields that say who logs in, and not by what right. */
const WHO = /user|login|mail|account|company|tenant|client_?id|grant|scope/i

function loginSecrets({ body = {}, username, password, headers }: Session): readonly string[] {
  const fields = Object.entries(body).filter(([name]) => SECRET.test(name) || !WHO.test(name))
  const texts = fields.flatMap(([, value]) => (typeof value === 'string' ? value : []))
  const pair = password === undefined ? [] : [password, Buffer.from(`${username}:${password}`).toString('base64')]
  return [...texts, ...pair, ...secretParameters({ tokenHeaders: headers })]
}

function clientSecrets(oauth: OAuth): readonly string[] {
  return [oauth.clientSecret ?? [], oauth.privateKey ?? [], ...secretParameters(oauth)].flat()
}

/** Parameters and headers of a token request that look like secrets. */
function secretParameters({ parameters, tokenHeaders }: Pick<OAuth, 'parameters' | 'tokenHeaders'>): readonly string[] {
  return [parameters, tokenHeaders]
    .flatMap((one) => Object.entries(one ?? {}))
    .flatMap(([name, value]) => (SECRET.test(name) || /^authorization$/i.test(name) ? [value] : []))
}
