import { z } from 'zod'
import { bookshop } from '../source.ts'

export const shops = bookshop.partitions(({ client, signal }) => client.shops(signal))

export const loans = bookshop.table({
  name: 'loans',
  row: z.object({ book: z.string(), reader: z.string(), lent_on: z.iso.date() }),
  primaryKey: ['book', 'reader', 'lent_on'],
  cursor: 'lent_on',
  immutable: true,
  deletions: 'unseen',
  partitions: shops,
  revision: ({ partition }) => partition.changed,
  async *read({ client, partition, from, to, signal }) {
    const query = { from: from ?? '', to }
    yield* client.pages<{ book: string; reader: string; lent_on: string }>(
      `/shops/${partition.id}/loans`,
      query,
      signal,
    )
  },
})
