import type { Profile } from '@tidemark/core/engine'
import { READ_TYPES } from './column-types.ts'

/** What SQLite does differently, declared. */
export const sqliteProfile: Profile = {
  name: 'sqlite',
  title: 'SQLite',
  system: 'sqlite',
  readTypes: {
    types: READ_TYPES,
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
