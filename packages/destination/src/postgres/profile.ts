import type { Profile } from '@tidemark/core/engine'

/** What Postgres does differently, declared. */
export const postgresProfile: Profile = {
  name: 'postgres',
  // Tables are written side by side; parts of one table wait for each other at its fence.
  singleWriter: false,
  // 0 and -0 are equal to every comparison of Postgres, so one form of them is kept.
  doubles: { nan: true, infinity: true, negativeZero: false },
  nul: false,
  columns: 1600,
}
