import { defineSource, hours, type Source } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop } from './sync-places.ts'

interface Row {
  readonly id: number
  readonly at: unknown
  readonly note?: unknown
}

const row = z.object({ id: z.int(), at: z.iso.datetime(), note: z.string() })
/** Minutes of a day. */
const time = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()
const END = '2026-01-02T00:00:00Z'

/** A table whose rows are read whole, with a key or without. */
function whole(rows: readonly Row[], primaryKey: ['id'] | undefined = ['id']): Source {
  const shop = defineSource({ name: 'shop' })
  const read = async function* () {
    yield rows as never[]
  }
  return shop.with([shop.table({ name: 'orders', row, primaryKey: primaryKey as ['id'], read })]) as Source
}

/** The same by a cursor, in windows of an hour. */
function windowed(rows: readonly Row[], spec: object = {}): Source {
  const shop = defineSource({ name: 'shop' })
  const table = shop.table({
    name: 'orders',
    row,
    primaryKey: ['id'],
    cursor: 'at',
    window: hours(1),
    start: '2026-01-01T00:00:00Z',
    end: () => END,
    ...spec,
    async *read({ from, to }) {
      yield rows.filter(({ at }) => String(at) >= String(from) && String(at) < String(to)) as never[]
    },
  } as Parameters<typeof shop.table>[0])
  return shop.with([table]) as Source
}

const rows = (count: number, more: (id: number) => Partial<Row> = () => ({})): readonly Row[] =>
  Array.from({ length: count }, (_, id) => ({ id, at: time(id), note: `note ${id}`, ...more(id) }))
const failureOf = ({
  tables,
}: {
  readonly tables: readonly { readonly failures: readonly { readonly failure: { readonly message: string } }[] }[]
}) => tables[0]?.failures[0]?.failure

