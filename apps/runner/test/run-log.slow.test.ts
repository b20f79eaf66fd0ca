import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { LOG_EVENTS } from '@tidemark/core/engine'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUi } from './dashboard/start-ui.ts'
import { pacedSource } from './paced-source.ts'
import { type Outcome, type TestProject, testProject } from './test-project.ts'

const SECRET = 'hunter22-and-more'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

interface Line {
  readonly level: string
  readonly time: string
  readonly event: string
  readonly msg: string
  readonly [field: string]: unknown
}

/** A source of two tables: one is read, with a warning that tells its secret; the other fails. */
const SOURCE = `
import { days, defineSource, register, secret, SyncError } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop', config: z.object({ token: secret() }), connect: (config) => config })
const table = (name, read) => source.table({
  name,
  row: z.object({ id: z.int(), at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(5),
  start: '2026-01-01T00:00:00Z',
  end: () => '2026-01-11T00:00:00Z',
  read,
})
export default register(source.with([
  table('orders', async function* ({ from, client, log }) {
    console.log('printed by the source')
    log.warn('the shop is slow with ' + client.token, { page: 3, event: 'own' })
    yield [{ id: Date.parse(from) / 86400000, at: from }]
  }),
  table('visits', async function* () { throw new SyncError('no visits with ' + process.env.SHOP_TOKEN, 'fix-source') }),
]))
`

function project(destination?: string): TestProject {
  const made = testProject()
  made.install('shop', SOURCE)
  made.config(
    `import { defineConfig, env } from '@tidemark/runner/config'
export default defineConfig({ ${destination === undefined ? '' : `destination: '${destination}', `}sources: { shop: { config: { token: env('SHOP_TOKEN') } } } })`,
  )
  return made
}

const ENVIRONMENT = { SHOP_TOKEN: SECRET }

/** Every line of stderr, which are all JSON, with a level and an event that the docs list. */
function allLines({ stderr }: Outcome): readonly Line[] {
  const lines = stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
  for (const { level, time, event, msg } of lines) {
    expect(['debug', 'info', 'warn', 'error']).toContain(level)
    expect(Object.keys(LOG_EVENTS)).toContain(event)
    expect(Number.isNaN(Date.parse(time))).toBe(false)
    expect(typeof msg).toBe('string')
  }
  return lines
}

async function logOf(made: TestProject, run: number): Promise<readonly Line[]> {
  const { stdout, code, stderr } = await made.run(['runs', String(run), '--log', '--json'], ENVIRONMENT)
  expect(code, stderr).toBe(0)
  return (JSON.parse(stdout) as { log: readonly Line[] }).log
}

const places: Readonly<Record<string, () => Promise<string | undefined>>> = {
  sqlite: async () => undefined,
  postgres: async () => (await server.newSchema()).url,
}

describe.each(Object.keys(places))('what a run logged, in %s', (kind) => {
  it('is printed a line each, is JSON on request, and holds the failures, and no secret', async () => {
    const made = project(await places[kind]!())
    const synced = await made.run(['sync'], ENVIRONMENT)
    expect(synced.code).toBe(3)
    const log = await logOf(made, 1)
    const events = log.map(({ event }) => event)
    expect(events[0]).toBe('run-started')
    expect(events.at(-1)).toBe('run-ended')
    for (const event of ['table-new', 'source-message', 'step-failed', 'table-failed', 'table-synced'])
      expect(events).toContain(event)
    expect(log.find(({ event }) => event === 'source-message')).toMatchObject({
      ...{ level: 'warn', source: 'shop', page: 3, event_: 'own', msg: 'the shop is slow with ***' },
    })
    const failed = log.find(({ event }) => event === 'table-failed')!
    expect(failed).toMatchObject({ level: 'error', source: 'shop', table: 'shop_visits', remedy: 'fix-source' })
    expect(failed.msg).toBe('shop_visits: no visits with ***')
    expect(log.find(({ event }) => event === 'table-synced')).toMatchObject({ table: 'shop_orders', written: 2 })
    expect(log.at(-1)).toMatchObject({ level: 'error', exit_code: 3, run: 1 })
    const people = (await made.run(['runs', '1', '--log'], ENVIRONMENT)).stdout
    expect(people).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}run 1 started\n/)
    expect(people).toContain('Z  warning: shop: the shop is slow with *** (page 3, event_ own)\n')
    expect(people).toContain('Z  error: shop_visits: no visits with ***')
    const json = (await made.run(['runs', '1', '--log', 'json'], ENVIRONMENT)).stdout.trim().split('\n')
    expect(json.map((line) => JSON.parse(line))).toEqual(log)
    expect(JSON.stringify([log, people, json, synced])).not.toContain(SECRET)
    if (kind === 'sqlite')
      for (const name of ['tidemark.db', 'tidemark.db-wal'])
        expect(readIfThere(join(made.folder, 'data', name))).not.toContain(SECRET)
  })

  it('stays when the process is killed, but for the last second', async () => {
    const made = testProject()
    made.install('shop', pacedSource({ orders: 500 }, `log.warn('window of ' + from)`))
    const url = await places[kind]!()
    made.config(url === undefined ? {} : { destination: url })
    const running = made.start(['sync'])
    await running.says('window of 2026-01-09')
    await wait(1300)
    running.child.kill('SIGKILL')
    await running.ended
    const log = await logOf(made, 1)
    expect(log.map(({ msg }) => msg)).toContain('window of 2026-01-09T00:00:00.000Z')
    expect(log.map(({ event }) => event)).not.toContain('run-ended')
    expect((await made.run(['sync'])).code).toBe(0)
    expect((await logOf(made, 2)).at(-1)?.event).toBe('run-ended')
  })

  it('is given by the server of the dashboard, and shown on the page of the run', async () => {
    const made = testProject()
    made.install('shop', pacedSource({ orders: 1 }, `for (let i = 0; i < 30; i++) log.warn('line ' + i)`))
    const url = await places[kind]!()
    made.config(url === undefined ? {} : { destination: url })
    expect((await made.run(['sync'])).code).toBe(0)
    const { origin } = await startUi(made)
    const ask = async (query: string) => {
      const response = await fetch(`${origin}/api/run-log?id=1${query}`)
      return (await response.json()) as { lines: { line: number; text: string }[]; before: number | null }
    }
    const newest = await ask('')
    expect(newest.lines.length).toBe(100)
    expect(newest.lines.at(-1)?.text).toContain('run 1: 1 table')
    const earlier = await ask(`&before=${newest.before}`)
    expect(earlier.lines.at(-1)?.line).toBe(newest.lines[0]!.line - 1)
    expect((await ask('&before=2')).before).toBe(null)
    expect(await (await fetch(`${origin}/api/run-log?id=77`)).json()).toEqual({ lines: [], before: null, dropped: 0 })
  })
})

