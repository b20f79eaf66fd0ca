import { renameSync, rmSync } from 'node:fs'
import { type PostgresServer, startPostgres } from '@tidemark/postgres-server'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type TestProject, testProject } from '../test-project.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { pageProblems } from './page-problems.ts'
import { startUi } from './start-ui.ts'

/** A source that takes its time: a window of a day waits until a file says how far it may read. */
const SOURCE = `
import { days, defineSource, register } from '@tidemark/core'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
const source = defineSource({ name: 'slow' })
const row = z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() })
export default register(source.with([source.table({
  name: 'days', row, primaryKey: ['id'], cursor: 'at', window: days(2),
  start: '2026-01-01T00:00:00Z', end: () => '2026-01-21T00:00:00Z',
  async *read({ from, to, signal }) {
    const day = (Date.parse(from) - Date.parse('2026-01-01T00:00:00Z')) / 86_400_000
    while (day < 10 && !existsSync('go-on')) await sleep(25, undefined, { signal })
    yield [{ id: day, at: from, note: existsSync('bad') ? 7 : 'day ' + day }]
  },
})]))`

let server: PostgresServer | undefined
beforeAll(async () => {
  if (hasBrowser) server = await startPostgres()
})
afterAll(() => server?.stop())

async function pageAt(address: string): Promise<{ page: Page; problems: readonly string[] }> {
  const { context, close } = await openBrowser({ viewport: { width: 1280, height: 900 } })
  onTestFinished(close)
  const page = await context.newPage()
  const problems = pageProblems(page)
  await page.goto(address)
  return { page, problems }
}

async function slow(kind: string): Promise<{ project: TestProject; environment: Record<string, string> }> {
  const project = testProject()
  project.install('slow', SOURCE)
  return { project, environment: kind === 'postgres' ? { DATABASE_URL: (await server!.newSchema()).url } : {} }
}

describe.skipIf(!hasBrowser)('the dashboard while a run goes on (needs /usr/bin/chromium)', () => {
  it.each(['sqlite', 'postgres'])(
    'shows its windows as they are read and covered, without being loaded again: %s',
    async (kind) => {
      const { project, environment } = await slow(kind)
      const sync = project.start(['sync'], environment)
      onTestFinished(() => void sync.child.kill('SIGKILL'))
      const ui = await untilStarted(() => startUi(project, [], environment))
      const { page, problems } = await pageAt(ui.origin)
      await page.waitForSelector('main table')
      await page.evaluate('globalThis.isTheSame = true')
      const bar = () => page.locator('table.tables .bar').first().getAttribute('aria-label')

      // Ten days are there, the windows below wait for their file.
      await page.getByText(/Run 1 is in progress/).waitFor()
      await expect.poll(bar).toMatch(/covered .*backfill in progress, no gap, [12] windows? being read/)
      expect(await page.locator('.bar .reading').count()).toBeGreaterThan(0)
      project.write('go-on', '')
      await expect.poll(bar).toMatch(/no gap$/)
      await page.getByText(/Run 1 is in progress/).waitFor({ state: 'detached' })
      await expect.poll(() => page.locator('table.tables').innerText()).toMatch(/complete[\s\S]*10/)
      expect((await sync.ended).code).toBe(0)
      expect(await page.evaluate('globalThis.isTheSame')).toBe(true)
      expect(problems).toEqual([])
    },
  )

  it('an action is started by a click, told as it goes, stopped by another, and never runs twice', async () => {
    const { project } = await slow('sqlite')
    project.write('go-on', '')
    expect((await project.run(['sync'])).code).toBe(0)
    const ui = await startUi(project, ['--allow-actions'])
    const { page, problems } = await pageAt(ui.address)
    await page.waitForSelector('main table')
    // The token is in no address that could be shared or logged, and a page loaded again still has it.
    expect(page.url()).toBe(`${ui.origin}/`)
    await page.reload()
    await page.getByRole('button', { name: 'Sync now' }).click()
    const panel = page.getByRole('region', { name: 'Action' })
    await panel.getByText('done').waitFor({ timeout: 120_000 })
    expect(await panel.innerText()).toMatch(/Sync of everything took[\s\S]*slow_days/)

    rmSync(`${project.folder}/go-on`)
    await page.getByRole('link', { name: 'slow_days' }).click()
    await page.getByRole('button', { name: 'Resync' }).click()
    await panel.getByText('running').waitFor({ timeout: 120_000 })
    await page.getByText('Being read now').waitFor({ timeout: 120_000 })
    expect(await page.getByRole('button', { name: 'Sync', exact: true }).getAttribute('aria-disabled')).toBe('true')
    await panel.getByRole('button', { name: 'Stop' }).click()
    await panel.getByText('exit code 143').waitFor({ timeout: 120_000 })

    // Rows that do not fit, and a second try when they do.
    project.write('go-on', '')
    project.write('bad', '')
    await page.getByRole('button', { name: 'Resync' }).click()
    await page.getByRole('button', { name: 'Retry rejected rows' }).waitFor({ timeout: 120_000 })
    await panel.getByText('running').waitFor({ state: 'detached', timeout: 60_000 })
    rmSync(`${project.folder}/bad`)
    await page.getByRole('button', { name: 'Retry rejected rows' }).click()
    await page.getByRole('button', { name: 'Retry rejected rows' }).waitFor({ state: 'detached', timeout: 60_000 })
    expect(problems).toEqual([])
  })

  it('without the token there is nothing to click', async () => {
    const { project } = await slow('sqlite')
    project.write('go-on', '')
    await project.run(['sync'])
    const ui = await startUi(project, ['--allow-actions'])
    const { page } = await pageAt(ui.origin)
    await page.waitForSelector('main table')
    expect(await page.getByRole('button', { name: 'Sync now' }).count()).toBe(0)
  })

  it('says that the database went away, and goes on when it is back', async () => {
    const { project } = await slow('sqlite')
    project.write('go-on', '')
    await project.run(['sync'])
    const ui = await startUi(project)
    const { page } = await pageAt(ui.origin)
    await page.waitForSelector('main table')
    const file = `${project.folder}/data/tidemark.db`
    renameSync(file, `${file}.away`)
    await page.getByRole('alert').first().getByText('The database does not exist').waitFor({ timeout: 120_000 })
    renameSync(`${file}.away`, file)
    await page.getByRole('alert').first().waitFor({ state: 'detached', timeout: 30_000 })
    await ui.stop()
    await page.getByText('Not connected').waitFor({ timeout: 120_000 })
  })
})

/** The first sync makes the database; until it has, there is nothing to show. */
async function untilStarted<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await start()
    } catch (error) {
      if (tries > 20) throw error
      await new Promise((done) => setTimeout(done, 250))
    }
  }
}
