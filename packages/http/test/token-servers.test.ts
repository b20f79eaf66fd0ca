import { generateKeyPairSync, type KeyPairKeyObjectResult, verify } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
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
const partOf = (text: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>

const pem = ({ privateKey, publicKey }: KeyPairKeyObjectResult) => ({
  privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  publicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
})
const KEYS = {
  RS256: pem(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  ES256: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  ES384: pem(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
  EdDSA: pem(generateKeyPairSync('ed25519')),
}
const taken = new Set<unknown>()

/** Whether a request has an assertion that its client signed, as RFC 7523 has it, and that was not taken before. */
function isSigned(asked: Record<string, string>, alg: string, publicKey: string): boolean {
  const [head = '', claims = '', signature = ''] = (asked['client_assertion'] ?? '').split('.')
  const hash = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384' }[alg] ?? null
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  if (!verify(hash, Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'))) return false
  const { iss, sub, aud, exp, iat, jti } = partOf(claims)
  const isNew = !taken.has(jti)
  taken.add(jti)
  return (
    isNew &&
    asked['client_assertion_type'] === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
    asked['client_secret'] === undefined &&
    JSON.stringify(partOf(head)) === JSON.stringify({ alg, typ: 'JWT', kid: 'key-1' }) &&
    [iss, sub, aud].join() === 'me,me,https://tokens.example' &&
    Number(exp) - Number(iat) === 300
  )
}
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
      (response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync(JSON.stringify(GIVEN))),
    ],
    [
      'that compresses, with a mark before',
      (response) =>
        response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(`\uFEFF${JSON.stringify(GIVEN)}`)),
    ],
    [
      'that takes its time',
      (response) => {
        response.writeHead(200).write(' ')
        setTimeout(() => response.end(JSON.stringify(GIVEN)), 300)
      },
    ],
    [
      'that has enough for a moment',
      (response, _, number) => (number === 1 ? json(response, {}, 429, { 'retry-after': '7' }) : json(response, GIVEN)),
    ],
    ['that is down for a moment', (response, _, number) => json(response, GIVEN, number === 1 ? 503 : 200)],
    ...[307, 308].map((status): [string, Answer] => [
      `that moved (${status})`,
      (response, asked) =>
        asked.url.startsWith('/token')
          ? response.writeHead(status, { location: '/v2/access' }).end()
          : json(
              response,
              GIVEN,
              asked.url === '/v2/access' &&
                form(asked)['grant_type'] === 'client_credentials' &&
                asked.headers.authorization !== undefined
                ? 200
                : 400,
            ),
    ]),
    ...Object.entries(KEYS).map(([alg, { privateKey, publicKey }]): [string, Answer, object] => [
      `that wants an assertion signed with ${alg}`,
      (response, asked) => json(response, GIVEN, isSigned(form(asked), alg, publicKey) ? 200 : 401),
      { clientSecret: undefined, privateKey, assertion: { keyId: 'key-1', audience: 'https://tokens.example' } },
    ]),
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
      /the answer of .* contains no access token: <html>Sign in.*"answer"/,
    ],
    ['with nothing', text(''), {}, /contains no access token/],
    [
      'a key that is not known there',
      body({ error: 'invalid_client' }, 401),
      { clientSecret: undefined, privateKey: KEYS.ES256.privateKey },
      /invalid_client; check the client, its private key and the claims of its assertion: "assertion"/,
    ],
    [
      'a redirect to another origin',
      (response) => response.writeHead(307, { location: 'http://127.0.0.1:9/token?a=b' }).end(),
      {},
      /was redirected \(307\) to http:\/\/127\.0\.0\.1:9\/token; Tidemark does not send the credentials there by itself; if that is the right address, write it into the config/,
    ],
    [
      'a redirect that drops what is sent',
      (response) => response.writeHead(302, { location: '/login' }).end(),
      {},
      /was redirected \(302\) to http:\/\/127\.0\.0\.1:\d+\/login; Tidemark/,
    ],
    [
      'a refresh token that was used',
      body({ error: 'invalid_grant' }, 400),
      { type: 'refresh_token', refreshToken: 'refresh-0' },
      /authorize again/,
    ],
    [
      'a password',
      body({ message: 'pass-word-1 is wrong' }, 400),
      { parameters: { password: 'pass-word-1' } },
      /\*\*\* is wrong/,
    ],
  ])('that refuses says why, and what can be done: %s', async (name, answer, more, message) => {
    const error = await errorOf((await world(answer, more)).http.get('/x'))
    expect(error).toMatchObject({ remedy: 'fix-config', code: name.includes('redirect') ? 'redirect' : 'unauthorized' })
    expect(error.message).toMatch(message)
    expect(error.message.length).toBeLessThan(700)
  })
})

it('a wait that a token server asks for is kept', async () => {
  const { http, clock, given } = await world((response, _, number) =>
    number === 1 ? json(response, {}, 429, { 'retry-after': '7' }) : json(response, GIVEN),
  )
  await http.get('/x')
  expect(given.asked).toHaveLength(2)
  expect(clock.waits.filter((ms) => ms >= 7000 && ms < 8000)).toHaveLength(1)
})

it('a key that is not one, or of a kind that no server takes, is an error of the config without the key', async () => {
  const odd = pem(generateKeyPairSync('ed448')).privateKey
  const broken = KEYS.RS256.privateKey.slice(0, 200)
  for (const [privateKey, message] of [
    [broken, /is not an unencrypted key in PEM/],
    [odd, /is a ed448 key/],
  ] as const) {
    const { http } = await world(body(GIVEN), { clientSecret: undefined, privateKey })
    const error = await errorOf(http.get('/x'))
    expect(error).toMatchObject({ remedy: 'fix-config', message: expect.stringMatching(message) })
    expect(error.message).not.toContain(privateKey.slice(40, 80))
  }
})

it('a refresh token that no answer replaces is sent again', async () => {
  const refresh = { type: 'refresh_token', clientSecret: undefined, refreshToken: 'refresh-0' }
  const { given, http, clock } = await world(body({ access_token: 'access-1', expires_in: 100 }), refresh)
  for (let time = 0; time < 3; time++) {
    await http.get('/x')
    await clock.sleep(200_000, undefined)
  }
  expect(given.asked.map((asked) => form(asked)['refresh_token'])).toEqual(['refresh-0', 'refresh-0', 'refresh-0'])
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
    // Another one in the config begins again.
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
    expect(warned).toEqual([expect.stringContaining('could not be stored: no room for ***')])
  })
})
