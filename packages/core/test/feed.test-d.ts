import { z } from 'zod'
import { defineSource, UNCHANGED } from '../src/index.ts'

class Shop {
  async *changes(_from: number | undefined): AsyncGenerator<{ readonly id: number; readonly note: string }> {}
}
const shop = defineSource({ name: 'shop', connect: () => new Shop() })
const log = shop.feed({ name: 'log', offset: z.object({ at: z.int() }) })
const orders = log.table({
  name: 'orders',
  row: z.object({ id: z.int(), note: z.string(), total: z.string().nullish() }),
  primaryKey: ['id'],
  backfill: {
    *chunks() {
      yield { from: 1 }
    },
    async *read({ chunk, asOf }) {
      yield [{ id: chunk.from, note: String(asOf.at) }]
      return { at: asOf.at }
    },
  },
})
shop.with([
  log.of([orders], {
    begin: ({ id, tables }) => ({ at: id.length + tables.length }),
    isPast: (one, other) => one.at >= other.at,
    async *read({ client, offset }) {
      for await (const { id, note } of client.changes(offset?.at)) yield orders.upserted([{ id, note }])
      yield log.checkpoint({ at: 1 }, { at: new Date(0), waits: true })
    },
    acknowledge: ({ offset }) => void offset.at,
  }),
])
orders.upserted([{ id: 1, note: UNCHANGED }], { before: { id: 7 } })

// @ts-expect-error a wrong type in a changed row
orders.upserted([{ id: 'x', note: 'n' }])
// @ts-expect-error a key that is none
orders.deleted([{ note: 'x' }])
// @ts-expect-error a column of the key that the row has not
log.table({ name: 'x', row: z.object({ a: z.int() }), primaryKey: ['b'] })
// @ts-expect-error an offset of another shape
log.checkpoint({ at: 'five' })
// @ts-expect-error an offset that JSON does not hold
shop.feed({ name: 'dates', offset: z.date() }).checkpoint(new Date(0))

const other = defineSource({ name: 'other', connect: () => ({ other: true }) })
const theirs = other.feed({ name: 'log', offset: z.int() }).table({ name: 'theirs', row: z.object({ id: z.int() }) })
shop.with([
  // @ts-expect-error a table of another source
  log.of([theirs], { async *read() {} }),
])
shop.with([
  log.of([orders], {
    // @ts-expect-error a change of another source's table
    async *read() {
      yield theirs.deleted([])
    },
  }),
])
