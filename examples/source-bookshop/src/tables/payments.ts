import { unixSeconds } from '@tidemark/core'
import { z } from 'zod'
import { bookshop } from '../source.ts'

export const payments = bookshop.table({
  name: 'payments',
  row: z.object({ id: z.string(), changed: unixSeconds(), paid: z.boolean() }),
  primaryKey: ['id'],
  cursor: 'changed',
  deletions: 'unseen',
  ordered: 'ascending', // so coverage grows with each page, even if reading breaks off
  async *read({ client, from, signal }) {
    yield* client.pages<{ id: string; changed: number; paid: boolean }>('/payments', { from: from ?? '' }, signal)
  },
})
