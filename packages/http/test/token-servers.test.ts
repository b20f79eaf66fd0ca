import type { SecretStore } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import type { OAuth } from '../src/authorization.ts'
import { type Asked, client, errorOf, json, patientClock, serve } from './unruly-server.ts'

type Answer = (response: Parameters<typeof json>[0], asked: Asked, number: number) => unknown
const GIVEN = { access_token: 'access-1', token_type: 'Bearer', expires_in: 3600 }

/** A token server, and an API that takes its token. */
async function world(answer: Answer, more: object = {}, token = 'Bearer access-1') {
  const given = await serve((response, asked, number) => answer(response, asked, number))
  const api = await serve((response, { headers }) =>
    json(response, {}, [headers.authorization, headers['x-token']].includes(token) ? 200 : 401),
  )
  const authorization = {
    ...{ type: 'client_credentials', clientId: 'me', clientSecret: 's:e/c+r=e t', tokenUrl: `${given.url}/token?v=1` },
    ...more,
  } as OAuth
  const clock = patientClock()
  return { given, api, http: client(api.url, { authorization, clock }), clock }
}

const text =
  (body: string, headers: Record<string, string> = {}, status = 200): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body)
const body =
  (value: unknown, status = 200): Answer =>
  (response) =>
    json(response, JSON.stringify(value), status)
