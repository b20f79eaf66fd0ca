/** How an API knows who asks. */
export type Authorization =
  | { readonly type: 'bearer'; readonly token: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'header'; readonly name: string; readonly value: string }
  | { readonly type: 'query'; readonly name: string; readonly value: string }
  | OAuth

/** OAuth 2: tokens that are fetched, used until they end or are refused, and fetched again. */
export type OAuth = (
  | { readonly type: 'client_credentials'; readonly clientSecret: string }
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
  readonly scope?: string | undefined
  /** More parameters of the token request, such as `audience`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Where the client's secret stands in the token request. `basic` where absent. */
  readonly clientAuthentication?: 'basic' | 'post' | undefined
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

export function bearer(token: string): Credentials {
  return { headers: { authorization: `Bearer ${token}` }, query: {} }
}

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
      return [authorization.clientSecret]
    case 'refresh_token':
      return [
        authorization.refreshToken,
        ...(authorization.clientSecret === undefined ? [] : [authorization.clientSecret]),
      ]
  }
}
