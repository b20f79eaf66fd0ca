import { defineSource, hours, type Source, type SourceOptions } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { resync, verify } from '@tidemark/engine'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SyncPlace, syncPlaces, syncShop } from './sync-places.ts'

interface Row {
  readonly id: number
  readonly at: string
}

const row = z.object({ id: z.int(), at: z.iso.datetime() })
const time = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()
const rows = (count: number, from = 0): readonly Row[] =>
  Array.from({ length: count }, (_, at) => ({ id: from + at, at: time(from + at) }))

interface Kind {
  readonly name: string
  readonly keyed: boolean
  readonly deletes: 'soft' | 'hard'
}
const KINDS: readonly Kind[] = [
  { name: 'keyed, marked', keyed: true, deletes: 'soft' },
  { name: 'keyed, removed', keyed: true, deletes: 'hard' },
  { name: 'without a key', keyed: false, deletes: 'soft' },
]

/** What the source has, by partition; '' where it has none. */
type World = Map<string, readonly Row[]>

function shop(world: World, { keyed }: Pick<Kind, 'keyed'>, spec: object = {}): Source {
  const source = defineSource({ name: 'shop' })
  const partitions = world.has('') ? undefined : source.partitions(() => [...world.keys()])
  const table = source.table({
    name: 'orders',
    row,
    ...(keyed ? { primaryKey: ['id'] } : {}),
    ...(partitions === undefined ? {} : { partitions }),
    ...spec,
    async *read({ partition = '', from, to }: { partition?: string; from?: string; to?: string }) {
      const all = world.get(partition) ?? []
      yield all.filter(({ at }) => (from === undefined || at >= from) && (to === undefined || at < to))
    },
  } as unknown as Parameters<typeof source.table>[0])
  return source.with([table]) as Source
}

const windowed = { cursor: 'at', window: hours(1), start: time(0), end: () => time(600) }
const live = async (destination: Destination, more = ''): Promise<number> => {
  const { rows: found } = await destination.query(`select count(*) from shop_orders where _deleted_at is null${more}`)
  return Number(found[0]![0])
}