const jwt = (exp: number): string => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.sig`
const form = (asked: Asked) => Object.fromEntries(new URLSearchParams(asked.body))
const isForm = (asked: Asked): boolean => String(asked.headers['content-type']).includes('urlencoded')

describe('a token server', () => {
  it.each<[string, Answer, object?, string?]>([
    ['as the standard has it', body(GIVEN)],
    ['that names no type of token', body({ access_token: 'access-1', expires_in: 3600 })],
    ['that names another', body({ ...GIVEN, token_type: 'BearerToken' })],
    ['that answers 201', body(GIVEN, 201)],
    ['that answers 202', body(GIVEN, 202)],
    ['that does not say how long it lives', body({ access_token: 'access-1', token_type: 'bearer' })],
    ['that says null', body({ ...GIVEN, expires_in: null })],
    ['that says it as a text', body({ ...GIVEN, expires_in: '3600' })],
    ['that says it below zero', body({ ...GIVEN, expires_in: -1 })],
    [
      'that gives a refresh token that is null, and a scope that is a list',
      body({ ...GIVEN, refresh_token: null, scope: ['a'] }),
    ],
    ['that writes camel case', body({ accessToken: 'access-1', tokenType: 'Bearer', expiresIn: 3600 })],
    ['that nests its answer', body({ success: true, data: { token: { access_token: 'access-1', expires_in: 3600 } } })],
    ['that gives a list', body([{ access_token: 'access-1' }])],
    ['that calls it token', body({ token: 'access-1', user: { token: 'other' } })],
    ['that calls it jwt', body({ jwt: 'access-1' })],
    ['that gives an identity too', body({ id_token: 'other', access_token: 'access-1' })],
    [
      'that answers with a form',
      text('access_token=access-1&scope=repo%2Cgist&token_type=bearer', {
        'content-type': 'application/x-www-form-urlencoded',
      }),
    ],
    ['that calls a form plain text', text('expires=5184000&access_token=access-1', { 'content-type': 'text/plain' })],
    ['that calls JSON a page', text(JSON.stringify(GIVEN), { 'content-type': 'text/html; charset=utf-8' })],
    ['that calls it nothing', text(JSON.stringify(GIVEN))],
    ['that writes a mark before it', text(`\uFEFF  ${JSON.stringify(GIVEN)}\n`)],
    ['that guards it against scripts', text(`)]}',\n${JSON.stringify(GIVEN)}`)],
    ['that answers with the token alone', text('access-1-and-more-of-it'), {}, 'Bearer access-1-and-more-of-it'],
    ['that answers with a JSON text', text('"access-1"')],
    ['that adds an empty error', body({ ...GIVEN, error: '', error_description: null })],
    [
      'that takes only JSON',
      (response, asked) => json(response, isForm(asked) ? {} : GIVEN, isForm(asked) ? 415 : 200),
    ],
    [
      'that takes only JSON, and says 400',
      (response, asked) =>
        json(response, isForm(asked) ? { message: 'invalid json' } : GIVEN, isForm(asked) ? 400 : 200),
      { tokenRequest: 'json' },
    ],
    [
      'that takes a GET',
      (response, { method, url }) =>
        json(response, GIVEN, method === 'GET' && url.startsWith('/token?v=1&grant_type=') ? 200 : 405),
      { tokenRequest: 'query' },
    ],
    [
      'that takes a raw secret',
      (response, { headers }) =>
        json(
          response,
          GIVEN,
          headers.authorization === `Basic ${Buffer.from('me:s:e/c+r=e t').toString('base64')}` ? 200 : 401,
        ),
      { clientAuthentication: 'basic_raw' },
    ],
    [
      'that takes the secret in the body',
      (response, asked) =>
        json(
          response,
          GIVEN,
          form(asked)['client_secret'] === 's:e/c+r=e t' && asked.headers.authorization === undefined ? 200 : 401,
        ),
      { clientAuthentication: 'post' },
    ],
    [
      'that wants a header',
      (response, { headers }) => json(response, GIVEN, headers['x-tenant'] === 'acme' ? 200 : 403),
      { tokenHeaders: { 'x-tenant': 'acme' } },
    ],
    [
      'that wants another grant',
      (response, asked) =>
        json(response, GIVEN, form(asked)['grant_type'] === 'password' && form(asked)['username'] === 'u' ? 200 : 400),
      { parameters: { grant_type: 'password', username: 'u', password: 'pass-word-1' } },
    ],
    [
      'whose answer has it elsewhere',
      body({ access_token: 'no', d: { 'a.b': 'access-1' } }),
      { answer: { access: ['d', 'a.b'] } },
    ],
    ['of an API that wants another word', body(GIVEN), { scheme: 'Token' }, 'Token access-1'],
    ['of an API that wants another header', body(GIVEN), { header: 'X-Token', scheme: '' }, 'access-1'],
    [
      'that compresses',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(GIVEN)),
    ],
  ])('is understood: %s', async (_, answer, more, token) => {
    const { http } = await world(answer, more, token)
    expect((await http.get('/x')).status).toBe(200)
  })

  it.each<[string, object, number]>([
    ['in seconds', { expires_in: 100 }, 100],
    ['in seconds as a text', { expires_in: '100' }, 100],
    ['in camel case', { expiresIn: 100 }, 100],
    ['at a time in seconds', { expires_at: Math.round(Date.now() / 1000) + 100 }, 100],
    ['at a time in milliseconds', { expiresAt: Date.now() + 100_000 }, 100],
    ['at a date', { expiration: new Date(Date.now() + 100_000).toISOString() }, 100],
    ['at a date of HTTP', { '.expires': new Date(Date.now() + 100_000).toUTCString() }, 100],
    ['as the time in place of a length', { expires_in: Math.round(Date.now() / 1000) + 100 }, 100],
    ['in the token itself', { access_token: jwt(Math.round(Date.now() / 1000) + 100) }, 100],
    ['nowhere', {}, 3600],
    ['where the config says', { life: { s: 100 } }, 100],
  ])('says how long a token lives: %s', async (name, more, seconds) => {
    const answer = name.includes('config') ? { answer: { expires: 'life.s' } } : {}
    const token = { access_token: 'access-1', ...more }
    const { given, http, clock } = await world(body(token), answer, `Bearer ${token.access_token}`)
    await http.get('/x')
    await clock.sleep(seconds * 800, undefined)
    await http.get('/x')
    expect(given.asked).toHaveLength(1)
    await clock.sleep(seconds * 250, undefined)
    await http.get('/x')
    expect(given.asked).toHaveLength(2)
  })

  it.each<[string, Answer, object, RegExp]>([
    [
      'a secret that is wrong',
      body({ error: 'invalid_client', error_description: 'no s:e/c+r=e t' }, 401),
      {},
      /invalid_client: no \*\*\*.*"clientAuthentication": "basic_raw" or "post"/,
    ],
    ['with status 200', body({ error: 'unauthorized_client' }), {}, /unauthorized_client/],
    ['in words of its own', body({ message: 'Bad tenant' }, 403), {}, /Bad tenant/],
    [
      'with a page',
      text('<html>Sign in</html>', {}, 200),
      {},
      /no access token was found in what .* answered: <html>Sign in.*"answer"/,
    ],
    ['with nothing', text(''), {}, /no access token was found/],
    [
      'a refresh token that was used',
      body({ error: 'invalid_grant' }, 400),
      { type: 'refresh_token', refreshToken: 'refresh-0' },
      /authorize once more/,
    ],
    [
      'a password',
      body({ message: 'pass-word-1 is wrong' }, 400),
      { parameters: { password: 'pass-word-1' } },
      /\*\*\* is wrong/,
    ],
  ])('that refuses says why, and what can be done: %s', async (_, answer, more, message) => {
    const error = await errorOf((await world(answer, more)).http.get('/x'))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'unauthorized' })
    expect(error.message).toMatch(message)
    expect(error.message.length).toBeLessThan(700)
  })
})

