import type { Profile } from '@tidemark/core/engine'

/** What Postgres does differently, declared. */
export const postgresProfile = {
  name: 'postgres',
  // Tables are written side by side; parts of one table wait for each other at its fence.
  singleWriter: false,
  names: 'exact',
  // 0 and -0 are equal to every comparison of Postgres, so one form of them is kept.
  doubles: { nan: true, infinity: true, negativeZero: false },
  nul: false,
  // A third of a page of an index, and a page of a table (documentation, "PostgreSQL Limits").
  keyColumns: 32,
  keyBytes: 2704,
  rowBytes: 8160,
  numericDigits: { whole: 131_072, fraction: 16_383 },
  columns: 1600,
} as const satisfies Profile
