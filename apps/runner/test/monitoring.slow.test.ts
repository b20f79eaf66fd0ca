import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startPostgres } from '@tidemark/postgres-server'
import { freePort } from '@tidemark/postgres-server/free-port'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FED_SOURCE, fed, tell } from './fed-source.ts'
import { type TestProject, testProject } from './test-project.ts'

const ROOT = join(import.meta.dirname, '../../..')
const MONITORING = join(ROOT, 'examples/monitoring')
const hasPrometheus = existsSync('/usr/bin/prometheus') && existsSync('/usr/bin/promtool')

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}

const dashboard = JSON.parse(readFileSync(join(MONITORING, 'grafana-dashboard.json'), 'utf8')) as Dashboard
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })))

/** A table that is read, one whose rows do not all fit, and one that fails; it says that its system limits it. */
const MOODY = `
import { days, defineSource, register, SyncError } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'crm' })
const table = (name, read) => source.table({
  name, row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['id'], cursor: 'at', window: days(1),
  start: new Date(Date.now() - 3 * 86_400_000).toISOString(), end: () => new Date().toISOString(), read,
})
const rows = (from) => Array.from({ length: 20 }, (_, id) => ({ id: Math.floor(Date.parse(from) / 1000) + id, at: from }))
export default register(source.with([
  table('people', async function* ({ from, log }) { log.info('too many requests', { waitMs: 50 }); yield rows(from) }),
  table('calls', async function* ({ from }) { yield [...rows(from), { id: 'no', at: from }] }),
  table('deals', async function* () { throw new SyncError('no deals', 'fix-config') }),
]))
`

it('alerts and panels name metrics that there are', () => {
  const page = readFileSync(join(ROOT, 'docs/running.md'), 'utf8')
  const known = new Set([...page.matchAll(/`(tidemark_\w+)[`{]/g)].map(([, name]) => name))
  const texts = [readFileSync(join(MONITORING, 'alerts.yml'), 'utf8'), ...queries.map(({ expr }) => expr)]
  const named = texts.flatMap((text) =>
    [...text.matchAll(/\btidemark_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')),
  )
  expect(named.length).toBeGreaterThan(25)
  expect(named.filter((name) => !known.has(name))).toEqual([])
})

// CI installs Prometheus; where it cannot be installed, these say by name that they were not run.
describe.skipIf(!hasPrometheus)('with the programs of Prometheus', () => {
  it('the alert rules and their tests hold, and a wrong rule is seen', () => {
    const promtool = (...args: readonly string[]) =>
      execFileSync('/usr/bin/promtool', args, { cwd: MONITORING, encoding: 'utf8', stdio: 'pipe' })
    expect(promtool('check', 'config', 'prometheus.yml')).toContain('11 rules found')
    expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS')
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-rules-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const wrong = join(folder, 'alerts.yml')
    writeFileSync(
      wrong,
      readFileSync(join(MONITORING, 'alerts.yml'), 'utf8').replace('max by (table, source)', 'maxi by'),
    )
    expect(() => promtool('check', 'rules', wrong)).toThrow()
  })

  it('every panel shows something of a sync and a worker that are scraped', async () => {
    const server = await startPostgres()
    onTestFinished(() => server.stop())
    const project = testProject()
    project.install('shop', FED_SOURCE)
    project.install('crm', MOODY)
    project.config({ destination: (await server.newSchema()).url })
    tell(project, { table: 'orders', row: { id: 1, note: 'one' } }, { commit: true })
    const environment = fed({ backlog: true, toldAt: new Date(Date.now() - 60_000).toISOString() })
    const ports = [await freePort(), await freePort()] as const
    await started(project, ['sync', '--every', '1s', '--listen', String(ports[0])], environment)
    await started(project, ['work', '--every', '1m', '--listen', String(ports[1])], environment)
    const ask = await startPrometheus(ports)

    const left = new Map(queries.map(({ title, expr }) => [expr, title]))
    const deadline = performance.now() + 90_000
    while (left.size > 0 && performance.now() < deadline) {
      await wait(1000)
      for (const expr of left.keys()) if ((await ask(expr)).length > 0) left.delete(expr)
    }
    expect([...left.values()]).toEqual([])
    expect(queries.length).toBeGreaterThan(20)
    expect(await ask('sum(max by (table) (tidemark_table_status{status="failing"}))')).toEqual([1])
  })
})

async function started(
  project: TestProject,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<void> {
  const running = project.start(args, environment)
  onTestFinished(async () => {
    running.child.kill('SIGTERM')
    await running.ended
  })
  await running.says('health and metrics')
}

/** A real Prometheus that scrapes these ports every second. @returns what a query yields: its numbers. */
async function startPrometheus(ports: readonly number[]): Promise<(query: string) => Promise<readonly number[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-prometheus-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const config = readFileSync(join(MONITORING, 'prometheus.yml'), 'utf8')
    .replaceAll('15s', '1s')
    .replace('["127.0.0.1:9464"]', JSON.stringify(ports.map((port) => `127.0.0.1:${port}`)))
  writeFileSync(join(folder, 'prometheus.yml'), config)
  writeFileSync(join(folder, 'alerts.yml'), readFileSync(join(MONITORING, 'alerts.yml')))
  const port = await freePort()
  const flags = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`]
  const child = spawn('/usr/bin/prometheus', [...flags, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  return async (query) => {
    // What Grafana puts in place of it, for a scrape each second.
    const text = query.replaceAll('$__rate_interval', '10s')
    const url = `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query: text })}`
    const response = await fetch(url).catch(() => undefined)
    if (response === undefined || response.status === 503) return []
    const { data, error } = (await response.json()) as {
      data?: { result: readonly { value: [number, string] }[] }
      error?: string
    }
    if (error !== undefined) throw new Error(`${query}: ${error}`)
    return (data?.result ?? []).map(({ value }) => Number(value[1])).filter((value) => Number.isFinite(value))
  }
}
