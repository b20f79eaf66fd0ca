import type { Profile } from '@tidemark/core/engine'

/** What Postgres does differently, declared. */
export const postgresProfile = {
  name: 'postgres',
  title: 'Postgres',
  system: 'postgresql',
  readTypes: {
    // What `pg` returns by default.
    types: {
      text: 'string',
      integer: 'string',
      double: 'number',
      numeric: 'string',
      boolean: 'boolean',
      timestamp: 'Date',
      local_timestamp: 'Date',
      date: 'Date',
      json: 'unknown',
      bytes: 'Uint8Array',
    },
    note: 'Matches the defaults of node-postgres: 64-bit integers and decimals are strings, times and dates are Date.',
  },
  names: 'exact',
  // 0 and -0 are equal to every comparison of Postgres, so one form of them is kept.
  doubles: { nan: true, infinity: true, negativeZero: false },
  // A third of a page of an index, and a page of a table (documentation, "PostgreSQL Limits").
  keyColumns: 32,
  keyBytes: 2704,
  rowBytes: 8160,
  numericDigits: { whole: 131_072, fraction: 16_383 },
  columns: 1600,
} as const satisfies Profile
