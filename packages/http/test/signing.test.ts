import { createHash, createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Authorization } from '../src/authorization.ts'
import { HttpClient } from '../src/http-client.ts'
import type { JwtAlgorithm } from '../src/jwt.ts'
import { type Asked, errorOf, json, serve } from './unruly-server.ts'

const pem = (pair: { privateKey: { export(options: object): unknown } }): string =>
  String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
const RSA = pem(generateKeyPairSync('rsa', { modulusLength: 2048 }))
const EC = (namedCurve: string): string => pem(generateKeyPairSync('ec', { namedCurve }))
const KEYS: Record<string, string> = {
  RS256: RSA,
  PS384: RSA,
  ES256: EC('P-256'),
  ES512: EC('P-521'),
  EdDSA: pem(generateKeyPairSync('ed25519')),
}

/** An API that keeps what it was asked, and a client of it. */
async function open(authorization: Authorization, answer: (asked: Asked) => number = () => 200) {
  const asked: Asked[] = []
  const api = await serve((response, request) => {
    asked.push(request)
    const status = answer(request)
    json(response, status === 200 ? [1] : { echo: request.headers, url: request.url }, status)
  })
  const client = new HttpClient({ baseUrl: `${api.url}/v1`, authorization, retry: { attempts: 1 } })
  return { client, asked, api }
}

