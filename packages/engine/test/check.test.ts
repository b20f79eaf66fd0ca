import { days, defineSource, deleted, type Source, SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { check } from '../src/commands/check.ts'
import { sync } from '../src/commands/sync.ts'
import type { RunOptions } from '../src/options.ts'
import { openMemory } from './system.ts'

let destination: Destination
beforeEach(async () => {
  destination = await openMemory()
})
afterEach(() => destination.close())

type Read = (question: { from?: unknown; to?: unknown; signal: AbortSignal }) => AsyncIterable<unknown>
type Spec = Record<string, unknown>

/** One table of a source, whose read is given. */
function sourceOf(read: Read, spec: Spec = {}, name = 'shop'): Source {
  const shop = defineSource({ name })
  return shop.with([
    shop.table({
      name: 'orders',
      row: z.object({ id: z.int(), at: z.iso.datetime() }),
      primaryKey: ['id'],
      ...spec,
      read,
    } as never),
  ]) as Source
}

const optionsOf = (sources: readonly Source[], more: Partial<RunOptions> = {}): RunOptions => ({
  sources: sources.map((source) => ({ name: source.name, source, config: {}, options: {} })),
  destination,
  ...more,
})
const row = (id: number, at = '2026-01-01T00:00:00Z') => ({ id, at })
const many = (count: number, one: (nth: number) => unknown = row): unknown[] =>
  Array.from({ length: count }, (_, nth) => one(nth))

async function* pages(...all: readonly unknown[]): AsyncGenerator<unknown> {
  yield* all
}

describe('a table is well where the next sync can read it:', () => {
  it('one page of it was read, and no more', async () => {
    let given = 0
    let stopped = false
    const source = sourceOf(async function* ({ signal }) {
      signal.addEventListener('abort', () => {
        stopped = true
      })
      for (;;) {
        given++
        yield many(50)
      }
    })
    const report = await check(optionsOf([source]))
    expect(report).toMatchObject({ exitCode: 0, failures: [], sources: [{ name: 'shop', tables: 1 }] })
    expect(report.tables).toEqual([
      {
        name: 'shop_orders',
        source: 'shop',
        table: 'orders',
        state: 'ok',
        pausedFor: undefined,
        feed: null,
        page: { rows: 50, rejected: 0, why: undefined },
      },
    ])
    expect([given, stopped]).toEqual([1, true])
    expect((await destination.state()).tables.size).toBe(0)
  })

  it.each<[string, Read]>([
    ['without a row', () => pages()],
    ['of empty pages', () => pages([], [])],
    ['that only tells of deletions', () => pages(deleted([{ id: 1 }]))],
  ])('one %s, too', async (_, read) => {
    expect(await check(optionsOf([sourceOf(read)]))).toMatchObject({ exitCode: 0, tables: [{ state: 'ok' }] })
  })

  it('and it is the newest window that is asked for', async () => {
    const asked: unknown[] = []
    const spec = { cursor: 'at', window: days(1), start: '2026-01-01T00:00:00Z', end: () => '2026-02-01T00:00:00Z' }
    const source = sourceOf(({ from, to }) => {
      asked.push([from, to])
      return pages(many(3, (nth) => row(nth, `2026-01-31T0${nth}:00:00Z`)))
    }, spec)
    expect(await check(optionsOf([source]))).toMatchObject({ tables: [{ page: { rows: 3 } }] })
    expect(asked).toEqual([['2026-01-31T00:00:00.000Z', '2026-01-31T23:59:00.000Z']])
    await sync(optionsOf([source]))
    asked.length = 0
    expect(await check(optionsOf([source]))).toMatchObject({ exitCode: 0, tables: [{ page: { rows: 3 } }] })
    expect(asked).toHaveLength(1)
  })

  it('of a source without bounds, whose first pages lie before the window', async () => {
    const spec = { cursor: 'at', window: days(1), start: '2026-01-01T00:00:00Z', end: () => '2026-02-01T00:00:00Z' }
    const source = sourceOf(
      () =>
        pages(
          many(2),
          many(2),
          many(2, (nth) => ({ ...row(nth, '2026-01-31T01:00:00Z'), at: 'never' })),
        ),
      spec,
    )
    expect(await check(optionsOf([source]))).toMatchObject({
      exitCode: 4,
      failures: [{ message: expect.stringMatching(/^the first page: 2 rows, 2 rejected/) }],
    })
  })

  it('with a few rows that do not fit, and they are said', async () => {
    const source = sourceOf(() => pages([...many(90), ...many(10, (nth) => ({ id: 100 + nth, at: 'Monday' }))]))
    const report = await check(optionsOf([source]))
    expect(report).toMatchObject({ exitCode: 0, failures: [] })
    expect(report.tables[0]).toMatchObject({ state: 'ok', page: { rows: 100, rejected: 10 } })
    expect(report.tables[0]?.page?.why).toMatch(/column "at" \(timestamp\).*"Monday"/)
  })
})

describe('a table is not well', () => {
  it.each<[string, Read, Spec, string]>([
    [
      'where the source is refused',
      () => {
        throw new SyncError('the shop refused the token', 'fix-config', { code: 'unauthorized' })
      },
      {},
      'the shop refused the token',
    ],
    [
      'where reading fails behind an empty page',
      async function* () {
        yield []
        throw new SyncError('the shop answered 500', 'retry')
      },
      {},
      'the shop answered 500',
    ],
    [
      'where it gets a page for people',
      async function* () {
        yield JSON.parse('<!doctype html>') as unknown[]
      },
      {},
      "Unexpected token '<'",
    ],
    ['where it yields no pages', () => pages({ not: 'a page' }), {}, 'read() yielded an object of not'],
    ['where read is no generator', () => 7 as never, {}, 'read() must be an async generator'],
    [
      'where nothing fits',
      () => pages(many(100, (nth) => row(nth, 'Sun, 01 Nov 2026 10:00:00 +0000'))),
      {},
      'the first page: 100 rows, 100 rejected: column "at" (timestamp)',
    ],
    [
      'where a single row does not fit, of a table that has none',
      () => pages([row(1, 'Monday')]),
      {},
      'the first page: 1 row, 1 rejected: ',
    ],
    [
      'where most do not fit',
      () => pages([...many(7), ...many(37, (nth) => row(50 + nth, 'no'))]),
      {},
      'the first page: 44 rows, 37 rejected: ',
    ],
    [
      'where no row has the cursor',
      () => pages(many(5, (nth) => ({ id: nth, made: '2026-01-01T00:00:00Z' }))),
      { row: z.object({ id: z.int(), at: z.iso.datetime().nullish() }), cursor: 'at' },
      'the first page: 5 rows, 5 rejected: the cursor "at" is NULL',
    ],
    [
      'where no row has the cursor, and such rows are skipped',
      () => pages(many(5, (nth) => ({ id: nth }))),
      { row: z.object({ id: z.int(), at: z.iso.datetime().nullish() }), cursor: 'at', nullCursor: 'skip' },
      'none of the 5 rows of the first page has the cursor "at"',
    ],
  ])('%s', async (_, read, spec, message) => {
    const report = await check(optionsOf([sourceOf(read, spec)]))
    expect(report.failures).toMatchObject([{ table: 'shop_orders', message: expect.stringContaining(message) }])
    expect(report.tables).toMatchObject([{ state: 'failed' }])
    expect([3, 4]).toContain(report.exitCode)
    expect((await destination.state()).tables.size).toBe(0)
  })

  it('where its columns no longer fit the table that is there', async () => {
    const before = sourceOf(() => pages(many(3)))
    await sync(optionsOf([before]))
    const now = sourceOf(() => pages([{ id: 1, at: true }]), { row: z.object({ id: z.int(), at: z.boolean() }) })
    expect(await check(optionsOf([now]))).toMatchObject({
      exitCode: 3,
      failures: [{ code: 'schema', message: expect.stringContaining('column "at"') }],
    })
  })

  it('where it waits for a decision', async () => {
    await sync(optionsOf([sourceOf(() => pages(many(3)))]))
    const now = sourceOf(() => pages([]), { row: z.object({ id: z.int(), at: z.iso.datetime() }), primaryKey: ['at'] })
    expect(await check(optionsOf([now]))).toMatchObject({
      exitCode: 3,
      tables: [{ state: 'paused', pausedFor: expect.stringContaining('primary key changed') }],
    })
  })
})

describe('a source that does not answer', () => {
  const hanging = (name: string, hangs = (_table: string) => true): Source => {
    const source = defineSource({ name })
    const table = (one: string) =>
      source.table({
        name: one,
        row: z.object({ id: z.int() }),
        async *read() {
          if (hangs(one)) await new Promise(() => {})
          yield [{ id: 1 }]
        },
      })
    return source.with(['a', 'b', 'c', 'd', 'e', 'f'].map(table)) as Source
  }

  it('is given up in a bounded time, for all its tables, and the others are well', async () => {
    const startedAt = performance.now()
    const healthy = sourceOf(() => pages(many(3)), {}, 'healthy')
    const report = await check(optionsOf([hanging('hung'), healthy], { settings: { stallTimeoutMs: 900 } }))
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(report.exitCode).toBe(3)
    expect(report.tables.filter(({ state }) => state === 'failed')).toHaveLength(6)
    expect(report.failures[0]).toMatchObject({ source: 'hung', code: 'timeout', message: 'no answer within 1 s' })
    expect(report.tables.find(({ source }) => source === 'healthy')).toMatchObject({ state: 'ok' })
  })

  it('for some of its tables is asked for the others', async () => {
    const half = hanging('half', (table) => table === 'a' || table === 'b')
    const report = await check(optionsOf([half], { settings: { stallTimeoutMs: 300 } }))
    expect(report.tables.map(({ state }) => state)).toEqual(['failed', 'failed', 'ok', 'ok', 'ok', 'ok'])
  })

  it('and others are asked as many tables at once as a run would read', async () => {
    let [now, most] = [0, 0]
    const busy = defineSource({ name: 'busy' })
    const table = (nth: number) =>
      busy.table({
        name: `t${nth}`,
        row: z.object({ id: z.int() }),
        async *read() {
          most = Math.max(most, ++now)
          await new Promise((done) => setTimeout(done, 20))
          now--
          yield [{ id: 1 }]
        },
      })
    const source = busy.with(Array.from({ length: 9 }, (_, nth) => table(nth))) as Source
    expect((await check(optionsOf([source], { settings: { perSource: 3 } }))).exitCode).toBe(0)
    expect(most).toBe(3)
  })
})

it('with quick nothing is read, and nothing is called well', async () => {
  const source = sourceOf(() => {
    throw new Error('it was read')
  })
  expect(await check({ ...optionsOf([source]), quick: true })).toMatchObject({
    exitCode: 0,
    failures: [],
    tables: [{ state: 'listed', page: undefined }],
  })
})
