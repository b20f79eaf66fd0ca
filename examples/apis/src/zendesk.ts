import { env } from '@tidemark/runner/config'

// Not tried against the service.

export const zendesk = {
  source: 'rest',
  config: {
    baseUrl: 'https://my-company.zendesk.com/api/v2',
    authorization: { type: 'basic', username: 'me@example.com/token', password: env('ZENDESK_TOKEN') },
    tables: {
      users: {
        path: '/users',
        rows: 'users',
        primaryKey: ['id'],
        params: { 'page[size]': 100 },
        pagination: { type: 'cursor', at: 'meta.after_cursor', parameter: 'page[after]', more: 'meta.has_more' },
      },
      organizations: {
        path: '/organizations',
        rows: 'organizations',
        primaryKey: ['id'],
        params: { 'page[size]': 100 },
        pagination: { type: 'cursor', at: 'meta.after_cursor', parameter: 'page[after]', more: 'meta.has_more' },
      },
    },
  },
}
