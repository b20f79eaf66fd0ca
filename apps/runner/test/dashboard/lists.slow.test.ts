import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { hasBrowser, openBrowser } from './browser.ts'
import { type DemoDashboard, demoDashboard } from './demo-dashboard.ts'
import { demoState } from './demo-state.ts'
import { manyTables } from './many-tables.ts'
import { pageProblems } from './page-problems.ts'

let dashboard: DemoDashboard
beforeAll(async () => {
  dashboard = await demoDashboard(demoState(Date.now()))
})
afterAll(() => dashboard.close())

async function open(path: string, origin = dashboard.origin): Promise<Page> {
  const { context, close } = await openBrowser({ viewport: { width: 1280, height: 900 } })
  onTestFinished(close)
  const page = await context.newPage()
  const problems = pageProblems(page)
  onTestFinished(() => expect(problems).toEqual([]))
  await page.goto(origin + path)
  await page.waitForSelector('main :is(table, .notice, .empty)')
  return page
}

const shows = (page: Page, said: RegExp): Promise<void> =>
  expect.poll(() => page.locator('main').innerText()).toMatch(said)

describe.skipIf(!hasBrowser)('lists (need /usr/bin/chromium)', () => {
  it('all coverages have one time axis, until somebody wants each on its own', async () => {
    const page = await open('/')
    const startOf = async (table: string): Promise<number> => {
      const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: table, exact: true }) })
      return Number((await row.locator('svg.bar .track').getAttribute('x')) ?? 0)
    }
    expect(await page.locator('th', { hasText: 'Coverage' }).innerText()).toMatch(/Coverage, \d{4}-\d\d-\d\d to now/)
    // 900 days, 700 days and 300 days up to now: the youngest begins on the right.
    const [issues, events, orders] = [
      await startOf('github_issues'),
      await startOf('shop_events'),
      await startOf('shop_orders'),
    ]
    expect(issues).toBeLessThan(events)
    expect(events).toBeLessThan(orders)
    expect(orders).toBeCloseTo(1000 * (1 - 300 / 900), -2)
    await page.getByRole('combobox', { name: 'Time axis of the coverage' }).selectOption('own')
    await expect.poll(() => startOf('shop_orders')).toBe(0)
  })

  it('what a backfill is still to read is no gap, and the legend says what each colour is', async () => {
    const page = await open('/')
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'shop_events', exact: true }) })
    expect(await row.locator('svg.bar .gap').count()).toBe(0)
    expect(await row.locator('svg.bar .coming').count()).toBe(2)
    expect(await row.locator('svg.bar').getAttribute('aria-label')).toMatch(/backfill in progress, no gap/)
    expect(await row.innerText()).not.toMatch(/gap/)
    const orders = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'shop_orders', exact: true }) })
    expect(await orders.locator('svg.bar .gap').count()).toBe(1)
    expect(await page.locator('.legend').innerText()).toMatch(/covered.*gap.*backfill still to come.*being read/s)
  })

  it('at least 25 tables fit a screen where they are dense, and they stay so', async () => {
    const many = await demoDashboard(manyTables({ tables: 60, runs: 3, now: Date.now() }))
    onTestFinished(() => many.close())
    const page = await open('/', many.origin)
    const visible = () =>
      page.evaluate<number>(
        "[...document.querySelectorAll('table.tables tbody tr')].filter((one) => one.getBoundingClientRect().bottom <= innerHeight).length",
      )
    const before = await visible()
    await page.getByRole('button', { name: 'Dense' }).click()
    expect(await visible()).toBeGreaterThanOrEqual(25)
    expect(before).toBeLessThan(15)
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(1280)
    await page.reload()
    await page.waitForSelector('table.tables')
    expect(await visible()).toBeGreaterThanOrEqual(25)
    expect(await page.getByRole('button', { name: 'Dense' }).getAttribute('aria-pressed')).toBe('true')
  })

  it('rows are searched in all columns or one, and chosen by partition; the newest come first', async () => {
    const page = await open('/table?name=shop_orders')
    await shows(page, /The newest 50 rows/)
    await page.getByRole('searchbox', { name: 'Search rows' }).fill('alan TURING')
    await shows(page, /The newest 50 rows like that/)
    const customers = () => page.locator('table.rows tbody td:nth-child(2)').allInnerTexts()
    await expect.poll(async () => new Set(await customers())).toEqual(new Set(['Alan Turing']))
    await page.getByRole('combobox', { name: 'Column' }).selectOption('currency')
    await shows(page, /No row like that/)
    // Neither a pattern nor a quote is anything but a letter.
    for (const text of ['%', "'", '_', '!']) {
      await page.getByRole('searchbox', { name: 'Search rows' }).fill(text)
      await shows(page, /No row like that/)
    }
    await page.goto(`${dashboard.origin}/table?name=github_issues&of=acme%2Fsite`)
    await shows(page, /rows? (?:of the table )?like that/)
    const partitions = await page.locator('table.rows tbody td:nth-child(1)').allInnerTexts()
    expect(new Set(partitions)).toEqual(new Set(['acme/site']))
  })

  it('rejected rows are grouped by their reason', async () => {
    const page = await open('/table?name=shop_orders')
    await shows(page, /3 rejected rows[\s\S]*3 rows: total: Invalid input: expected number the newest/)
  })

  it('a source has a page: its totals, its schedule, its tables and no others', async () => {
    const page = await open('/')
    await page.getByRole('link', { name: 'github', exact: true }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Source github' }).waitFor()
    await shows(page, /of 3 tables[\s\S]*Schedule[\s\S]*github\s+3/)
    const names = await page.locator('table.tables tbody tr th > .who > a').allInnerTexts()
    expect(names.toSorted()).toEqual(['github_commits', 'github_issues', 'github_pull_requests'])
    await page.getByRole('link', { name: /^Needs attention/ }).click()
    await shows(page, /No table matches the filter/)
  })

  it('changes of all tables are one list, newest first', async () => {
    const page = await open('/changes')
    const rows = await page.locator('main tbody tr').allInnerTexts()
    expect(rows[0]).toMatch(/shop_orders\s+table made with 6 columns|shop_orders\s+column "discount_code" added/)
    expect(rows).toHaveLength(4)
  })
})
