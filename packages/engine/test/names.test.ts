import { defineSource, type Source, type SourceOptions } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { check } from '../src/commands/check.ts'
import { plan } from '../src/commands/preview.ts'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import { verify } from '../src/commands/verify.ts'
import type { Report } from '../src/report/report.ts'
import { openMemory } from './system.ts'

let destination: Destination
beforeEach(async () => {
  destination = await openMemory()
})
afterEach(() => destination.close())

interface Made {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly rows: readonly string[]
}

/** A source of tables that are read whole, each with its own rows. */
function shopOf(tables: readonly Made[]): Source {
  const shop = defineSource({ name: 'shop' })
  return shop.with(
    tables.map(({ name, aliases, rows }) =>
      shop.table({
        name,
        aliases,
        row: z.object({ id: z.string() }),
        primaryKey: ['id'],
        async *read() {
          yield rows.map((id) => ({ id }))
        },
      }),
    ),
  ) as Source
}

const OTHER: Made = { name: 'other', rows: ['o'] }
const use = (tables: readonly Made[], options: SourceOptions = {}, name = 'shop') => ({
  name,
  source: shopOf(tables),
  config: {},
  options,
})
const run = (tables: readonly Made[], options?: SourceOptions): Promise<Report> =>
  sync({ sources: [use(tables, options)], destination })

async function rowsOf(name: string): Promise<string[]> {
  const rows: string[] = []
  for await (const row of destination.read(name)) rows.push(String(row['id']))
  return rows.sort()
}

/** Tables that failed, with the code and the message of the failure. */
const failed = ({ tables }: Report): Record<string, string> =>
  Object.fromEntries(
    tables.flatMap(({ name, failures }) =>
      failures.map(({ failure }) => [name, `${failure.code}: ${failure.message}`] as const),
    ),
  )

describe('tables that swapped names', () => {
  const before: readonly Made[] = [{ name: 'a', rows: ['a1', 'a2'] }, { name: 'b', rows: ['b1'] }, OTHER]
  const after: readonly Made[] = [
    { name: 'a', aliases: ['b'], rows: ['b1', 'b2'] },
    { name: 'b', aliases: ['a'], rows: ['a1', 'a2', 'a3'] },
    { name: 'other', rows: ['o', 'p'] },
  ]

  it('fail by name, and others are read', async () => {
    await run(before)
    for (const _ of [1, 2]) {
      const report = await run(after)
      expect(report.exitCode).toBe(3)
      expect(failed(report)).toEqual({
        shop_a: expect.stringMatching(
          /^alias: table "a" of "shop" says that it was called "b" before, but "b" is also a table/,
        ),
        shop_b: expect.stringMatching(/^alias: /),
      })
    }
    expect([await rowsOf('shop_a'), await rowsOf('shop_b')]).toEqual([['a1', 'a2'], ['b1']])
    expect(await rowsOf('shop_other')).toEqual(['o', 'p'])
    const { tables } = await destination.state()
    expect(tables.get('shop_a')?.status).toBe('failing')
    expect(tables.get('shop_b')?.status).toBe('failing')
  })

  it('where only one says so too', async () => {
    await run(before)
    const report = await run([after[0]!, { ...after[1]!, aliases: [] }, OTHER])
    expect(Object.keys(failed(report))).toEqual(['shop_a', 'shop_b'])
  })

  it('are read under names of their own', async () => {
    await run(before)
    const named = await run(after, { tables: { a: { name: 'shop_a_now' }, b: { name: 'shop_b_now' } } })
    expect(named.exitCode).toBe(0)
    expect([await rowsOf('shop_a_now'), await rowsOf('shop_b_now')]).toEqual([
      ['b1', 'b2'],
      ['a1', 'a2', 'a3'],
    ])
    expect([await rowsOf('shop_a'), await rowsOf('shop_b')]).toEqual([['a1', 'a2'], ['b1']])
    expect((await destination.state()).tables.get('shop_a')?.status).toBe('removed')
  })

  it('go on in the places of their rows where the config says so', async () => {
    await run(before)
    const options: SourceOptions = { tables: { a: { name: 'shop_b' }, b: { name: 'shop_a' } } }
    for (const _ of [1, 2]) expect((await run(after, options)).exitCode).toBe(0)
    expect([await rowsOf('shop_a'), await rowsOf('shop_b')]).toEqual([
      ['a1', 'a2', 'a3'],
      ['b1', 'b2'],
    ])
  })

  it('and of which one only has a name of its own still fail', async () => {
    await run(before)
    const report = await run(after, { tables: { a: { name: 'shop_a_now' } } })
    expect(Object.keys(failed(report))).toEqual(['shop_b'])
    expect(await rowsOf('shop_a_now')).toEqual(['b1', 'b2'])
    expect(await rowsOf('shop_b')).toEqual(['b1'])
  })
})

