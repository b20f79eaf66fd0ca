import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it, onTestFinished } from 'vitest'
import { camelDocument, jsonDocument, snakeFields } from '../src/json-document.ts'
import { workerHealthOf } from '../src/service/worker-health.ts'
import { VERBS } from '../src/verbs.ts'
import { startUi } from './dashboard/start-ui.ts'
import { receiver } from './notify/receiver.ts'
import { type TestProject, testProject } from './test-project.ts'

const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const shop = defineSource({ name: 'shop' })
const row = z.object({ orderId: z.int(), at: z.iso.datetime() })
const rows = [1, 2, 3].map((orderId) => ({ orderId, at: '2026-01-0' + orderId + 'T00:00:00Z' }))
const one = { row, primaryKey: ['orderId'] }
export default register(shop.with([
  shop.table({ ...one, name: 'bigOrders', cursor: 'at', window: '1d', async *read({ log }) {
    log.info('a page', { pageSize: 3, page_size: 4, waitMs: 1, sent: { orderId: 1 } })
    yield rows
  } }),
  shop.table({ ...one, name: 'bad', async *read() { yield [{ orderId: 'x', at: 'never' }] } }),
  shop.table({ ...one, name: 'down', async *read() { throw new Error('the shop is closed') } }),
]))
`

/** Each verb once, as often as its documents differ. */
const DOCUMENTS: readonly (readonly string[])[] = [
  ['check'],
  ['plan'],
  ['sync'],
  ['sync'],
  ['plan'],
  ['status'],
  ['tables'],
  ['tables', 'shop'],
  ['runs'],
  ['runs', '1'],
  ['runs', '1', '--log'],
  ['rejects', 'list'],
  ['rejects', 'show', '1'],
  ['rejects', 'retry'],
  ['verify', 'shop_bigOrders'],
  ['resync', 'shop_bigOrders'],
  ['show', 'shop_bigOrders'],
  ['query', 'select "orderId" from "shop_bigOrders"'],
  ['config', 'show'],
  ['notify'],
  ['notify', '--test'],
  ['pause', 'shop_bigOrders', '--reason', 'stocktaking'],
  ['resume', 'shop_bigOrders'],
  ['state', 'export', 'state.json'],
  ['state', 'import', 'state.json', '--yes'],
  ['types'],
  ['move', 'moved.db', '--yes'],
  ['rejects', 'drop', 'shop_bad', '--yes'],
  ['sync', 'shop_none'],
]
/** They keep running, and print no document: what they serve is asked for below. */
const SERVING = ['ui', 'work']
/** Keys that a user or a source chose. */
const CHOSEN = new Set(['orderId', 'shop_bigOrders'])

function keysIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [key, ...keysIn(one)])
}

/** @returns its keys, all of which are snake_case or were chosen by somebody. */
function expectSnakeCase(document: unknown, what: string): readonly string[] {
  const keys = keysIn(document)
  expect(keys.length, what).toBeGreaterThan(0)
  const odd = keys.filter((key) => !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*_?$/.test(key) && !CHOSEN.has(key))
  expect(odd, what).toEqual([])
  return keys
}

function shop(config: object = {}): TestProject {
  const project = testProject()
  project.install('shop', SOURCE)
  project.config({ initialSyncStart: '2026-01-01', ...config })
  return project
}

const linesIn = (text: string): readonly object[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

describe('the keys of JSON that leaves Tidemark are snake_case', () => {
  it('with --json, for every verb, and the names of columns stay as they are', async () => {
    const { url } = await receiver()
    const project = shop({ notify: { channels: { oncall: { type: 'webhook', url } } } })
    const seen: string[] = []
    for (const words of DOCUMENTS) {
      const { stdout, stderr } = await project.run([...words, '--json'])
      expect(stdout, `${words.join(' ')}\n${stderr}`).toMatch(/^\{/)
      seen.push(...expectSnakeCase(JSON.parse(stdout), words.join(' ')))
    }
    for (const key of ['exit_code', 'steps_left', 'until_empty', 'exported_at', 'orderId']) expect(seen).toContain(key)
    expect(new Set([...DOCUMENTS.map((words) => verbIn(words)), ...SERVING])).toEqual(new Set(allVerbs()))
  })

  it('in the lines of the log, as they are written, stored and printed again', async () => {
    const project = shop()
    const { stderr } = await project.run(['sync', '--log', 'json', '--verbose'])
    const stored = await project.run(['runs', '1', '--log', 'json'])
    const verbs = ['check', 'plan', 'sync']
    const more = await Promise.all(verbs.map((verb) => project.run([verb, '--log', 'json', '--verbose'])))
    for (const line of linesIn(more.map((one) => one.stderr).join('\n'))) expectSnakeCase(line, JSON.stringify(line))
    for (const text of [stderr, stored.stdout]) {
      const lines = linesIn(text)
      for (const line of lines) expectSnakeCase(line, JSON.stringify(line))
      expect(lines).toContainEqual(
        // What a field holds is as the source gave it.
        expect.objectContaining({ msg: 'a page', page_size: 4, page_size_: 3, wait_ms: 1, sent: { orderId: 1 } }),
      )
      expect(lines).toContainEqual(expect.objectContaining({ event: 'run-ended', duration_ms: expect.any(Number) }))
    }
  })

  it('in notices, whoever receives them', async () => {
    const { url, received } = await receiver()
    const write = ['node', '-e', "process.stdin.pipe(require('node:fs').createWriteStream('notice.json'))"]
    const project = shop({
      notify: { channels: { oncall: { type: 'webhook', url }, own: { type: 'command', command: write } } },
    })
    await project.run(['sync'])
    expectSnakeCase(received[0]?.message, 'webhook')
    expect(expectSnakeCase(JSON.parse(project.read('notice.json')), 'command')).toContain('status_command')
  })

  it('in what the dashboard and monitors are answered', async () => {
    const project = shop()
    await project.run(['sync'])
    const { origin } = await startUi(project)
    const name = new URLSearchParams({ name: 'shop_bigOrders' })
    const paths = [
      ...['session', 'overview', `table?${name}`, `partitions?${name}`, `rows?${name}`, 'rejects?name=shop_bad'],
      ...['changes', 'runs', 'run?id=1', 'run-log?id=1', 'config', 'action', 'nothing'],
    ]
    const seen: string[] = []
    for (const path of paths) {
      const document = await (await fetch(`${origin}/api/${path}`)).json()
      seen.push(...expectSnakeCase(document, path))
    }
    expect(seen).toEqual(expect.arrayContaining(['complete_to', 'failed_steps', 'next_check_at', 'lag_ms']))
    const app = readFileSync(new URL('../src/dashboard/app.ts', import.meta.url), 'utf8')
    const served = [...app.matchAll(/app\.get\('\/api\/([\w-]+)'/g)].map(([, path]) => path)
    expect(served.sort()).toEqual(
      paths
        .map((path) => path.split('?')[0])
        .filter((path) => path !== 'nothing')
        .sort(),
    )

    const loop = project.start(['sync', '--every', '1h', '--listen', '0'])
    onTestFinished(() => void loop.child.kill('SIGKILL'))
    const address = Promise.withResolvers<string>()
    let said = ''
    loop.child.stderr?.on('data', (text: string) => {
      said += text
      const found = /health and metrics: (\S+healthz)/.exec(said)?.[1]
      if (found !== undefined) address.resolve(found)
    })
    expectSnakeCase(await (await fetch(await address.promise)).json(), '/healthz')
    const worker = { heartbeatAt: 0, reads: [{ source: 'shop', table: 'a', since: 0 }] }
    const facts = { pulse: worker as never, problem: undefined, now: 0, leaseMs: 1 }
    expectSnakeCase(workerHealthOf(facts), '/healthz of a worker')
  })

  it('in an exported state; one that an earlier version exported is imported', async () => {
    const project = shop()
    await project.run(['sync'])
    await project.run(['state', 'export', 'state.json'])
    const { exported_at, ...document } = JSON.parse(project.read('state.json')) as { exported_at: string }
    const seen = expectSnakeCase({ exported_at, ...document }, 'state export')
    expect(seen).toEqual(expect.arrayContaining(['exported_at', 'from_position', 'shop_bigOrders']))
    project.write('earlier.json', JSON.stringify({ ...document, exportedAt: exported_at }))
    const { code, stdout, stderr } = await project.run(['state', 'import', 'earlier.json', '--yes', '--json'])
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ tables: expect.any(Number), exported_at })
  })

  it('and where that is written down, a user finds it', () => {
    const docs = join(import.meta.dirname, '../../../docs')
    const rule = readFileSync(join(docs, 'terminal.md'), 'utf8')
    expect(rule).toMatch(/^## JSON$/m)
    for (const page of ['logs.md', 'notices.md', 'config.md', 'verify-and-move.md'])
      expect(readFileSync(join(docs, page), 'utf8'), page).toContain('terminal.md#json')
  })
})

function verbIn([first, second]: readonly string[]): string {
  return ['rejects', 'config', 'state'].includes(first!) ? `${first} ${second}` : first!
}

/** The verbs of the command line; of a group, each verb in it. */
function allVerbs(): readonly string[] {
  const root = new Command()
  for (const add of VERBS) add(root, async () => {})
  return root.commands.flatMap((verb) =>
    verb.commands.length === 0 ? [verb.name()] : verb.commands.map((one) => `${verb.name()} ${one.name()}`),
  )
}

it('values stay as they are', () => {
  const at = new Date(0)
  const rows = [new Map([['orderId', 1]])]
  const document = { exitCode: 0, at, rows, more: [{ stepsLeft: 1n, a_b: null, URL: 'x' }] }
  expect(jsonDocument(document)).toEqual({
    ...{ exit_code: 0, at, rows },
    more: [{ steps_left: 1n, a_b: null, URL: 'x' }],
  })
  expect(camelDocument(jsonDocument({ exitCode: 0, rows: [[1, 'a_b']], by: { lagMs: null } }))).toEqual({
    exitCode: 0,
    rows: [[1, 'a_b']],
    by: { lagMs: null },
  })
  expect(camelDocument({ work_left: { at_least: true } })).toEqual({ workLeft: { atLeast: true } })
  expect(snakeFields({ pageSize: { orderId: 1 }, ['__proto__']: 1 })).toEqual({
    page_size: { orderId: 1 },
    ['__proto__']: 1,
  })
})
