import { createServer as createTlsServer } from 'node:https'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { SyncError } from '@tidemark/core'
import { generate } from 'selfsigned'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { pages } from '../src/pages.ts'
import { byNextUrl } from '../src/paging.ts'
import { createRedactor } from '../src/redactor.ts'
import { client, collect, errorOf, json, serve } from './unruly-server.ts'

const SECRET = 'pa/ss+w"ord é&=1234'

describe('the authorization', () => {
  it.each([
    [{ type: 'bearer', token: 'tok-123' } as const, { authorization: 'Bearer tok-123' }, '/v1/x?a=1'],
    [
      { type: 'basic', username: 'me', password: 'secret' } as const,
      { authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` },
      '/v1/x?a=1',
    ],
    [{ type: 'header', name: 'X-Api-Key', value: 'key-123' } as const, { 'x-api-key': 'key-123' }, '/v1/x?a=1'],
    [{ type: 'query', name: 'api_key', value: 'k&=1' } as const, {}, '/v1/x?a=1&api_key=k%26%3D1'],
  ])('%o is sent', async (authorization, headers, url) => {
    const api = await serve((response) => json(response, {}))
    await client(`${api.url}/v1/`, { authorization }).get('/x', { query: { a: 1 } })
    expect(api.asked[0]).toMatchObject({ url, headers })
  })

  it('may be several together', async () => {
    const api = await serve((response) => json(response, {}))
    const authorization = [
      { type: 'header', name: 'a', value: 'one-1' },
      { type: 'query', name: 'b', value: 'two-2' },
    ] as const
    await client(api.url, { authorization }).get('x')
    expect(api.asked[0]).toMatchObject({ url: '/x?b=two-2', headers: { a: 'one-1' } })
  })
})

describe('a redirect', () => {
  const authorization = [
    { type: 'bearer', token: 'tok-123' },
    { type: 'query', name: 'key', value: 'key-123' },
  ] as const
  const headers = { 'x-tenant': 'mine' }

  it('within the API keeps the authorization', async () => {
    const api = await serve((response, asked) =>
      asked.url.startsWith('/a') ? json(response, {}, 302, { location: '/b?c=1' }) : json(response, 'true'),
    )
    expect((await client(api.url, { authorization, headers }).get('/a')).url).toBe(`${api.url}/b?c=1`)
    expect(api.asked[1]).toMatchObject({
      url: '/b?c=1&key=key-123',
      headers: { authorization: 'Bearer tok-123', 'x-tenant': 'mine' },
    })
  })

  it.each([301, 302, 303, 307, 308])('to another host (%i) drops everything that says who asks', async (status) => {
    const other = await serve((response) => json(response, 'true'))
    const api = await serve((response) =>
      json(response, {}, status, { location: `${other.url}/file?key=key-123&sig=1` }),
    )
    // Two ports of one machine are two hosts. The other one was not named by the user, so it must be allowed.
    expect((await client(api.url, { authorization, headers, allow: ['127.0.0.1'] }).get('/a')).body).toBe(true)
    const sent = JSON.stringify([other.asked[0]!.url, other.asked[0]!.headers])
    expect(sent).not.toMatch(/tok-123|key-123|tenant/)
    expect(other.asked[0]!.url).toBe('/file?sig=1')
  })

  it('to a host that belongs to the API keeps it', async () => {
    const other = await serve((response) => json(response, 'true'))
    const api = await serve((response) => json(response, {}, 302, { location: `${other.url}/b` }))
    await client(api.url, { authorization, hosts: [other.host] }).get('/a')
    expect(other.asked[0]!.headers.authorization).toBe('Bearer tok-123')
  })

  it('without end, or to no URL, is an error', async () => {
    const round = await serve((response) => json(response, {}, 302, { location: '/again' }))
    expect(await errorOf(client(round.url).get('/a'))).toMatchObject({ remedy: 'fix-source', code: 'redirect' })
    expect(round.asked).toHaveLength(11)
    const nowhere = await serve((response) => json(response, {}, 302, { location: 'http://[' }))
    expect(await errorOf(client(nowhere.url).get('/a'))).toMatchObject({ remedy: 'fix-source', code: 'redirect' })
    const file = await serve((response) => json(response, {}, 302, { location: 'file:///etc/passwd' }))
    expect(await errorOf(client(file.url).get('/a'))).toMatchObject({ remedy: 'fix-config' })
  })

  it('of a POST keeps its method and body only where it must, and never takes them to another host', async () => {
    const api = await serve((response, asked) =>
      asked.url === '/303' || asked.url === '/307'
        ? json(response, {}, Number(asked.url.slice(1)), { location: '/b' })
        : json(response, 'true'),
    )
    await client(api.url).request({ path: '/303', method: 'POST', body: { n: 1 } })
    await client(api.url).request({ path: '/307', method: 'POST', body: { n: 1 } })
    expect(api.asked.filter((one) => one.url === '/b').map((one) => [one.method, one.body])).toEqual([
      ['GET', ''],
      ['POST', '{"n":1}'],
    ])
    const other = await serve((response) => json(response, 'true'))
    const away = await serve((response) => json(response, {}, 307, { location: other.url }))
    const work = client(away.url, { allow: ['127.0.0.1'] }).request({ path: '/', method: 'POST', body: { n: 1 } })
    expect(await errorOf(work)).toMatchObject({ remedy: 'fix-config', code: 'redirect' })
    expect(other.asked).toHaveLength(0)
  })
})

describe('encryption', () => {
  const certificate = async (days: { notBeforeDate: Date; notAfterDate: Date }) =>
    generate([{ name: 'commonName', value: 'localhost' }], { ...days, keySize: 2048 })
  const today = () => ({ notBeforeDate: new Date(), notAfterDate: new Date(Date.now() + 86_400_000) })
  /** As NODE_EXTRA_CA_CERTS would, for one test. */
  const trust = (cert: string): void => {
    const before = getCACertificates()
    setDefaultCACertificates([...before, cert])
    onTestFinished(() => setDefaultCACertificates(before))
  }
  const overTls = async (certified: { private: string; cert: string }, handler: Parameters<typeof serve>[0]) => {
    const api = await serve(
      handler,
      (listener) => createTlsServer({ key: certified.private, cert: certified.cert }, listener) as never,
    )
    return api.url.replace('http:', 'https:')
  }

  it('with a certificate that has run out, or that nobody vouches for, is refused for good', async () => {
    const old = await certificate({ notBeforeDate: new Date('2020-01-01'), notAfterDate: new Date('2021-01-01') })
    for (const [certified, words] of [
      [old, /expired/],
      [await certificate(today()), /self.signed/],
    ] as const) {
      let asked = 0
      const url = await overTls(certified, (response) => json(response, ++asked))
      if (certified === old) trust(old.cert)
      const error = await errorOf(client(url).get('/x'))
      expect(error).toMatchObject({ remedy: 'fix-config', code: 'certificate' })
      expect(error.message).toMatch(words)
      expect(error.message).toContain("renew or trust the server's certificate")
      expect(asked).toBe(0)
    }
  })

  it('is not given up on the way', async () => {
    const plain = await serve((response) => json(response, {}))
    const http = client('https://api.example.invalid')
    expect(await errorOf(http.get(plain.url))).toMatchObject({ remedy: 'fix-config', code: 'downgrade' })
    expect(plain.asked).toHaveLength(0)
    expect(() =>
      http.following({ path: '/a' }, 'http://api.example.invalid/b', 'https://api.example.invalid/a'),
    ).toThrow(/hosts/)
    expect(() =>
      client('https://api.example.invalid', {
        authorization: { type: 'client_credentials', tokenUrl: plain.url, clientId: 'a', clientSecret: 'b' },
      }),
    ).toThrow(/not encrypted/)
  })

  it('is kept for a next page that is named without, once its host is listed', async () => {
    const certified = await certificate(today())
    trust(certified.cert)
    const url = await overTls(certified, (response, { url, headers }) =>
      json(response, { rows: [{ url }], next: url === '/a' ? `http://${headers.host}/b` : null }),
    )
    const { host } = new URL(url)
    const read = (hosts: readonly string[]) =>
      collect(pages(client(url, { hosts }), { request: { path: '/a' }, rows: 'rows', paging: byNextUrl('next') }))
    const error = await errorOf(read([]))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'paging' })
    expect(error.message).toContain(`without encryption; to request it over https, list "${host}" under "hosts"`)
    expect(await read([host])).toEqual([{ url: '/a' }, { url: '/b' }])
  })

  it.each([301, 302, 303, 307, 308])(
    'is not given up for a redirect to http (%i): it is not followed',
    async (status) => {
      const certified = await certificate(today())
      trust(certified.cert)
      const plain = await serve((response) => json(response, {}))
      const seen: (string | undefined)[] = []
      const url = await overTls(certified, (response, { url, headers }) => {
        seen.push(headers.authorization)
        // To another server; and to this very one, as if it spoke http too.
        const location = url === '/other' ? plain.url : `http://${headers.host}/x`
        json(response, {}, status, { location })
      })
      const http = client(url, {
        authorization: { type: 'bearer', token: 'downgrade-secret' },
        hosts: [plain.host],
        allow: ['127.0.0.1'],
      })
      for (const path of ['/other', '/same']) {
        const error = await errorOf(http.get(path))
        expect(error).toMatchObject({ remedy: 'fix-config', code: 'downgrade' })
        expect(error.message).toMatch(/^GET https:.* without encryption/)
        expect(error.message).not.toContain('downgrade-secret')
      }
      // Over the encrypted connection each was asked, once: what is refused for good is not tried again.
      expect(seen).toEqual(['Bearer downgrade-secret', 'Bearer downgrade-secret'])
      expect(plain.asked).toHaveLength(0)
    },
  )

  it('to a server that speaks none is an error of the URL', async () => {
    const plain = await serve((response) => json(response, {}))
    expect(await errorOf(client(plain.url.replace('http:', 'https:')).get('/x'))).toMatchObject({
      remedy: 'fix-config',
    })
  })
})

