import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { receiver } from '../notify/receiver.ts'
import { dailySource, testProject } from '../test-project.ts'
import { axeProblems } from './axe-problems.ts'
import { hasBrowser, openBrowser } from './browser.ts'
import { hasNginx, startNginx } from './nginx.ts'
import { picture } from './picture.ts'
import { startUi } from './start-ui.ts'

const CLOCK = new URL('../../../../test/stepped-clock.ts', import.meta.url).href
const main = join(import.meta.dirname, '../../dist/main.js')
/** A Monday at nine. */
const MONDAY = Date.UTC(2026, 11, 7, 9)
const HOUR = 3_600_000
const MINUTE = 60_000
const DAY = 24 * HOUR

const CAUSE = 'the token lacks the scope "refunds:read"; add it in the settings of the shop'
const SHOP = `
import { existsSync } from 'node:fs'
import { defineSource, register, SyncError, days } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'shop' })
const table = (name) => source.table({
  name,
  row: z.object({ id: z.int(), at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'at',
  window: days(1),
  start: '2026-12-01T00:00:00Z',
  async *read({ from }) {
    if (name === 'refunds' && existsSync('broken')) throw new SyncError('${CAUSE}', 'fix-config', { code: 'forbidden' })
    yield [{ id: Math.floor(Date.parse(from) / 1000), at: from }]
  },
})
export default register(source.with([table('orders'), table('refunds')]))
`

const shows = (page: Page, said: RegExp): Promise<void> =>
  expect.poll(() => page.locator('main').innerText()).toMatch(said)

