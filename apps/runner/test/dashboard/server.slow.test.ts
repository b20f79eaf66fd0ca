import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ConfigAnswer } from '../../src/dashboard/list-answers.ts'
import { dailySource, type TestProject, testProject } from '../test-project.ts'
import { rawRequest } from './raw-request.ts'
import { startUi } from './start-ui.ts'

async function synced(): Promise<TestProject> {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  expect((await project.run(['sync'])).code).toBe(0)
  return project
}

const database = (project: TestProject): string => join(project.folder, 'data/tidemark.db')
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

describe('the dashboard answers', () => {
  it('only to a name of this machine and to its own page', async () => {
    const { port } = await startUi(await synced())
    const status = async (headers: Record<string, string>, path = '/api/overview'): Promise<number> =>
      (await rawRequest({ port, path, headers })).status

    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'localhost:9999', `[::1]:${port}`])
      expect(await status({ host }), host).toBe(200)
    const evil = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      'localhost.',
      '127.0.0.1@evil.example',
    ]
    for (const host of evil) {
      expect(await status({ host }), host).toBeGreaterThanOrEqual(400)
      expect(await status({ host }, '/'), host).toBeGreaterThanOrEqual(400)
    }
    const host = `127.0.0.1:${port}`
    expect(await status({ host, origin: `http://${host}` })).toBe(200)
    for (const origin of ['http://evil.example', `https://${host}`, `http://localhost:${port}`, 'null'])
      expect(await status({ host, origin }), origin).toBe(403)
    for (const site of ['cross-site', 'same-site']) {
      expect(await status({ host, 'sec-fetch-site': site }), site).toBe(403)
      // A link from elsewhere opens the page.
      expect(await status({ host, 'sec-fetch-site': site }, '/'), site).toBe(200)
    }
  })

  it('with a policy that lets nothing in from elsewhere, no cookie, and no way for another origin', async () => {
    const { port } = await startUi(await synced())
    for (const path of ['/', '/app.js', '/app.css', '/api/overview', '/nothing']) {
      const { headers } = await rawRequest({ port, path, headers: { host: `127.0.0.1:${port}` } })
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toMatch(/unsafe|https?:|\*/)
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      })
      expect(Object.keys(headers).filter((name) => /^(set-cookie|access-control-)/.test(name))).toEqual([])
    }
  })

  it('with the sources that fail, and those that have not answered so far', async () => {
    const project = await synced()
    const raw = new DatabaseSync(database(project))
    const insert =
      raw.prepare(`insert into _tidemark_failing_sources (source, project, failures, failed_at, error, error_code, error_remedy)
      values (?, '', ?, 0, 'it was asked', ?, 'retry')`)
    insert.run('deaf', 0, 'no-answer-yet')
    insert.run('down', 1, 'network')
    raw.close()
    const { port } = await startUi(project)
    const { body } = await rawRequest({ port, path: '/api/overview', headers: { host: `127.0.0.1:${port}` } })
    expect(JSON.parse(body)).toMatchObject({
      failing_sources: [
        { name: 'deaf', is_silent: true },
        { name: 'down', is_silent: false },
      ],
    })
  })

  it('on 127.0.0.1 alone, at the next port where the wanted one is in use', async () => {
    const project = await synced()
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    onTestFinished(() => void taken.close())
    const { port: wanted } = taken.address() as { port: number }
    const ui = await startUi(project, ['--port', String(wanted)])
    expect(ui.port).toBeGreaterThan(wanted)
    await ui.running.says(`Port ${wanted} is in use.`)
    const table = readFileSync(`/proc/${ui.running.child.pid}/net/tcp`, 'utf8')
    const hex = ui.port.toString(16).toUpperCase().padStart(4, '0')
    const listening = table.split('\n').filter((line) => line.includes(`:${hex} 00000000:0000 0A`))
    expect(listening.map((line) => line.trim().split(/\s+/)[1])).toEqual([`0100007F:${hex}`])
  })
})

describe('the dashboard only looks', () => {
  it('at a database that stays as it is, byte by byte', async () => {
    const project = await synced()
    const before = hashOf(database(project))
    const { port, stop } = await startUi(project)
    for (const path of [
      'overview',
      'table?name=daily_days',
      'rows?name=daily_days',
      'runs',
      'run?id=1',
      'rejects?name=daily_days',
    ])
      expect((await rawRequest({ port, path: `/api/${path}` })).status, path).toBe(200)
    await stop()
    expect(hashOf(database(project))).toBe(before)
  })

  it('and refuses every action', async () => {
    const project = await synced()
    const { port, address } = await startUi(project)
    expect(address).not.toContain('token')
    const host = `127.0.0.1:${port}`
    for (const path of ['/api/actions/start', '/api/actions/stop', '/api/overview']) {
      const headers = { host, origin: `http://${host}`, 'content-type': 'application/json', 'x-tidemark-token': '' }
      const { status } = await rawRequest({ port, path, method: 'POST', headers, body: '{"verb":"sync"}' })
      expect(status, path).toBe(403)
    }
  })

  it('is empty before the first sync and makes no database; the first sync fills it', async () => {
    const project = testProject()
    project.install('daily', dailySource('daily'))
    const { origin } = await startUi(project)
    const tables = async (): Promise<number> =>
      ((await (await fetch(`${origin}/api/overview`)).json()) as { totals: { tables: number } }).totals.tables
    expect(await tables()).toBe(0)
    const { document } = (await (await fetch(`${origin}/api/config`)).json()) as ConfigAnswer
    expect(document).toMatchObject({ problem: null, sources: [{ name: 'daily', state: 'configured' }] })
    expect(existsSync(join(project.folder, 'data'))).toBe(false)
    await project.run(['sync'])
    await expect.poll(tables).toBe(1)
  })

  it.each([
    [1, /has version 1, and this Tidemark reads versions? [\d to]+; read it with the Tidemark that wrote it, or run/],
    [99, /is of version 99, .*install the newer Tidemark/],
  ])('at no state of version %s, which it leaves as it is', async (version, said) => {
    const project = await synced()
    const db = new DatabaseSync(database(project))
    db.exec(`update _tidemark_meta set version = ${version}`)
    db.close()
    const { code, stderr } = await project.run(['ui', '--port', '0'])
    expect(code).toBe(6)
    expect(stderr).toMatch(said)
    const again = new DatabaseSync(database(project))
    expect(again.prepare('select version from _tidemark_meta').get()).toEqual({ version })
    again.close()
  })

  it('says what became of a database that went away, and goes on when it is back', async () => {
    const project = await synced()
    const { port } = await startUi(project)
    const ask = () => rawRequest({ port, path: '/api/overview' })
    expect((await ask()).status).toBe(200)
    renameSync(database(project), `${database(project)}.away`)
    const gone = await ask()
    expect(gone.status).toBe(503)
    expect(JSON.parse(gone.body)).toMatchObject({
      error: { code: 'destination-missing', message: /there is no database/ },
    })
    renameSync(`${database(project)}.away`, database(project))
    expect((await ask()).status).toBe(200)
    rmSync(database(project))
    expect((await project.run(['sync'])).code).toBe(0)
    expect(JSON.parse((await ask()).body)).toMatchObject({ totals: { tables: 1 } })
  })
})

