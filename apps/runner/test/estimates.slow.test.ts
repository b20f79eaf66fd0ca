import { rmSync } from 'node:fs'
import { startPostgres } from '@tidemark/postgres-server'
import { freePort } from '@tidemark/postgres-server/free-port'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startUi } from './dashboard/start-ui.ts'
import { type TestProject, testProject } from './test-project.ts'

/** A row a day, in windows of a day and two pages each. After so many reads it stands still, while the file `hold` says how many. */
const SHOP = `
import { existsSync, readFileSync } from 'node:fs'
import { days, defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
let reads = 0
const hold = async () => {
  while (existsSync('hold') && reads >= Number(readFileSync('hold', 'utf8'))) await new Promise((done) => setTimeout(done, 20))
  reads++
}
export default register(source.with([
  source.table({
    name: 'orders',
    row: z.object({ id: z.int(), at: z.iso.datetime() }),
    primaryKey: ['id'],
    cursor: 'at',
    window: days(1),
    start: '2026-01-01T00:00:00Z',
    end: () => '2026-03-01T00:00:00Z',
    async *read({ from }) {
      await hold()
      const day = Math.floor(Date.parse(from) / 86_400_000)
      yield [{ id: 2 * day, at: from }]
      yield [{ id: 2 * day + 1, at: from }]
    },
  }),
  source.table({
    name: 'countries', row: z.object({ id: z.int() }), primaryKey: ['id'],
    async *read() { await hold(); yield [{ id: 1 }] },
  }),
]))
`

interface Left {
  readonly windows: number
  readonly ms: number | null
  readonly requests: number | null
  readonly rows_per_second: number | null
}
interface Said {
  readonly all: Left
  readonly orders: Left | null
}

let server: Awaited<ReturnType<typeof startPostgres>>
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server.stop())

async function json<T>(project: TestProject, ...args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await project.run([...args, '--json'])
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout) as T
}

interface Document {
  readonly work_left: Left
  readonly tables: readonly { readonly name: string; readonly work_left: Left | null }[]
}
const said = ({ work_left, tables }: Document): Said => ({
  all: work_left,
  orders: tables.find(({ name }) => name === 'shop_orders')?.work_left ?? null,
})

async function ofPage(project: TestProject): Promise<Said> {
  const { origin, stop } = await startUi(project)
  const answer = (await (await fetch(`${origin}/api/overview`)).json()) as {
    readonly totals: { readonly work_left: Left }
    readonly tables: readonly { readonly name: string; readonly work_left: Left | null }[]
  }
  await stop()
  return said({ work_left: answer.totals.work_left, tables: answer.tables })
}

/** As far as the metrics have it: a run that stands still before it reads anything is scraped. */
async function ofMetrics(project: TestProject): Promise<readonly string[]> {
  project.write('hold', '0')
  const port = await freePort()
  const running = project.start(['sync', '--every', '1h', '--listen', `127.0.0.1:${port}`])
  onTestFinished(() => void running.child.kill('SIGKILL'))
  const scrape = async (): Promise<string> =>
    await fetch(`http://127.0.0.1:${port}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    )
  await expect.poll(scrape).toMatch(/^tidemark_run_in_progress 1$[\s\S]*^tidemark_windows_left/m)
  const lines = (await scrape()).split('\n').filter((line) => /^tidemark_\w+_(left|per_second)/.test(line))
  running.child.kill('SIGKILL')
  await running.ended
  rmSync(`${project.folder}/hold`)
  return lines
}

function metricsOf({ all, orders }: Said): readonly string[] {
  const line = (name: string, value: number | null | undefined): readonly string[] =>
    value === null || value === undefined ? [] : [`tidemark_${name} ${value}`]
  return [
    ...line('all_windows_left', all.windows),
    ...line('all_seconds_left', all.ms === null ? null : all.ms / 1000),
    ...line('windows_left{table="shop_orders"}', orders?.windows),
    ...line('seconds_left{table="shop_orders"}', orders?.ms == null ? null : orders.ms / 1000),
    ...line('requests_left{table="shop_orders"}', orders?.requests),
    ...line('rows_per_second{table="shop_orders"}', orders?.rows_per_second),
  ]
}

/** What plan, status, the page and the metrics say: one figure. */
async function oneFigure(project: TestProject): Promise<Said> {
  const figures = said(await json<Document>(project, 'status'))
  expect(said(await json<Document>(project, 'plan'))).toEqual(figures)
  expect(await ofPage(project)).toEqual(figures)
  const lines = (await ofMetrics(project)).filter((line) => !line.includes('shop_countries'))
  expect([...lines].sort()).toEqual([...metricsOf(figures)].sort())
  return figures
}

describe.each(['sqlite', 'postgres'] as const)('what is left, in %s', (kind) => {
  it('is one figure in plan, status, the page and the metrics, whatever happened before', async () => {
    const project = testProject()
    project.install('shop', SHOP)
    const destination = kind === 'sqlite' ? 'tables.db' : (await server.newSchema()).url
    const config = (start: string) => project.config({ destination, initialSyncStart: start, sources: { shop: {} } })
    config('2026-02-20T00:00:00Z')

    // Nothing is known before the first run, and nothing is left after it.
    const before = await json<Document & { estimate: Left & { unknown_windows: number } }>(project, 'plan')
    expect(before.estimate).toMatchObject({ windows: 10, ms: null, requests: null, unknown_windows: 10 })
    expect((await project.run(['sync'])).code).toBe(0)
    expect(await oneFigure(project)).toMatchObject({ all: { windows: 0 }, orders: { windows: 0, ms: 0, requests: 0 } })

    // A start a month earlier, and a run that is killed in the middle.
    config('2026-01-21T00:00:00Z')
    project.write('hold', '13')
    const running = project.start(['sync'])
    const committed = async (): Promise<number> =>
      (await json<{ rows: { n: number }[] }>(project, 'query', 'select count(*) as n from shop_orders')).rows[0]!.n
    await expect.poll(committed, { interval: 300 }).toBeGreaterThanOrEqual(18 + 2 * 8)
    running.child.kill('SIGKILL')
    await running.ended
    rmSync(`${project.folder}/hold`)
    const windows = 39 - (await committed()) / 2
    const killed = await oneFigure(project)
    expect(windows).toBeGreaterThan(10)
    expect(killed.orders).toMatchObject({ windows, requests: 2 * windows })
    expect(killed.orders?.ms).toBeGreaterThan(0)
    const text = (await project.run(['plan'])).stdout
    expect(text).toMatch(
      new RegExp(`before it is complete: ${windows} windows left, about \\d+ s, about ${2 * windows} requests`),
    )
    expect((await project.run(['status'])).stdout).toMatch(new RegExp(`shop_orders .* ${windows} windows left, about`))

    // All of it is read; then a part of it is asked for again, and the request waits.
    expect((await project.run(['sync'])).code).toBe(0)
    project.write('hold', '0')
    const resync = project.start([
      'resync',
      'shop_orders',
      '--from',
      '2026-02-01T00:00:00Z',
      '--to',
      '2026-02-06T12:00:00Z',
    ])
    await expect
      .poll(async () => (await json<Document>(project, 'status')).work_left.windows, { interval: 300 })
      .toBe(6)
    resync.child.kill('SIGKILL')
    await resync.ended
    rmSync(`${project.folder}/hold`)
    expect(await oneFigure(project)).toMatchObject({ all: { windows: 6 }, orders: { windows: 6, requests: 12 } })
  })
})
