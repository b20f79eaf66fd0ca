import { days, numeric } from '@tidemark/core'
import { z } from 'zod'
import type { Order } from '../bookshop.ts'
import { bookshop } from '../source.ts'

export const orders = bookshop.table({
  name: 'orders',
  row: z.object({ id: z.int(), shop: z.string(), total: numeric(), updated_at: z.iso.datetime() }),
  primaryKey: ['id'],
  cursor: 'updated_at',
  deletions: 'unseen',
  window: days(30),
  async *read({ client, from, to, signal }) {
    yield* client.pages<Order>('/orders', { ...(from === undefined ? {} : { from }), to }, signal)
  },
})