describe.each(syncPlaces())('the deletion limit on $name', ({ empty }: SyncPlace) => {
  it.each(KINDS)('a table that had rows is not left empty unasked, at any size: $name', async (kind) => {
    for (const size of [1, 50, 200]) {
      const destination = await empty()
      const world: World = new Map([['', rows(size)]])
      const use: SourceOptions = { deletes: kind.deletes }
      expect((await syncShop(destination, shop(world, kind), { use })).exitCode).toBe(0)
      world.set('', [])
      for (let again = 0; again < 2; again++) {
        const held = await syncShop(destination, shop(world, kind), { use })
        expect(held.exitCode).toBe(3)
        expect(held.tables[0]).toMatchObject({ status: 'failing', failures: [{ failure: { code: 'deletion-limit' } }] })
        const { message } = held.tables[0]!.failures[0]!.failure
        expect(message).toContain(`"shop_orders" had ${size} rows`)
        expect(message).toContain('"tidemark sync shop_orders --accept-deletions"')
        expect(message).toContain("sources.shop.tables.orders.deletionLimit: 'none'")
        expect(held.state.tables[0]).toMatchObject({ status: 'failing', last_error: message })
        expect(await live(destination)).toBe(size)
      }
      const accepted = await syncShop(destination, shop(world, kind), { use, acceptDeletions: true })
      expect(accepted.exitCode).toBe(0)
      expect(await live(destination)).toBe(0)
      // Empty by now, it may stay so.
      expect((await syncShop(destination, shop(world, kind), { use })).exitCode).toBe(0)
    }
  })

  it.each(KINDS)('a table that may be empty says so, as its source or all do: $name', async (kind) => {
    const none = 'none' as const
    for (const [use, settings] of [
      [{ tables: { orders: { deletionLimit: none } } }, {}],
      [{ tables: { 'ord*': { deletionLimit: none } }, deletionLimit: { share: 0, above: 0 } }, {}],
      [{ deletionLimit: none }, { deletionLimit: { share: 0, above: 0 } }],
      [{}, { deletionLimit: none }],
    ] as const) {
      const destination = await empty()
      const world: World = new Map([['', rows(50)]])
      await syncShop(destination, shop(world, kind), { use, settings })
      world.set('', [])
      expect((await syncShop(destination, shop(world, kind), { use, settings })).exitCode).toBe(0)
      expect(await live(destination)).toBe(0)
    }
  })

  it.each(KINDS)('other rows in the place of all are no empty table: $name', async (kind) => {
    const destination = await empty()
    const world: World = new Map([['', rows(3)]])
    await syncShop(destination, shop(world, kind))
    world.set('', rows(1, 100))
    expect((await syncShop(destination, shop(world, kind))).exitCode).toBe(0)
    expect(await live(destination)).toBe(1)
  })

  it.each(KINDS)('each partition is kept for itself: $name', async (kind) => {
    const destination = await empty()
    const world: World = new Map([
      ['a', rows(5)],
      ['b', rows(5)],
    ])
    await syncShop(destination, shop(world, kind))
    world.set('a', [])
    world.set('b', rows(4))
    const held = await syncShop(destination, shop(world, kind))
    expect(held).toMatchObject({ exitCode: 3, tables: [{ failures: [{ partition: 'a' }] }] })
    expect(held.tables[0]?.failures[0]?.failure.message).toContain('"shop_orders" (a) had 5 rows')
    expect([
      await live(destination, " and _partition = 'a'"),
      await live(destination, " and _partition = 'b'"),
    ]).toEqual([5, 4])
  })

  it('the limit of a table is its own', async () => {
    const destination = await empty()
    const world: World = new Map([['', rows(20)]])
    const use: SourceOptions = { tables: { orders: { deletionLimit: { share: 0.1, above: 10 } } } }
    await syncShop(destination, shop(world, KINDS[0]!), { use })
    world.set('', rows(17))
    const held = await syncShop(destination, shop(world, KINDS[0]!), { use })
    expect(held.tables[0]?.failures[0]?.failure.message).toMatch(
      /3 of 20 rows of "shop_orders" would be deleted.*--accept-deletions.*sources\.shop\.tables\.orders\.deletionLimit/,
    )
    expect((await syncShop(destination, shop(world, KINDS[0]!))).exitCode).toBe(0)
    expect(await live(destination)).toBe(17)
  })

  it.each(KINDS)('a resync in windows that brings nothing back takes nothing away: $name', async (kind) => {
    const destination = await empty()
    // Ten windows of five rows.
    const all = Array.from({ length: 50 }, (_, id) => ({ id, at: time(id * 12) }))
    const world: World = new Map([['', all]])
    const use = { deletes: kind.deletes }
    const source = shop(world, kind, windowed)
    expect((await syncShop(destination, source, { use })).exitCode).toBe(0)
    const options = { sources: [{ name: 'shop', source, config: {}, options: use }], destination }
    world.set('', [])
    expect(await resync(options, { table: 'orders' })).toMatchObject({ exitCode: 3 })
    expect(await live(destination)).toBe(50)
    // Some windows may come back empty where others do not, in whatever order.
    for (const left of [all.slice(0, 30), all.slice(10, 30), all.slice(25, 26)]) {
      world.set('', left)
      expect(await resync(options, { table: 'orders' })).toMatchObject({ exitCode: 0, tables: [{ failures: [] }] })
      expect(await live(destination)).toBe(left.length)
    }
    world.set('', [])
    expect(await resync(options, { table: 'orders', from: time(0) })).toMatchObject({ exitCode: 3 })
    expect(await live(destination)).toBe(1)
    expect(await resync({ ...options, acceptDeletions: true }, { table: 'orders' })).toMatchObject({ exitCode: 0 })
    expect(await live(destination)).toBe(0)
  })

  it('a window that is empty by now goes, where the table has rows beside it', async () => {
    const destination = await empty()
    const world: World = new Map([['', rows(50)]])
    const source = shop(world, KINDS[0]!, windowed)
    const options = { sources: [{ name: 'shop', source, config: {}, options: {} }], destination }
    await syncShop(destination, source)
    world.set('', rows(49))
    const report = await verify(options, { table: 'orders', repair: true })
    expect(report).toMatchObject({ extra: 1, repair: { remaining: 0 } })
    expect(await live(destination)).toBe(49)
    world.set('', rows(20))
    expect(await resync(options, { table: 'orders', from: time(20) })).toMatchObject({ exitCode: 0 })
    expect(await live(destination)).toBe(20)
    world.set('', [])
    expect(await verify(options, { table: 'orders', repair: true })).toMatchObject({
      extra: 20,
      repair: { remaining: 20 },
    })
    expect(await live(destination)).toBe(20)
  })

  it('rows in the lookback of a table without a key are not replaced by none', async () => {
    const destination = await empty()
    const world: World = new Map([['', rows(3)]])
    let end = time(4)
    const source = () => shop(world, KINDS[2]!, { cursor: 'at', end: () => end })
    await syncShop(destination, source())
    world.set('', [])
    end = time(8)
    expect((await syncShop(destination, source())).exitCode).toBe(3)
    expect(await live(destination)).toBe(3)
  })
})
