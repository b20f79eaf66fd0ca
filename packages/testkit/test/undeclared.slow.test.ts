import { defineSource, type Source } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { syncPlaces, syncShop } from './sync-places.ts'

const declared = z.object({ id: z.int(), name: z.string().nullish() })

function shop(rows: readonly object[], row: z.ZodObject = declared): Source {
  const source = defineSource({ name: 'shop' })
  const table = source.table({
    name: 'orders',
    row: row as typeof declared,
    primaryKey: ['id'],
    async *read() {
      yield rows as never[]
    },
  })
  return source.with([table]) as Source
}

const undeclaredOf = async (destination: Parameters<typeof syncShop>[0]) =>
  (await destination.state()).tables.get('shop_orders')?.undeclared

describe.each(syncPlaces())('fields that no column holds, on $name', ({ empty }) => {
  it('are counted, also where a row lacks a column, and kept by name until a column holds them', async () => {
    const destination = await empty()
    const rows = [{ id: 1, name: 'a' }, { id: 2, late: 1 }, { id: 3, name: 'c', other: 2 }, { id: 4 }]
    const first = await syncShop(destination, shop(rows))
    expect(first.tables[0]!.rows).toMatchObject({ written: 4, undeclared: 2 })
    expect(await undeclaredOf(destination)).toEqual(['late', 'other'])
    await syncShop(destination, shop(rows, declared.extend({ late: z.int().nullish() })), { acceptDeletions: true })
    expect(await undeclaredOf(destination)).toEqual(['other'])
    // Read whole, and none has them any more.
    await syncShop(destination, shop([{ id: 1, name: 'a' }]), { acceptDeletions: true })
    expect(await undeclaredOf(destination)).toEqual([])
  })

  it('are no more than a hundred names, where data stands in the place of names', async () => {
    const destination = await empty()
    await syncShop(destination, shop(Array.from({ length: 300 }, (_, id) => ({ id, [`key ${id}`]: 1 }))))
    expect(await undeclaredOf(destination)).toHaveLength(100)
  })

  it('are none of a table that keeps them', async () => {
    const destination = await empty()
    await syncShop(destination, shop([{ id: 1, late: 1 }], z.looseObject({ id: z.int() })))
    expect(await undeclaredOf(destination)).toEqual([])
  })
})