describe('a renamed table', () => {
  const old: Made = { name: 'old', rows: ['1', '2'] }
  const renamed: Made = { name: 'new', aliases: ['old'], rows: ['1', '2', '3'] }
  const another: Made = { name: 'old', rows: ['x'] }

  it('and a new one under its old name fail by name, and others are read', async () => {
    await run([old, OTHER])
    const report = await run([renamed, another, OTHER])
    expect(report.exitCode).toBe(3)
    expect(failed(report)).toEqual({
      'shop.new': expect.stringMatching(
        /^alias: .*sources\.shop\.tables: \{ "new": \{ name: "shop_old" \}, "old": \{ name: "shop_old_2" \} \}/,
      ),
      shop_old: expect.stringMatching(/^alias: /),
    })
    expect(await rowsOf('shop_old')).toEqual(['1', '2'])
    expect(report.tables.find(({ table }) => table === 'other')?.status).toBe('complete')
  })

  it.each<NonNullable<SourceOptions['tables']>>([
    { old: { name: 'shop_old_new' } },
    { new: { name: 'shop_old' }, old: { name: 'shop_old_new' } },
  ])('goes on in its old place where the config says so: %j', async (tables) => {
    await run([old, OTHER])
    const options: SourceOptions = { tables }
    for (const _ of [1, 2]) {
      expect((await run([renamed, another, OTHER], options)).exitCode).toBe(0)
      expect([await rowsOf('shop_old'), await rowsOf('shop_old_new')]).toEqual([['1', '2', '3'], ['x']])
    }
    expect((await destination.state()).tables.get('shop_old')?.table).toBe('new')
  })

  it('that had gone on in its old place is not stopped by a new one under its old name', async () => {
    await run([old])
    await run([renamed])
    const report = await run([renamed, another])
    expect(failed(report)).toEqual({
      'shop.old': expect.stringMatching(
        /^clash: table "old" of "shop" and table "new" of "shop" both become the table "shop_old"; give it another name in the config: sources\.shop\.tables: \{ "old": \{ name: "shop_old_2" \} \}/,
      ),
    })
    expect(await rowsOf('shop_old')).toEqual(['1', '2', '3'])
    const named = await run([renamed, another], { tables: { old: { name: 'shop_old_2' } } })
    expect(named.exitCode).toBe(0)
    expect(await rowsOf('shop_old_2')).toEqual(['x'])
  })

  it('and a new one under its old name that were never read are two tables, and stay two', async () => {
    for (const _ of [1, 2, 3]) {
      expect((await run([renamed, another])).exitCode).toBe(0)
      expect([await rowsOf('shop_new'), await rowsOf('shop_old')]).toEqual([['1', '2', '3'], ['x']])
    }
  })
})

describe('tables that would have one name', () => {
  const twins: readonly Made[] = [{ name: 'orders', rows: ['1'] }, { name: 'ORDERS', rows: ['2'] }, OTHER]

  it('fail by name where none of them was read before, and others are read', async () => {
    const report = await run(twins)
    expect(report.exitCode).toBe(3)
    expect(failed(report)).toEqual({
      'shop.orders': expect.stringMatching(/^clash: .*names that differ only in case are the same/),
      'shop.ORDERS': expect.stringMatching(/\{ "ORDERS": \{ name: "shop_ORDERS_2" \} \}/),
    })
    expect(await rowsOf('shop_other')).toEqual(['o'])
    expect([...(await destination.state()).tables.keys()]).toEqual(['shop_other'])
  })

  it('leave the one alone that was read before', async () => {
    await run(twins.filter(({ name }) => name !== 'ORDERS'))
    const report = await run([{ name: 'orders', rows: ['1', '3'] }, ...twins.slice(1)])
    expect(Object.keys(failed(report))).toEqual(['shop.ORDERS'])
    expect(await rowsOf('shop_orders')).toEqual(['1', '3'])
  })

  it('are read under a name of their own', async () => {
    const options: SourceOptions = { tables: { ORDERS: { name: 'orders_of_old' } } }
    expect((await run(twins, options)).exitCode).toBe(0)
    expect([await rowsOf('shop_orders'), await rowsOf('orders_of_old')]).toEqual([['1'], ['2']])
  })

  it('of two sources fail in the later one, if the other was read before', async () => {
    const one = use([{ name: 'orders', rows: ['1'] }, OTHER])
    const two = use(
      [
        { name: 'orders', rows: ['2'] },
        { name: 'more', rows: ['m'] },
      ],
      { prefix: 'shop' },
      'two',
    )
    await sync({ sources: [one], destination })
    const report = await sync({ sources: [two, one], destination })
    expect(failed(report)).toEqual({
      'two.orders': expect.stringMatching(
        /give one of the sources another "prefix" in the config, or this table another name/,
      ),
    })
    expect([await rowsOf('shop_orders'), await rowsOf('shop_more')]).toEqual([['1'], ['m']])
  })

  it('by the names that they are given, too', async () => {
    const options: SourceOptions = { tables: { a: { name: 'same' }, b: { name: 'SAME' } } }
    const report = await run([{ name: 'a', rows: ['1'] }, { name: 'b', rows: ['2'] }, OTHER], options)
    expect(Object.keys(failed(report))).toEqual(['shop.a', 'shop.b'])
  })

  it('do not stop what is done with the others', async () => {
    await run(twins.filter(({ name }) => name !== 'ORDERS'))
    const options = { sources: [use(twins)], destination }
    expect((await plan(options)).tables.map(({ name, tracking }) => [name, tracking])).toEqual([
      ['shop_orders', 'known'],
      ['shop.ORDERS', 'failed'],
      ['shop_other', 'known'],
    ])
    expect((await check(options)).failures.map(({ table }) => table)).toEqual(['shop.ORDERS'])
    expect((await verify(options, { table: 'shop_orders' })).exitCode).toBe(0)
    expect((await resync(options, { table: 'shop_orders' })).exitCode).toBe(0)
  })
})

it('a table whose name no database can hold fails alone', async () => {
  const report = await run([{ name: 'bad \ud800 name', rows: ['1'] }, OTHER])
  expect(report.exitCode).toBe(3)
  expect(Object.values(failed(report))).toEqual([
    expect.stringMatching(/the table.s name holds half of a surrogate pair/),
  ])
  expect(await rowsOf('shop_other')).toEqual(['o'])
})
