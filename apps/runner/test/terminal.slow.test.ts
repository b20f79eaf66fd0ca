import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { pacedSource } from './paced-source.ts'
import { inTerminal, type Pty } from './pty.ts'
import { type TestProject, testProject } from './test-project.ts'

function shop(tables: Parameters<typeof pacedSource>[0], more?: string): TestProject {
  const project = testProject()
  project.install('shop', pacedSource(tables, more))
  return project
}

/** The table's line among those that are drawn: `shop_orders  ███···  window 3 of 10`. */
const lineOf = (lines: readonly string[], table: string): string | undefined =>
  lines.find((line) => line.startsWith(`${table} `) && /window|row/.test(line))
const totals = (lines: readonly string[]): readonly string[] => lines.filter((line) => /tables? done/.test(line))
const placeIn = (line: string | undefined): number => Number(/window (\d+) of/.exec(line ?? '')?.[1] ?? 0)

describe('sync in a terminal', () => {
  it('shows a line a table that moves on, takes it away at the end, and says what it did', async () => {
    const project = shop({ orders: 120, users: 60 })
    const pty = inTerminal(['sync'], { cwd: project.folder })
    const first = await pty.until((lines) => placeIn(lineOf(lines, 'shop_orders')) >= 2, 'came to the second window')
    expect(lineOf(first, 'shop_orders')).toMatch(/^shop_orders +[█▓░·]{19} +window \d+ of 10 +[\d,]+ rows/)
    const later = await pty.until((lines) => placeIn(lineOf(lines, 'shop_orders')) >= 6, 'came to the sixth window')
    expect(lineOf(later, 'shop_orders')).toMatch(/rows, [\d,]+\/s +about \d+ s left/)
    const full = (line: string | undefined): number => line?.match(/█/g)?.length ?? 0
    expect(full(lineOf(later, 'shop_orders'))).toBeGreaterThan(full(lineOf(first, 'shop_orders')))
    expect(totals(later)).toHaveLength(1)
    expect(pty.isCursorShown()).toBe(false)

    expect(await pty.ended).toEqual({ code: 0 })
    const end = await pty.lines()
    expect(totals(end)).toEqual([])
    expect(lineOf(end, 'shop_orders')).toBeUndefined()
    expect(end.join('\n')).toMatch(
      /shop_orders +complete +50 .*\n(?:.*\n)+2 tables, 100 rows written, in .* s\nTo query the rows: npx tidemark query/,
    )
    expect(pty.isCursorShown()).toBe(true)
  })

  it('lets log lines and what a source prints scroll above, each once and whole', async () => {
    const project = shop(
      { orders: 60 },
      `log.info('read up to ' + to); console.log('printed ' + to); process.stderr.write('half '); process.stdout.write('whole ' + to + '\\n'); process.stderr.write('line ' + to + '\\n')`,
    )
    const pty = inTerminal(['sync'], { cwd: project.folder, rows: 12 })
    expect(await pty.ended).toEqual({ code: 0 })
    const all = await pty.everything()
    for (const start of ['shop: read up to', 'printed', 'whole', 'half line'])
      expect(
        all.filter((line) => line.startsWith(`${start} 2026`)),
        start,
      ).toHaveLength(10)
    expect(totals(all)).toEqual([])
  })

  it('counts a wait for a rate limit down', async () => {
    const project = shop(
      { orders: 10 },
      `if (to.startsWith('2026-01-05')) { log.info('the limit of the API is used up for 4 s', { waitMs: 4000 }); await pause(4000) }`,
    )
    const pty = inTerminal(['sync'], { cwd: project.folder })
    const left = (lines: readonly string[]): number =>
      Number(/waits (\d+) s \(rate limit\)/.exec(lineOf(lines, 'shop_orders') ?? '')?.[1] ?? 0)
    await pty.until((lines) => left(lines) >= 3, 'waited')
    await pty.until((lines) => left(lines) > 0 && left(lines) <= 2, 'counted down')
    expect(await pty.ended).toEqual({ code: 0 })
  })

  it('fits the screen with 1,000 tables, the ones at work on top, and says nothing of those with nothing to do', async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`t${at}`, at < 4 ? 400 : 3]))
    const project = shop(many)
    project.config({ concurrency: 4, perSource: 4 })
    const pty = inTerminal(['sync'], { cwd: project.folder, rows: 24, columns: 90 })
    const lines = await pty.until(
      (now) => now.some((line) => /^and 9\d\d more$/.test(line)),
      'said how many more there are',
    )
    expect(lines.length).toBeLessThanOrEqual(24)
    expect(totals(lines)).toHaveLength(1)
    for (const line of lines) expect(line.length).toBeLessThan(90)
    pty.type('\u0003')
    expect(await pty.ended).toEqual({ code: 130 })

    const idle = shop({ orders: 1, users: 1 })
    await idle.run(['sync'])
    const again = inTerminal(['sync'], { cwd: idle.folder })
    expect(await again.ended).toEqual({ code: 0 })
    expect(again.written()).not.toContain('continues from')
  })

  it('Ctrl-C leaves a clean screen, the cursor, and 130', async () => {
    const project = shop({ orders: 300, users: 300 })
    const pty = inTerminal(['sync'], { cwd: project.folder })
    await pty.until((lines) => placeIn(lineOf(lines, 'shop_orders')) >= 2, 'came to the second window')
    pty.type('\u0003')
    expect(await pty.ended).toEqual({ code: 130 })
    const all = await pty.everything()
    expect(all.filter((line) => /SIGINT: stopping/.test(line))).toHaveLength(1)
    expect(totals(all)).toEqual([])
    expect(all.at(-2)).toMatch(/2 tables, \d+ rows written, \d+ windows left for the next run, in .* \(interrupted\)/)
    expect(pty.isCursorShown()).toBe(true)
  })

  it('a second Ctrl-C ends at once, and gives the cursor back as well', async () => {
    const project = shop(
      { orders: 50 },
      `if (to.startsWith('2026-01-08')) await new Promise(() => setInterval(() => {}, 1000))`,
    )
    const pty = inTerminal(['sync'], { cwd: project.folder })
    await pty.until((lines) => placeIn(lineOf(lines, 'shop_orders')) >= 4, 'hung')
    pty.type('\u0003')
    await pty.until((lines) => lines.some((line) => line.includes('SIGINT: stopping')), 'said that it stops')
    pty.type('\u0003')
    expect(await pty.ended).toEqual({ code: 130 })
    expect(totals(await pty.everything())).toEqual([])
    expect(pty.isCursorShown()).toBe(true)
  })

  it('is drawn again when the terminal changes its size, and leaves no more behind than what was on its way', async () => {
    const project = shop({ orders: 400, customers_of_the_shop: 400 })
    const pty = inTerminal(['sync'], { cwd: project.folder, columns: 110 })
    await pty.until((lines) => placeIn(lineOf(lines, 'shop_orders')) >= 2, 'came to the second window')
    // A frame that is on its way while the terminal becomes narrower may stay where it is: one for each time, no more.
    for (const [columns, narrowed] of [
      [60, 1],
      [40, 2],
      [200, 2],
      [80, 3],
    ] as const) {
      await pty.resize(columns, 30)
      await wait(400)
      const lines = await pty.until(
        (now) => totals(now).length > 0 && now.slice(-3).every((line) => line.length < columns),
        `was drawn in ${columns} columns`,
      )
      const orders = lines.filter((line) => line.startsWith('shop_orders ') && /window/.test(line))
      expect(totals(lines).length, `${columns}:\n${lines.join('\n')}`).toBeLessThanOrEqual(1 + narrowed)
      expect(orders.length, `${columns}:\n${lines.join('\n')}`).toBeLessThanOrEqual(1 + narrowed)
    }
    pty.type('\u0003')
    await pty.ended
  })

  it('draws on stderr, and --json has its one document alone on stdout', async () => {
    const project = shop({ orders: 60 })
    const pty = inTerminal(['sync', '--json'], { cwd: project.folder, stdoutTo: 'out.json' })
    await pty.until((lines) => placeIn(lineOf(lines, 'shop_orders')) >= 2, 'came to the second window')
    expect(await pty.ended).toEqual({ code: 0 })
    expect(JSON.parse(project.read('out.json'))).toMatchObject({ exit_code: 0, tables: [{ rows: { written: 50 } }] })
  })
})

