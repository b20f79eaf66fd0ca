import type { Profile } from '@tidemark/core/engine'
import { READ_TYPES } from './column-types.ts'

/** What DuckDB does differently, declared. */
export const duckdbProfile: Profile = {
  name: 'duckdb',
  title: 'DuckDB',
  system: 'duckdb',
  readTypes: {
    types: READ_TYPES,
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