describe('machine logs', () => {
  it('are JSON lines and nothing else, whatever fails, and stdout is empty', async () => {
    const made = project()
    const synced = await made.run(['sync', '--log', 'json'], ENVIRONMENT)
    const events = allLines(synced).map(({ event }) => event)
    expect([synced.code, synced.stdout]).toEqual([3, ''])
    for (const event of ['run-started', 'source-output', 'source-message', 'table-failed', 'run-ended'])
      expect(events).toContain(event)
    const failures: readonly (readonly [args: readonly string[], code: number])[] = [
      [['sync', 'no_such_table', '--log', 'json'], 2],
      [['no-verb', '--log=json'], 2],
      [['sync', '--every', 'x', '--log', 'json'], 2],
      [['sync', '--destination', 'package.json/x.db', '--log', 'json'], 6],
    ]
    for (const [args, code] of failures) {
      const outcome = await made.run(args, ENVIRONMENT)
      const lines = allLines(outcome)
      expect([outcome.code, outcome.stdout], args.join(' ')).toEqual([code, ''])
      expect(lines.at(-1), args.join(' ')).toMatchObject({ level: 'error', event: 'command-failed', exit_code: code })
    }
    made.write(
      'node_modules/source-shop/dist/index.js',
      SOURCE.replace(`console.log('printed by the source')`, 'process.exit(0)'),
    )
    const left = await made.run(['resync', 'shop_orders', '--log', 'json'], ENVIRONMENT)
    expect(left.code).toBe(1)
    expect(allLines(left).at(-1)).toMatchObject({ level: 'error', event: 'source-error' })
  })

  it('of a process that keeps running have each run, and each of its runs has its own', async () => {
    const made = testProject()
    made.install('shop', pacedSource({ orders: 1 }, `log.warn('window of ' + from)`, 'now'))
    const running = made.start(['sync', '--every', '1s', '--log', 'json'])
    await running.says('"run-ended"')
    await made.run(['resync', 'shop_orders', '--log', 'json'])
    await wait(2500)
    running.child.kill('SIGTERM')
    const outcome = await running.ended
    expect([outcome.code, outcome.stdout]).toEqual([143, ''])
    const ended = allLines(outcome).filter(({ event }) => event === 'run-ended')
    expect(ended.length).toBeGreaterThan(1)
    const log = await logOf(made, 1)
    expect(log.filter(({ event }) => event === 'source-message').length).toBe(10)
    expect(log.at(-1)?.event).toBe('run-ended')
  })

  it('of a worker have its windows, and its run keeps them', async () => {
    const made = project((await server.newSchema()).url)
    const running = made.start(['work', '--every', '1m', '--log', 'json'], ENVIRONMENT)
    await running.says('"step-failed"')
    await running.says('the shop is slow')
    await wait(1300)
    running.child.kill('SIGKILL')
    const outcome = await running.ended
    allLines(outcome)
    const log = await logOf(made, 1)
    expect(log.map(({ msg }) => msg)).toContain('the shop is slow with ***')
    expect(log.find(({ event }) => event === 'step-failed')).toMatchObject({ level: 'warn', table: 'shop_visits' })
  })

  it('need a form, and only a run has a log without one', async () => {
    const made = project()
    await made.run(['sync'], ENVIRONMENT)
    for (const [args, text] of [
      [['sync', '--log'], '--log pretty'],
      [['runs', '--log'], 'tidemark runs <run> --log'],
      [['runs', '99', '--log'], 'there is no run "99"'],
      [['sync', '--log', 'xml'], 'pretty or json'],
    ] as const) {
      const { code, stderr } = await made.run(args, ENVIRONMENT)
      expect([code, stderr], args.join(' ')).toEqual([2, expect.stringContaining(text)])
    }
  })
})

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
