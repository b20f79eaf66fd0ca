import { env } from '@tidemark/runner/config'

// Tried against stripe-mock, Stripe's own server that checks requests by its API description; not against the service itself.

const list = {
  rows: 'data',
  primaryKey: ['id'],
  params: { limit: 100 },
  pagination: { type: 'cursor', row: 'id', parameter: 'starting_after', more: 'has_more' },
  columns: { created: 'unix_seconds' },
}

/** The newest first, and only what was created since: for what never changes. */
const log = {
  ...list,
  params: { limit: 100, 'created[gte]': '{from:unix}', 'created[lt]': '{to:unix}' },
  cursor: 'created',
  ordered: 'descending',
  immutable: true,
}

export const stripe = {
  source: 'rest',
  config: {
    baseUrl: 'https://api.stripe.com/v1',
    authorization: { type: 'bearer', token: env('STRIPE_KEY') },
    rate: { requests: 80, seconds: 1 },
    tables: {
      // Read whole: what was changed has no time of change to ask by.
      customers: { ...list, path: '/customers' },
      subscriptions: { ...list, path: '/subscriptions', params: { limit: 100, status: 'all' } },
      invoices: { ...list, path: '/invoices' },
      invoice_lines: { ...list, path: '/invoices/{partition}/lines', columns: {}, parent: { table: 'invoices' } },
      balance_transactions: { ...log, path: '/balance_transactions' },
      // Stripe keeps events for 30 days.
      events: { ...log, path: '/events', retention: '30d' },
    },
  },
}
