import { env } from '@tidemark/runner/config'

// Not tried against the service.

const objects = {
  rows: 'results',
  primaryKey: ['id'],
  params: { limit: 100 },
  pagination: { type: 'cursor', at: 'paging.next.after', parameter: 'after' },
  columns: { updatedAt: 'timestamp', createdAt: 'timestamp' },
}

export const hubspot = {
  source: 'rest',
  config: {
    baseUrl: 'https://api.hubapi.com/crm/v3',
    authorization: { type: 'bearer', token: env('HUBSPOT_TOKEN') },
    rate: { requests: 100, seconds: 10 },
    tables: {
      contacts: { ...objects, path: '/objects/contacts' },
      companies: { ...objects, path: '/objects/companies' },
      deals: { ...objects, path: '/objects/deals' },
    },
  },
}
