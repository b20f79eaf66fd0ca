import { unixSeconds } from '@tidemark/core'
import { z } from 'zod'
import { bookshop } from '../source.ts'

export const payments = bookshop.table({
  name: 'payments',
  row: z.object({ id: z.string(), created: unixSeconds(), paid: z.boolean() }),
  primaryKey: ['id'],
  cursor: 'created',
  ordered: 'ascending', // and so its coverage grows with what is read, also when it breaks off
  async *read({ client, from, signal }) {
    yield* client.pages<{ id: string; created: number; paid: boolean }>('/payments', { from: from ?? '' }, signal)
  },
})
