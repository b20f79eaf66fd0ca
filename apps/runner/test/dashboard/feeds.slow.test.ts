import { describe, expect, it, onTestFinished } from 'vitest'
import { FED_SOURCE, fed, tell } from '../fed-source.ts'
import { testProject } from '../test-project.ts'
import { axeProblems } from './axe-problems.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { pageProblems } from './page-problems.ts'
import { startUi } from './start-ui.ts'

describe.skipIf(!hasBrowser)('a table that a feed tells, in a browser', () => {
  it('has its feed in the list and on its page, and the way back where it is left out', async () => {
    const project = testProject()
    project.install('shop', FED_SOURCE)
    tell(project, { table: 'orders', row: { id: 1, note: 'a' } }, { commit: true })
    for (let id = 0; id < 25; id++) tell(project, { table: 'lines', row: { id, note: 7 } })
    tell(project, { commit: true })
    await project.run(['sync'], fed({ toldAt: new Date().toISOString() }))
    const { origin } = await startUi(project)
    const { context, close } = await openBrowser({ viewport: { width: 1280, height: 900 } })
    onTestFinished(close)
    const page = await context.newPage()
    const problems = pageProblems(page)
    await page.goto(`${origin}/`)
    const orders = page.getByRole('row').filter({ hasText: 'shop_orders' })
    await orders.waitFor()
    expect(await orders.innerText()).toMatch(/from the feed wal, checked/)
    await page.goto(`${origin}/table?name=shop_orders`)
    await page.getByRole('heading', { name: 'Feed wal' }).waitFor()
    const text = await page.locator('main').innerText()
    expect(text).toMatch(/Synced by\s+the feed wal/i)
    expect(text).toMatch(/Offset\s+\{"at":28\}[\s\S]*History\s+complete/i)
    expect(text).not.toMatch(/full refresh|Coverage/)
    await page.goto(`${origin}/table?name=shop_lines`)
    await page.getByRole('heading', { name: 'Feed wal' }).waitFor()
    expect(await page.locator('main').innerText()).toMatch(/its changes are left out[\s\S]*resync shop_lines/)
    expect(await axeProblems(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    for (const path of ['/table?name=shop_lines', '/']) {
      await page.goto(origin + path)
      await page.locator('main :is(table, dl)').first().waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360)
    }
    await page.goto(`${origin}/run?id=1`)
    await page.getByRole('row').filter({ hasText: 'shop_orders' }).waitFor()
    expect(problems).toEqual([])
  })
})