describe('a redirect to another port', () => {
  it('of the same private machine is refused, unless that is allowed', async () => {
    const other = await serve((response) => json(response, 'true'))
    const api = await serve((response) => json(response, {}, 302, { location: `${other.url}/admin` }))
    const error = await errorOf(client(api.url).get('/a'))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'address-refused' })
    expect(error.message).toContain(other.host)
    expect(other.asked).toEqual([])
    expect((await client(api.url, { allow: ['127.0.0.1'] }).get('/a')).body).toBe(true)
    expect((await client(api.url, { hosts: [other.host] }).get('/a')).body).toBe(true)
  })

  it('of a name that leads to a private address is refused too', async () => {
    const other = await serve((response) => json(response, 'true'))
    const api = await serve((response) =>
      json(response, {}, 302, { location: other.url.replace('127.0.0.1', 'localhost') }),
    )
    const base = api.url.replace('127.0.0.1', 'localhost')
    expect(await errorOf(client(base).get('/a'))).toMatchObject({ code: 'address-refused' })
    expect((await client(base, { allow: ['localhost'] }).get('/a')).body).toBe(true)
  })
})

describe('a proxy', () => {
  const through = async (status: number, url: string): Promise<SyncError> => {
    const proxy = await serve((response) => response.writeHead(status).end('<html>proxy</html>'))
    proxy.server.on('connect', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`))
    vi.stubEnv('HTTPS_PROXY', `http://me:proxy-secret@${proxy.host}`)
    vi.stubEnv('HTTP_PROXY', `http://me:proxy-secret@${proxy.host}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    return errorOf(client(url, { retry: { attempts: 1 } }).get('/x'))
  }

  it.each(['https://api.example.com', 'http://api.example.com'])(
    'that wants a password is told apart: %s',
    async (url) => {
      const error = await through(407, url)
      expect(error).toMatchObject({ remedy: 'fix-config', code: 'proxy' })
      expect(error.message).toContain('write them into HTTPS_PROXY')
      expect(error.message).not.toMatch(/authorization|proxy-secret/)
    },
  )

  it.each([
    [403, 'fix-config'],
    [502, 'retry'],
  ])('that answers %i does not let it through', async (status, remedy) => {
    expect(await through(status, 'https://api.example.com')).toMatchObject({ remedy, code: 'proxy' })
  })

  it('whose URL is none is an error of the environment, without its value', async () => {
    vi.stubEnv('HTTPS_PROXY', 'me:proxy-secret@host:1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const error = await errorOf(Promise.try(() => client('https://api.example.com').get('/x')))
    expect(error).toMatchObject({ remedy: 'fix-config', code: 'proxy' })
    expect(error.message).not.toContain('proxy-secret')
  })
})

describe('an address', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://169.254.169.254.:80/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://100.100.100.200/',
  ])('%s tells a machine its credentials, and is never asked', async (url) => {
    expect(await errorOf(client(url).get('/'))).toMatchObject({ remedy: 'fix-config', code: 'address-refused' })
  })

  it.each([
    'http://127.0.0.1',
    'http://localhost',
    'http://10.0.0.1',
    'http://[::1]',
    'http://192.168.1.1',
    'http://0.0.0.0',
  ])('%s is not reached by a redirect', async (target) => {
    const inner = await serve((response) => json(response, {}))
    const port = inner.host.split(':')[1]
    const api = await serve((response) => json(response, {}, 302, { location: `${target}:${port}/` }))
    // The API itself is known under another name of this machine.
    const url = target.includes('localhost') ? api.url : api.url.replace('127.0.0.1', 'localhost')
    const work = client(url).get('/a')
    expect(await errorOf(work)).toMatchObject({ remedy: 'fix-config', code: 'address-refused' })
    expect(inner.asked).toHaveLength(0)
  })

  it('is reached where the user names it, or allows it', async () => {
    const api = await serve((response) => json(response, 'true'))
    expect((await client(api.url).get('/a')).body).toBe(true)
    const error = await errorOf(
      client('http://169.254.169.254:9', { allow: ['169.254.169.254'], idleMs: 300 }).get('/'),
    )
    expect(error.code).not.toBe('address-refused')
  })
})

describe('a secret', () => {
  const forms = [
    SECRET,
    encodeURIComponent(SECRET),
    new URLSearchParams([['', SECRET]]).toString().slice(1),
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(`user:${SECRET}`).toString('base64'),
    Buffer.from(`x${SECRET}y`).toString('base64url'),
    JSON.stringify(SECRET).slice(1, -1),
  ]

  it('stands in no error and no log, whatever the server sends back and however it fails', async () => {
    const said: string[] = []
    const say = (message: string, fields?: object) => void said.push(message, JSON.stringify(fields))
    const log = { debug: say, info: say, warn: say }
    const authorization = [
      { type: 'query', name: 'key', value: SECRET },
      { type: 'header', name: 'x-key', value: 'header-secret-1' },
      { type: 'basic', username: 'user', password: 'basic-secret-1' },
    ] as const
    const answers: ((response: Parameters<Parameters<typeof serve>[0]>[0], url: string) => unknown)[] = [
      (response, url) => json(response, { url, forms, also: ['header-secret-1', 'basic-secret-1'] }, 400),
      (response) => json(response, { forms }, 401),
      (response) => json(response, { forms }, 429, { 'retry-after': '1' }),
      (response) => json(response, { forms }, 500),
      (response) => json(response, `<html>${forms.join(' ')}`),
      (response) => json(response, `nonsense ${forms.join(' ')}`),
      (response) => json(response, `{"a":"${'basic-secret-1'}`),
      (response) => json(response, {}, 302, { location: `ftp://${encodeURIComponent(SECRET)}/` }),
      (response) => response.socket?.destroy(),
      ...Array.from(
        { length: 40 },
        (_, at) => (response: Parameters<Parameters<typeof serve>[0]>[0]) =>
          json(response, `x${'-'.repeat(160 + at)}header-secret-1 basic-secret-1`, 400),
      ),
    ]
    let answer = answers[0]!
    const api = await serve((response, asked) => answer(response, asked.url))
    for (const one of answers) {
      answer = one
      const error = await errorOf(client(api.url, { authorization, log }).get('/x'))
      const shown = [
        error.message,
        error.stack,
        String(error.cause),
        (error.cause as Error | undefined)?.stack,
        ...said,
      ].join('\n')
      for (const form of [...forms, 'header-secret', 'basic-secret', 'secret-1']) expect(shown).not.toContain(form)
    }
    expect(said.length).toBeGreaterThan(0)
  })

  it('is taken out longest first, whatever its letters mean to a pattern', () => {
    const { redact } = createRedactor(['abcdefgh', 'abcdefghijkl', 'a.*b(c', 'xyz'])
    expect(redact('abcdefghijklm abcdefgh a.*b(c xyz aXXbc')).toBe('***m *** *** xyz aXXbc')
  })

  it('that is a short word is taken out where it stands alone', () => {
    const { redact } = createRedactor(['order'])
    expect(redact('GET /orders?key=order: "order"')).toBe('GET /orders?key=***: "***"')
  })

  const TOKEN = 'aB3/dE+fg&hJ<k"lm=9zQ'
  const hex = Buffer.from(TOKEN).toString('hex')
  it.each<[string, string]>([
    ['a slash that is escaped', TOKEN.replaceAll('/', '\\/')],
    ['as JSON escapes it', JSON.stringify(TOKEN).replaceAll('+', '\\u002B').replaceAll('&', '\\u0026')],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ token: TOKEN }))],
    ['in HTML', TOKEN.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
    ['in HTML by numbers', TOKEN.replaceAll('&', '&#38;').replaceAll('<', '&#x3C;').replaceAll('"', '&#34;')],
    ['in a URL', encodeURIComponent(TOKEN)],
    ['in a URL within a URL', encodeURIComponent(encodeURIComponent(TOKEN))],
    ['in a form', new URLSearchParams([['token', TOKEN]]).toString()],
    [
      'in HTML within JSON',
      JSON.stringify({ html: `<b>${TOKEN.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</b>` }),
    ],
    ['as hexadecimal digits', hex],
    ['as capital ones with colons', hex.toUpperCase().match(/../g)!.join(':')],
    ['as numbers', JSON.stringify([...Buffer.from(TOKEN)])],
    ['in base64', Buffer.from(`me:${TOKEN}`).toString('base64')],
    ['in base64 for URLs', Buffer.from(`x${TOKEN}`).toString('base64url')],
    ['wrapped over lines', TOKEN.replace(/(.{7})/g, '$1\r\n ')],
    ['with a backslash at each line', TOKEN.replace(/(.{7})/g, '$1\\n')],
    [
      'in base64 that is wrapped',
      Buffer.from(`me:${TOKEN}`)
        .toString('base64')
        .replace(/(.{8})/g, '$1\n'),
    ],
  ])('is taken out of what an API echoes: %s', async (_, echoed) => {
    for (const status of [400, 200]) {
      const api = await serve((response) => response.writeHead(status).end(`Denied: ${echoed} is wrong`))
      const http = client(api.url, { authorization: { type: 'bearer', token: TOKEN } })
      const { message } = await errorOf(http.get('/x'))
      expect(message).toMatch(/Denied: .{0,30}\*\*\*.{0,30} is wrong$/)
      expect(message.replaceAll(/[^A-Za-z0-9]/g, '')).not.toMatch(/aB3|lm9zQ|614233|9uZz/i)
    }
  })

  it('is all that an API says short of, whatever it says', async () => {
    const long = 'x'.repeat(100_000)
    const { url } = await serve((response, asked) => {
      if (asked.url === '/page') return json(response, { rows: [1], next: `/${long}` })
      if (asked.url === '/html') return response.writeHead(200, { 'content-type': long.slice(0, 9000) }).end(`<${long}`)
      if (asked.url === '/charset')
        return response.writeHead(200, { 'content-type': `text/a; charset=${long.slice(0, 9000)}` }).end('1')
      return response.writeHead(400).end(long)
    })
    const http = client(url)
    const paging = byNextUrl('next')
    for (const work of [
      ...['/html', '/charset', '/x'].map((path) => http.get(path)),
      collect(pages(http, { request: { path: '/page' }, rows: 'rows', paging })),
    ])
      expect((await errorOf(work)).message.length).toBeLessThan(1500)
  })

  it('in the base URL is refused, and not repeated', () => {
    expect(() => client('https://me:hunter22@api.example.com')).toThrow(expect.not.stringContaining('hunter22'))
    expect(() => client('https://me:hunter22@api.example.com')).toThrow(/authorization/)
    expect(() => client('api.example.com')).toThrow(/base URL/)
  })

  it('with the end of a line cannot be sent', async () => {
    const api = await serve((response) => json(response, {}))
    const error = await errorOf(
      client(api.url, { authorization: { type: 'bearer', token: 'tok-1\r\nx: y' } }).get('/x'),
    )
    expect(error).toMatchObject({ remedy: 'fix-config' })
    expect(error.message).not.toContain('tok-1')
    expect(api.asked).toHaveLength(0)
  })
})