describe('a terminal that is not drawn on', () => {
  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }],
    ['CI', { CI: 'true' }],
  ])('%s: no escapes at all', async (_, environment) => {
    const project = shop({ orders: 20 }, `log.warn('mind the gap')`)
    const pty = inTerminal(['sync'], { cwd: project.folder, environment })
    expect(await pty.ended).toEqual({ code: 0 })
    expect(pty.written()).not.toContain('\u001b')
    expect(pty.written()).toContain('warning: shop: mind the gap')
    const status = inTerminal(['status'], { cwd: project.folder, environment })
    await status.ended
    expect(status.written()).not.toContain('\u001b')
  })
})

describe('what is hostile', () => {
  const EVIL = '\u001b[2J\u001b[1;1Howned\u001b]0;title\u0007\u009b31m\u202e'

  it('cannot move the cursor: names, log lines, printed texts and errors are shown as text', async () => {
    const evil = JSON.stringify(EVIL).replace(
      /[\u007f-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    const project = shop(
      { [`orders${EVIL}`]: 60, ['日本語の表']: 60 },
      `log.warn(${evil}, { [${evil}]: ${evil} }); process.stderr.write(${evil} + '\\n'); if (to.startsWith('2026-01-03')) throw new Error(${evil})`,
    )
    const pty = inTerminal(['sync'], { cwd: project.folder, columns: 100, rows: 40 })
    await pty.ended
    // What is left when the ways of drawing are taken out holds no escape.
    const drawn = /\u001b\[(?:\?2026[hl]|\?25[hl]|2?K|\d*[ABG]|\d*m)/g
    expect(pty.written().replace(drawn, '')).not.toMatch(/[\u001b\u009b\u202e]/)
    const all = await pty.everything()
    expect(all[0]).toMatch(/is new, needs history from/)
    expect(all.join('\n')).toContain('owned')
  })
})

describe.each([40, 80, 200])('in %d columns', (columns) => {
  it('nothing is wider than the screen', async () => {
    const project = shop(
      { orders: 1, customers_of_the_whole_wide_shop: 1 },
      `if (to.startsWith('2026-01-03')) throw new Error('the shop is closed because of a long long reason that does not fit into a narrow screen')`,
    )
    await project.run(['sync'])
    for (const args of [['status'], ['plan'], ['runs'], ['runs', '1'], ['tables'], ['check'], ['rejects']]) {
      const pty: Pty = inTerminal(args, { cwd: project.folder, columns })
      await pty.ended
      const tables = pty
        .written()
        .replace(/\u001b\[\d+m/g, '')
        .split('\r\n')
        .filter((line) => / {2}\S/.test(line) && !/[.;:]/.test(line))
      for (const line of tables) expect(line.length, `${args}: ${line}`).toBeLessThanOrEqual(columns)
    }
  })
})
