import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CursorValue, compareCursors, positionOf } from '../src/cursor-value.ts'
import { pages } from '../src/pages.ts'
import { byLink, byPageNumber } from '../src/paging.ts'
import { type ReanchoredOptions, reanchored } from '../src/reanchored.ts'
import { client, collect, errorOf, json, serve } from './unruly-server.ts'

interface Row {
  readonly id: number
  readonly updated_at: string
}

const stamp = (second: number): string => new Date(1_700_000_000_000 + second * 1000).toISOString()

/** An API whose list is sorted by update and moves: before each answer, what the test says happens to it. */
class Moving {
  readonly rows = new Map<number, Row>()
  /** What was there when its end was last given: what happens later is for the next reading. */
  atEnd: readonly Row[] = []
  now = 1000

  constructor(seconds: readonly number[]) {
    for (const [id, second] of seconds.entries()) this.rows.set(id, { id, updated_at: stamp(second) })
  }

  touch(id: number, later = 1): void {
    this.now += later
    if (this.rows.has(id)) this.rows.set(id, { id, updated_at: stamp(this.now) })
  }

  async open(size: number, before: (moving: Moving, number: number) => void, isDay = false) {
    const api = await serve((response, asked, number) => {
      before(this, number)
      const query = new URL(asked.url, 'http://x').searchParams
      const since = query.get('since')
      const from = since === null ? -Infinity : Date.parse(since)
      const list = [...this.rows.values()]
        .filter((row) => Date.parse(row.updated_at) >= from)
        .sort((a, b) => Date.parse(a.updated_at) - Date.parse(b.updated_at) || a.id - b.id)
      const page = Number(query.get('page') ?? 1)
      const rows = list.slice((page - 1) * size, page * size)
      if (list.length <= page * size) this.atEnd = [...this.rows.values()]
      const link =
        list.length > page * size
          ? {
              link: `<${asked.url.replace(/[?&]page=\d+/, '')}${since === null ? '?' : '&'}page=${page + 1}>; rel=next`,
            }
          : {}
      json(response, rows, 200, link as Record<string, string>)
    })
    const request = (since: CursorValue | undefined) => ({
      path: '/rows',
      query: { since: isDay && since !== undefined ? String(since).slice(0, 10) : since },
    })
    const options: ReanchoredOptions<Row> = {
      request,
      from: undefined,
      paging: byPageNumber({ parameter: 'page' }),
      cursorOf: (row) => row.updated_at,
      keyOf: (row) => String(row.id),
    }
    return { api, http: client(api.url), options }
  }
}

const seconds = (count: number): number[] => Array.from({ length: count }, (_, at) => at)

