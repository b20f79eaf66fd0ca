import { env } from '@tidemark/runner/config'

// Tried against a server that answers by Blockfrost's published API description; not against the service itself.

const byPage = {
  params: { order: 'asc' },
  pagination: { type: 'page', parameter: 'page', size: { parameter: 'count', value: 100 } },
}

export const blockfrost = {
  source: 'rest',
  config: {
    baseUrl: 'https://cardano-mainnet.blockfrost.io/api/v0',
    authorization: { type: 'header', name: 'project_id', value: env('BLOCKFROST_PROJECT') },
    rate: { requests: 10, seconds: 1 },
    tables: {
      network: { path: '/network', single: true },
      pools: { ...byPage, path: '/pools/extended', primaryKey: ['pool_id'] },
      // A pool that was never seen by the API is 404.
      pool_delegators: {
        ...byPage,
        path: '/pools/{partition}/delegators',
        primaryKey: ['address'],
        parent: { table: 'pools', key: 'pool_id' },
        statuses: { empty: [404] },
      },
    },
  },
}
