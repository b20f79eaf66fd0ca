import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { axeProblems } from './axe-problems.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { type DemoDashboard, demoDashboard } from './demo-dashboard.ts'
import { demoState } from './demo-state.ts'
import { pageProblems } from './page-problems.ts'

const PAGES = [
  '/',
  '/table?name=shop_orders',
  '/table?name=github_pull_requests',
  '/source?name=shop',
  '/runs',
  '/run?id=40',
  '/changes',
]

const FOCUSED = `(({ activeElement: one }) => ({
  text: one.innerText || one.getAttribute('aria-label') || one.id,
  tag: one.tagName,
}))(document)`

let dashboard: DemoDashboard
beforeAll(async () => {
  dashboard = await demoDashboard(demoState(Date.now()), (text) => text.replaceAll('Emmy Noether', '***'))
})
afterAll(() => dashboard.close())

async function open(
  path: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: readonly string[] }> {
  const { context, close } = await openBrowser({ viewport: { width: 1280, height: 900 }, ...options })
  onTestFinished(close)
  const page = await context.newPage()
  const problems = pageProblems(page)
  await goTo(page, path)
  return { page, problems }
}

async function goTo(page: Page, path: string): Promise<void> {
  await page.goto(dashboard.origin + path)
  await page.waitForSelector('main :is(table, .notice, .empty)')
}

