import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDestination } from '@tidemark/destination'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type TestProject, testProject } from '../test-project.ts'
import { axeProblems } from './axe-problems.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { manyTables } from './many-tables.ts'
import { hasNginx, startNginx } from './nginx.ts'
import { seedState } from './seed-state.ts'
import { startUi } from './start-ui.ts'

const DAY = 86_400_000
const PARTITIONS = 50_000
const LINES = 2000
const main = join(import.meta.dirname, '../../dist/main.js')

/** 1,000 tables with 200 steps each, one of 50,000 partitions with gaps and failures, and a run that logged all that is kept of one. */
async function seeded(): Promise<TestProject> {
  const project = testProject()
  const path = join(project.folder, 'data/tidemark.db')
  mkdirSync(join(project.folder, 'data'))
  const now = Date.now()
  const many = manyTables({ tables: 1000, runs: 200, now })
  const start = now - 100 * DAY
  const parts = {
    ...({
      name: 'big_parts',
      source: 'big',
      status: 'failing',
      cursor: 'timestamp',
      window: DAY,
      lastSyncedAt: now,
    } as const),
    partitions: Array.from({ length: PARTITIONS }, (_, at) => ({
      partition: `account-${String(at).padStart(6, '0')}`,
      start,
      covered: [
        ...(at % 3 === 0 ? [[start, start + 40 * DAY] as const] : []),
        [start + 60 * DAY, now - (at % 100) * 60_000] as const,
      ],
      ...(at % 7 === 0 ? { failures: 2, nextTryAt: now + DAY, lastError: `the account ${at} is locked` } : {}),
    })),
    rows: [],
  }
  await seedState(path, { ...many, tables: [parts, ...many.tables] })
  const destination = await openDestination({ url: path, runner: { id: 'log', host: 'here', pid: 1, startedAt: 0n } })
  const lines = Array.from({ length: LINES }, (_, at) => ({
    ...({ line: at + 1, at: BigInt(now) * 1000n, level: 'warn', event: 'step-retried' } as const),
    ...{ source: 'big', table: 'big_parts', partition: `account-${at}`, fields: '{"attempt":2}' },
    message: `big_parts (account-${at}): the account is locked; trying again in 5 s`,
  }))
  await destination.recordRun(200, [{ kind: 'logged', lines, from: 1 }])
  await destination.close()
  execFileSync(process.execPath, [main, 'ui', '--password-file', 'users.txt', '--add-user', 'ben'], {
    ...{ cwd: project.folder, input: 'ben-knows-it\n', stdio: ['pipe', 'ignore', 'inherit'] },
  })
  return project
}

/** Processor time in seconds, and the most memory in MB, of a process. */
function usedBy(pid: number): { readonly seconds: number; readonly mb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const [, mb] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return { seconds: (Number(fields[11]) + Number(fields[12])) / 100, mb: Math.round(Number(mb) / 1024) }
}

const PAGES = [
  ['overview', ''],
  ['source', 'source?name=big'],
  ['source of 50 tables', 'source?name=shop3'],
  ['table', 'table?name=big_parts'],
  ['runs', 'runs'],
  ['run with its log', 'run?id=200'],
  ['changes', 'changes'],
  ['config', 'config'],
] as const
const MAX_BYTES = 160_000

describe.skipIf(!hasBrowser || !hasNginx)('every page of a large state (needs chromium and nginx)', () => {
  it('is small, comes soon, and can be read by everybody, behind a login under a path', async () => {
    const project = await seeded()
    const flags = ['--base-path', '/tidemark', '--trust-proxy', 'loopback', '--allowed-hosts', 'localhost']
    const ui = await startUi(project, [...flags, '--password-file', 'users.txt'], {
      // It needs no more than this for what it holds; what the system shows beside it is garbage that nobody had to collect.
      NODE_OPTIONS: '--max-old-space-size=512',
    })
    const origin = `https://localhost:${await startNginx({ dashboard: ui.port })}/tidemark/`
    const { context, close } = await openBrowser({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 } })
    onTestFinished(close)
    const page = await context.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (one) => one.type() === 'error' && problems.push(one.text()))
    const bytes = new Map<string, number>()
    page.on('requestfinished', async (request) => {
      const url = request.url()
      if (!url.startsWith(origin)) problems.push(url)
      if (!url.includes('/api/') || url.endsWith('/events')) return
      bytes.set(url.slice(origin.length), (await request.sizes().catch(() => undefined))?.responseBodySize ?? 0)
    })
    await page.goto(origin)
    await page.getByLabel('Name').fill('ben')
    await page.getByLabel('Password').fill('ben-knows-it')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForSelector('main table')

    const took: Record<string, number> = {}
    for (const [name, path] of PAGES) {
      const before = usedBy(ui.running.child.pid!).seconds
      await page.goto(`${origin}${path}`)
      await page.waitForSelector('main h1')
      await expect.poll(() => page.locator('.loading').count()).toBe(0)
      took[name] = Math.round((usedBy(ui.running.child.pid!).seconds - before) * 1000)
      expect([name, await axeProblems(page)]).toEqual([name, []])
      expect([name, await page.evaluate<number>("document.querySelectorAll('*').length")]).toEqual([
        name,
        expect.toSatisfy((count: number) => count < 4000),
      ])
    }
    // The schedule is a part of the first page, and lists each source.
    await page.goto(origin)
    await page.getByRole('heading', { name: 'Schedule' }).waitFor()
    await page.goto(`${origin}table?name=big_parts`)
    await page.getByText('account-000000').first().waitFor()
    // 40 of its days are missing in each partition, or 60, and nothing was ever read that says how long that takes.
    await page.getByText(/^[\d,]+ windows$/).waitFor()
    await page.goto(`${origin}run?id=200`)
    await page
      .getByText(`account-${LINES - 1}`)
      .first()
      .waitFor()

    const { seconds, mb } = usedBy(ui.running.child.pid!)
    if (process.env['TIDEMARK_SHOW'] !== undefined) console.log({ took, bytes: Object.fromEntries(bytes), seconds, mb })
    expect([...bytes].filter(([, length]) => length > MAX_BYTES)).toEqual([])
    expect(bytes.size).toBeGreaterThan(10)
    // Of the processor, in milliseconds: the machine may have others to serve.
    expect(Object.entries(took).filter(([, ms]) => ms > 6000)).toEqual([])
    expect(mb).toBeLessThan(900)
    expect(problems).toEqual([])
  })
})
