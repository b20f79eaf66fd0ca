import type { Profile } from '@tidemark/core/engine'

/** What DuckDB does differently, declared. */
export const duckdbProfile: Profile = {
  name: 'duckdb',
  title: 'DuckDB',
  system: 'duckdb',
  readTypes: {
    // What `@duckdb/node-api` gives by `getRowObjectsJS`.
    types: {
      text: 'string',
      integer: 'bigint',
      double: 'number',
      numeric: 'string',
      boolean: 'boolean',
      timestamp: 'Date',
      local_timestamp: 'Date',
      date: 'Date',
      json: 'string',
      bytes: 'Uint8Array',
    },
    note: 'Matches getRowObjectsJS of @duckdb/node-api: integers are bigint, decimals and JSON are strings, times and dates are Date.',
  },
  names: 'folded',
  // 0 and -0 are equal to every comparison of DuckDB, so one form of them is kept.
  doubles: { nan: true, infinity: true, negativeZero: false },
  keyColumns: undefined,
  keyBytes: undefined,
  rowBytes: undefined,
  numericDigits: undefined,
  columns: 2000,
}