describe('a refresh token that works once', () => {
  /** A server that takes each once. */
  const rotating = () => {
    let valid = 'refresh-0'
    let number = 0
    const answer: Answer = (response, asked) => {
      if (form(asked)['refresh_token'] !== valid) return json(response, { error: 'invalid_grant' }, 400)
      valid = `refresh-${++number}`
      json(response, { access_token: 'access-1', refresh_token: valid })
    }
    return answer
  }
  const memory = (): SecretStore & { readonly kept: Map<string, string> } => {
    const kept = new Map<string, string>()
    let queue = Promise.resolve<unknown>(undefined)
    const exchange: SecretStore['exchange'] = (name, work) => {
      const done = queue.then(() => work(kept.get(name), async (secret) => void kept.set(name, secret)))
      queue = done.catch(() => {})
      return done
    }
    return { kept, exchange }
  }

  it('is exchanged by each run for the next, also by several at once', async () => {
    const given = await serve(rotating())
    const api = await serve((response) => json(response, {}))
    const secretStore = memory()
    const authorization = {
      type: 'refresh_token',
      clientId: 'me',
      tokenUrl: given.url,
      refreshToken: 'refresh-0',
    } as const
    const warned: string[] = []
    const log = { debug() {}, info() {}, warn: (message: string) => void warned.push(message) }
    for (let run = 0; run < 3; run++) await client(api.url, { authorization, secretStore, log }).get('/x')
    await Promise.all([1, 2, 3, 4].map(() => client(api.url, { authorization, secretStore, log }).get('/x')))
    expect(given.asked).toHaveLength(7)
    expect([...secretStore.kept.values()]).toEqual(['refresh-7'])
    expect(warned).toEqual([])
    // Another one in the config begins anew.
    const other = { ...authorization, refreshToken: 'refresh-7' }
    await client(api.url, { authorization: other, secretStore, log }).get('/x')
    expect(secretStore.kept.size).toBe(2)
  })

  it('that cannot be kept is used all the same, with a warning that does not hold it', async () => {
    const given = await serve(rotating())
    const api = await serve((response) => json(response, {}))
    const secretStore: SecretStore = {
      exchange: (_, work) => work(undefined, async (secret) => Promise.reject(new Error(`no room for ${secret}`))),
    }
    const authorization = {
      type: 'refresh_token',
      clientId: 'me',
      tokenUrl: given.url,
      refreshToken: 'refresh-0',
    } as const
    const warned: string[] = []
    const log = { debug() {}, info() {}, warn: (message: string) => void warned.push(message) }
    await client(api.url, { authorization, secretStore, log }).get('/x')
    expect(warned).toEqual([expect.stringContaining('cannot be kept: no room for ***')])
  })
})
