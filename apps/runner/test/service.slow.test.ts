import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dailySource, type Running, reference, type TestProject, testProject } from './test-project.ts'

/** Tables that note when they are read, and throw or take their time as the config says. */
function noted(): TestProject {
  const project = testProject()
  project.install(
    'noted',
    `
import { appendFileSync } from 'node:fs'
import { defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'noted', config: z.object({ broken: z.string().default(''), ms: z.int().default(0) }), connect: (config) => {
  if (config.broken === 'all') throw new SyncError('the door is locked', 'fix-config')
  return config
} })
const note = (text) => appendFileSync('notes.txt', text + '\\n')
const table = (name) => source.table({
  name,
  row: z.object({ id: z.int() }),
  primaryKey: ['id'],
  async *read({ client }) {
    note('begin ' + name)
    await new Promise((resolve) => setTimeout(resolve, client.ms))
    if (client.broken === name) throw new SyncError('it is broken', 'fix-config', { code: 'broken' })
    yield [{ id: 1 }]
    note('end ' + name)
  },
})
export default register(source.with([table('one'), table('two')]))`,
  )
  return project
}

const notesOf = (project: TestProject): readonly string[] => {
  try {
    return readFileSync(join(project.folder, 'notes.txt'), 'utf8').trim().split('\n')
  } catch {
    return []
  }
}
const times = (project: TestProject, note: string): number => notesOf(project).filter((one) => one === note).length

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries++) {
    if (tries > 800) throw new Error('it never came')
    await wait(50)
  }
}

function start(project: TestProject, args: readonly string[], environment?: Record<string, string>): Running {
  const running = project.start(['sync', ...args], environment)
  onTestFinished(() => void running.child.kill('SIGKILL'))
  return running
}

async function stop(running: Running): Promise<{ code: number | null; stdout: string; stderr: string }> {
  running.child.kill('SIGTERM')
  return running.ended
}

