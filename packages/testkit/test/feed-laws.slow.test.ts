import type { Destination } from '@tidemark/core/engine'
import { describe, expect, it } from 'vitest'
import { FEED_LAWS } from '../src/feed/all-feed-laws.ts'
import { checkFeedLaw } from '../src/feed/check-feed-law.ts'
import { FEED_LAW_NAMES, type FeedLawName } from '../src/feed/feed-law-name.ts'
import type { FeedTestOptions } from '../src/feed/feed-options.ts'
import { testFeed } from '../src/index.ts'
import { demandSuccess, memory, runInto } from '../src/source/quiet-run.ts'
import { type FeedApiMistake, feedApi, feedApiOptions } from './sources/feed-api.ts'
import { type FeedMistake, Ledger } from './sources/ledger.ts'
import { ENGINE_MUTATIONS } from './wrong/engine-mutations.ts'

// Feeds without a mistake keep every law.
const right = new Ledger()
testFeed(right.log(), right.options)
const rightTap = new Ledger()
testFeed(rightTap.tap(), rightTap.options)
const live = new Ledger()
testFeed(live.live(), live.options)

it('rows that went while a feed could not continue are gone once it is read again', async () => {
  const ledger = new Ledger()
  const destination = await memory()
  try {
    const run = async () => demandSuccess(await runInto({ source: ledger.log(), config: {}, destination }))
    await run()
    ledger.options.remove?.({ table: 'orders', folder: '', url: '', row: { id: 1 } })
    ledger.compact()
    ledger.lostFor = 'the log was compacted'
    await run()
    const { rows } = await destination.query('select count(*) from ledger_orders where _deleted_at is null')
    expect(Number(rows[0]?.[0])).toBe((await ledger.options.rows({ table: 'orders', folder: '', url: '' })).length)
  } finally {
    await destination.close()
  }
})

interface Broken {
  readonly as?: 'log' | 'tap'
  readonly mistake?: FeedMistake | undefined
  readonly more?: Partial<FeedTestOptions> | undefined
  readonly through?: (right: Destination) => Destination
}

async function broken(name: FeedLawName, { as = 'log', mistake, more, through }: Broken = {}): Promise<string> {
  const ledger = new Ledger()
  const law = FEED_LAWS.find((one) => one.name === name)!
  return await checkFeedLaw(law, ledger[as](mistake), { ...ledger.options, ...more }, { through }).then(
    () => 'it holds',
    (error: Error) => error.message,
  )
}