describe('a JWT that the client signs', () => {
  const parts = (header: unknown) => {
    const [scheme, token = ''] = String(header).split(' ')
    const [head = '', claims = '', signature = ''] = token.split('.')
    const of = (text: string): Record<string, unknown> => JSON.parse(Buffer.from(text, 'base64url').toString())
    return { scheme, head: of(head), claims: of(claims), content: `${head}.${claims}`, signature }
  }

  it.each(Object.entries(KEYS))('by %s is one that its public key verifies', async (algorithm, key) => {
    const jwt = { type: 'jwt', algorithm: algorithm as JwtAlgorithm, key, keyId: 'k1', issuer: 'me' } as const
    const { client, asked } = await open(jwt)
    await client.get('/rows')
    const { head, claims, content, signature } = parts(asked[0]!.headers.authorization)
    expect(head).toEqual({ alg: algorithm, typ: 'JWT', kid: 'k1' })
    expect(claims).toMatchObject({ iss: 'me', exp: Number(claims['iat']) + 300 })
    const hash = algorithm === 'EdDSA' ? null : `sha${algorithm.slice(2)}`
    const pss = algorithm.startsWith('PS') ? { padding: 6, saltLength: -1 } : {}
    const options = { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' as const, ...pss }
    expect(verify(hash, Buffer.from(content), options, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('by a secret is one for several requests, with the claims of the config', async () => {
    const key = Buffer.from('a secret of bytes')
    const jwt: Authorization = {
      type: 'jwt',
      algorithm: 'HS512',
      key: key.toString('base64'),
      keyEncoding: 'base64',
      subject: 'x',
      audience: 'api',
      claims: { role: 'reader', sub: 'other' },
      header: 'X-Token',
      scheme: '',
    }
    const { client, asked } = await open(jwt)
    await client.get('/rows')
    await client.get('/rows')
    const token = String(asked[0]!.headers['x-token'])
    expect(asked[1]!.headers['x-token']).toBe(token)
    const { claims, content, signature } = parts(`Bearer ${token}`)
    expect(claims).toMatchObject({ sub: 'other', aud: 'api', role: 'reader' })
    expect(createHmac('sha512', key).update(content).digest('base64url')).toBe(signature)
  })

  it('is signed anew where it is refused, once', async () => {
    const { client, asked } = await open({ type: 'jwt', algorithm: 'HS256', key: 'secret of mine' }, () => 401)
    expect(await errorOf(client.get('/rows'))).toMatchObject({ code: 'unauthorized' })
    expect(new Set(asked.map(({ headers }) => headers.authorization)).size).toBe(2)
  })

  it.each<[string, Authorization, string]>([
    ['of another kind', { type: 'jwt', algorithm: 'ES256', key: RSA }, 'is a rsa key, and ES256 needs another one'],
    ['of another curve', { type: 'jwt', algorithm: 'ES512', key: EC('P-256') }, 'is a prime256v1 key, and ES512'],
    ['that is none', { type: 'jwt', algorithm: 'RS256', key: 'hush-hush' }, 'is not an unencrypted key in PEM'],
  ])('with a key %s is an error of the config without the key', async (_, authorization, message) => {
    const error = await errorOf((await open(authorization)).client.get('/rows'))
    expect(error).toMatchObject({ remedy: 'fix-config', message: expect.stringContaining(message) })
    expect(JSON.stringify([error.message, String(error.cause)])).not.toMatch(/hush-hush|BEGIN PRIVATE KEY-----\w/)
  })
})

it('an assertion that a token is issued for says what the config says, and sends no name of a client beside it', async () => {
  const key = KEYS['RS256']!
  const forms: URLSearchParams[] = []
  const tokens = await serve((response, { body }) => {
    forms.push(new URLSearchParams(body))
    json(response, { access_token: 'given', expires_in: 3600 })
  })
  const { client, asked } = await open({
    type: 'client_credentials',
    tokenUrl: tokens.url,
    clientId: 'robot@example.com',
    privateKey: key,
    assertion: { grant: true, keyId: 'k1', claims: { scope: 'read' } },
  })
  await client.get('/rows')
  expect(asked[0]!.headers.authorization).toBe('Bearer given')
  const form = Object.fromEntries(forms[0]!)
  expect(Object.keys(form).sort()).toEqual(['assertion', 'grant_type'])
  expect(form['grant_type']).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  const [head = '', claims = '', signature = ''] = form['assertion']!.split('.')
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString())
  expect(said).toMatchObject({ iss: 'robot@example.com', aud: tokens.url, scope: 'read' })
  expect(said).not.toHaveProperty('sub')
  const content = Buffer.from(`${head}.${claims}`)
  expect(verify('sha256', content, createPublicKey(key), Buffer.from(signature, 'base64url'))).toBe(true)
})

describe('a request that is signed with a key', () => {
  const KEY = 'the-key-of-the-test'
  const signed = (text: string, algorithm = 'sha256'): Buffer => createHmac(algorithm, KEY).update(text).digest()

  it('carries the signature of the query that is sent, in the query', async () => {
    const { client, asked } = await open({
      type: 'hmac',
      key: KEY,
      message: '{query}',
      parameter: 'signature',
      params: { timestamp: '{timestamp_ms}' },
    })
    await client.get('/rows', { query: { symbol: 'a b', limit: 5 } })
    const [, query = ''] = asked[0]!.url.split('?')
    const [sent, signature] = query.split('&signature=')
    expect(sent).toMatch(/^symbol=a\+b&limit=5&timestamp=\d{13}$/)
    expect(signature).toBe(signed(sent!).toString('hex'))
  })

  it('carries the signature of its body, its target and its time, in a header', async () => {
    const { client, asked } = await open({
      type: 'hmac',
      key: Buffer.from(KEY).toString('base64'),
      keyEncoding: 'base64',
      algorithm: 'sha512',
      encoding: 'base64',
      message: '{timestamp}{method}{target}{body}{body_hash}',
      header: 'X-Sign',
      value: 'v1 {signature}',
      headers: { 'X-Time': '{timestamp}' },
    })
    await client.request({ path: '/find', method: 'POST', body: { a: 'ü' }, query: { b: 1 }, idempotent: true })
    const { headers, url, body } = asked[0]!
    const hash = createHash('sha512').update(body).digest('base64')
    const text = `${String(headers['x-time'])}POST${url}${body}${hash}`
    expect(headers['x-sign']).toBe(`v1 ${signed(text, 'sha512').toString('base64')}`)
  })

  it('is signed again each time that it is sent', async () => {
    let answers = 0
    const { client, asked } = await open(
      { type: 'hmac', key: KEY, message: '{nonce}{sorted_query}', header: 'x-sign', headers: { 'x-nonce': '{nonce}' } },
      () => (++answers === 1 ? 307 : 200),
    )
    await client.get('/rows', { query: { z: 1, a: 2 } }).catch(() => {})
    await client.get('/rows', { query: { z: 1, a: 2 } })
    const nonces = asked.map(({ headers }) => String(headers['x-nonce']))
    expect(new Set(nonces).size).toBe(2)
    expect(asked[1]!.headers['x-sign']).toBe(signed(`${nonces[1]}a=2&z=1`).toString('hex'))
  })

  it('is not signed for another host', async () => {
    const other: Asked[] = []
    const away = await serve((response, request) => {
      other.push(request)
      json(response, [])
    })
    const api = await serve((response) => response.writeHead(302, { location: `${away.url}/x` }).end())
    const authorization = { type: 'hmac', key: KEY, message: '{url}', header: 'x-sign', parameter: 'sign' } as const
    const client = new HttpClient({ baseUrl: api.url, authorization, allow: ['127.0.0.1'] })
    await client.get('/rows')
    expect(other).toHaveLength(1)
    expect(other[0]!.headers['x-sign']).toBeUndefined()
    expect(other[0]!.url).toBe('/x')
  })

  it('tells no error the key, nor what it was made of', async () => {
    const authorization = {
      type: 'hmac',
      key: KEY,
      message: '{url}',
      header: 'x-sign',
      headers: { 'x-k': KEY },
    } as const
    const error = await errorOf((await open(authorization, () => 400)).client.get('/rows'))
    expect(error.message).not.toContain(KEY)
  })
})