describe('sync --every', () => {
  it('goes on, one run after the other, until SIGTERM ends it with 143', async () => {
    const project = noted()
    project.config({ concurrency: 1, sources: { noted: { config: { ms: 700 } } } })
    const running = start(project, ['--every', '1s'])
    await until(() => times(project, 'end one') >= 3)
    const { code, stdout, stderr } = await stop(running)
    expect(code).toBe(143)
    expect(stdout).toMatch(/^run 1: 2 tables, 2 rows written, in .+\nrun 2: 2 tables, 0 rows written/)
    expect(stderr).toContain('SIGTERM: stopping')
    // With one step at a time every end follows its own begin: nothing ran beside anything else.
    const notes = notesOf(project)
    for (let at = 0; at + 1 < notes.length; at += 2) expect(notes[at + 1]).toBe(notes[at]?.replace('begin', 'end'))
    // What every run says of every table is said once.
    expect(stderr.match(/noted_one continues|noted_one is new/g)).toHaveLength(1)
  })

  it("honours a table's own every, also after it was started again", async () => {
    const project = noted()
    project.config({ sources: { noted: { tables: { two: { every: '1h' } } } } })
    const running = start(project, ['--every', '1s'])
    await until(() => times(project, 'end one') >= 3)
    await stop(running)
    expect(times(project, 'end two')).toBe(1)
    const before = times(project, 'end one')
    const again = start(project, ['--every', '1s'])
    await until(() => times(project, 'end one') >= before + 2)
    await stop(again)
    expect(times(project, 'end two')).toBe(1)
    const status = await project.run(['status', '--json'])
    expect(JSON.parse(status.stdout).tables.map((one: { status: string }) => one.status)).toEqual([
      'complete',
      'complete',
    ])
  })

  it('a table that fails is tried less and less, the others go on', async () => {
    const project = noted()
    project.config({ sources: { noted: { config: { broken: 'two' } } } })
    const running = start(project, ['--every', '1s'])
    await until(() => times(project, 'end one') >= 6)
    const { stdout } = await stop(running)
    const tries = times(project, 'begin two')
    expect(tries).toBeGreaterThan(1)
    expect(tries).toBeLessThan(times(project, 'begin one'))
    expect(stdout).toContain('failed: table noted_two: it is broken (fix-config: ')
    const next = await project.run([
      'query',
      '--json',
      "select failures, next_try_at > 0 as later from _tidemark_partitions where name = 'noted_two'",
    ])
    expect(JSON.parse(next.stdout).rows).toEqual([{ failures: tries, later: 1 }])
    // A started run tries everything.
    await project.run(['sync'])
    expect(times(project, 'begin two')).toBe(tries + 1)
  })

  it('a source that cannot be connected does not stop the others', async () => {
    const project = noted()
    project.install('daily', dailySource('daily'))
    project.config({ sources: { noted: { config: { broken: 'all' } }, daily: {} } })
    const running = start(project, ['--every', '1s', '--json'])
    await until(async () => {
      const { stdout } = await project.run([
        'query',
        '--json',
        'select count(*) as n from _tidemark_runs where exit_code = 3',
      ])
      return stdout !== '' && JSON.parse(stdout).rows?.[0]?.n >= 2
    })
    const { code, stdout } = await stop(running)
    expect(code).toBe(143)
    const documents = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(documents.length).toBeGreaterThanOrEqual(2)
    expect(documents[0]).toMatchObject({
      run: 1,
      exit_code: 3,
      sources: [{ name: 'noted', failure: { message: 'the door is locked' } }, { name: 'daily' }],
      tables: [{ name: 'daily_days', rows: { written: 31 } }],
    })
    expect(documents[1]).toMatchObject({ run: 2, exit_code: 3 })
  })

  it('a mistake in the config ends it at the first run, with 2', async () => {
    const project = noted()
    project.config({ sources: { noted: { tables: { three: { every: '1h' } } } } })
    const { code, stderr } = await project.run(['sync', '--every', '1s'])
    expect(code).toBe(2)
    expect(stderr).toContain('sources.noted.tables.three: source "noted" has no table "three"')
  })

  it('with nothing installed there is nothing to go on for: 2', async () => {
    const { code, stderr } = await testProject().run(['sync', '--every', '5m'])
    expect(code).toBe(2)
    expect(stderr).toContain('no source is installed in ')
  })

  it('a second signal ends it at once', async () => {
    const project = noted()
    project.install(
      'deaf',
      `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'deaf', connect: () => ({ close: () => new Promise(() => setInterval(() => {}, 1000)) }) })
export default register(source.with([source.table({ name: 't', row: z.object({ id: z.int() }), primaryKey: ['id'], async *read() {
  console.log('reading')
  await new Promise(() => {})
} })]))`,
    )
    const running = start(project, ['--every', '1s'])
    await running.says('reading')
    running.child.kill('SIGTERM')
    await running.says('stopping')
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(143)
  })
})

describe('sync --cron', () => {
  it('waits for the first tick, runs, and ends at once when it is told to while it waits', async () => {
    const project = noted()
    const running = start(project, ['--cron', '* * * * * *'])
    await running.says('the first run is due at ')
    await until(() => times(project, 'end two') >= 2)
    expect((await stop(running)).code).toBe(143)
    const waiting = start(project, ['--cron', '0 0 1 1 *'])
    await waiting.says('the first run is due at ')
    expect((await stop(waiting)).code).toBe(143)
  })
})

it.each([
  [['--every', 'often'], '--every: "often" is not a duration'],
  [['--cron', 'daily'], '--cron: "daily" is not a cron expression'],
  [['--every', '5m', '--cron', '* * * * *'], 'exclude each other'],
  [['--listen', '9464'], '--listen needs a sync that keeps running; add --every 5m'],
  [['--every', '5m', '--listen', 'x'], '--listen: "x" is not an address'],
  [['--every', '5m', '--accept-deletions'], '--accept-deletions applies to one run'],
])('sync %j ends with 2 and says what to write', async (args, message) => {
  const { code, stderr } = await testProject().run(['sync', ...args])
  expect(code).toBe(2)
  expect(stderr).toContain(message)
  expect(stderr).toContain('see node_modules/@tidemark/runner/dist/errors.md#usage')
})

