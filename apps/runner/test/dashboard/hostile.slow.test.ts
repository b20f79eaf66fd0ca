import { describe, expect, it, onTestFinished } from 'vitest'
import { testProject } from '../test-project.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { pageProblems } from './page-problems.ts'
import { startUi } from './start-ui.ts'

const EVIL = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "';alert(3)//",
  '</script><svg onload=alert(4)>',
  'javascript:alert(5)',
  '\u202egpj.exe\u0007\u001b[31m',
  '{{7*7}}<%= 8*8 %>',
]
const LONG = `${'long_'.repeat(12)}<b>`

// What a source can put where: names of tables, columns and partitions, values, keys, errors, reasons of rejects.
const SOURCE = `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const EVIL = ${JSON.stringify(EVIL)}
const ALL = EVIL.join(' ')
const LONG = ${JSON.stringify(LONG)}
const source = defineSource({ name: 'evil' })
const row = z.object({ id: z.string(), text: z.string(), [EVIL[0]]: z.string(), [EVIL[1]]: z.string() })
const t = (name, read, more = {}) => source.table({ name, row, primaryKey: ['id'], read, ...more })
const one = (id) => ({ id, text: ALL + 'x'.repeat(5000), [EVIL[0]]: ALL, [EVIL[1]]: EVIL[1] })
export default register(source.with([
  t('rows ' + ALL.slice(0, 30), async function* () { yield [one(ALL), { ...one(ALL + '2'), text: 7 }] }),
  t(LONG, async function* () { yield [one('1')] }),
  t('throws', async function* () { throw new Error(ALL) }),
  t('parts', async function* ({ partition }) { if (partition === EVIL[1]) throw new Error(ALL); yield [one(partition)] }, { partitions: source.partitions(() => EVIL) }),
]))`

describe.skipIf(!hasBrowser)('what a source gives it (needs /usr/bin/chromium)', () => {
  it('the dashboard shows as text, on every page, whatever it is', async () => {
    const project = testProject()
    project.install('evil', SOURCE)
    await project.run(['sync'])
    const { origin } = await startUi(project)
    const { context, close } = await openBrowser({ viewport: { width: 360, height: 740 } })
    onTestFinished(close)
    const page = await context.newPage()
    const problems = pageProblems(page)
    const injected = () =>
      page.locator('main :is(script, img, b.evil, iframe, svg[onload], [onerror], [onload])').count()
    const width = () => page.evaluate<number>('document.documentElement.scrollWidth')

    await page.goto(origin)
    await page.waitForSelector('main table')
    const names = await page.locator('table.tables tbody th .who > a').allInnerTexts()
    expect(names).toHaveLength(4)
    expect(names.some((name) => name.includes('<script>alert(1)</script>'))).toBe(true)
    expect(await injected()).toBe(0)
    expect(await width()).toBeLessThanOrEqual(360)
    const links = await page
      .locator('table.tables tbody th .who > a')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')!))
    for (const href of [
      ...links,
      '/runs',
      '/run?id=1',
      '/changes',
      '/config',
      '/source?name=evil',
      `/?search=${encodeURIComponent(EVIL[1]!)}`,
      `/table?name=${encodeURIComponent(EVIL[0]!)}`,
    ]) {
      await page.goto(origin + href)
      await page.waitForSelector('main :is(table, .notice, .empty)')
      await page.waitForTimeout(600)
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
      expect(await injected(), href).toBe(0)
      expect(await width(), href).toBeLessThanOrEqual(360)
      const text = await page.locator('body').innerText()
      // What turns the line around, or rings, is named instead.
      expect(text, href).not.toMatch(/[\u0007\u001b\u202e]/)
    }
    await page.goto(origin + links.find((href) => href.includes('rows'))!)
    await page.getByText('‹U+202E›gpj.exe').first().waitFor()
    expect(problems).toEqual([])
  })
})
