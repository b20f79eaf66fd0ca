import { execFileSync } from 'node:child_process'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { freePort } from '@tidemark/postgres-server/free-port'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dailySource, type TestProject, testProject } from '../test-project.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { hasNginx, startNginx } from './nginx.ts'
import { startUi } from './start-ui.ts'

const main = join(import.meta.dirname, '../../dist/main.js')

async function synced(): Promise<TestProject> {
  const project = testProject()
  project.install('daily', dailySource('daily'))
  expect((await project.run(['sync'])).code).toBe(0)
  return project
}

function addUser(project: TestProject, name: string, role: string): void {
  const args = [main, 'ui', '--password-file', 'users.txt', '--add-user', name, '--role', role]
  execFileSync(process.execPath, args, {
    cwd: project.folder,
    input: `${name}-knows-it\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
}

interface Answered {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const agent = new Agent({ rejectUnauthorized: false })

function ask(url: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

// CI installs nginx; where it cannot be installed, these say by name that they were not run.
describe.skipIf(!hasNginx)('the dashboard behind nginx, with TLS, under a path', () => {
  async function deployed(more: readonly string[] = [], edit?: (text: string) => string) {
    const project = await synced()
    addUser(project, 'ada', 'actor')
    addUser(project, 'ben', 'reader')
    const login = more.includes('--user-header') ? [] : ['--password-file', 'users.txt']
    const flags = [
      '--base-path',
      '/tidemark',
      '--trust-proxy',
      'loopback',
      '--allowed-hosts',
      'localhost',
      '--allow-actions',
    ]
    const { port } = await startUi(project, [...flags, ...login, ...more])
    const nginx = await startNginx({ dashboard: port, ...(edit === undefined ? {} : { edit }) })
    return { project, port, origin: `https://localhost:${nginx}` }
  }

  it('lets nobody in without a login, and gives a cookie that only TLS carries', async () => {
    const { origin, port } = await deployed()
    expect((await ask(`${origin}/tidemark/api/overview`)).status).toBe(401)
    const page = await ask(`${origin}/tidemark/runs`)
    expect([page.status, page.headers.location]).toEqual([303, '/tidemark/login?next=%2Fruns'])
    const body = 'name=ben&password=ben-knows-it&next=%2Fruns'
    const post = (from: string) =>
      ask(
        `${origin}/tidemark/login`,
        { origin: from, 'content-type': 'application/x-www-form-urlencoded' },
        'POST',
        body,
      )
    expect((await post('https://evil.example')).status).toBe(403)
    expect((await post(origin.replace('https', 'http'))).status).toBe(403)
    const { status, headers } = await post(origin)
    expect([status, headers.location]).toEqual([303, '/tidemark/runs'])
    expect(headers['set-cookie']?.[0]).toMatch(
      /^tidemark_session=[\w-]{43}; Path=\/tidemark; HttpOnly; Secure; SameSite=Lax$/,
    )
    const cookie = headers['set-cookie']![0]!.split(';')[0]!
    expect((await ask(`${origin}/tidemark/api/overview`, { cookie })).status).toBe(200)
    // Behind the back of the proxy its headers mean as much as any other: it is the same machine.
    const direct = await fetch(`http://127.0.0.1:${port}/api/overview`)
    expect(direct.status).toBe(401)
  })

  it.skipIf(!hasBrowser)('a reader looks at a table on a phone, and an actor syncs', async () => {
    const { origin } = await deployed()
    const { context, close } = await openBrowser({
      ...{ ignoreHTTPSErrors: true, viewport: { width: 390, height: 844 }, isMobile: true },
    })
    onTestFinished(close)
    const page = await context.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    page.on('request', (one) => void (one.url().startsWith(`${origin}/tidemark`) || problems.push(one.url())))
    await page.goto(`${origin}/tidemark/`)
    const login = async (name: string): Promise<void> => {
      await page.getByLabel('Name').fill(name)
      await page.getByLabel('Password').fill(`${name}-knows-it`)
      await page.getByRole('button', { name: 'Log in' }).click()
    }
    await login('ben')
    await page.getByRole('link', { name: 'daily_days' }).first().click()
    await page.getByRole('heading', { name: 'daily_days' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/tidemark/table')
    expect(await page.getByRole('button', { name: /Sync/ }).count()).toBe(0)
    await page.reload()
    await page.getByRole('heading', { name: 'daily_days' }).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await login('ada')
    await page.getByRole('button', { name: /Sync/ }).first().click()
    await page.getByText('done').first().waitFor()
    // Whoever is logged in has paused it, not the user that serves the page.
    await page.goto(`${origin}/tidemark/table?name=daily_days`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page
      .getByText(/paused by ada at 20/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('resumed by ada').waitFor()
    await page.goto(`${origin}/tidemark/run?id=2`)
    await page.getByText('run 2: 1 table').waitFor()
    expect(problems).toEqual([])
  })

  it('believes the name that the proxy gives, and nobody else’s', async () => {
    const asAda = (text: string): string =>
      text.replace('proxy_set_header X-Forwarded-User "";', 'proxy_set_header X-Forwarded-User $arg_user;')
    const { origin, port } = await deployed(['--user-header', 'X-Forwarded-User', '--actors', 'ada'], asAda)
    const session = async (user: string) => JSON.parse((await ask(`${origin}/tidemark/api/session?user=${user}`)).body)
    expect(await session('ben')).toMatchObject({ name: 'ben', role: 'reader', proof: null, can_log_out: false })
    expect(await session('ada')).toMatchObject({
      name: 'ada',
      role: 'actor',
      proof: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect((await ask(`${origin}/tidemark/api/overview`, { 'x-forwarded-user': 'ada' })).status).toBe(401)
    expect((await ask(`${origin}/tidemark/`)).status).toBe(401)
    expect(port).toBeGreaterThan(0)
  })

  it('serves the metrics of a sync beside it', async () => {
    const { project } = await deployed()
    const metrics = await freePort()
    const running = project.start(['sync', '--every', '1h', '--listen', String(metrics)])
    onTestFinished(async () => {
      running.child.kill('SIGTERM')
      await running.ended
    })
    await running.says('health and metrics')
    const nginx = await startNginx({ dashboard: 9, metrics })
    const { status, body } = await ask(`https://localhost:${nginx}/tidemark/metrics`)
    expect([status, body]).toEqual([200, expect.stringContaining('tidemark_build_info{')])
  })
})

it('a header of a user from an address that is no proxy names nobody', async () => {
  const project = await synced()
  const flags = ['--trust-proxy', '10.9.9.9', '--user-header', 'X-User', '--actors', 'ada']
  const { origin } = await startUi(project, flags)
  const { status } = await fetch(`${origin}/api/session`, { headers: { 'x-user': 'ada' } })
  expect(status).toBe(401)
})

it('a token of a team lets in, and acts', async () => {
  const project = await synced()
  const token = 'a-token-of-the-team-1'
  const { origin } = await startUi(project, ['--allow-actions'], { TIDEMARK_UI_TOKEN: token })
  const login = (password: string) =>
    fetch(`${origin}/login`, {
      ...{ method: 'POST', redirect: 'manual', headers: { origin }, body: new URLSearchParams({ password }) },
    })
  expect((await login('a-token-of-the-team-2')).status).toBe(401)
  const cookie = (await login(token)).headers.get('set-cookie')!.split(';')[0]!
  expect(await (await fetch(`${origin}/api/session`, { headers: { cookie } })).json()).toMatchObject({
    ...{ name: 'team', role: 'actor', proof: expect.any(String) },
  })
  for (const flags of [
    ['--host', '0.0.0.0'],
    ['--role', 'x'],
    ['--base-path', 'x y'],
  ]) {
    const refused = await project.run(['ui', '--port', '0', ...flags])
    expect(refused.code, flags.join(' ')).toBe(2)
  }
})

it('for programs the address is a line of the log, and stdout is empty', async () => {
  const project = await synced()
  const running = project.start(['ui', '--port', '0', '--log', 'json'])
  await running.says('The dashboard of')
  running.child.kill('SIGTERM')
  const { stdout, stderr } = await running.ended
  expect(stdout).toBe('')
  for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ msg: expect.any(String) })
})
