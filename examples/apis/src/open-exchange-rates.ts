import { env } from '@tidemark/runner/config'

// Not tried against the service.

export const openExchangeRates = {
  source: 'rest',
  config: {
    baseUrl: 'https://openexchangerates.org/api',
    authorization: { type: 'query', name: 'app_id', value: env('OPEN_EXCHANGE_RATES_ID') },
    tables: {
      // { "rates": { "EUR": 0.92, … } }
      rates: {
        path: '/latest.json',
        rows: 'rates',
        keyedBy: { key: 'currency', value: 'rate' },
        primaryKey: ['currency'],
        columns: { rate: 'numeric' },
      },
    },
  },
}
