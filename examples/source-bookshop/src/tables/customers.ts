import type { Change, Checkpoint } from '@tidemark/core'
import { z } from 'zod'
import type { Bookshop, Customer, CustomerEvent } from '../bookshop.ts'
import { bookshop } from '../source.ts'

type Offset = { after: number }

const events = bookshop.feed({ name: 'events', offset: z.object({ after: z.int() }) })

const customers = events.table({
  name: 'customers',
  row: z.object({ id: z.string(), name: z.string(), email: z.string().nullable() }),
  primaryKey: ['id'],
  backfill: {
    async *chunks({ client, signal }) {
      for await (const { id } of client.shops(signal)) yield id
    },
    async *read({ client, chunk, signal }) {
      yield* client.pages<Customer>('/customers', { shop: chunk }, signal)
      return { after: await client.lastEvent(signal) }
    },
    async *rows({ client, keys, signal }) {
      const ids = keys.map(({ id }) => id).join(',')
      yield* client.pages<Customer>('/customers', { ids }, signal)
      return { after: await client.lastEvent(signal) }
    },
  },
})

export const customerEvents = events.of([customers], {
  begin: async ({ client, signal }) => ({ after: await client.lastEvent(signal) }),
  isPast: (offset, other) => offset.after >= other.after,
  async *read({ client, offset, signal }): AsyncGenerator<Change<Bookshop> | Checkpoint<Offset>> {
    const query = { after: String(offset?.after ?? 0) }
    for await (const page of client.pages<CustomerEvent>('/events', query, signal)) {
      for (const { nth, at, type, customer } of page) {
        yield type === 'removed' ? customers.deleted([{ id: customer.id }]) : customers.upserted([customer])
        yield events.checkpoint({ after: nth }, { at: new Date(at) })
      }
    }
  },
})
