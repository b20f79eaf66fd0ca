import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { accessOf, basePathOf } from '../../src/dashboard/access/access-options.ts'
import { Attempts } from '../../src/dashboard/access/attempts.ts'
import { nextOf } from '../../src/dashboard/access/login-routes.ts'
import { PasswordFile, userLine } from '../../src/dashboard/access/password-file.ts'
import { proxyTrust } from '../../src/dashboard/access/proxy-trust.ts'
import { Sessions } from '../../src/dashboard/access/sessions.ts'
import { createApp } from '../../src/dashboard/app.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tidemark-access-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const HOST = 'tidemark.example.com'
const page = new URL('../../dist/page/', import.meta.url)

/** The routes of a dashboard with actions, behind a login by a password file. */
async function dashboard(basePath = '') {
  const file = join(folder(), 'users')
  const lines = [
    await userLine({ name: 'ada', role: 'actor' }, 'ada-knows-it'),
    await userLine({ name: 'ben', role: 'reader' }, 'ben-knows-it'),
  ]
  writeFileSync(file, lines.join('\n'))
  const access = accessOf({ host: '0.0.0.0', passwordFile: file, allowedHosts: HOST }, undefined, 'own')
  const started: unknown[] = []
  const runs = { current: () => null, start: (one: unknown) => started.push(one) > 0, stop() {}, close: async () => {} }
  const unused = {} as never
  const app = createApp({
    ...{ reader: unused, snapshots: unused, counts: unused, feed: unused, overview: unused, command: unused },
    ...{ redact: (text) => text, access, basePath, pageFolder: page, actions: runs },
  })
  const ask = (path: string, init: RequestInit = {}) =>
    app.request(`http://${HOST}${path}`, { ...init, headers: { host: HOST, ...init.headers } })
  const login = async (name: string, password: string, next = '') => {
    const body = new URLSearchParams({ name, password, next })
    const response = await ask(`${basePath}/login`, { method: 'POST', body, headers: { origin: `http://${HOST}` } })
    return { response, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' }
  }
  return { app, ask, login, started, file, lines }
}

describe('whoever has not logged in', () => {
  it('sees no data, is sent to the form, and comes back to where it was', async () => {
    const { ask, login } = await dashboard()
    expect((await ask('/api/overview')).status).toBe(401)
    const page = await ask('/table?name=shop_orders')
    expect([page.status, page.headers.get('location')]).toEqual([303, '/login?next=%2Ftable%3Fname%3Dshop_orders'])
    expect((await ask('/login')).status).toBe(200)
    const { response } = await login('ben', 'ben-knows-it', '/table?name=shop_orders')
    expect([response.status, response.headers.get('location')]).toEqual([303, '/table?name=shop_orders'])
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax$/)
  })

  it('is refused with a wrong password and a wrong name alike, and waits after ten of them', async () => {
    const { login } = await dashboard()
    const texts = new Set<string>()
    for (const [name, password] of [
      ['ben', 'wrong'],
      ['nobody', 'wrong'],
      ['', ''],
    ] as const) {
      const { response, cookie } = await login(name, password)
      expect([response.status, cookie]).toEqual([401, ''])
      texts.add(await response.text())
    }
    expect(texts.size).toBe(1)
    for (let more = 0; more < 7; more++) await login('ben', 'wrong')
    expect((await login('ben', 'ben-knows-it')).response.status).toBe(429)
  })

  it('gets an answer for a health check under any host, which tells nothing', async () => {
    const { ask } = await dashboard()
    const health = await ask('/healthz', { headers: { host: '10.0.0.7:4848' } })
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }])
    expect((await ask('/', { headers: { host: '10.0.0.7:4848' } })).status).toBe(403)
  })
})

