import type { Profile } from '@tidemark/core/engine'

/** What SQLite does differently, declared. */
export const sqliteProfile: Profile = {
  name: 'sqlite',
  // One write transaction at a time for the whole file.
  singleWriter: true,
  names: 'folded',
  // NaN would become NULL; -0 comes back as 0.
  doubles: { nan: false, infinity: false, negativeZero: false },
  // SQLite would keep a NUL in a text, but its own functions stop there, and other databases refuse it.
  nul: false,
  keyColumns: undefined,
  keyBytes: undefined,
  rowBytes: undefined,
  numericDigits: undefined,
  columns: 2000,
}