describe.skipIf(!hasBrowser)('the dashboard in a browser (needs /usr/bin/chromium)', () => {
  it('shows every table with how far it is, what is wrong first', async () => {
    const { page, problems } = await open('/')
    const rows = page.locator('table.tables tbody tr')
    expect(await rows.count()).toBe(13)
    expect(await rows.first().innerText()).toMatch(/crm_deals[\s\S]*its primary key was id[\s\S]*paused/)
    expect(await rows.nth(1).innerText()).toMatch(/shop_refunds[\s\S]*lacks the scope[\s\S]*failing[\s\S]*next try/)
    const orders = page.getByRole('row').filter({ hasText: 'shop_orders' })
    expect(await orders.getByRole('img').first().getAttribute('aria-label')).toMatch(/^95 % covered from .* 1 gap$/)
    await orders.getByText(/^1[5-9],\d{3}$/).waitFor()
    expect(await orders.innerText()).toMatch(/complete[\s\S]*1 gap, 95 %[\s\S]*3 min/)
    const events = page.getByRole('row').filter({ hasText: 'shop_events' })
    expect(await events.getByRole('img').first().getAttribute('aria-label')).toMatch(
      /backfill in progress, .*2 windows being read/,
    )
    expect(await page.locator('.tiles').innerText()).toMatch(/Needs attention\s+2\s+1 failing, 1 paused/)
    expect(await page.locator('.banner').innerText()).toMatch(/Run 40 is in progress/)
    expect(problems).toEqual([])
  })

  it('searches, filters and sorts, and the address says how', async () => {
    const { page } = await open('/')
    const names = () => page.locator('table.tables tbody tr th .who > a').allInnerTexts()
    await page.getByRole('searchbox', { name: 'Search tables' }).fill('github')
    await expect.poll(names).toEqual(['github_pull_requests', 'github_commits', 'github_issues'])
    await page.getByRole('button', { name: 'Table' }).click()
    await expect.poll(names).toEqual(['github_commits', 'github_issues', 'github_pull_requests'])
    await page.getByRole('button', { name: 'Table' }).click()
    await expect.poll(names).toEqual(['github_pull_requests', 'github_issues', 'github_commits'])
    expect(new URL(page.url()).search).toBe('?search=github&sort=name&order=down')
    await page.reload()
    await expect.poll(names).toEqual(['github_pull_requests', 'github_issues', 'github_commits'])
    await page.getByRole('searchbox', { name: 'Search tables' }).fill('nothing like it')
    await page.getByText('No table matches the filter').waitFor()
    await goTo(page, '/?status=wrong')
    await expect.poll(names).toEqual(['crm_deals', 'shop_refunds'])
    await page.getByRole('combobox', { name: 'Source' }).selectOption('shop')
    await expect.poll(names).toEqual(['shop_refunds'])
  })

  it('shows one table: coverage, rows and lag over time, columns and changes, errors, rejects, rows, a query', async () => {
    const { page, problems } = await open('/')
    await page.getByRole('link', { name: 'shop_orders' }).click()
    await page.getByRole('heading', { level: 1, name: 'shop_orders' }).waitFor()
    const main = page.locator('main')
    await page.getByRole('heading', { name: 'The newest 50 rows' }).waitFor()
    // Each part asks the server for itself.
    for (const said of [
      /Not covered yet, and read by the next run/,
      /Rows written by each run/,
      /Age of the newest data\s+(?:Never older than allowed|Older than allowed)/,
      /column "discount_code" added/,
      /3 rejected rows/,
      /expected number, received "12,50"/,
      /select \* from shop_orders where _deleted_at is null order by updated_at desc limit 20/,
      /pnpm tidemark rejects retry shop_orders/,
    ])
      await expect.poll(() => main.innerText()).toMatch(said)
    await expect.poll(() => page.locator('canvas').count()).toBe(2)
    // Secrets are taken out of whatever is shown.
    await page.locator('.rejects summary').first().click()
    expect(await page.locator('.rejects pre').first().innerText()).toContain('***')
    expect(await main.innerText()).not.toContain('Emmy Noether')

    await goTo(page, '/table?name=shop_refunds')
    await expect
      .poll(() => main.innerText())
      .toMatch(/The last sync failed[\s\S]*pnpm tidemark sync shop_refunds[\s\S]*Last errors/)
    await goTo(page, '/table?name=crm_deals')
    await expect
      .poll(() => main.innerText())
      .toMatch(/Paused: a decision is needed[\s\S]*pnpm tidemark resync crm_deals --full/)
    await goTo(page, '/table?name=github_pull_requests')
    await expect.poll(() => main.innerText()).toMatch(/5 partitions[\s\S]*acme\/app/)
    await goTo(page, '/table?name=no_such')
    await expect.poll(() => main.innerText()).toMatch(/there is no table "no_such"; it may have been removed/)
    expect(problems).toEqual([])
  })

  it('shows runs, and of one which table took how long, reading or writing, and what failed', async () => {
    const { page, problems } = await open('/runs')
    const first = page.locator('table.runs tbody tr').first()
    expect(await first.innerText()).toMatch(/Run 40[\s\S]*running/)
    expect(await first.getByRole('img').getAttribute('aria-label')).toMatch(/ reading, .* writing$/)
    await page.getByRole('link', { name: 'Older' }).click()
    await page.getByRole('link', { name: 'Run 16', exact: true }).waitFor()
    await goTo(page, '/run?id=39')
    const text = await page.locator('main').innerText()
    expect(text).toMatch(/some tables failed[\s\S]*Failures[\s\S]*lacks the scope[\s\S]*Time per table\s/)
    expect(await page.locator('table.runs tbody tr').count()).toBe(11)
    expect(problems).toEqual([])
  })

  it.each(['light', 'dark'] as const)('has nothing that axe objects to, in %s', async (colorScheme) => {
    const { page } = await open('/', { colorScheme, reducedMotion: 'reduce' })
    for (const path of PAGES) {
      await goTo(page, path)
      await page.waitForTimeout(500)
      expect(await axeProblems(page), path).toEqual([])
    }
  })

  it('is wholly usable by keyboard', async () => {
    const { page } = await open('/')
    const focused = () => page.evaluate<{ text: string; tag: string }>(FOCUSED)
    await page.keyboard.press('Tab')
    expect(await focused()).toMatchObject({ text: 'Skip to content' })
    await page.keyboard.press('Enter')
    expect(await focused()).toMatchObject({ tag: 'MAIN' })
    const seen = new Set<string>()
    for (let at = 0; at < 60; at++) {
      await page.keyboard.press('Tab')
      const { text, tag } = await focused()
      seen.add(`${tag} ${text}`)
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
      if (tag !== 'BODY') expect(outline, text).not.toBe('none')
    }
    for (const name of ['crm_deals', 'shop_orders', 'files_old_export']) expect([...seen]).toContain(`A ${name}`)
    expect([...seen].filter((one) => one.startsWith('BUTTON')).length).toBeGreaterThanOrEqual(6)
    await page.getByRole('link', { name: 'shop_orders' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'shop_orders' }).waitFor()
    await expect.poll(focused).toMatchObject({ tag: 'MAIN' })
    expect(await page.title()).toBe('shop_orders · Tidemark')
  })

  it('fits a phone: nothing is wider than 360 pixels, and tables are still tables', async () => {
    const { page } = await open('/', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })
    for (const path of PAGES) {
      await goTo(page, path)
      await page.waitForTimeout(300)
      const width = await page.evaluate<number>('document.documentElement.scrollWidth')
      expect(width, path).toBeLessThanOrEqual(360)
    }
    await goTo(page, '/')
    expect(await page.locator('table.tables').getByRole('row').count()).toBe(14)
    expect(await page.getByRole('rowheader', { name: /shop_orders/ }).count()).toBe(1)
  })

  it('is light or dark as the system is, until somebody chooses; and still where motion is not wanted', async () => {
    const { page } = await open('/', { colorScheme: 'dark', reducedMotion: 'reduce' })
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await background()
    await page.emulateMedia({ colorScheme: 'light' })
    const light = await background()
    expect(light).not.toBe(dark)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.reload()
    await page.getByRole('button', { name: 'Use the light theme' }).click()
    expect(await background()).toBe(light)
    await page.reload()
    expect(await background()).toBe(light)
    await page.waitForSelector('.pulse')
    expect(await page.evaluate<string>("getComputedStyle(document.querySelector('.pulse')).animationName")).toBe('none')
  })
})