describe('a list that moves while it is paged', () => {
  it('loses rows by page number alone, and none by the last cursor seen', async () => {
    const touch = (moving: Moving, number: number): void => moving.touch(number)
    const alone = await new Moving(seconds(30)).open(5, touch)
    const lost = await collect(
      pages<Row>(alone.http, { request: { path: '/rows' }, paging: byPageNumber({ parameter: 'page' }) }),
    )
    expect(new Set(lost.map((row) => row.id)).size).toBeLessThan(30)
    const again = await new Moving(seconds(30)).open(5, (moving, number) => number < 20 && touch(moving, number))
    const rows = await collect(reanchored(again.http, again.options))
    expect(new Set(rows.map((row) => row.id)).size).toBe(30)
  })

  it('gives every row in its last version, in order, whatever happens to it between pages', async () => {
    const change = fc.oneof(
      // A later update has a later stamp: what shares the present instant is what `minAge` waits for.
      fc.record({ touch: fc.nat(24), later: fc.integer({ min: 1, max: 2 }) }),
      fc.record({ remove: fc.nat(24) }),
      fc.constant({}),
    )
    await fc.assert(
      fc.asyncProperty(
        // Many share a second, more than a page holds.
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(change, { maxLength: 30 }),
        fc.constantFrom('number', 'link'),
        async (stamps, size, changes, how) => {
          const moving = new Moving(stamps)
          const { http, options } = await moving.open(size, (one, number) => {
            const now: { touch?: number; later?: number; remove?: number } = changes[number - 1] ?? {}
            if (now.touch !== undefined) one.touch(now.touch, now.later)
            if (now.remove !== undefined) one.rows.delete(now.remove)
          })
          const paging = how === 'link' ? byLink() : byPageNumber({ parameter: 'page' })
          const rows = await collect(reanchored(http, { ...options, paging }))
          for (let at = 1; at < rows.length; at++)
            expect(compareCursors(rows[at - 1]!.updated_at, rows[at]!.updated_at)).toBeLessThanOrEqual(0)
          const last = new Map(rows.map((row) => [row.id, row.updated_at]))
          for (const row of moving.atEnd) expect([row.id, last.get(row.id)]).toEqual([row.id, row.updated_at])
          // Nothing twice in one version.
          expect(new Set(rows.map((row) => `${row.id} ${row.updated_at}`)).size).toBe(rows.length)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('is read where `since` takes only days', async () => {
    const moving = new Moving(Array.from({ length: 60 }, (_, at) => at * 7200))
    const { http, options } = await moving.open(10, () => {}, true)
    const rows = await collect(reanchored(http, options))
    expect(rows.map((row) => row.id)).toEqual(seconds(60))
  })

  it('keeps rows that are the same and have no key, each as often as it is there', async () => {
    const stamps = [0, 1, 1, 1, 1, 1, 2, 2, 2, 3]
    const api = await serve((response, { url }) => {
      const query = new URL(url, 'http://x').searchParams
      const list = stamps.map(stamp).filter((at) => at >= (query.get('since') ?? ''))
      const page = Number(query.get('page'))
      json(
        response,
        list.slice(page * 4 - 4, page * 4).map((updated_at) => ({ updated_at })),
      )
    })
    const { options } = await new Moving([]).open(1, () => {})
    const rows = await collect(reanchored(client(api.url), { ...options, keyOf: undefined, map: (row) => row }))
    expect(rows.map((row) => row.updated_at)).toEqual(stamps.map(stamp))
  })

  it('is read from a cursor on', async () => {
    const { http, options, api } = await new Moving(seconds(10)).open(3, () => {})
    expect((await collect(reanchored(http, { ...options, from: stamp(6) }))).map((row) => row.id)).toEqual([6, 7, 8, 9])
    expect(api.asked[0]!.url).toContain('since=')
    expect(await collect(reanchored(http, { ...options, from: stamp(600) }))).toEqual([])
  })
})

describe('an API that does not do as it is asked', () => {
  it('and gives the newest first is found out', async () => {
    const api = await serve((response) =>
      json(
        response,
        seconds(5).map((at) => ({ id: at, updated_at: stamp(5 - at) })),
      ),
    )
    const { options } = await new Moving([]).open(1, () => {})
    const error = await errorOf(collect(reanchored(client(api.url), options)))
    expect(error).toMatchObject({ remedy: 'fix-source', code: 'paging' })
    expect(error.message).toContain('ascending')
  })

  it('and does not heed where to begin is found out', async () => {
    const api = await serve((response, asked) => {
      const page = Number(new URL(asked.url, 'http://x').searchParams.get('page'))
      json(
        response,
        seconds(20)
          .map((id) => ({ id, updated_at: stamp(id) }))
          .slice((page - 1) * 5, page * 5),
      )
    })
    const { options } = await new Moving([]).open(1, () => {})
    const error = await errorOf(collect(reanchored(client(api.url), options)))
    expect(error.message).toContain('ignores the parameter')
  })

  it('and moves faster than it can be read is left to the next try', async () => {
    const moving = new Moving(Array.from({ length: 10 }, () => 5))
    let id = 100
    const { http, options } = await moving.open(2, () => {
      const oldest = [...moving.rows.values()].find((row) => row.updated_at === stamp(5))
      if (oldest !== undefined) moving.touch(oldest.id)
      moving.rows.set(++id, { id, updated_at: stamp(5) })
    })
    expect(await errorOf(collect(reanchored(http, options)))).toMatchObject({ remedy: 'retry', code: 'paging' })
  })
})

describe('cursors', () => {
  it.each([
    ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000Z', 0],
    ['2024-01-01T00:00:00.500Z', '2024-01-01T00:00:00Z', 1],
    ['2024-01-01T00:00:00.123456Z', '2024-01-01T00:00:00.123457Z', -1],
    ['2024-01-01T02:00:00+02:00', '2024-01-01 00:00:00', 0],
    ['2024-01-01T00:00:00.123456789Z', '2024-01-01T00:00:00.12345679Z', -1],
    ['2024-01-01T00:00:00.1234567Z', '2024-01-01T00:00:00.1234567001Z', 0],
    ['1969-12-31T23:59:59.9999995Z', '1969-12-31T23:59:59.9999994Z', 1],
    ['2024-01-01', '2024-01-01T00:00:01Z', -1],
    [9007199254740993n, 9007199254740992, 1],
    [1.5, 2, -1],
    ['soon', 1, undefined],
    [undefined, 1, undefined],
  ])('%s and %s compare as %s', (a, b, order) => {
    expect(compareCursors(a, b)).toBe(order)
  })

  it('that are none have no place', () => {
    expect([null, {}, '2024-13-01', Number.NaN].map(positionOf)).toEqual([undefined, undefined, undefined, undefined])
  })
})
