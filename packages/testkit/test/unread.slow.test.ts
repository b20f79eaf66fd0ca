import { defineSource, minutes, type Source } from '@tidemark/core'
import { unreadTexts } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop, TestClock } from './sync-places.ts'

const NOW = '2026-03-01T12:00:00Z'
const ago = (seconds: number): string => new Date(Date.parse(NOW) - seconds * 1000).toISOString()
const Row = z.object({ id: z.int(), at: z.iso.datetime().nullish(), note: z.string().optional() })

/** A source that bounds nothing: the engine trims. */
function source(rows: () => readonly object[], spec: object = {}): Source {
  const shop = defineSource({ name: 'shop' })
  const table = shop.table({
    name: 'orders',
    row: Row,
    primaryKey: ['id'],
    cursor: 'at',
    nullCursor: 'skip',
    ...spec,
    async *read() {
      yield rows()
    },
  } as unknown as Parameters<typeof shop.table>[0])
  return shop.with([table]) as Source
}

const plain = (id: number, more: object = {}): object => ({ id, at: ago(86_400 + id), ...more })

describe.each(syncPlaces())('what is not read is counted and said, on $name', ({ empty }: SyncPlace) => {
  it('rows that are too young and rows without a cursor, as the engine leaves them out', async () => {
    const destination = await empty()
    const clock = new TestClock(NOW)
    let rows = [
      plain(1),
      ...[5, 10, -600].map((age, id) => ({ id: 10 + id, at: ago(age) })),
      { id: 20, at: null },
      { id: 21 },
    ]
    const done = await syncShop(
      destination,
      source(() => rows),
      { clock },
    )
    const unread = { tooYoung: 3, withoutCursor: 2, undeclared: [], minAgeMs: 60_000 }
    expect(done).toMatchObject({ exitCode: 0, tables: [{ unread, rows: { written: 1 } }] })
    expect(unreadTexts(done.tables[0]!.unread)).toEqual([
      '3 rows are younger than 1 minute and are read by a later sync',
      '2 rows have no cursor and are not synced',
    ])
    expect(done.state.tables[0]).toMatchObject({ too_young: 3, without_cursor: 2 })
    // They are counted again by every run, and not added up.
    clock.micros += 300_000_000n
    rows = rows.slice(0, 5)
    const later = await syncShop(
      destination,
      source(() => rows),
      { clock },
    )
    expect(later.state.tables[0]).toMatchObject({ too_young: 1, without_cursor: 1 })
    rows = []
    clock.micros += 300_000_000n
    expect(
      (
        await syncShop(
          destination,
          source(() => rows),
          { clock },
        )
      ).state.tables[0],
    ).toMatchObject({ too_young: 0, without_cursor: 0 })
  })

  it('in windows, and by partitions: each row once', async () => {
    const destination = await empty()
    const clock = new TestClock(NOW)
    const shop = defineSource({ name: 'shop' })
    const rows = [plain(1), plain(2), { id: 3, at: ago(1) }, { id: 4, at: null }]
    const spec = {
      window: minutes(60),
      start: ago(3 * 86_400),
      partitions: shop.partitions(() => ['a', 'b']),
    }
    const done = await syncShop(
      destination,
      source(() => rows, spec),
      { clock },
    )
    expect(done.state.tables[0]).toMatchObject({ too_young: 2, without_cursor: 2 })
  })

  it('as the source counts them, which is asked after its end', async () => {
    const destination = await empty()
    const clock = new TestClock(NOW)
    const asked: unknown[] = []
    let answer: unknown = { tooYoung: 7, withoutCursor: 3n }
    const spec = {
      countUnread: ({ to }: { readonly to: unknown }) => {
        asked.push(to)
        return answer
      },
    }
    const own = source(() => [plain(1), { id: 2, at: ago(1) }], spec)
    const done = await syncShop(destination, own, { clock })
    expect(asked).toEqual(['2026-03-01T11:59:00.000Z'])
    expect(done.tables[0]?.unread).toMatchObject({ tooYoung: 7, withoutCursor: 3 })
    expect(done.state.tables[0]).toMatchObject({ too_young: 7, without_cursor: 3 })
    answer = { tooYoung: 1 }
    expect((await syncShop(destination, own, { clock })).state.tables[0]).toMatchObject({
      too_young: 1,
      without_cursor: 0,
    })
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no such view'))],
    [
      'throws at once',
      () => {
        throw new Error('no such view')
      },
    ],
    ['gives no object', () => 'many'],
    ['gives no counts', () => ({ tooYoung: -1, withoutCursor: Number.NaN })],
    ['gives nothing', () => undefined],
  ])('and a source that %s is read all the same', async (_, countUnread) => {
    const destination = await empty()
    const done = await syncShop(
      destination,
      source(() => [plain(1)], { countUnread }),
    )
    expect(done).toMatchObject({ exitCode: 0, tables: [{ status: 'complete', rows: { written: 1 } }] })
    expect(done.state.tables[0]).toMatchObject({ too_young: 0, without_cursor: 0, partitions_failing: 0 })
  })

  it('fields that no column holds, by name, wherever they come', async () => {
    const destination = await empty()
    const clock = new TestClock(NOW)
    // One has as many fields as there are columns.
    let rows = [plain(1), plain(2, { note: 'a', late: 1 }), plain(3, { other: {} })]
    const done = await syncShop(
      destination,
      source(() => rows),
      { clock },
    )
    expect(done.tables[0]).toMatchObject({ rows: { undeclared: 2 }, unread: { undeclared: ['late', 'other'] } })
    expect(unreadTexts(done.tables[0]!.unread)).toEqual(['rows have fields that no column holds: late, other'])
    expect(done.state.tables[0]?.undeclared).toEqual(['late', 'other'])
    // A later run sees other rows: what was seen is not forgotten, what is declared by now is.
    rows = [{ id: 4, at: ago(0), third: 1 }]
    clock.micros += 300_000_000n
    const wider = { row: Row.extend({ late: z.any().optional() }) }
    const later = await syncShop(
      destination,
      source(() => rows, wider),
      { clock },
    )
    expect(later.state.tables[0]?.undeclared).toEqual(['other', 'third'])
  })

  it('of a table that is read whole as it is now, and of one that keeps them nothing', async () => {
    const destination = await empty()
    const whole = { cursor: undefined, nullCursor: undefined }
    let rows = [
      { id: 1, at: null, late: 1 },
      ...Array.from({ length: 300 }, (_, id) => ({ id: 2 + id, [`f${id}`]: 1 })),
    ]
    const done = await syncShop(
      destination,
      source(() => rows, whole),
    )
    expect(done.state.tables[0]?.undeclared).toHaveLength(100)
    rows = [{ id: 1, at: null, late: 1 }]
    const accepted = { acceptDeletions: true }
    expect(
      (
        await syncShop(
          destination,
          source(() => rows, whole),
          accepted,
        )
      ).state.tables[0]?.undeclared,
    ).toEqual(['late'])
    const loose = { ...whole, row: z.looseObject({ id: z.int(), at: z.iso.datetime().nullish() }) }
    const kept = await syncShop(
      destination,
      source(() => rows, loose),
    )
    expect(kept.tables[0]).toMatchObject({ failures: [], unread: { undeclared: [] } })
    expect(kept.state.tables[0]?.undeclared).toEqual([])
  })
})