describe('--listen', () => {
  async function listening(
    project: TestProject,
    environment?: Record<string, string>,
  ): Promise<{ running: Running; url: string }> {
    let stderr = ''
    const running = start(project, ['--every', '1s', '--listen', '0'], environment)
    running.child.stderr?.on('data', (chunk: string) => {
      stderr += chunk
    })
    await running.says('/metrics\n')
    const url = /health and metrics: (\S+)\/healthz/.exec(stderr)?.[1] ?? ''
    return { running, url }
  }

  it('serves health and metrics, on this machine alone, and no secret', async () => {
    const project = noted()
    project.install('daily', dailySource('daily'))
    project.config({ sources: { noted: { config: { broken: 'two' } }, daily: { prefix: 'd' } } })
    const { running, url } = await listening(project, { SOME_TOKEN: 'hunter2hunter2' })
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text()
    await until(async () => /tidemark_runs_total\{exit_code="3"\} [2-9]/.test(await metrics()))
    // Each source has runs of its own where they take different times.
    await until(async () => /tidemark_rows_total\{table="d_days",kind="written"\} 31/.test(await metrics()))
    const text = await metrics()
    for (const line of [
      /^tidemark_rows_total\{table="d_days",kind="written"\} 31$/m,
      /^tidemark_table_status\{table="d_days",source="daily",status="complete"\} 1$/m,
      /^tidemark_table_status\{table="noted_two",source="noted",status="failing"\} 1$/m,
      /^tidemark_table_lag_seconds\{table="d_days"\} \d+/m,
      /^tidemark_table_lag_seconds\{table="noted_one"\} \d/m,
      /^tidemark_table_gaps\{table="d_days"\} 0$/m,
      /^tidemark_table_rejects\{table="d_days"\} 0$/m,
      /^tidemark_table_last_success_timestamp_seconds\{table="d_days"\} \d{10}/m,
      /^tidemark_steps_failed_total\{table="noted_two"\} [1-9]/m,
      /^tidemark_run_duration_seconds_count [2-9]/m,
      /^tidemark_database_up 1$/m,
    ])
      expect(text).toMatch(line)
    const health = await fetch(`${url}/healthz`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ status: 'ok', database: 'ok' })
    const lastRun = async () =>
      ((await (await fetch(`${url}/healthz`)).json()) as { readonly last_run: { readonly exit_code: number } }).last_run
    await until(async () => (await lastRun()).exit_code === 3)
    expect((await fetch(`${url}/`)).status).toBe(404)
    expect((await fetch(`${url}/constructor`)).status).toBe(404)
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
    expect((await stop(running)).code).toBe(143)
  })

  it('says so where the port is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { readonly port: number }
    const { code, stderr } = await noted().run(['sync', '--every', '1s', '--listen', String(port)])
    expect(code).toBe(2)
    expect(stderr).toContain(
      `--listen 127.0.0.1:${port}: another program uses the port; stop that program, or choose another port`,
    )
    expect(stderr).toContain('errors.md#listen')
  })
})

describe('a database that is away for a while', () => {
  it('is waited for at the start, outlived when it goes, and gone on with when it is back', async () => {
    const server: PostgresServer = await startPostgres()
    onTestFinished(() => server.stop())
    const { url } = await server.newSchema()
    const project = noted()
    project.config({ destination: reference('DATABASE') })
    await server.halt()
    const running = start(project, ['--every', '1s', '--listen', '0', '--json'], { DATABASE: url })
    let stderr = ''
    let stdout = ''
    running.child.stderr?.on('data', (chunk: string) => {
      stderr += chunk
    })
    running.child.stdout?.on('data', (chunk: Buffer) => {
      stdout += String(chunk)
    })
    await running.says('cannot be reached')
    await running.says('trying again in ')
    await server.crash()
    const runs = (): number => stdout.split('\n').filter((line) => line.includes('"exit_code":0')).length
    await until(() => runs() >= 2)
    const address = /health and metrics: (\S+)\/healthz/.exec(stderr)?.[1] ?? ''
    await server.halt()
    await running.says('the database failed; trying again in 1.0 s')
    const health = await fetch(`${address}/healthz`)
    expect(health.status).toBe(503)
    expect(await health.json()).toMatchObject({ status: 'failing', database: 'unreachable' })
    expect(await (await fetch(`${address}/metrics`)).text()).toMatch(/^tidemark_database_up 0$/m)
    await server.crash()
    const before = runs()
    await until(() => runs() >= before + 2)
    await until(async () => (await fetch(`${address}/healthz`)).status === 200)
    expect((await stop(running)).code).toBe(143)
    expect(stderr).not.toContain('bug in Tidemark')
  })
})
