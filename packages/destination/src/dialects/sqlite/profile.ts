import type { Profile } from '@tidemark/core/engine'

/** What SQLite does differently, declared. */
export const sqliteProfile: Profile = {
  name: 'sqlite',
  title: 'SQLite',
  system: 'sqlite',
  readTypes: {
    types: {
      text: 'string',
      integer: 'number',
      double: 'number',
      numeric: 'string',
      boolean: 'number',
      timestamp: 'string',
      local_timestamp: 'string',
      date: 'string',
      json: 'string',
      bytes: 'Uint8Array',
    },
    note: 'Matches how SQLite stores them: booleans are 0 and 1; times, dates, decimals and JSON are strings.',
  },
  names: 'folded',
  // NaN would become NULL; -0 comes back as 0.
  doubles: { nan: false, infinity: false, negativeZero: false },
  keyColumns: undefined,
  keyBytes: undefined,
  rowBytes: undefined,
  numericDigits: undefined,
  columns: 2000,
}