describe.each(syncPlaces())('rejected rows on $name', ({ empty }: SyncPlace) => {
  it.each([
    [
      'Unix seconds',
      (id: number) => 1_793_527_200 + id,
      /none of 100 rows fit.*column "at" \(timestamp\).*1793527200.*unix_seconds/,
    ],
    ['a date of e-mail', () => 'Sun, 01 Nov 2026 10:00:00 +0000', /Sun, 01 Nov 2026.*RFC 2822.*text/],
    ['a day', () => '2026-11-01', /the type date fits/],
    ['nothing', () => null, /make the column nullable/],
  ])('a first read of which nothing fits fails and says what would: %s', async (_, at, words) => {
    const destination = await empty()
    const done = await syncShop(destination, whole(rows(100, (id) => ({ at: at(id) }))))
    expect(done.exitCode).toBe(4)
    expect(failureOf(done)).toMatchObject({
      code: 'reject-limit',
      remedy: 'fix-config',
      message: expect.stringMatching(words),
    })
    expect(failureOf(done)?.message).toContain('"tidemark rejects list shop_orders"')
    expect(done.state).toMatchObject({
      synced_tables: [],
      to_timestamp: null,
      tables: [{ status: 'failing', complete_to: null }],
    })
  })

  it.each([1, 2, 9, 10, 100, 101])(
    'a first read of %i bad rows alone fails, keyed or not, whole or by a cursor',
    async (count) => {
      const bad = rows(count, () => ({ note: 7 }))
      for (const source of [
        whole(bad),
        whole(bad, undefined),
        windowed(bad),
        windowed(bad, { window: undefined, ordered: 'ascending' }),
      ]) {
        const destination = await empty()
        expect((await syncShop(destination, source)).exitCode).toBe(4)
        const again = await syncShop(destination, source)
        expect(again.exitCode).toBe(4)
        expect(again.state).toMatchObject({ synced_tables: [], tables: [{ status: 'failing' }] })
        expect(again.state.tables[0]?.last_error).toMatch(/none of/)
      }
    },
  )

  it('more than half of ten rows fails, half does not', async () => {
    for (const [count, bad, code] of [
      [44, 37, 4],
      [10, 6, 4],
      [10, 5, 0],
      [9, 8, 0],
    ] as const) {
      const destination = await empty()
      const done = await syncShop(
        destination,
        whole(rows(count, (id) => (id >= count - bad ? { note: undefined } : {}))),
      )
      expect([count, bad, done.exitCode]).toEqual([count, bad, code])
      expect(done.state.synced_tables).toEqual(code === 0 ? ['shop_orders'] : [])
    }
  })

  it('the first read of small windows is judged as one, however often it is tried', async () => {
    const destination = await empty()
    // Seven good rows in the oldest hour, 37 bad ones in 8 hours behind it.
    const all = [...rows(7), ...rows(37).map(({ id }) => ({ id: 100 + id, at: time(60 + id * 12), note: 7 }))]
    for (let again = 0; again < 3; again++) {
      const done = await syncShop(destination, windowed(all))
      expect(done.exitCode).toBe(4)
      expect(done.state.tables).toMatchObject([{ status: 'failing', complete_to: '2026-01-01T01:00:00Z' }])
    }
    const mended = await syncShop(destination, windowed(all.map((one) => ({ ...one, note: 'fits' }))))
    expect(mended.exitCode).toBe(0)
    expect(mended.state.to_timestamp).toBe('2026-01-01T23:59:00Z')
    const { rows: left } = await destination.query('select count(*) from _tidemark_rejects')
    expect(Number(left[0]![0])).toBe(0)
  })

  it('a bad row alone in the newest window of a history that fits keeps nothing out', async () => {
    const destination = await empty()
    const done = await syncShop(
      destination,
      windowed([...rows(50), { id: 999, at: '2026-01-01T23:30:00.000Z', note: 7 }]),
    )
    expect(done.exitCode).toBe(0)
    expect(done.tables[0]).toMatchObject({ status: 'complete', failures: [], rows: { written: 50 } })
    expect(done.state).toMatchObject({
      synced_tables: ['shop_orders'],
      tables: [{ partitions_failing: 0, last_error: null }],
    })
    const { rows: rejected } = await destination.query('select times from _tidemark_rejects')
    expect(rejected.map(([times]) => Number(times))).toEqual([1])
  })

  it('lone bad rows in small windows never block a table that has rows', async () => {
    const destination = await empty()
    let all = rows(3)
    let end = time(60)
    const source = () => windowed(all, { end: () => end })
    expect((await syncShop(destination, source())).exitCode).toBe(0)
    for (let run = 0; run < 30; run++) {
      all = [...all, { id: 100 + run, at: time(60 + run), note: 7 }]
      end = time(61 + run)
      const done = await syncShop(destination, source())
      expect(done.exitCode).toBe(0)
      expect(done.state.tables[0]).toMatchObject({ status: 'complete', last_error: null })
    }
    all = [...all, ...Array.from({ length: 12 }, (_, at) => ({ id: 200 + at, at: time(91), note: at < 7 ? 7 : 'a' }))]
    end = time(95)
    expect((await syncShop(destination, source())).exitCode).toBe(4)
  })

  it('of a partition of its own: the others stay complete', async () => {
    const destination = await empty()
    const shop = defineSource({ name: 'shop' })
    const table = shop.table({
      name: 'orders',
      row,
      primaryKey: ['id'],
      partitions: shop.partitions(() => ['good', 'bad']),
      async *read({ partition }) {
        yield rows(2, () => (partition === 'bad' ? { note: 7 } : {})) as never[]
      },
    })
    const done = await syncShop(destination, shop.with([table]) as Source)
    expect(done).toMatchObject({ exitCode: 4, tables: [{ failures: [{ partition: 'bad' }] }] })
    expect(done.state.tables[0]).toMatchObject({ status: 'failing', partitions_failing: 1 })
  })

  it('rows that the database refuses count as those that do not fit', async () => {
    const destination = await empty()
    const nul = whole(rows(3, () => ({ note: 'a\0b' })))
    expect((await syncShop(destination, nul)).exitCode).toBe(4)
  })

  it('above the count of the config its share rules, also above a half', async () => {
    const destination = await empty()
    const bad = whole(rows(150, (id) => (id < 90 ? { note: 7 } : {})))
    const settings = (share: number) => ({ settings: { rejectLimit: { share, above: 100 } } })
    expect((await syncShop(destination, bad, settings(0.01))).exitCode).toBe(4)
    expect((await syncShop(destination, bad, settings(0.9))).exitCode).toBe(0)
  })
})