describe('roles', () => {
  it('a reader gets 403 for every request that acts, on all routes', async () => {
    const { app, ask, login, started } = await dashboard()
    const { cookie } = await login('ben', 'ben-knows-it')
    const acting = app.routes.filter(
      ({ method, path }) => !['GET', 'ALL'].includes(method) && !/^\/log(in|out)$/.test(path),
    )
    expect(acting.map(({ path }) => path)).toContain('/api/actions/start')
    for (const { method, path } of acting) {
      const headers = { cookie, origin: `http://${HOST}`, 'x-tidemark-token': 'own' }
      expect((await ask(path, { method, headers, body: '{"verb":"sync"}' })).status, path).toBe(403)
    }
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST'])
      expect((await ask('/api/overview', { method, headers: { cookie, origin: `http://${HOST}` } })).status).toBe(403)
    expect(started).toEqual([])
    expect(await (await ask('/api/session', { headers: { cookie } })).json()).toEqual({
      ...{ name: 'ben', role: 'reader', proof: null, can_log_out: true },
    })
  })

  it('an actor acts, from the page only, with the proof that the page was told', async () => {
    const { ask, login, started } = await dashboard()
    const { cookie } = await login('ada', 'ada-knows-it')
    const { proof } = (await (await ask('/api/session', { headers: { cookie } })).json()) as { proof: string }
    const act = async (headers: Record<string, string>) =>
      (await ask('/api/actions/start', { method: 'POST', headers: { cookie, ...headers }, body: '{"verb":"sync"}' }))
        .status
    const origin = `http://${HOST}`
    expect(await act({ 'x-tidemark-token': proof })).toBe(403)
    expect(await act({ origin: 'http://evil.example', 'x-tidemark-token': proof })).toBe(403)
    expect(await act({ origin })).toBe(401)
    expect(await act({ origin, 'x-tidemark-token': 'own' })).toBe(401)
    const other = await login('ada', 'ada-knows-it')
    const { proof: others } = (await (await ask('/api/session', { headers: { cookie: other.cookie } })).json()) as {
      proof: string
    }
    expect(await act({ origin, 'x-tidemark-token': others })).toBe(401)
    expect(started).toEqual([])
    expect(await act({ origin, 'x-tidemark-token': proof })).toBe(200)
    expect(started).toEqual([{ verb: 'sync' }])
  })

  it('change with the file, without a restart, and a session ends with its user', async () => {
    const { ask, login, file, lines } = await dashboard()
    const { cookie } = await login('ada', 'ada-knows-it')
    const role = async (): Promise<unknown> => {
      const response = await ask('/api/session', { headers: { cookie } })
      return response.status === 200 ? ((await response.json()) as { role: string }).role : response.status
    }
    expect(await role()).toBe('actor')
    writeFileSync(file, `${lines[0]!.replace(':actor:', ':reader:')}\n# nobody else\n`)
    expect(await role()).toBe('reader')
    writeFileSync(file, lines[1]!)
    expect(await role()).toBe(401)
  })

  it('log out ends the session, not only its cookie', async () => {
    const { ask, login } = await dashboard('/sync')
    const { cookie, response } = await login('ben', 'ben-knows-it')
    expect(response.headers.get('set-cookie')).toContain('Path=/sync;')
    expect((await ask('/sync/api/session', { headers: { cookie } })).status).toBe(200)
    const out = await ask('/sync/logout', { method: 'POST', headers: { cookie, origin: `http://${HOST}` } })
    expect([out.status, out.headers.get('location')]).toEqual([303, '/sync/login'])
    expect((await ask('/sync/api/session', { headers: { cookie } })).status).toBe(401)
  })
})

