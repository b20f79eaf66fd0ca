import { env } from '@tidemark/runner/config'

// Not tried against the service.

export const binance = {
  source: 'rest',
  config: {
    baseUrl: 'https://api.binance.com',
    authorization: [
      { type: 'header', name: 'X-MBX-APIKEY', value: env('BINANCE_KEY') },
      // A signature of the whole query, with the time of the request in it.
      {
        type: 'hmac',
        key: env('BINANCE_SECRET'),
        message: '{query}',
        params: { timestamp: '{timestamp_ms}' },
        parameter: 'signature',
      },
    ],
    tables: {
      balances: { path: '/api/v3/account', rows: 'balances', primaryKey: ['asset'], columns: { free: 'numeric' } },
      trades: {
        path: '/api/v3/myTrades',
        primaryKey: ['id'],
        cursor: 'time',
        ordered: 'ascending',
        immutable: true,
        // The API takes at most a day between the two.
        window: '1d',
        params: { symbol: 'BTCUSDT', startTime: '{from:unix_ms}', endTime: '{to:unix_ms}', limit: 1000 },
        pagination: { type: 'since', size: 1000 },
        columns: { time: 'unix_milliseconds', price: 'numeric', qty: 'numeric' },
      },
    },
  },
}
