import type { Profile } from '@tidemark/core/engine'
import { READ_TYPES } from './column-types.ts'
import { NUMERIC_DIGITS } from './numeric.ts'

/** What Postgres does differently, declared. */
export const postgresProfile = {
  name: 'postgres',
  title: 'Postgres',
  system: 'postgresql',
  readTypes: {
    types: READ_TYPES,
    note: 'Matches the defaults of node-postgres: 64-bit integers and decimals are strings, times and dates are Date.',
  },
  names: 'exact',
  // 0 and -0 are equal to every comparison of Postgres, so one form of them is kept.
  doubles: { nan: true, infinity: true, negativeZero: false },
  // A third of a page of an index, and a page of a table (documentation, "PostgreSQL Limits").
  keyColumns: 32,
  keyBytes: 2704,
  rowBytes: 8160,
  numericDigits: NUMERIC_DIGITS,
  columns: 1600,
} as const satisfies Profile
