import { describe, expect, it } from 'vitest'
import type { Session } from '../src/authorization.ts'
import { HttpClient } from '../src/http-client.ts'
import { type Asked, errorOf, json, serve } from './unruly-server.ts'

type Login = Omit<Session, 'type' | 'loginUrl'>

/** An API that gives a session for a login, and takes each for a number of requests. */
async function open(login: Login, { uses = 100, refusal = 401 } = {}) {
  const logins: Asked[] = []
  const asked: Asked[] = []
  let left = 0
  const api = await serve((response, request) => {
    if (request.url.startsWith('/login')) {
      logins.push(request)
      left = uses
      const number = logins.length
      const cookies = [`a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT`, `sid=cookie-session-${number}; Path=/; HttpOnly`]
      response.setHeader('x-session', `header-session-${number}`)
      response.setHeader('set-cookie', cookies)
      return json(response, { d: { ticket: `body-session-${number}` }, token: `usual-session-${number}` })
    }
    asked.push(request)
    if (left-- > 0) return json(response, [1])
    json(response, { echo: request.headers, url: request.url }, refusal)
  })
  const authorization = { type: 'session', loginUrl: `${api.url}/login`, ...login } as const
  const client = new HttpClient({ baseUrl: `${api.url}/v1`, authorization, retry: { attempts: 1 } })
  return { client, logins, asked }
}

const USER = { user: 'reader', password: 'pass-of-the-reader' }

describe('a session', () => {
  it.each<[string, Login, (asked: Asked) => unknown, string]>([
    ['a usual field', {}, ({ headers }) => headers.authorization, 'Bearer usual-session-1'],
    [
      'a field of the body, in a header of its own',
      { at: 'd.ticket', header: 'X-Ticket', scheme: '' },
      ({ headers }) => headers['x-ticket'],
      'body-session-1',
    ],
    [
      'a header',
      { at: { header: 'X-Session' }, scheme: 'Session' },
      ({ headers }) => headers.authorization,
      'Session header-session-1',
    ],
    ['a cookie', { at: { cookie: 'sid' } }, ({ headers }) => headers.cookie, 'sid=cookie-session-1'],
    [
      'a field, in the query',
      { at: 'd.ticket', parameter: 'ticket' },
      ({ url }) => url,
      '/v1/rows?ticket=body-session-1',
    ],
  ])('is taken from %s of the login, once for all requests', async (_, login, sent, expected) => {
    const { client, logins, asked } = await open({ body: USER, ...login })
    await Promise.all([client.get('/rows'), client.get('/rows')])
    await client.get('/rows')
    expect(logins).toHaveLength(1)
    expect(asked.map(sent)).toEqual([expected, expected, expected])
  })

  it.each<[string, Login, Partial<Asked>]>([
    [
      'JSON with fields at their paths',
      { body: { 'auth.user': 'x', 'auth.pin': 5 } },
      { method: 'POST', body: '{"auth":{"user":"x","pin":5}}' },
    ],
    ['a form', { body: { user: 'a b', pin: 5 }, encoding: 'form' }, { method: 'POST', body: 'user=a+b&pin=5' }],
    ['a GET', { body: { user: 'x' }, method: 'GET' }, { method: 'GET', url: '/login?user=x' }],
    ['Basic', { username: 'x', password: 'y' }, { headers: expect.objectContaining({ authorization: 'Basic eDp5' }) }],
    ['headers', { headers: { 'X-App': 'me' } }, { headers: expect.objectContaining({ 'x-app': 'me' }) }],
  ])('is asked for by %s', async (_, login, expected) => {
    const { client, logins } = await open(login)
    await client.get('/rows')
    expect(logins[0]).toMatchObject(expected)
  })

  it('that has ended is begun again, and the request sent once more', async () => {
    const { client, logins } = await open({ body: USER }, { uses: 2 })
    for (let at = 0; at < 5; at++) await client.get('/rows')
    expect(logins).toHaveLength(3)
  })

  it('ends with the statuses that are declared for that', async () => {
    const { client } = await open({ body: USER }, { uses: 1, refusal: 403 })
    await client.get('/rows')
    expect(await errorOf(client.get('/rows'))).toMatchObject({ code: 'forbidden' })
    const declared = await open({ body: USER, expired: [401, 403] }, { uses: 1, refusal: 403 })
    await declared.client.get('/rows')
    await declared.client.get('/rows')
    expect(declared.logins).toHaveLength(2)
  })

  it('that is refused at once is asked for twice, and no more', async () => {
    const { client, logins } = await open({ body: USER }, { uses: 0 })
    expect(await errorOf(client.get('/rows'))).toMatchObject({ remedy: 'fix-config', code: 'unauthorized' })
    expect(logins).toHaveLength(2)
  })

  it('is renewed before it ends', async () => {
    const { client, logins } = await open({ body: USER, lifeSeconds: 0.001 })
    await client.get('/rows')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await client.get('/rows')
    expect(logins).toHaveLength(2)
  })

  it('tells no error the password, nor the token', async () => {
    const { client } = await open({ body: USER, at: 'd.ticket', header: 'X-Ticket' }, { uses: 0, refusal: 400 })
    const error = await errorOf(client.get('/rows'))
    expect(error.message).not.toMatch(/pass-of-the-reader|body-session/)
    // The place of the token is wrong, and the answer has it elsewhere.
    const elsewhere = await errorOf((await open({ body: USER, at: 'd.tickt' })).client.get('/rows'))
    expect(elsewhere.message).toContain('it has the fields d.ticket, token')
    expect(elsewhere.message).not.toMatch(/(?:body|usual)-session/)
    const echo = await serve((response, request) => json(response, { you: 'said', body: request.body }))
    const authorization = { type: 'session', loginUrl: echo.url, body: USER } as const
    const without = await errorOf(new HttpClient({ baseUrl: echo.url, authorization }).get('/rows'))
    expect(without.message).toContain('returned no session token at one of the usual names')
    expect(without.message).not.toContain('pass-of-the-reader')
  })

  it.each([
    [401, 'fix-config', 'check the user, the password'],
    [429, 'retry', 'too many requests'],
    [503, 'retry', 'returned 503'],
  ])('that the login refuses with %i is an error that says what to do', async (status, remedy, message) => {
    const api = await serve((response) => json(response, { error: 'no' }, status))
    const authorization = { type: 'session', loginUrl: api.url, body: USER } as const
    const client = new HttpClient({ baseUrl: api.url, authorization, retry: { attempts: 1 } })
    expect(await errorOf(client.get('/rows'))).toMatchObject({ remedy, message: expect.stringContaining(message) })
  })

  it('beside another token is an error: only one of them could be sent', () => {
    const session = { type: 'session', loginUrl: 'https://x.example' } as const
    const jwt = { type: 'jwt', algorithm: 'HS256', key: 'k' } as const
    expect(() => new HttpClient({ baseUrl: 'https://x.example', authorization: [session, jwt] })).toThrow(
      'several tokens that are renewed (session, jwt)',
    )
  })
})
