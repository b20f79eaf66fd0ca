import { defineSource, type Source, type SourceOptions } from '@tidemark/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { resync } from '../src/commands/resync.ts'
import { sync } from '../src/commands/sync.ts'
import { plan } from '../src/index.ts'
import { openMemory } from './system.ts'

const source = defineSource({ name: 'shop' })
const table = (name: string) =>
  source.table({
    name,
    row: z.object({ id: z.int() }),
    primaryKey: ['id'],
    async *read() {
      yield [{ id: 1 }]
    },
  })

async function shopOf(all: readonly string[]) {
  const destination = await openMemory()
  let listed = all
  let options: SourceOptions = {}
  const found = source.with(async () => listed.map(table)) as Source
  let installed = [{ name: 'shop', source: found }]
  const sources = () => installed.map((one) => ({ ...one, config: {}, options }))
  return {
    lists: (names: readonly string[]) => {
      listed = names
    },
    configure: (given: SourceOptions) => {
      options = given
    },
    run: (more: { select?: readonly string[]; acceptDeletions?: boolean } = {}) =>
      sync({ sources: sources(), destination, ...more }),
    uninstall: () => {
      installed = []
    },
    resync: (name: string) => resync({ sources: sources(), destination }, { table: name }),
    plan: () => plan({ sources: sources(), destination }),
    statuses: async () =>
      Object.fromEntries(
        [...(await destination.state()).tables.values()].map(({ table: name, status }) => [name, status]),
      ),
    failing: async () => [...((await destination.state()).failingSources?.keys() ?? [])],
    close: () => destination.close(),
  }
}

const SIX = ['a', 'b', 'c', 'd', 'e', 'f']
const allAre = (names: readonly string[], status: string) => Object.fromEntries(names.map((name) => [name, status]))

it('a source that lists no table any more fails its tables, and removes none; one table less is removed', async () => {
  const shop = await shopOf(['orders', 'lines'])
  expect((await shop.run()).exitCode).toBe(0)
  shop.lists([])
  const none = await shop.run()
  expect(none.exitCode).toBe(5)
  expect(none.sources[0]?.failure).toMatchObject({ code: 'no-tables', message: expect.stringContaining('it had 2') })
  expect(await shop.statuses()).toEqual({ lines: 'failing', orders: 'failing' })
  shop.lists(['orders'])
  expect((await shop.run()).exitCode).toBe(0)
  expect(await shop.statuses()).toEqual({ lines: 'removed', orders: 'complete' })
  await shop.close()
})

it('a source that loses most of its tables fails those, reads the others, and removes none until it may', async () => {
  const shop = await shopOf(SIX)
  expect((await shop.run()).exitCode).toBe(0)
  shop.lists(['a', 'b'])
  const planned = await shop.plan()
  expect(planned.removed).toEqual([])
  expect(planned.sources[0]?.failure?.code).toBe('no-tables')
  const most = await shop.run()
  expect(most.exitCode).toBe(3)
  expect(most.sources[0]?.failure?.message).toContain(
    'source "shop" no longer lists 4 of 6 tables (c, d, e, f), as happens when a permission is lost',
  )
  expect(most.tables.map(({ name, rows }) => [name, rows.read])).toEqual([
    ['shop_a', 1],
    ['shop_b', 1],
  ])
  const held = { ...allAre(SIX, 'failing'), a: 'complete', b: 'complete' }
  expect(await shop.statuses()).toEqual(held)
  expect(await shop.failing()).toEqual(['shop'])
  // Reading one of the others changes nothing of that.
  await shop.run({ select: ['shop_a'] })
  expect(await shop.statuses()).toEqual(held)

  // The way out that the message names.
  expect(most.sources[0]?.failure?.message).toContain('sync shop --accept-deletions')
  expect((await shop.run({ select: ['shop'], acceptDeletions: true })).exitCode).toBe(0)
  expect(await shop.statuses()).toEqual({ ...allAre(SIX, 'removed'), a: 'complete', b: 'complete' })
  expect(await shop.failing()).toEqual([])
  expect((await shop.run()).exitCode).toBe(0)
  await shop.close()
})

it('they live again as soon as they are listed', async () => {
  const shop = await shopOf(SIX)
  await shop.run()
  shop.lists(['f'])
  await shop.run()
  shop.lists(SIX)
  expect((await shop.run()).exitCode).toBe(0)
  expect(await shop.statuses()).toEqual(allAre(SIX, 'complete'))
  expect(await shop.failing()).toEqual([])
  await shop.close()
})

it.each([
  ['switched off in the config', { tables: { c: false, d: false, e: false, f: false } as const }],
  ['allowed to go at any time', { deletionLimit: 'none' as const }],
])('tables that are %s are removed at once', async (_how, options) => {
  const shop = await shopOf(SIX)
  await shop.run()
  shop.lists(['a', 'b'])
  shop.configure(options)
  expect((await shop.run()).exitCode).toBe(0)
  expect(await shop.statuses()).toEqual({ ...allAre(SIX, 'removed'), a: 'complete', b: 'complete' })
  await shop.close()
})

it('a table that is named and not listed any more is said', async () => {
  const shop = await shopOf(SIX)
  await shop.run()
  shop.lists(SIX.slice(1))
  const away =
    'source "shop" no longer has a table "a", or the config leaves it out: "shop_a" is not read; its rows stay'
  await expect(shop.run({ select: ['shop_a'] })).rejects.toThrow(away)
  await shop.run()
  await expect(shop.run({ select: ['a'] })).rejects.toThrow(away)
  await shop.close()
})

it('a table, or a source, that is named and not installed any more is said', async () => {
  const shop = await shopOf(['orders'])
  await shop.run()
  shop.uninstall()
  const away = 'source "shop" is not installed, or the config switches it off: '
  for (const name of ['orders', 'shop_orders'])
    await expect(shop.run({ select: [name] })).rejects.toThrow(`${away}"shop_orders" is not read; the rows stay`)
  await expect(shop.run({ select: ['shop'] })).rejects.toThrow(`${away}its tables are not read; the rows stay`)
  await expect(shop.resync('shop_orders')).rejects.toThrow(
    'table "shop_orders" was not changed: its source "shop" is not installed',
  )
  expect(await shop.statuses()).toEqual({ orders: 'complete' })
  expect((await shop.run()).exitCode).toBe(0)
  expect(await shop.statuses()).toEqual({ orders: 'removed' })
  await shop.close()
})