describe('with --allow-actions', () => {
  const post = (port: number, headers: Record<string, string>, body: unknown = { verb: 'sync' }) =>
    rawRequest({
      port,
      path: '/api/actions/start',
      method: 'POST',
      headers: { host: `127.0.0.1:${port}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })

  it('an action takes the token and the origin of the page, and is the verb itself', async () => {
    const project = await synced()
    const { port, token = '', running, stop, origin } = await startUi(project, ['--allow-actions'])
    expect(token).toMatch(/^[\w-]{32}$/)
    const own = { origin, 'x-tidemark-token': token }
    expect((await post(port, { origin })).status).toBe(401)
    expect((await post(port, { ...own, 'x-tidemark-token': `${token.slice(0, -1)}_` })).status).toBe(401)
    expect((await post(port, { 'x-tidemark-token': token })).status).toBe(403)
    expect((await post(port, { ...own, origin: 'http://evil.example' })).status).toBe(403)
    expect((await post(port, { ...own, host: 'evil.example' })).status).toBe(403)
    const bad = [{ verb: 'drop' }, { verb: 'resync' }, { verb: 'sync', table: 7 }, 'sync', null]
    for (const body of bad) expect((await post(port, own, body)).status, JSON.stringify(body)).toBe(400)
    const huge = { verb: 'sync', table: 'x'.repeat(100_000) }
    expect((await post(port, own, huge)).status).toBe(413)
    const got = await rawRequest({ port, path: '/api/actions/start', headers: own })
    expect(got.status).toBe(404)

    expect((await post(port, own, { verb: 'resync', table: 'daily_days' })).status).toBe(200)
    // It does not overlap itself.
    expect((await post(port, own)).status).toBe(409)
    const action = await until(async () => {
      const { body } = await rawRequest({ port, path: '/api/action' })
      const { action: now } = JSON.parse(body) as { action: { exit_code: number | null; lines: string[] } }
      return now.exit_code === null ? undefined : now
    })
    expect(action).toMatchObject({ verb: 'resync', table: 'daily_days', exit_code: 0 })
    expect(action.lines.join('\n')).toContain('daily_days')
    await stop()
    const { stdout, stderr } = await running.ended
    expect(stdout.split(token)).toHaveLength(2)
    expect(stderr).not.toContain(token)
  })

  it.runIf(process.platform === 'linux')('--open tells no process the token by its words', async () => {
    const project = await synced()
    const bin = project.write(
      'bin/xdg-open',
      '#!/bin/sh\nprintf "%s\\n" "$@" > "$(dirname "$0")/words"\ncp "$(echo "$1" | cut -c8-)" "$(dirname "$0")/page"\n',
    )
    chmodSync(bin, 0o755)
    const environment = { PATH: `${join(project.folder, 'bin')}:${process.env['PATH']}` }
    const { token = '', origin } = await startUi(project, ['--allow-actions', '--open'], environment)
    const read = (name: string) =>
      until(async () => {
        const file = join(project.folder, 'bin', name)
        return existsSync(file) && readFileSync(file, 'utf8') !== '' ? readFileSync(file, 'utf8') : undefined
      })
    expect(await read('page')).toContain(`${origin}/#token=${token}`)
    expect(await read('words')).toMatch(/^file:\/\/\S+\n$/)
    expect(await read('words')).not.toContain(token)
  })

  it('a table that is called like a flag is a table', async () => {
    const { port, token = '', origin } = await startUi(await synced(), ['--allow-actions'])
    await post(port, { origin, 'x-tidemark-token': token }, { verb: 'resync', table: '--full' })
    const action = await until(async () => {
      const { body } = await rawRequest({ port, path: '/api/action' })
      const { action: now } = JSON.parse(body) as { action: { exit_code: number | null; lines: string[] } }
      return now.exit_code === null ? undefined : now
    })
    expect(action.exit_code).toBe(2)
    expect(action.lines.join('\n')).toMatch(/no table "--full"|"--full"/)
  })
})

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error('it did not come to that')
}
