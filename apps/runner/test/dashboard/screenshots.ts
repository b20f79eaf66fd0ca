// Takes the pictures of the documentation: `pnpm --filter @tidemark/runner screenshots`, after a build. Those of the setup and the
// config come from the test of a team's day, with TIDEMARK_IMAGES=docs/images.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openBrowser } from './browser.ts'
import { demoDashboard } from './demo-dashboard.ts'
import { demoState } from './demo-state.ts'

const images = join(import.meta.dirname, '../../../../docs/images')
const dashboard = await demoDashboard(demoState(Date.now()))
const at = (page: string): string => `${dashboard.origin}${page}`

interface Shot {
  readonly name: string
  readonly page: string
  readonly height?: number
  readonly dark?: true
  readonly phone?: true
  /** With one line a table. */
  readonly dense?: true
}

const SHOTS: readonly Shot[] = [
  { name: 'dashboard-overview', page: '/', height: 1180 },
  { name: 'dashboard-overview-dark', page: '/', height: 860, dark: true },
  { name: 'dashboard-overview-phone', page: '/', height: 840, phone: true },
  { name: 'dashboard-dense', page: '/', height: 720, dense: true },
  { name: 'dashboard-table', page: '/table?name=shop_orders', height: 1250 },
  { name: 'dashboard-runs', page: '/runs', height: 860 },
  { name: 'dashboard-run', page: '/run?id=40', height: 1080 },
]

mkdirSync(images, { recursive: true })
const wanted = process.argv.slice(2)
for (const { name, page, height = 900, dark, phone, dense } of SHOTS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const browser = await openBrowser({
    viewport: { width: phone === true ? 390 : 1280, height },
    deviceScaleFactor: phone === true ? 2 : 1,
    colorScheme: dark === true ? 'dark' : 'light',
    reducedMotion: 'reduce',
  })
  const tab = await browser.context.newPage()
  tab.on('console', (message) => console.error(`${name}: ${message.text()}`))
  await tab.goto(at(page))
  await tab.waitForSelector('main :is(table, .notice)')
  if (dense === true) await tab.getByRole('button', { name: 'Dense' }).click()
  // Rows are counted beside everything else, and come a moment later.
  await tab.waitForTimeout(2500)
  await tab.screenshot({ path: join(images, `${name}.png`), animations: 'disabled' })
  await browser.close()
  console.error(`docs/images/${name}.png`)
}
await dashboard.close()
