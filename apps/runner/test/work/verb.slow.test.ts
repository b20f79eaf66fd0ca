import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { rawRequest } from '../dashboard/raw-request.ts'
import { startUi } from '../dashboard/start-ui.ts'
import { dailySource, type TestProject, testProject } from '../test-project.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

function start(project: TestProject, args: readonly string[], environment: Record<string, string> = {}) {
  const file = join(import.meta.dirname, 'verb-child.ts')
  const child = spawn(process.execPath, [file, 'work', ...args, '--project', project.folder], {
    cwd: project.folder,
    env: { PATH: process.env['PATH'], HOME: project.folder, ...environment },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return { child, ended, text: () => text }
}

function shop(): TestProject {
  const project = testProject()
  project.install('shop', dailySource('shop'))
  return project
}

describe('work', () => {
  it.each(['data/shop.db', 'data/shop.duckdb'])('refuses %s with the way out, and makes nothing', async (file) => {
    const project = shop()
    project.config({ destination: file })
    const { ended, text } = start(project, [])
    expect([await ended, text()]).toEqual([
      2,
      expect.stringMatching(/shop\.(db|duckdb) is a file of one machine.*tidemark sync --every 5m/),
    ])
    expect(existsSync(join(project.folder, 'data'))).toBe(false)
  })

  it.each([
    [['shops'], /there is no source "shops" .*did you mean.*shop/is],
    [['--every', '5'], /--every: "5" is not a duration/],
    [['--listen', 'here'], /--listen/],
  ])('refuses %j', async (args, message) => {
    const { url } = await server.newSchema()
    const { ended, text } = start(shop(), args, { DATABASE_URL: url })
    expect([await ended, text()]).toEqual([2, expect.stringMatching(message)])
  })

  it('refuses a project without a source', async () => {
    const { url } = await server.newSchema()
    const { ended, text } = start(testProject(), [], { DATABASE_URL: url })
    expect([await ended, text()]).toEqual([2, expect.stringMatching(/no source is installed and configured/)])
  })

  it('serves its health and metrics, and says when its database is away', async () => {
    const { url } = await server.newSchema()
    const { child, ended, text } = start(shop(), ['--every', '1h', '--listen', '0'], { DATABASE_URL: url })
    await expect.poll(text).toContain('read shop two 0')
    const [, address] = /health and metrics: (\S+)\/healthz/.exec(text()) ?? []
    const health = await fetch(`${address}/healthz`)
    expect([health.status, await health.json()]).toEqual([
      200,
      { status: 'ok', reasons: [], database: 'ok', heartbeat_at: expect.stringMatching(/Z$/), reads: [] },
    ])
    const metrics = await (await fetch(`${address}/metrics`)).text()
    expect(metrics).toContain('tidemark_queue_windows{source="shop",state="queued"} 0')
    expect(metrics).toContain('tidemark_workers{state="alive"} 1')
    await server.halt()
    await expect.poll(async () => (await fetch(`${address}/healthz`)).status).toBe(503)
    await server.crash()
    await expect.poll(async () => (await fetch(`${address}/healthz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
  })

  it('reads what is planned until it is stopped, and leaves nothing behind', async () => {
    const { url, schema } = await server.newSchema()
    const project = shop()
    const { child, ended, text } = start(project, ['--concurrency', '1', '--every', '1h'], { DATABASE_URL: url })
    await expect.poll(text).toContain('read shop two 0')
    const shown = await project.run(['status'], { DATABASE_URL: url })
    expect(shown.stdout).toMatch(/1 worker: process \d+ on .* reads 0 windows\./)
    const document = JSON.parse((await project.run(['status', '--json'], { DATABASE_URL: url })).stdout) as object
    expect(document).toMatchObject({
      work: {
        sources: [{ source: 'shop', queued: 0, running: 0, dead_letters: 0, paused_until: null }],
        workers: [{ pid: child.pid, concurrency: 1, state: 'alive', reads: [] }],
        dead_letters: [],
      },
    })
    const { port } = await startUi(project, [], { DATABASE_URL: url })
    const { body } = await rawRequest({ port, path: '/api/overview', headers: { host: `127.0.0.1:${port}` } })
    expect(JSON.parse(body)).toMatchObject({ work: [expect.stringMatching(/^1 worker: process \d+ on /)] })
    child.kill('SIGTERM')
    expect([await ended, text()]).toEqual([
      143,
      expect.stringMatching(
        /sharing the windows of shop in postgres:.*, 1 at once here; all workers together read at most 2 at once of a source/,
      ),
    ])
    expect(text().match(/read shop .*/g)).toEqual(['read shop one 1', 'read shop two 1', 'read shop two 0'])
    const counts = `select (select count(*) from "${schema}_jobs".tidemark_workers), (select count(*) from "${schema}_jobs".tidemark_running)`
    expect(await server.rows(counts)).toEqual([['0', '0']])
  })
})
