import { describe, expect, it } from 'vitest'
import { type Asked, client, errorOf, json, serve, type Unruly } from './unruly-server.ts'

/** An authorization server that gives numbered tokens, and an API that takes only some of them. */
async function world(
  more: { token?: (asked: Asked, number: number) => object; status?: (number: number) => number } = {},
) {
  const given = await serve((response, asked, number) => {
    const status = more.status?.(number) ?? 200
    if (status !== 200)
      return json(response, { error: 'invalid_client', error_description: 'who is client-secret-1?' }, status)
    return json(response, {
      access_token: `access-${number}`,
      token_type: 'Bearer',
      expires_in: 3600,
      ...more.token?.(asked, number),
    })
  })
  const valid = new Set(['access-1', 'access-2', 'access-3'])
  const api = await serve((response, asked) =>
    valid.has(String(asked.headers.authorization).replace('Bearer ', ''))
      ? json(response, { ok: true })
      : json(response, {}, 401),
  )
  return { given, api, valid }
}

const clientCredentials = (given: Unruly) =>
  ({
    type: 'client_credentials',
    tokenUrl: `${given.url}/token`,
    clientId: 'me',
    clientSecret: 'client-secret-1',
  }) as const

describe('OAuth 2', () => {
  it('fetches one token for all requests', async () => {
    const { given, api } = await world()
    const http = client(api.url, {
      authorization: { ...clientCredentials(given), scope: 'read', parameters: { audience: 'x' } },
    })
    await Promise.all(Array.from({ length: 10 }, () => http.get('/x')))
    expect(given.asked).toHaveLength(1)
    expect(given.asked[0]).toMatchObject({
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('me:client-secret-1').toString('base64')}` },
    })
    expect(Object.fromEntries(new URLSearchParams(given.asked[0]!.body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'read',
      audience: 'x',
    })
  })

  it('may give the client’s secret in the body', async () => {
    const { given, api } = await world()
    await client(api.url, { authorization: { ...clientCredentials(given), clientAuthentication: 'post' } }).get('/x')
    expect(new URLSearchParams(given.asked[0]!.body).get('client_secret')).toBe('client-secret-1')
  })

  it('renews a token that is refused in the middle, once for all', async () => {
    const { given, api, valid } = await world()
    const http = client(api.url, { authorization: clientCredentials(given) })
    await http.get('/x')
    valid.delete('access-1')
    await Promise.all(Array.from({ length: 6 }, () => http.get('/x')))
    expect(given.asked).toHaveLength(2)
  })

  it('does so once, and then says that the credentials are the matter', async () => {
    const { given, api, valid } = await world()
    valid.clear()
    const http = client(api.url, { authorization: clientCredentials(given) })
    expect(await errorOf(http.get('/x'))).toMatchObject({ remedy: 'fix-config', code: 'unauthorized' })
    expect([given.asked.length, api.asked.length]).toEqual([2, 2])
  })

  it('renews a token before it ends', async () => {
    const { given, api } = await world({ token: () => ({ expires_in: 0 }) })
    const http = client(api.url, { authorization: clientCredentials(given) })
    await http.get('/x')
    await http.get('/x')
    expect(given.asked.length).toBeGreaterThan(1)
  })

  it('exchanges a refresh token, goes on with the new one, and says so', async () => {
    const { given, api, valid } = await world({ token: (_, number) => ({ refresh_token: `refresh-${number}` }) })
    const told: string[] = []
    const authorization = {
      type: 'refresh_token',
      tokenUrl: `${given.url}/token`,
      clientId: 'me',
      refreshToken: 'refresh-0',
      onRefreshToken: (token: string) => void told.push(token),
    } as const
    const http = client(api.url, { authorization })
    await http.get('/x')
    valid.delete('access-1')
    await http.get('/x')
    expect(given.asked.map((one) => new URLSearchParams(one.body).get('refresh_token'))).toEqual([
      'refresh-0',
      'refresh-1',
    ])
    expect(new URLSearchParams(given.asked[0]!.body).get('client_id')).toBe('me')
    expect(told).toEqual(['refresh-1', 'refresh-2'])
    const warned: string[] = []
    const log = { debug() {}, info() {}, warn: (message: string) => void warned.push(message) }
    const { onRefreshToken: _, ...silent } = authorization
    await client(api.url, { authorization: silent, log }).get('/x')
    expect(warned).toEqual([expect.stringMatching(/new refresh token/)])
  })

  it.each([400, 401])('a client that is refused (%i) is an error of the config, without its secret', async (status) => {
    const { given, api } = await world({ status: () => status })
    const error = await errorOf(client(api.url, { authorization: clientCredentials(given) }).get('/x'))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'unauthorized' })
    expect(error.message).toContain('invalid_client')
    expect(error.message).not.toContain('client-secret-1')
    expect([given.asked.length, api.asked.length]).toEqual([1, 0])
  })

  it.each([429, 500, 503])('an authorization server that cannot answer now (%i) is asked again', async (status) => {
    const { given, api } = await world({ status: (number) => (number < 3 ? status : 200) })
    await client(api.url, { authorization: clientCredentials(given) }).get('/x')
    expect(given.asked).toHaveLength(3)
  })

  it('an answer that is no token is an error, and a token is a secret', async () => {
    const { given, api } = await world({ token: () => ({ access_token: 17 }) })
    expect(await errorOf(client(api.url, { authorization: clientCredentials(given) }).get('/x'))).toMatchObject({
      remedy: 'fix-config',
    })
    const other = await world()
    const echo = await serve((response, asked) => json(response, { you: asked.headers.authorization }, 400))
    const error = await errorOf(client(echo.url, { authorization: clientCredentials(other.given) }).get('/x'))
    expect(error.message).toContain('Bearer ***')
  })

  it('does not follow a redirect with the client’s secret', async () => {
    const thief = await serve((response) => json(response, { access_token: 'x', token_type: 'Bearer' }))
    const given = await serve((response) => json(response, {}, 307, { location: thief.url }))
    const api = await serve((response) => json(response, {}))
    await errorOf(client(api.url, { authorization: clientCredentials(given), allow: ['127.0.0.1'] }).get('/x'))
    expect(thief.asked).toHaveLength(0)
  })

  it('a stopped request does not wait for the token', async () => {
    const given = await serve(() => {})
    const api = await serve((response) => json(response, {}))
    const stop = new AbortController()
    const work = client(api.url, { authorization: clientCredentials(given) }).get('/x', { signal: stop.signal })
    await expect.poll(() => given.asked.length).toBe(1)
    const reason = new Error('stopped')
    stop.abort(reason)
    await expect(work).rejects.toBe(reason)
  })
})