const MISTAKES: readonly (readonly [FeedLawName, 'log' | 'tap', FeedMistake, RegExp])[] = [
  ['shape', 'tap', 'field of no column', /"orders": the row \{.*has the field "colour", which the table does not have/],
  ['shape', 'tap', 'deletion without a key', /"orders": the key \{\} of "deleted" has no "id"/],
  ['offsets', 'log', 'offset that JSON does not hold', /the offset .* does not fit its schema once it was stored/],
  ['order', 'log', 'offsets compared as texts', /\{"at":\d+\} comes after \{"at":\d\}, but isPast says it does not/],
  ['order', 'log', 'never past', /isPast\(\{"at":\d+\}, the same\) is false/],
  ['continues', 'tap', 'continues too late', /read from \{"at":\d+\} on, the row .* is missing/],
  ['continues', 'tap', 'continues too early', /"events": read from \{"at":\d+\} on, the row .* is there twice/],
  ['continues', 'tap', 'does not end', /read\(\) does not end and says nothing for 5 seconds/],
  ['abort', 'log', 'deaf to the signal', /aborted .*, read\(\) continued for more than two/],
  ['begin', 'log', 'begins elsewhere each time', /nothing changed in between, but begin gave \{"at":0\} and, with/],
  ['rows', 'tap', 'NULL in the place of UNCHANGED', /"orders": after a run, the row \{.*\} is missing/],
  ['adds', 'tap', 'tells the history alone', /"orders": a row was added between two runs; after the second, the row/],
  [
    'adds',
    'tap',
    'tells all again',
    /"events": a row was added between two runs; after the second, the row .*duplicated/,
  ],
  ['edits', 'tap', 'edits are not told', /"orders": a row was edited between two runs; after the second, the row/],
  [
    'removes',
    'tap',
    'removals are not told',
    /"orders": a row was removed between two runs; after the second, the row/,
  ],
  ['kill', 'log', 'remembers what it told', /killed before item \d+ and run again, the row .* is missing/],
]

const API_MISTAKES: readonly (readonly [FeedLawName, FeedApiMistake, RegExp])[] = [
  ['errors', 'forgets how long to wait', /answered 429 from the first .*, retryAfterMs is undefined, not 2000/],
  ['errors', 'tries a refused token again', /answered 401 from the first .*, the remedy is retry, not fix-config/],
  ['secrets', 'logs its token', /a secret is in: asks http.* with <the secret>/],
  ['secrets', 'shows its token', /a secret is in: .*it answered 401 to <the secret>/],
]

describe('each law can fail:', () => {
  it.each(MISTAKES)('%s, where a %s has the mistake "%s"', async (law, as, mistake, example) => {
    const message = await broken(law, { as, mistake })
    expect(message).toMatch(example)
  })

  it.each(Object.entries(ENGINE_MUTATIONS))('where %s', async (_, { law, example, breaks }) => {
    const through = (right: Destination): Destination => {
      const other = breaks(right)
      return new Proxy(right, {
        get(target, name) {
          const value: unknown = Reflect.get(Object.hasOwn(other, name) ? other : target, name, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    }
    const message = await broken(law, { through })
    expect(message).toMatch(example)
    expect(message).toContain(`conformance check "${law}" failed`)
    expect(message).toContain('For users this means:')
  })

  it.each(API_MISTAKES)('%s, where a feed %s', async (name, mistake, example) => {
    const law = FEED_LAWS.find((one) => one.name === name)!
    await expect(checkFeedLaw(law, feedApi(mistake), feedApiOptions)).rejects.toThrow(example)
    await checkFeedLaw(law, feedApi(), feedApiOptions)
  })

  it('and none is left out', () => {
    expect(FEED_LAWS.map(({ name }) => name)).toEqual([...FEED_LAW_NAMES])
    const caught = [
      ...[...MISTAKES, ...API_MISTAKES].map(([law]) => law),
      ...Object.values(ENGINE_MUTATIONS).map(({ law }) => law),
    ]
    expect(new Set(caught)).toEqual(new Set(FEED_LAW_NAMES))
  })
})

describe('what a law cannot look at is no pass:', () => {
  it.each<[FeedLawName, Partial<FeedTestOptions>, RegExp]>([
    ['adds', { add: undefined }, /"orders": pass "add" to testFeed so that this check can run: add: /],
    ['edits', { edit: undefined }, /"orders": pass "edit" to testFeed so that this check can run: edit: /],
    ['edits', { edit: () => {} }, /edit\(\) changed nothing that rows\(\) gives/],
    ['removes', { remove: undefined }, /"orders": pass "remove" to testFeed/],
    ['rows', { rows: () => [] }, /rows\(\) gives no row of it/],
    ['rekeys', { rows: () => [] }, /"orders": rows\(\) gives 0 rows of it; give the test 2/],
    ['rows', { feed: 'other' }, /source "ledger" has no feed "other"; its feeds are log/],
    ['rows', { waive: { updates: 'because there is no other way' } as never }, /no conformance check "updates"/],
    ['rows', { waive: { 'order.rows': 'because there is no other way' } }, /there is no table "order"/],
  ])('%s with %j', async (law, more, message) => {
    expect(await broken(law, { more })).toMatch(message)
  })

  it('a waiver of one table takes that table out, and no other', async () => {
    const waive = { 'orders.edits': 'the ledger does not tell of edits' }
    expect(await broken('edits', { mistake: 'edits are not told', more: { waive } })).toBe('it holds')
  })
})