it('under a base path the page names its files below it, and a proxy may take the path away', async () => {
  const { ask, login } = await dashboard('/data/sync')
  const { cookie } = await login('ben', 'ben-knows-it')
  for (const path of ['/data/sync', '/data/sync/', '/']) {
    const html = await (await ask(path, { headers: { cookie } })).text()
    expect(html).toContain('<meta name="base-path" content="/data/sync">')
    expect(html).not.toMatch(/(?:href|src)="\/(?!data\/sync\/)/)
  }
  expect((await ask('/data/sync/app.js')).status).toBe(200)
  expect((await ask('/data/synchrotron', { headers: { cookie } })).status).toBe(404)
})

describe('options', () => {
  const wrong = (flags: object, shared?: string) => () =>
    accessOf({ host: '127.0.0.1', ...flags } as Parameters<typeof accessOf>[0], shared, undefined)

  it('that leave the dashboard open, or contradict each other, are refused with the way out', () => {
    expect(wrong({ host: '0.0.0.0' })).toThrow('--password-file')
    expect(wrong({ trustProxy: 'loopback' })).toThrow('add a login')
    expect(wrong({ allowedHosts: HOST })).toThrow('add a login')
    expect(wrong({ host: '0.0.0.0' }, 'x'.repeat(16))).toThrow('--allowed-hosts')
    expect(wrong({}, 'short')).toThrow('openssl rand')
    expect(wrong({ userHeader: 'X-User' })).toThrow('--trust-proxy')
    expect(wrong({ userHeader: 'X-User', trustProxy: '10.0.0.300' })).toThrow('is not an address')
    expect(wrong({ userHeader: 'X-User', trustProxy: 'loopback', passwordFile: 'x' })).toThrow('exclude each other')
    expect(wrong({ actors: 'ada' })).toThrow('--user-header')
    expect(wrong({ passwordFile: '/none' })).toThrow('--add-user')
    expect(wrong({ allowedHosts: 'http://x' }, 'x'.repeat(16))).toThrow('without a port')
    expect(() => basePathOf('a b')).toThrow('/tidemark')
    expect([basePathOf(undefined), basePathOf('/'), basePathOf('/a/b/')]).toEqual(['', '', '/a/b'])
  })
})

it('a file of users is refused where a line is not one, and holds no password', async () => {
  const file = join(folder(), 'users')
  const line = await userLine({ name: 'ada', role: 'actor' }, 'ada-knows-it')
  expect(line).not.toContain('ada-knows-it')
  for (const text of [
    'ada:ada-knows-it',
    line.replace('actor', 'root'),
    line.slice(0, -3),
    line.replace(':32768:', ':9999999:'),
  ]) {
    writeFileSync(file, text)
    expect(() => new PasswordFile(file), text).toThrow(`${file}:1 is not the line of a user`)
  }
  expect(statSync(file).isFile()).toBe(true)
})

it('a proxy is trusted by its address, also where a socket takes both kinds', () => {
  const trust = proxyTrust('loopback, 10.1.0.0/16, fd00::/8')
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.2.3', '::ffff:10.1.0.9', 'fd00::5'])
    expect(trust(address), address).toBe(true)
  for (const address of ['10.2.0.1', '::ffff:8.8.8.8', 'fe80::1', '', undefined]) expect(trust(address)).toBe(false)
})

it('a session ends after twelve hours without a request, and the oldest where there are too many', () => {
  let now = 0
  const sessions = new Sessions(() => now)
  const [first, second] = [sessions.begin('ada'), sessions.begin('ben')]
  now = 11 * 3_600_000
  expect(sessions.nameOf(first)).toBe('ada')
  now = 13 * 3_600_000
  expect([sessions.nameOf(first), sessions.nameOf(second)]).toEqual(['ada', undefined])
  for (let more = 0; more < 1000; more++) sessions.begin('eve')
  expect(sessions.nameOf(first)).toBe(undefined)
})

it('an address may try again after a minute, and others meanwhile', async () => {
  let now = 0
  const attempts = new Attempts(() => now)
  const wrong = async () => undefined
  for (let more = 0; more < 10; more++) expect(await attempts.check('a', wrong)).toEqual({ user: undefined })
  expect(await attempts.check('a', async () => 'ada')).toBe(undefined)
  expect(await attempts.check('b', async () => 'ada')).toEqual({ user: 'ada' })
  now = 61_000
  expect(await attempts.check('a', async () => 'ada')).toEqual({ user: 'ada' })
})

it('a link to log in leads to no other site', () => {
  for (const evil of ['//evil.example', '/\\evil.example', 'https://evil.example', '/a\\b', '', undefined])
    expect(nextOf(evil), String(evil)).toBe('/')
  expect(nextOf('/run?id=1#x')).toBe('/run?id=1#x')
})
