import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { hasBrowser, openBrowser } from './browser.ts'
import { type DemoDashboard, demoDashboard } from './demo-dashboard.ts'
import { manyTables } from './many-tables.ts'
import { pageProblems } from './page-problems.ts'

describe.skipIf(!hasBrowser)('1,000 tables with 200 steps each (needs /usr/bin/chromium)', () => {
  let dashboard: DemoDashboard
  beforeAll(async () => {
    dashboard = await demoDashboard(manyTables({ tables: 1000, runs: 200, now: Date.now() }))
  })
  afterAll(() => dashboard.close())

  it('are shown a page at a time, found, and counted', async () => {
    const { context, close } = await openBrowser({ viewport: { width: 1280, height: 900 } })
    onTestFinished(close)
    const page = await context.newPage()
    const problems = pageProblems(page)
    await page.goto(dashboard.origin)
    await page.waitForSelector('main table')
    const rows = page.locator('table.tables tbody tr')
    expect(await rows.count()).toBe(50)
    expect(await page.locator('.tiles').innerText()).toMatch(/989\s+of 1,000 tables[\s\S]*11 failing/)
    await page.getByText('Page 1 of 20').waitFor()
    await page.getByRole('link', { name: 'Next' }).click()
    await page.getByText('Page 2 of 20').waitFor()
    await page.getByRole('searchbox', { name: 'Search tables' }).fill('table_0777')
    await page.getByText('1 of 1,000 tables').waitFor()
    await expect
      .poll(() => rows.allInnerTexts())
      .toEqual([expect.stringMatching(/shop17_table_0777[\s\S]*complete[\s\S]*20/)])
    // What is drawn stays small, whatever the number of tables.
    expect(await page.evaluate<number>("document.querySelectorAll('*').length")).toBeLessThan(3000)
    await page.goto(`${dashboard.origin}/?sort=lag`)
    await expect.poll(() => rows.first().innerText()).toMatch(/failing[\s\S]*3 d/)
    await page.goto(`${dashboard.origin}/runs`)
    await page.waitForSelector('table.runs')
    expect(await page.locator('table.runs tbody tr').count()).toBe(24)
    await page.getByRole('link', { name: 'Run 200', exact: true }).click()
    await page.getByText('Page 1 of 20').waitFor()
    expect(problems).toEqual([])
  })
})
