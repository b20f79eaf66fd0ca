import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type TestProject, testProject } from '../test-project.ts'
import { axeProblems } from './axe-problems.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { pageProblems } from './page-problems.ts'
import { picture } from './picture.ts'
import { startUi } from './start-ui.ts'

/** Two tables; `refunds` fails while the file `broken` says why. Its token is a secret. */
const SHOP = `
import { existsSync, readFileSync } from 'node:fs'
import { defineSource, register, secret, SyncError, days } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({
  name: 'shop',
  config: z.object({ url: z.url().describe('where the shop is'), token: secret().describe('from its settings'), pageSize: z.int().default(500) }),
})
const table = (name) => source.table({
  name,
  row: z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(1),
  start: '2026-01-01T00:00:00Z',
  end: () => '2026-01-11T00:00:00Z',
  async *read({ from }) {
    if (name === 'refunds' && existsSync('broken')) throw new SyncError(readFileSync('broken', 'utf8'), 'fix-config')
    const day = Math.floor(Date.parse(from) / 86_400_000)
    yield [{ id: day, at: from, note: name + ' of day ' + day }]
  },
})
export default register(source.with([table('orders'), table('refunds')]))
`

const TOKEN = 'hunter-2-secret'
const CAUSE = 'the token lacks the scope "refunds:read"; add it in the settings of the shop'

const text = (page: Page): Promise<string> => page.locator('main').innerText()
const shows = (page: Page, said: RegExp): Promise<void> => expect.poll(() => text(page)).toMatch(said)

async function openPage(address: string, phone = false): Promise<{ page: Page; problems: readonly string[] }> {
  const viewport = phone ? { width: 390, height: 800 } : { width: 1280, height: 900 }
  const { context, close } = await openBrowser({ viewport, isMobile: phone, hasTouch: phone, reducedMotion: 'reduce' })
  onTestFinished(close)
  const page = await context.newPage()
  const problems = pageProblems(page)
  await page.goto(address)
  return { page, problems }
}

function project(): TestProject {
  const made = testProject()
  made.install('shop', SHOP, { manifest: { exports: './dist/index.js' } })
  return made
}

describe.skipIf(!hasBrowser)('a day of a team (needs /usr/bin/chromium)', () => {
  it('from an empty page to a table that is paused, decided on and read again', async () => {
    const team = project()
    const ui = await startUi(team, ['--allow-actions'])
    const { page, problems } = await openPage(ui.address)

    // A new source is added: the page says what to paste, and checks the config as it is saved.
    await shows(page, /There are no tracked tables yet[\s\S]*shop\s+not configured[\s\S]*sources\.shop\.config\.url/)
    const snippet = await page.locator('.setup pre').innerText()
    expect(snippet).toMatch(/shop: shop\.configure\(\{[\s\S]*token: env\('SHOP_TOKEN'\)/)
    expect(await axeProblems(page)).toEqual([])
    await picture(page, 'dashboard-setup')
    team.config(snippet)
    await shows(
      page,
      /The config is not valid[\s\S]*SHOP_TOKEN is not set[\s\S]*tidemark\.config\.ts:8: sources\.shop\.config\.url/,
    )
    team.write('.env', `SHOP_TOKEN=${TOKEN}\n`)
    team.config(snippet.replace("url: ''", "url: 'https://shop.example'"))
    await shows(page, /The config is valid/)

    // Where each value comes from; no secret among them.
    await page.getByRole('link', { name: 'Config' }).click()
    await shows(
      page,
      /sources\.shop\.config\.token\s+"\*\*\*"\s+\.env: SHOP_TOKEN[\s\S]*pageSize\s+500\s+default of the source/,
    )
    expect(await axeProblems(page)).toEqual([])
    expect(await page.content()).not.toContain(TOKEN)
    await picture(page, 'dashboard-config')

    // The first sync, from the page; then the tables are there without loading it again.
    await page.getByRole('link', { name: 'Tables' }).click()
    await page.getByRole('button', { name: 'Sync now' }).click()
    await expect.poll(() => page.locator('table.tables tbody tr').count()).toBe(2)
    await shows(page, /Sync of everything took/)

    // At night a table fails; on a phone its cause, how to fix it and the command are there.
    writeFileSync(join(team.folder, 'broken'), CAUSE)
    expect((await team.run(['resync', 'shop_refunds'])).code).toBe(3)
    const phone = await openPage(ui.address, true)
    await phone.page.getByRole('link', { name: 'shop_refunds' }).click()
    await shows(
      phone.page,
      /The last sync failed\s+the token lacks the scope[\s\S]*correct the config; then:\s+npx tidemark sync shop_refunds/,
    )
    expect(await phone.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    await picture(phone.page, 'dashboard-failing-phone')

    // It is paused until somebody has decided: no run fails because of it any more.
    await phone.page.getByRole('button', { name: 'Pause' }).click()
    await shows(phone.page, /Paused\s+paused by .*@.* at 20/)
    expect((await team.run(['sync'])).code).toBe(0)
    await page.goto(`${ui.origin}/source?name=shop`)
    await shows(page, /Source shop[\s\S]*1 paused[\s\S]*Schedule[\s\S]*shop\s+2, 1 paused[\s\S]*Config/)
    expect(await axeProblems(page)).toEqual([])
    await picture(page, 'dashboard-source')
    writeFileSync(join(team.folder, 'broken'), '')
    const { rmSync } = await import('node:fs')
    rmSync(join(team.folder, 'broken'))
    await page.goto(`${ui.origin}/table?name=shop_refunds`)
    await page.getByRole('button', { name: 'Resume' }).click()
    await shows(page, /Resume of shop_refunds took/)
    expect((await team.run(['sync'])).code).toBe(0)
    await shows(page, /Changes[\s\S]*resumed by .*[\s\S]*paused by /)

    // Later somebody asks what happened: each decision with its table and time, and the run with its failure.
    await page.getByRole('link', { name: 'Changes' }).click()
    await shows(page, /shop_refunds\s+resumed by [\s\S]*shop_refunds\s+paused by /)
    await picture(page, 'dashboard-changes')
    await page.getByRole('link', { name: 'Runs' }).click()
    await page.getByRole('link', { name: 'Run 2', exact: true }).click()
    await shows(page, /some tables failed[\s\S]*Failures[\s\S]*shop_refunds[\s\S]*the token lacks the scope/)
    expect(problems).toEqual([])
    expect(phone.problems).toEqual([])
  })
})
