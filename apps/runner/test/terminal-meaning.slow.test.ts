import { describe, expect, it } from 'vitest'
import { pacedSource } from './paced-source.ts'
import { inTerminal } from './pty.ts'
import { type TestProject, testProject } from './test-project.ts'

const [RED, GREEN, YELLOW] = ['\u001b[31m', '\u001b[32m', '\u001b[33m']

function shop(tables: Parameters<typeof pacedSource>[0], more?: string): TestProject {
  const project = testProject()
  project.install('shop', pacedSource(tables, more))
  return project
}

/** Fails in one window of one table, as often as it is read. */
const failing = (table: string, remedy = 'retry'): string =>
  `if (name === '${table}' && to.startsWith('2026-01-08')) { const { SyncError } = await import('@tidemark/core'); throw new SyncError('the shop is closed on Thursdays', '${remedy}') }`

describe('sync in a terminal', () => {
  it('says below a table why it is tried again, on one line for all tries, in red; the total stays the last line', async () => {
    const project = shop({ orders: 20, users: 400 }, failing('orders'))
    const pty = inTerminal(['sync'], { cwd: project.folder, columns: 80, rows: 12 })
    const below = (lines: readonly string[]): string | undefined =>
      lines[lines.findIndex((line) => /^shop_orders .*(?:window|failed)/.test(line)) + 1]
    const waiting = await pty.until(
      (lines) => lines.some((line) => /^shop_orders .*waits \d+ s \(try [23]\)$/.test(line)),
      'waited for the next try',
    )
    expect(below(waiting)).toBe('  the shop is closed on Thursdays')
    await pty.until((lines) => lines.some((line) => /\(try [3-5]\)$/.test(line)), 'tried twice')
    expect(pty.written()).toContain(`${RED}  the shop is closed on Thursdays`)
    expect(pty.written()).toContain(YELLOW)
    pty.type('\u0003')
    await pty.ended
    expect((await pty.everything()).filter((line) => line.includes('trying again'))).toEqual([])
  })

  it('says below a table why it failed while others are read', async () => {
    const project = shop({ orders: 20, users: 400 }, failing('orders', 'fix-config'))
    const pty = inTerminal(['sync'], { cwd: project.folder, columns: 80 })
    const lines = await pty.until((now) => now.some((line) => /^shop_orders .*failed/.test(line)), 'failed')
    const at = lines.findIndex((line) => /^shop_orders .*(?:window|failed)/.test(line))
    expect(lines[at + 1]).toBe('  the shop is closed on Thursdays')
    expect(lines[at + 2]).toMatch(/^shop_users .*window/)
    expect(lines.at(-1)).toMatch(/^0 of 2 tables done, 1 failed, /)
    pty.type('\u0003')
    await pty.ended
  })

  it('keeps name, window and time left in 80 columns, and drops the rest where names are long', async () => {
    const project = shop({ orders_of_the_whole_wide_shop: 600, users: 600 })
    const pty = inTerminal(['sync'], { cwd: project.folder, columns: 60 })
    const lines = await pty.until(
      (now) => now.some((line) => /about \d+ s left/.test(line) && /^shop_orders/.test(line)),
      'said what is left',
    )
    const orders = lines.find((line) => /^shop_orders.*window /.test(line))!
    expect(orders).toMatch(/^shop_orders_of_the_[\w…]+ +window \d+ of 10 .*about \d+ s left$/)
    expect(orders).not.toMatch(/[█·]/)
    expect(orders.length).toBeLessThan(60)
    await pty.resize(80, 30)
    const wider = await pty.until(
      (now) => now.some((line) => /^shop_orders\S+ .*rows.*left$/.test(line)),
      'showed more',
    )
    expect(wider.find((line) => /^shop_orders.*window /.test(line))!.length).toBeLessThan(80)
    pty.type('\u0003')
    await pty.ended
  })

  it('tables of another runner are named on one line, not on one each', async () => {
    const project = shop({ orders: 3000, users: 3000 })
    const other = project.start(['sync'])
    await other.says('needs history')
    await expect.poll(async () => JSON.parse((await project.run(['status', '--json'])).stdout).running.length).toBe(2)
    const pty = inTerminal(['sync'], { cwd: project.folder })
    await pty.ended
    const all = await pty.everything()
    expect(all.filter((line) => line.includes('held by another runner'))).toHaveLength(1)
    expect(all.filter((line) => /^shop_/.test(line))).toEqual([])
    const again = inTerminal(['sync', '--every', '1s'], { cwd: project.folder })
    await again.until((lines) => lines.filter((line) => /^run \d+: /.test(line)).length >= 3, 'ran three times')
    again.type('\u0003')
    await again.ended
    expect((await again.everything()).filter((line) => line.includes('held by another runner'))).toHaveLength(1)
    other.child.kill('SIGTERM')
    await other.ended
  })
})

describe('colours', () => {
  it('mean what they say, in the summary, in status, and in the fix', async () => {
    const project = shop({ orders: 1, users: 1 }, failing('orders', 'fix-config'))
    const sync = inTerminal(['sync'], { cwd: project.folder })
    expect(await sync.ended).toEqual({ code: 3 })
    expect(sync.written()).toContain(`${GREEN}complete`)
    expect(sync.written()).toContain(`${RED}failing`)
    expect(sync.written()).toContain(`${RED}failed:\u001b[0m table shop_orders`)
    const status = inTerminal(['status'], { cwd: project.folder, columns: 80 })
    await status.ended
    expect(status.written()).toContain(`${RED}Not every table is complete yet`)
    expect(status.written()).toContain(`${GREEN}complete`)
    const [head] = (await status.everything()).filter((line) => line.startsWith('table '))
    expect(head).toMatch(/^table +status +/)
    const plain = inTerminal(['status'], { cwd: project.folder, environment: { NO_COLOR: '1' } })
    await plain.ended
    expect(plain.written()).not.toMatch(/[\u001b\ufdd0-\ufdd4]/)
    expect(plain.written()).toContain('failing: table shop_orders')
    expect((await project.run(['status'])).stdout).not.toMatch(/[\u001b\ufdd0-\ufdd4]/)
  })
})

describe('verify in a terminal', () => {
  it('shows how far it is from its first second on, and leaves only its result', async () => {
    const project = shop({ orders: 300 })
    await project.run(['sync'])
    const pty = inTerminal(['verify', 'shop_orders'], { cwd: project.folder })
    await pty.until(
      (lines) => lines.some((line) => /^shop_orders: (?:asks its source|0 of 1 window)/.test(line)),
      'began',
    )
    await pty.until(
      (lines) => lines.some((line) => /0 of 1 window compared, [1-9]\d* rows? read, \d+ s/.test(line)),
      'moved',
    )
    expect(await pty.ended).toEqual({ code: 0 })
    const all = await pty.everything()
    expect(all.filter((line) => line.includes('compared, '))).toEqual([])
    expect(all.at(-1)).toBe('It matches its source.')
    expect(pty.written()).toContain(`${GREEN}It matches`)
    const logged = await project.run(['verify', 'shop_orders'])
    expect(logged.stderr).toMatch(/^shop_orders: asks its source what to compare, 0 s$/m)
  })
})