describe.skipIf(!hasBrowser || !hasNginx)('a team of three (needs chromium and nginx)', () => {
  it('is called once at night, decides from a phone, adds a source, and reads a run a week later', async () => {
    const { url, received, told } = await receiver()
    const team = testProject()
    team.install('shop', SHOP)
    const config = (sources: object): void =>
      team.config({ notify: { channels: { oncall: { type: 'webhook', url } } }, sources })
    config({ shop: {} })
    for (const [name, role] of [
      ['ada', 'actor'],
      ['ben', 'reader'],
      ['cleo', 'actor'],
    ] as const)
      execFileSync(process.execPath, [main, 'ui', '--password-file', 'users.txt', '--add-user', name, '--role', role], {
        ...{ cwd: team.folder, input: `${name}-knows-it\n`, stdio: ['pipe', 'ignore', 'inherit'] },
      })
    /** Every process lives by the clock of its hour. */
    const at = (time: number) => ({ NODE_OPTIONS: `--import ${CLOCK}`, TIDEMARK_TEST_CLOCK: String(time) })
    const run = (time: number, ...args: readonly string[]) => team.run(args, at(time))

    const problems: string[] = []
    /** The dashboard behind nginx under a path with a login, as somebody opens it at that time. */
    async function open(time: number, name: string, phone = false) {
      const flags = ['--base-path', '/tidemark', '--trust-proxy', 'loopback', '--allowed-hosts', 'localhost']
      const ui = await startUi(team, [...flags, '--allow-actions', '--password-file', 'users.txt'], at(time))
      const origin = `https://localhost:${await startNginx({ dashboard: ui.port })}/tidemark/`
      const viewport = phone ? { width: 390, height: 844 } : { width: 1280, height: 900 }
      const { context, close } = await openBrowser({
        ...{ ignoreHTTPSErrors: true, viewport, isMobile: phone, hasTouch: phone },
      })
      onTestFinished(close)
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (one) => one.type() === 'error' && problems.push(one.text()))
      page.on('request', (one) => void (one.url().startsWith(origin) || problems.push(one.url())))
      await page.goto(origin)
      await page.getByLabel('Name').fill(name)
      await page.getByLabel('Password').fill(`${name}-knows-it`)
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.waitForSelector('main h1')
      const stop = async (): Promise<void> => {
        await page.close()
        await ui.stop()
      }
      return { page, origin, stop }
    }

    // Monday: all is well, and the team is told that the history is there.
    expect((await run(MONDAY, 'sync')).code).toBe(0)
    expect(told()).toEqual(['history-complete shop_orders', 'history-complete shop_refunds'])

    // In the night a table fails, in each of three runs. Somebody is called once, with the cause and the fix.
    const NIGHT = MONDAY + 17 * HOUR
    team.write('broken', '')
    for (const later of [0, 5, 10]) expect((await run(NIGHT + later * MINUTE, 'sync')).code).toBe(3)
    expect(told().slice(2)).toEqual(['failing shop_refunds'])
    expect(received.at(-1)?.message.notices[0]).toMatchObject({
      reason: CAUSE,
      fix: { what: 'correct the config', command: 'npx tidemark sync shop_refunds' },
    })

    // Cleo is on call: on her phone she sees what she was told, and pauses the table until the shop opens.
    const night = await open(NIGHT + 20 * MINUTE, 'cleo', true)
    await shows(night.page, /1 failing/)
    await night.page.getByRole('link', { name: 'shop_refunds' }).first().click()
    await shows(night.page, /the token lacks the scope[\s\S]*npx tidemark sync shop_refunds/)
    // Seven rows may take no time at all, and have no rate then.
    await shows(night.page, /Left to read\s+1 window, about 1 s\s+(?:Rate\s+[\d,]+ rows\/s in a window\s+)?Last check/)
    expect(await night.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(await axeProblems(night.page)).toEqual([])
    await picture(night.page, 'team-failing-phone')
    await night.page.getByRole('button', { name: 'Pause' }).click()
    await shows(night.page, /paused by cleo at 2026-12-08T02:/)
    await night.stop()
    expect((await run(NIGHT + 30 * MINUTE, 'sync')).code).toBe(0)

    // In the morning Ada has the scope added, and decides: the table goes on where it stopped.
    const MORNING = MONDAY + DAY
    const morning = await open(MORNING, 'ada')
    await morning.page.getByRole('link', { name: 'shop_refunds' }).first().click()
    await shows(morning.page, /paused by cleo at 2026-12-08T02:/)
    await picture(morning.page, 'team-paused')
    rmSync(join(team.folder, 'broken'))
    await morning.page.getByRole('button', { name: 'Resume' }).click()
    await shows(morning.page, /Changes[\s\S]*resumed by ada[\s\S]*paused by cleo/)
    expect((await run(MORNING + 5 * MINUTE, 'sync')).code).toBe(0)
    // What it lacked since the night is there again.
    expect(told().slice(3)).toEqual(['paused shop_refunds', 'history-complete shop_refunds', 'recovered shop_refunds'])

    // She adds a source: it is there after the next run, and its page says when it is read.
    team.install('daily', dailySource('daily', ['days']))
    await morning.page.goto(`${morning.origin}config`)
    await shows(morning.page, /daily\s+configured/)
    config({ shop: {}, daily: {} })
    await shows(morning.page, /daily\s+configured[\s\S]*sources\.daily/)
    expect((await run(MORNING + 10 * MINUTE, 'sync')).code).toBe(0)
    await morning.page.goto(`${morning.origin}source?name=daily`)
    await shows(morning.page, /Source daily[\s\S]*daily_days[\s\S]*complete/)
    expect(await axeProblems(morning.page)).toEqual([])
    await picture(morning.page, 'team-new-source')
    await morning.stop()

    // A week later Ben wants to know what was wrong that night: the run is there with its failure and its log.
    for (let day = 2; day < 7; day++) expect((await run(MONDAY + day * DAY, 'sync')).code).toBe(0)
    const week = await open(NIGHT + 7 * DAY, 'ben')
    await week.page.goto(`${week.origin}runs`)
    await week.page.getByRole('link', { name: 'Run 2', exact: true }).click()
    await shows(week.page, /2026-12-08 02:0[\s\S]*Failures[\s\S]*shop_refunds[\s\S]*the token lacks the scope/)
    await shows(week.page, /Log[\s\S]*2026-12-08 02:0\d:\d\d[\s\S]*the token lacks the scope/)
    // A reader looks, and does nothing.
    expect(await week.page.getByRole('button', { name: /Sync|Pause|Resync/ }).count()).toBe(0)
    expect(await axeProblems(week.page)).toEqual([])
    await picture(week.page, 'team-run-a-week-later')
    expect(told().slice(6)).toEqual(['history-complete daily_days'])
    expect(problems).toEqual([])
  })
})
