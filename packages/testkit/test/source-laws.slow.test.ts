import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Source } from '@tidemark/core'
import { afterEach, describe, expect, it } from 'vitest'
import { type RowChange, type SourceTestOptions, testSource } from '../src/index.ts'
import { checkLaw } from '../src/source/check-law.ts'
import { LAW_NAMES, type LawName } from '../src/source/law-name.ts'
import { LAWS } from '../src/source/laws.ts'
import { OpenPlace } from '../src/source/place.ts'
import { type Mistake, shopSource } from './sources/shop.ts'
import { ShopSystem, shopOptions } from './sources/shop-system.ts'

// A source without a mistake keeps every law.
testSource(shopSource(), shopOptions())

async function broken(law: LawName, mistake?: Mistake, more: SourceTestOptions = {}): Promise<string> {
  if (mistake !== undefined) process.env['MISTAKE'] = mistake
  const options = { ...(shopOptions() as SourceTestOptions), ...more }
  const work = checkLaw(LAWS.find(({ name }) => name === law)!, shopSource(mistake) as Source, options)
  return work.then(
    () => 'it holds',
    (error: Error) => error.message,
  )
}

afterEach(() => {
  delete process.env['MISTAKE']
})

const MISTAKES: readonly (readonly [LawName, Mistake, RegExp])[] = [
  ['columns', 'nullable key', /"orders": column "id" of the primary key may be NULL/],
  ['rows', 'row of another type', /"orders": the row \{"id":1,.*does not fit: total: .*expected string/],
  ['keys', 'page twice', /"orders": id = \[1\] is returned twice: .*"1\.50".* and .*"0"/],
  ['keys', 'finds nothing', /"orders": findKeys\(\) does not find the row \{"id":1,.*which read\(\) gave/],
  ['repeat', 'remembers what it gave', /"orders": the row .* is missing the second time, over the same connection/],
  [
    'windows',
    'from is left out',
    /"orders": the row \{"id":(\d+).*is in \[a, c\) but in neither half: a = .*, b = .*, c = /,
  ],
  [
    'empty',
    'fails on nothing',
    /"orders": \[2026-01-01T00:59:59.*\) has no row, but read\(\) threw: nothing was found/,
  ],
  [
    'ranges',
    'ranges end too early',
    /"stock": the row \{"book":.*is in the whole table but in none of its ranges: cut at \d+/,
  ],
  ['ordered', 'wrong order', /"payments": it declares ordered: 'ascending', but after .* follows /],
  ['revision', 'random revision', /"stock": nothing changed, but the revision was .* and then /],
  ['revision', 'constant revision', /"stock": edit\(\) changed rows, but the revision is still 1/],
  [
    'resume',
    'remembers where it was stopped',
    /"orders": stopped after page \d+ of \d+ and run again, the row .*is missing/,
  ],
  ['resume', 'remembers what it gave', /"orders": reading it gave 10 rows, and a run after that 0/],
  [
    'updates',
    'pages by number',
    /"orders": edited after the first page, and read by the next run, the row \{"id":5.*is missing/,
  ],
  [
    'edits',
    'cursor is created',
    /"payments": \{.*"paid":false\} was edited between two runs; after the second, the row \{.*"paid":true\} is missing/,
  ],
  [
    'deletions',
    'reports nothing',
    /"orders": \{"id":.* was removed between two runs; after the second, the row .* is duplicated or outdated/,
  ],
  ['deletions', 'constant revision', /"stock": \{"book":.* was removed between two runs; after the second, the row /],
  ['partitions', 'new ones from now on', /"loans": with partition "b" new in the second run, the row /],
  ['abort', 'deaf to the signal', /"orders": aborted .* read\(\) continued for more than a second/],
  ['abort', 'timer left', /the source: after abort and close\(\) the process does not end; open: .*Timeout/],
  ['errors', '401 is a bug', /answered 401 .*the remedy is fix-source, not fix-config/],
  ['errors', 'no delay', /answered 429 .*with "retry-after: 2", retryAfterMs is 0, not 2000/],
  ['errors', 'errors are empty pages', /"orders": answered 401 when it is read, read\(\) treated the answer as data/],
  ['secrets', 'says its token', /a secret is in: connected .*<the secret>/],
  ['secrets', 'token in an error', /a secret is in: .*Bearer <the secret>/],
  ['kill', 'checkpoint on disk', /"orders": killed behind page \d+ of orders and run again, the row .*is missing/],
]

describe('each law can fail:', () => {
  it.each(MISTAKES)('%s, where a source has the mistake "%s"', async (law, mistake, example) => {
    const message = await broken(law, mistake)
    expect(message).toMatch(example)
    expect(message).toContain(`conformance check "${law}" failed`)
    expect(message).toContain('For users this means:')
  })

  it('and none is left out', () => {
    expect(LAWS.map(({ name }) => name)).toEqual([...LAW_NAMES])
    expect(new Set(MISTAKES.map(([law]) => law))).toEqual(new Set(LAW_NAMES))
  })
})

describe('what a law cannot look at is no pass:', () => {
  const nothing = { server: () => Response.json({ items: [], next: null, version: 1 }) }
  it.each<[LawName, SourceTestOptions, RegExp]>([
    ['rows', nothing, /it has no rows to check/],
    ['windows', nothing, /no two rows with different cursors/],
    ['ranges', nothing, /"stock": there are no two rows with different shelf to cut between/],
    [
      'updates',
      { add: undefined, edit: undefined },
      /"orders": pass "edit" or "add" to testSource so that this check can run: edit: /,
    ],
    [
      'updates',
      { add: undefined, edit: undefined },
      /"loans": pass "add" to testSource so that this check can run: add: /,
    ],
    ['updates', { edit: () => {} }, /edit\(\) changed nothing/],
    ['updates', { add: () => {} }, /add\(\) changed nothing/],
    [
      'edits',
      { edit: undefined },
      /"orders": pass "edit" to testSource so that this check can run: edit: .*set immutable: true/,
    ],
    ['edits', { edit: () => {} }, /edit\(\) changed nothing/],
    ['deletions', { remove: undefined }, /"stock": pass "remove" to testSource so that this check can run: remove: /],
    ['deletions', { remove: () => {} }, /remove\(\) changed nothing/],
    [
      'revision',
      { add: undefined, edit: undefined, remove: undefined },
      /pass "edit", "add" or "remove" to testSource so that this check can run/,
    ],
    ['revision', { add: () => {} }, /add\(\) changed nothing/],
    ['revision', { edit: () => {} }, /edit\(\) changed nothing/],
    ['revision', { remove: () => {} }, /remove\(\) changed nothing/],
    ['edits', { change: () => {} } as never, /"change" is now three functions: add\(.*edit\(.*remove\(/],
    ['partitions', nothing, /no two partitions with rows/],
    [
      'kill',
      { entry: new URL('./sources/shop-system.ts', import.meta.url) },
      /in a separate process the entry registered no source "shop"/,
    ],
    ['rows', { config: { url: 'no url' } }, /config of this test does not fit its schema: config.url/],
  ])('%s', async (law, more, message) => {
    expect(await broken(law, undefined, more)).toMatch(message)
  })
})

describe('an edit shows nothing', () => {
  it('where it makes another row of the one that it was given', async () => {
    const system = new ShopSystem()
    const edit = ({ table, row }: RowChange): void => {
      if (table === 'orders')
        system.orders = system.orders.map((order) => (order.id === row['id'] ? { ...order, id: 900 } : order))
      else system.edit({ table, row, partition: '', folder: '', url: '' })
    }
    expect(await broken('edits', undefined, { server: system.answer, edit })).toMatch(
      /"orders": edit\(\) turned the row into another row; it must keep the key of the row/,
    )
  })

  it('where the lookback reads the row again in any case', async () => {
    const system = new ShopSystem()
    const at = (ms: number): string => new Date(Date.now() - ms).toISOString()
    system.orders = system.orders.map((order, nth) => ({ ...order, updated_at: at(300_000 - nth) }))
    expect(await broken('edits', undefined, { server: system.answer, edit: system.edit })).toMatch(
      /"orders": edit\(\) changed .* which the lookback reads again whatever its cursor is; give the test an older row/,
    )
  })
})

describe('a waiver', () => {
  it('of one table takes that table out, and no other', async () => {
    const waive = { 'orders.updates': 'the shop has no other way of paging' }
    expect(await broken('updates', 'pages by number', { waive })).not.toContain('table "orders"')
    expect(await broken('updates', 'pages by number')).toContain('table "orders"')
  })

  it('of a table that is not there is a mistake', async () => {
    const waive = { 'order.updates': 'the shop has no other way of paging' }
    expect(await broken('updates', undefined, { waive })).toMatch(
      /there is no table "order"; the tables are orders, pay/,
    )
  })

  it.each<[SourceTestOptions['waive'], RegExp]>([
    [{ updates: '' }, /"updates" needs a sentence as its reason/],
    [{ updates: 'no' }, /"updates" needs a sentence/],
    [
      { 'orders.update': 'because it is not needed' } as never,
      /there is no conformance check "update"; the checks are columns, rows/,
    ],
  ])('%j is none', async (waive, message) => {
    expect(await broken('updates', undefined, { waive })).toMatch(message)
  })
})

it('fixtures that are a folder are copied for each law, and gone after it', async () => {
  const fixtures = new URL('./sources/', import.meta.url)
  let folder = ''
  {
    await using place = await OpenPlace.open({ fixtures })
    folder = place.folder
    expect(readdirSync(folder)).toContain('shop.ts')
    writeFileSync(join(folder, 'shop.ts'), 'changed')
  }
  expect(existsSync(folder)).toBe(false)
  expect(readFileSync(new URL('shop.ts', fixtures), 'utf8')).not.toBe('changed')
})

describe('the window of a test', () => {
  const window = { from: '2026-01-01T03:00:00Z', to: '2026-01-01T06:00:00Z' }
  const windows = { loans: { from: '2026-01-03', to: '2026-01-07' } }

  it.each(LAW_NAMES)('holds for a right source: %s', async (law) => {
    expect(await broken(law, undefined, { window, windows })).toBe('it holds')
  })

  it('is all that is looked at, and must be of the cursor’s kind', async () => {
    const seen: string[] = []
    const { server } = shopOptions()
    const listening = (request: Request): Response | Promise<Response> => {
      const from = new URL(request.url).searchParams.get('from')
      if (from !== null && request.url.includes('/orders')) seen.push(from)
      return server!(request)
    }
    expect(await broken('windows', undefined, { window, windows, server: listening })).toBe('it holds')
    expect(seen.length).toBeGreaterThan(3)
    expect(seen.filter((from) => Date.parse(from) < Date.parse(window.from))).toEqual([])
    expect(await broken('windows', undefined, { window: { from: undefined, to: 'soon' } })).toMatch(
      /window: soon is not a timestamp/,
    )
  })
})
